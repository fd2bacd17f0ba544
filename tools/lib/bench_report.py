#!/usr/bin/env python3
"""bench_report.py RESULTS [JSON]: the results of tools/bench as a Markdown table, with the goals and whether they are met.

RESULTS is what bench_measurements.py reads. Exit status 1 when a request was refused: then the numbers mean nothing. A goal
that is not met does not fail the run; it is printed.
"""

from __future__ import annotations

import json
import sys
from typing import Optional

import bench_ldr
import bench_postgresql
import bench_soft_state
from bench_measurements import MIB, Goal, Measurements, Results, Row, at_least, goals_of, rate_table, read_results, yes_or_no


def fsync_ms(m: Measurements) -> float:
    return (m.number("fsync-before", "p50_ms") + m.number("fsync-after", "p50_ms")) / 2


def bytes_per_mapping(m: Measurements, identifier: str) -> float:
    return m.number(identifier, "bytes") / m.number(identifier, "mappings")


LOOKUP_50 = Goal("0.75 × redis", lambda m: m.ratio("lookup-50-1", "redis-get-50-1") >= 0.75)
LOOKUP_500 = Goal("0.85 × of 50 connections", lambda m: m.ratio("lookup-500-1", "lookup-50-1") >= 0.85)
LOOKUP_PIPELINED = Goal(
    "150,000/s or 0.2 × redis",
    lambda m: m.rate("lookup-50-16") >= 150_000 or m.ratio("lookup-50-16", "redis-get-50-16") >= 0.2,
)
CREATE_ONE = Goal("p50 within 1.5 × of one fdatasync", lambda m: m.number("create-1", "p50_ms") <= 1.5 * fsync_ms(m))
WILDCARD = Goal("p50 5 ms", lambda m: m.number("wildcard", "p50_ms") <= 5)
LOOKUP_GSI = Goal("0.5 × rlsn", lambda m: m.ratio("lookup-gsi-50", "lookup-50-1") >= 0.5)
HANDSHAKE = Goal(
    "0.85 × the faster loop",
    lambda m: m.rate("handshake") >= 0.85 * max(m.rate("gss-loop-1"), m.rate("gss-loop-2")),
)
STORM = Goal("p99 50 ms", lambda m: m.number("storm", "p99_ms") <= 50)

ROWS = [
    Row("redis-get-1-1", "redis GET"),
    Row("lookup-1-1", "look-up", "redis-get-1-1"),
    Row("redis-get-10-1", "redis GET"),
    Row("lookup-10-1", "look-up", "redis-get-10-1"),
    Row("redis-get-50-1", "redis GET"),
    Row("lookup-50-1", "look-up", "redis-get-50-1", goal=LOOKUP_50),
    Row("redis-get-500-1", "redis GET"),
    Row("lookup-500-1", "look-up", "redis-get-500-1", goal=LOOKUP_500),
    Row("redis-get-50-16", "redis GET"),
    Row("lookup-50-16", "look-up", "redis-get-50-16", goal=LOOKUP_PIPELINED),
    Row("wildcard", "wildcard `prefix%`, 1000 rows", goal=WILDCARD),
    Row("lookup-gsi-1", "look-up, GSI wrap", "redis-get-1-1"),
    Row("lookup-gsi-50", "look-up, GSI wrap", "redis-get-50-1", goal=LOOKUP_GSI),
    Row("gss-loop-1", "bare GSS handshakes, both sides, 1 thread, no server"),
    Row("gss-loop-2", "bare GSS handshakes, both sides, 2 threads, no server"),
    Row("handshake", "connect, GSI handshake, greeting, close", goal=HANDSHAKE),
    Row("storm-handshakes", "200 clients that only do handshakes"),
    Row("storm", "look-up, GSI wrap, beside them", goal=STORM),
    Row("fsync-before", "append 12 KiB + fdatasync, no server"),
    Row("create-1", "durable create", goal=CREATE_ONE),
    Row("fsync-after", "append 12 KiB + fdatasync, no server"),
    Row("create-50", "durable create", goal=at_least("create-50", 15_000)),
    Row("create-scattered", "durable create, scattered names", goal=at_least("create-scattered", 15_000)),
    Row("delete", "durable delete", goal=at_least("delete", 12_000)),
    Row("delete-scattered", "durable delete, scattered names", goal=at_least("delete-scattered", 12_000)),
    Row(
        "bulk-create", "bulk create, 1000 a request (mappings/s)", rate_key="mapping_rate",
        goal=at_least("bulk-create", 80_000, "mapping_rate"),
    ),
]

def size_lines(m: Measurements) -> list[str]:
    loaded, scattered = bytes_per_mapping(m, "size"), bytes_per_mapping(m, "import-scattered-size")
    return [
        f"- disk, names in order (bulk create): {loaded:.0f} bytes a mapping (goal 400: {yes_or_no(loaded <= 400)})",
        f"- disk, scattered names (import): {scattered:.0f} bytes a mapping (goal 400: {yes_or_no(scattered <= 400)})",
    ]


def memory_lines(m: Measurements) -> list[str]:
    busy, peak = m.number("memory", "resident_kib") / MIB, m.number("server", "peak_kib") / MIB
    return [
        f"- resident memory at 500 connections: {busy:.0f} MiB (goal 200: {yes_or_no(busy <= 200)})",
        f"- highest resident memory of the server over all runs above: {peak:.0f} MiB",
    ]


def import_line(m: Measurements, identifier: str, title: str, goal_seconds: Optional[float]) -> str:
    lines, seconds = m.number(identifier, "lines"), m.number(identifier, "seconds")
    goal = f" (goal {goal_seconds:.1f}: {yes_or_no(seconds <= goal_seconds)})" if goal_seconds else ""
    client, server = m.number(identifier, "peak_kib") / MIB, m.number(identifier, "server_peak_kib") / MIB
    return (
        f"- {title}, {lines:,.0f} lines: {seconds:.1f} s{goal}, {lines / seconds:,.0f} lines/s, "
        f"highest memory: server {server:.0f} MiB, client {client:.0f} MiB"
    )


def import_lines(m: Measurements) -> list[str]:
    goal = 15 * m.number("import", "lines") / 1_000_000
    first, second = (m.number(name, "server_peak_kib") for name in ("import", "import-again"))
    return [
        import_line(m, "import", "import, names in order", goal),
        import_line(m, "import-again", "import of the same lines again", None),
        import_line(m, "import-scattered", "import, scattered names", goal),
        f"- server memory flat from the first import to the second (within a tenth): {yes_or_no(second <= 1.1 * first)}",
    ]


def machine_line(m: Measurements) -> str:
    machine, processor = m.results["machine"], m.results["processor"].get("name", "unknown").replace("_", " ")
    return (
        f"{machine['cores']} cores ({processor}), shared with the load generator; {float(machine['mappings']):,.0f} mappings, "
        f"60-byte names, 100-byte targets; {machine['seconds']} s a measurement; file system {machine['filesystem']}"
    )


def refused(results: Results) -> list[str]:
    return [
        f"{identifier}: {values['errors']} requests refused, the last with code {values['last_error']}"
        for identifier, values in results.items()
        if float(values.get("errors", 0)) > 0
    ]


def catalog_sections(m: Measurements) -> list[list[str]]:
    if "import-scattered" not in m:
        return []
    return [rate_table(ROWS, m, "ratio to redis GET"), size_lines(m) + memory_lines(m) + import_lines(m)]


def write_json(path: str, m: Measurements) -> None:
    goals = goals_of(ROWS, m) | bench_soft_state.goals(m) | bench_postgresql.goals(m)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"results": m.results, "goals": goals}, file, indent=2)
        file.write("\n")


def main() -> int:
    measurements = Measurements(read_results(sys.argv[1]))
    sections = [[machine_line(measurements)]] + catalog_sections(measurements)
    sections += bench_soft_state.sections(measurements) + bench_postgresql.sections(measurements)
    sections += bench_ldr.sections(measurements)
    print("\n" + "\n\n".join("\n".join(section) for section in sections))
    if len(sys.argv) > 2:
        write_json(sys.argv[2], measurements)
    problems = refused(measurements.results)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

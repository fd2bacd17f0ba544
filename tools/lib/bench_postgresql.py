#!/usr/bin/env python3
"""The PostgreSQL part of the report, next to pgbench, and how both back ends do as a catalog grows."""

from __future__ import annotations

from bench_measurements import MIB, Goal, Measurements, Row, at_least, goals_of, markdown, rate_table, yes_or_no

ROWS = [
    Row("pgbench-select-1", "pgbench -S -M prepared"),
    Row("postgresql-lookup-1", "look-up", "pgbench-select-1"),
    Row("pgbench-select-50", "pgbench -S -M prepared"),
    Row("pgbench-select-tcp-50", "the same over TCP, as the catalog's clients", "pgbench-select-50"),
    Row(
        "postgresql-lookup-50", "look-up", "pgbench-select-50",
        goal=Goal("1.0 × pgbench", lambda m: m.ratio("postgresql-lookup-50", "pgbench-select-50") >= 1),
    ),
    Row("postgresql-lookup-50-16", "look-up", "pgbench-select-50"),
    Row("postgresql-wildcard", "wildcard `prefix%`, 1000 rows"),
    Row("pgbench-insert-1", "pgbench, two inserts a transaction"),
    Row("postgresql-create-1", "durable create", "pgbench-insert-1"),
    Row("pgbench-insert-50", "pgbench, two inserts a transaction"),
    Row(
        "postgresql-create-50", "durable create", "pgbench-insert-50",
        goal=Goal("2 × pgbench", lambda m: m.ratio("postgresql-create-50", "pgbench-insert-50") >= 2),
    ),
    Row(
        "postgresql-bulk-create", "bulk create, 1000 a request (mappings/s)", rate_key="mapping_rate",
        goal=at_least("postgresql-bulk-create", 40_000, "mapping_rate"),
    ),
]

SPREAD_ROWS = [
    Row(f"postgresql-{place}-{name}", f"{title}, {words}", key, rate_key=rate)
    for name, title, rate in (
        ("lookup-50", "look-up", "rate"), ("lookup-50-16", "look-up", "rate"), ("create-50", "durable create", "rate"),
        ("bulk-create", "bulk create, 1000 a request (mappings/s)", "mapping_rate"),
    )
    for place, words, key in (
        ("one", "one PostgreSQL server", ""), ("three", "three", f"postgresql-one-{name}"),
    )
]

# Of the rate at a million mappings.
SCALE_GOALS = {
    ("sqlite", 10_000_000): 0.8, ("sqlite", 100_000_000): 0.6, ("postgresql", 10_000_000): 0.8,
}
IMPORT_RATE = 10_000_000 / 360


def sections(m: Measurements) -> list[list[str]]:
    found = []
    if "postgresql-bulk-create" in m:
        peak = m.number("postgresql-server", "peak_kib") / MIB
        size = m.number("postgresql-size", "bytes") / m.number("postgresql-size", "mappings")
        found.append(rate_table(ROWS, m, "ratio to pgbench"))
        found.append([
            f"- disk after the bulk load: {size:.0f} bytes a mapping",
            f"- highest resident memory of the rls-server: {peak:.0f} MiB",
        ])
    if "postgresql-three-bulk-create" in m:
        found.append(rate_table(SPREAD_ROWS, m, "ratio to one server"))
    for backend in ("sqlite", "postgresql"):
        if any(name.startswith(f"scale-{backend}-") for name in m.results):
            found.append(scale_table(backend, m))
    return found


def goals(m: Measurements) -> dict[str, dict[str, object]]:
    return goals_of(ROWS, m)


def sizes(backend: str, m: Measurements) -> list[int]:
    prefix = f"scale-{backend}-"
    return sorted(int(name[len(prefix):-5]) for name in m.results if name.startswith(prefix) and name.endswith("-load"))


def load_rate(m: Measurements, identifier: str) -> float:
    values = m.results[identifier]
    return float(values["mapping_rate"]) if "mapping_rate" in values else float(values["lines"]) / float(values["seconds"])


def scale_table(backend: str, m: Measurements) -> list[str]:
    headings = [
        "back end", "mappings", "loaded, mappings/s", "goal", "met", "bytes a mapping", "look-ups/s, 50 connections", "p99 ms",
        "ratio to 1 million", "goal", "met", "server MiB",
    ]
    rows = [headings, ["---"] + ["---:"] * 11]
    first = m.rate(f"scale-{backend}-{sizes(backend, m)[0]}")
    for size in sizes(backend, m):
        name = f"scale-{backend}-{size}"
        rate, ratio, goal = load_rate(m, name + "-load"), m.rate(name) / first, SCALE_GOALS.get((backend, size))
        has_load_goal = backend == "postgresql" and size == 10_000_000
        peak = m.results[name + "-load"].get("server_peak_kib")
        rows.append([
            backend, f"{size:,}", f"{rate:,.0f}", f"{IMPORT_RATE:,.0f} (6 min)" if has_load_goal else "",
            yes_or_no(rate >= IMPORT_RATE) if has_load_goal else "",
            f"{m.number(name + '-size', 'bytes') / size:.0f}", f"{m.rate(name):,.0f}",
            f"{m.number(name, 'p99_ms'):.3f}", f"{ratio:.2f}", f"{goal}" if goal else "",
            yes_or_no(ratio >= goal) if goal else "", f"{float(peak) / MIB:.0f}" if peak else "",
        ])
    return markdown(rows)

#!/usr/bin/env python3
"""The replication part of the report."""

from __future__ import annotations

from statistics import median

from bench_measurements import MIB, Measurements, markdown, yes_or_no


def seconds(m: Measurements, name: str) -> float:
    return median(float(one["seconds"]) for one in rounds(m, name))


def rounds(m: Measurements, name: str) -> list[dict[str, str]]:
    """Of a measurement that was made once, or several times."""
    found = [values for key, values in m.results.items() if key.split("#")[0] == name]
    if not found:
        raise KeyError(name)
    return found


def ratio(m: Measurements, name: str) -> float:
    """Of the plain program's time to ours, the median of rounds."""
    pairs = zip(rounds(m, name), rounds(m, name + "-globus-url-copy"))
    return median(float(plain["seconds"]) / float(ours["seconds"]) for ours, plain in pairs)


def sections(m: Measurements) -> list[list[str]]:
    if "ldr-schedule" not in m:
        return []
    rows = [["replication", "measured", "goal", "met"], ["---"] * 4]
    files, queued = m.number("ldr-want", "count"), m.number("ldr-schedule", "count")
    for name, title, limit in (
        ("ldr-follow", f"metadata of {files:,.0f} files followed by a new site", 60),
        ("ldr-want", "all of them wanted by a new subscription, none here", None),
        ("ldr-schedule", f"scheduler: {files:,.0f} wanted, a pass that queues {queued:,.0f}", 2),
    ):
        time, memory = seconds(m, name), m.number(name, "peak_kib") / MIB
        text = f"{time:.1f} s, {memory:.0f} MiB"
        if limit is None:
            rows.append([title, text, "", ""])
            continue
        goal, met = f"{limit} s", time <= limit
        if name == "ldr-schedule":
            goal, met = goal + ", 300 MB", met and memory * 1.048576 <= 300
        rows.append([title, text, goal, yes_or_no(met)])
    for name, title, limit in (
        ("ldr-small", "5,000 files of 10,000 bytes over GridFTP", 0.8), ("ldr-large", "3 files of 1 GB over GridFTP", 0.95),
    ):
        if not any(key.startswith(name) for key in m.results):
            continue
        text = f"{seconds(m, name):.1f} s; globus-url-copy {seconds(m, name + '-globus-url-copy'):.1f} s: {ratio(m, name):.2f} ×"
        rows.append([title, text, f"{limit} ×", yes_or_no(ratio(m, name) >= limit)])
    return [markdown(rows)]

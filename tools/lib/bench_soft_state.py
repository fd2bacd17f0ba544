#!/usr/bin/env python3
"""The soft-state part of the report: an index under questions, updates between servers, memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from bench_measurements import MIB, Goal, Measurements, Row, goals_of, markdown, rate_table, yes_or_no


def ratio_goal(identifier: str, reference: str, least: float, text: str) -> Goal:
    return Goal(text, lambda m: m.ratio(identifier, reference) >= least)


def rows(m: Measurements) -> list[Row]:
    """Titles tell how many filters and names there were."""
    few, many = filters(m, "push-few"), filters(m, "push-many")
    return [
        Row("index-redis", "redis GET"),
        Row(
            "index-one", f"index look-up, {filters(m, 'push-one')}", "index-redis",
            goal=ratio_goal("index-one", "index-redis", 0.8, "0.8 × redis"),
        ),
        Row(
            "index-few", f"index look-up, {few}", "index-one",
            goal=ratio_goal("index-few", "index-one", 0.9, "0.9 × one filter"),
        ),
        Row(
            "index-many", f"index look-up, {many}", "index-one",
            goal=ratio_goal("index-many", "index-one", 0.8, "0.8 × one filter"),
        ),
        Row("index-original", f"index look-up, {filters(m, 'push-original')} of the original's kind", "index-one"),
        Row("index-one-16", f"index look-up, {filters(m, 'push-one')}"),
        Row("index-few-16", f"index look-up, {few}", "index-one-16"),
        Row("index-many-16", f"index look-up, {many}", "index-one-16"),
        Row("list-queries", "index look-up, a list"),
        Row(
            "list-queries-beside", "the same while the list is sent again", "list-queries",
            goal=ratio_goal("list-queries-beside", "list-queries", 0.5, "0.5 × alone"),
        ),
        Row("create-plain", "durable create, nobody told"),
        Row(
            "create-told", "durable create, filter kept in step", "create-plain",
            goal=ratio_goal("create-told", "create-plain", 0.95, "0.95 × nobody told"),
        ),
        Row("create-immediate", "durable create, filter and list sent at once", "create-plain"),
    ]


def filters(m: Measurements, identifier: str) -> str:
    count, names = m.number(identifier, "filters"), m.number(identifier, "names")
    return f"{count:,.0f} filter{'s' if count > 1 else ''} of {names:,.0f} names"


@dataclass(frozen=True)
class Fact:
    """Of a table of everything that is no rate."""

    identifier: str
    what: str
    measured: str
    goal: str = ""
    met: Callable[[], bool] = lambda: True


def build_facts(m: Measurements) -> list[Fact]:
    build, update = m.number("filter-build", "milliseconds") / 1e3, m.number("filter-update", "milliseconds")
    delta, delta_bytes = m.number("delta-update", "milliseconds"), m.worst("delta-update", "bytes")
    names = f"{m.number('filter-build', 'names'):,.0f} names"
    return [
        Fact("filter-build", f"filter of {names} built from the database", f"{build:.2f} s", "1 s", lambda: build <= 1),
        Fact(
            "filter-update", f"full filter update of {names}, {m.number('filter-update', 'bytes'):,.0f} bytes",
            f"{update:.0f} ms", "50 ms", lambda: update <= 50,
        ),
        Fact(
            "delta-update", "delta after 1000 creates", f"{delta:.0f} ms, {delta_bytes:,.0f} bytes",
            "10 ms, 16 KB", lambda: delta <= 10 and delta_bytes < 16_384,
        ),
        absent_fact(m),
    ]


def absent_fact(m: Measurements) -> Fact:
    share = m.number("false-positives", "mappings") / m.number("false-positives", "operations")
    return Fact(
        "false-positives", f"absent names taken for present, of {m.number('false-positives', 'operations'):,.0f}",
        f"{share:.2%}", "1 %", lambda: share <= 0.01,
    )


def list_rate(m: Measurements, identifier: str) -> float:
    return m.number(identifier, "names") / m.number(identifier, "milliseconds") * 1e3


def list_fact(m: Measurements, identifier: str, what: str) -> Fact:
    rate = list_rate(m, identifier)
    return Fact(
        identifier, f"list update, {m.number(identifier, 'names'):,.0f} names, {what}",
        f"{m.number(identifier, 'milliseconds') / 1e3:.1f} s, {rate:,.0f} names/s", "150,000 names/s",
        lambda: rate >= 150_000,
    )


def visible_fact(m: Measurements, identifier: str, what: str, limit_ms: float, limit: str) -> Fact:
    middle, worst = m.number(identifier, "p50_ms"), m.number(identifier, "worst_ms")
    return Fact(
        identifier, f"{what}: create acknowledged to seen at the index, {m.number(identifier, 'samples'):.0f} names",
        f"p50 {middle:.0f} ms, worst {worst:.0f} ms", limit, lambda: worst <= limit_ms,
    )


def memory_fact(m: Measurements, identifier: str, kind: str) -> Fact:
    resident, private = m.number(identifier, "resident_kib") / MIB, m.number(identifier, "private_kib") / MIB
    return Fact(
        identifier, f"resident memory of an index with {filters(m, 'push-' + identifier)}, {kind}",
        f"{resident:.0f} MiB, without program code {private:.0f}", "160 MiB", lambda: resident <= 160,
    )


def facts(m: Measurements) -> list[Fact]:
    return build_facts(m) + [
        list_fact(m, "list-update-first", "the first"),
        list_fact(m, "list-update-again", "the same again"),
        list_fact(m, "list-update-beside", "again, beside the look-ups above"),
        visible_fact(m, "visible-50ms-filter", "filter, update_buftime_ms 50", 50, "50 ms"),
        visible_fact(m, "visible-50ms-list", "list, update_buftime_ms 50", 50, "50 ms"),
        visible_fact(m, "visible-1s-filter", "filter, update_buftime 1", 1000, "1 s"),
        visible_fact(m, "visible-1s-list", "list, update_buftime 1", 1000, "1 s"),
        memory_fact(m, "memory-own", "our kind"),
        memory_fact(m, "memory-original", "the original's"),
    ]


def fact_table(m: Measurements) -> list[str]:
    headings = [["soft state", "measured", "goal", "met"], ["---"] * 4]
    return markdown(
        headings + [[fact.what, fact.measured, fact.goal, yes_or_no(fact.met()) if fact.goal else ""] for fact in facts(m)]
    )


def notes(m: Measurements) -> list[str]:
    def answers(identifier: str) -> float:
        return m.number(identifier, "mappings") / m.number(identifier, "operations")

    titles = {"index-one": "push-one", "index-few": "push-few", "index-many": "push-many"}
    shares = [f"{filters(m, push)}: {answers(name):.2f}" for name, push in titles.items()]
    return [
        f"- catalogs named in an answer, the right one and false positives: {'; '.join(shares)}; "
        f"original's kind: {answers('index-original'):.2f}",
        f"- memory of the index with {filters(m, 'push-many')}: {m.number('index-many-memory', 'resident_kib') / MIB:.0f} MiB",
    ]


def sections(m: Measurements) -> list[list[str]]:
    if "memory-own" not in m:
        return []
    return [rate_table(rows(m), m, "ratio"), fact_table(m), notes(m)]


def goals(m: Measurements) -> dict[str, dict[str, object]]:
    if "memory-own" not in m:
        return {}
    own = {fact.identifier: {"goal": fact.goal, "met": fact.met()} for fact in facts(m) if fact.goal}
    return goals_of(rows(m), m) | own

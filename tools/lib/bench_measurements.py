#!/usr/bin/env python3
"""What a run of tools/bench has written, as numbers; goals and Markdown tables made of them.

A results file holds one measurement a line: an identifier, a tab, key=value pairs. Identifiers that end with #1, #2, …
are rounds of one measurement; without the ending they stand for the round in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Callable, Optional

MIB = 1024.0
Results = dict[str, dict[str, str]]


def read_results(path: str) -> Results:
    results: Results = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            identifier, _, pairs = line.rstrip("\n").partition("\t")
            results[identifier] = dict(pair.split("=", 1) for pair in pairs.split())
    return results


class Measurements:
    """Numbers by identifier and key."""

    def __init__(self, results: Results) -> None:
        self.results = results

    def __contains__(self, identifier: str) -> bool:
        return identifier in self.results or bool(self.rounds(identifier))

    def rounds(self, identifier: str) -> list[dict[str, str]]:
        names = [name for name in self.results if name.startswith(identifier + "#")]
        return [self.results[name] for name in sorted(names, key=lambda name: int(name.rpartition("#")[2]))]

    def values(self, identifier: str) -> dict[str, str]:
        """Of the only round, or of the one in the middle: by rate, or else by time."""
        rounds = self.rounds(identifier)
        if not rounds:
            return self.results[identifier]
        key = "rate" if "rate" in rounds[0] else "milliseconds"
        return sorted(rounds, key=lambda values: float(values[key]))[len(rounds) // 2]

    def number(self, identifier: str, key: str) -> float:
        return float(self.values(identifier)[key])

    def worst(self, identifier: str, key: str) -> float:
        return max(float(values[key]) for values in self.rounds(identifier))

    def rate(self, identifier: str) -> float:
        return self.number(identifier, "rate")

    def ratio(self, identifier: str, reference: str) -> float:
        """Of two measurements; where both have rounds, the median of the ratios of each round."""
        rounds, others = self.rounds(identifier), self.rounds(reference)
        if rounds and len(rounds) == len(others):
            return median(float(one["rate"]) / float(other["rate"]) for one, other in zip(rounds, others))
        return self.rate(identifier) / self.rate(reference)


@dataclass(frozen=True)
class Goal:
    text: str
    met: Callable[[Measurements], bool]


@dataclass(frozen=True)
class Row:
    """Of a table of rates."""

    identifier: str
    title: str
    reference: Optional[str] = None  # what it is compared with
    rate_key: str = "rate"
    goal: Optional[Goal] = None


def at_least(identifier: str, rate: float, key: str = "rate") -> Goal:
    return Goal(f"{rate:,.0f}/s", lambda m: m.number(identifier, key) >= rate)


def yes_or_no(met: bool) -> str:
    return "yes" if met else "**no**"


def milliseconds(text: str) -> str:
    """Nothing where the program does not tell."""
    return "" if text == "nan" else f"{float(text):.3f}"


def cells(row: Row, measurements: Measurements) -> list[str]:
    values = measurements.values(row.identifier)
    return [
        row.title, values["connections"], values["pipeline"], f"{float(values[row.rate_key]):,.0f}",
        milliseconds(values["p50_ms"]), milliseconds(values["p99_ms"]),
        f"{measurements.ratio(row.identifier, row.reference):.2f}" if row.reference else "",
        row.goal.text if row.goal else "", yes_or_no(row.goal.met(measurements)) if row.goal else "",
    ]


def markdown(rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(row) + " |" for row in rows]


def rate_table(rows: list[Row], measurements: Measurements, ratio_heading: str) -> list[str]:
    headings = [
        "operation", "connections", "pipeline", "operations/s", "p50 ms", "p99 ms", ratio_heading, "goal", "met",
    ]
    known = [cells(row, measurements) for row in rows if row.identifier in measurements]
    return markdown([headings, ["---"] + ["---:"] * 6 + ["---"] * 2] + known)


def goals_of(rows: list[Row], m: Measurements) -> dict[str, dict[str, object]]:
    return {
        row.identifier: {"goal": row.goal.text, "met": row.goal.met(m)}
        for row in rows if row.goal and row.identifier in m
    }

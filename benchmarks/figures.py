"""The table of everything that is promised about speed: each row with its figure, its goal and a verdict."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.scenarios import Outcome, Verdict

WAITS_FOR_DISK = ("create",)
"""Scenarios that processor time says little of."""
MET, MISSED, NOT_MEASURED = "met", "missed", "not measured"


@dataclass(frozen=True)
class Figure:
    """One row: what was measured where, what came out in words, and what was promised."""

    row: str
    database: str
    measured: str
    goal: str
    verdict: str
    rounds: str = ""
    """The lowest and highest of the rounds."""
    processor: str = ""
    """The same figure by processor time, which other work on the machine changes less."""
    note: str = ""
    """Why it wasn't measured, or what makes it less certain."""

    @property
    def missed(self) -> bool:
        """Whether it was measured and is not as promised."""
        return self.verdict == MISSED


@dataclass(frozen=True)
class Bound:
    """A goal: at least, or at most, so much of a unit."""

    limit: float
    unit: str = "×"
    least: bool = False

    @property
    def text(self) -> str:
        """As it stands in the table."""
        return f"{'≥' if self.least else '≤'} {self.limit:g}{self.unit}"

    def holds(self, value: float) -> bool:
        """Whether a value is as promised."""
        return value >= self.limit if self.least else value <= self.limit


def figure(
    row: str, database: str, values: Sequence[float], bound: Bound, *, processor: str = "", note: str = ""
) -> Figure:
    """A row from the rounds' values: their median counts."""
    middle = statistics.median(values)
    return Figure(
        row,
        database,
        f"{middle:.3g}{bound.unit}",
        bound.text,
        MET if bound.holds(middle) else MISSED,
        f"{min(values):.3g}–{max(values):.3g}",
        processor,
        note,
    )


def absent(row: str, database: str, goal: str, why: str) -> Figure:
    """A row that wasn't measured, and why."""
    return Figure(row, database, "", goal, NOT_MEASURED, note=why)


def of_outcome(outcome: Outcome) -> list[Figure]:
    """A row for each goal of a scenario."""
    return [_of_verdict(outcome, verdict) for verdict in outcome.verdicts]


def _of_verdict(outcome: Outcome, verdict: Verdict) -> Figure:
    both = [line for line in outcome.lines if line.label in (verdict.subject, verdict.base)]
    costs = {line.label: line.cost for line in both}
    subject, base = costs.get(verdict.subject, 0.0), costs.get(verdict.base, 0.0)
    by_processor = base / subject if subject and base else 0.0
    met, note = verdict.met, ""
    if any(line.restless for line in both) or not verdict.sure:
        note = "the machine was busy: measure again when it isn't"
        if by_processor and outcome.scenario not in WAITS_FOR_DISK:
            met, note = by_processor >= verdict.least, "the machine was busy, so processor time decides"
    return Figure(
        f"{outcome.scenario}: {verdict.subject} / {verdict.base}",
        outcome.engine,
        f"{verdict.ratio:.3g}×",
        f"≥ {verdict.least:g}×",
        MET if met else MISSED,
        f"{verdict.low:.3g}–{verdict.high:.3g}",
        f"{by_processor:.3g}×" if by_processor else "",
        note,
    )


def text(found: Sequence[Figure], table: Callable[[Sequence[str], Sequence[Sequence[str]]], str]) -> str:
    """The whole table for people, with the notes below it."""
    rows = [
        (
            each.row,
            each.database,
            each.measured,
            each.rounds,
            each.processor,
            each.goal,
            each.verdict + (f" [{number}]" if each.note else ""),
        )
        for number, each in enumerate(found, 1)
    ]
    notes = [f"[{number}] {each.note}" for number, each in enumerate(found, 1) if each.note]
    header = ("row", "database", "measured", "rounds", "by CPU", "goal", "verdict")
    return "\n".join(["\nEverything that is promised about speed\n", table(header, rows), "", *notes])

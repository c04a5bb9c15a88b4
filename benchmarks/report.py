"""Tables for people and JSON for programs."""

import dataclasses
import json
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from benchmarks.figures import Figure
from benchmarks.scenarios import Effort, Outcome, Summary, Verdict

SATURATED = 0.9
"""From this share of its core on, the load generator may be what is measured."""
VERSIONS = (
    "falcon", "uvicorn", "fastapi", "pydantic", "SQLAlchemy", "aiosqlite", "asyncpg", "Django",
    "djangorestframework", "gunicorn", "PyJWT",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Return the versions that the figures belong to."""
    return {"Python": platform.python_version(), **{name: metadata.version(name) for name in VERSIONS}}


def heading(effort: Effort, rows: int, cores: tuple[int | None, int | None]) -> str:
    """Return what is said above the tables: how it was measured and with what."""
    where = "not pinned" if cores[0] is None else f"servers on core {cores[0]}, load and PostgreSQL on core {cores[1]}"
    return "\n".join(
        [
            f"{effort.rounds} alternating rounds of {effort.seconds:g} s, {effort.connections} connections,"
            f" {rows:,} projects; {where}",
            "Figures are medians of the rounds; a ratio is the median of the ratios of each round.",
            ", ".join(f"{name} {version}" for name, version in versions().items()),
        ]
    )


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return aligned columns: the first to the left, the others to the right."""
    widths = [max(len(line[column]) for line in (header, *rows)) for column in range(len(header))]
    rule = "  ".join("-" * width for width in widths)
    lines = [_aligned(line, widths) for line in (header, *rows)]
    return "\n".join([lines[0], rule, *lines[1:]])


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    return "  ".join([first, *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))])


def text(outcome: Outcome, notes: Sequence[str]) -> str:
    """Return one scenario: the rates side by side, then each goal with its verdict."""
    rates = table(
        ("target", "requests/s", "rounds", "p50 ms", "p99 ms", "CPU µs"), [_rate(line) for line in outcome.lines]
    )
    parts = [f"\n{outcome.title} ({outcome.engine})", rates]
    if outcome.verdicts:
        goals = [_goal(verdict) for verdict in outcome.verdicts]
        parts.append(table(("ratio", "measured", "rounds", "goal", "verdict"), goals))
    return "\n\n".join([*parts, *_doubts(outcome), *notes])


def _doubts(outcome: Outcome) -> list[str]:
    """Return what makes the figures less certain than they look."""
    doubts = [
        f"Load generator near its limit at “{line.label}”: {line.busy:.0%} of its core."
        for line in outcome.lines
        if line.busy > SATURATED
    ]
    restless = [f"“{line.label}”" for line in outcome.lines if line.restless]
    if restless:
        doubts.append(f"The machine was busy with something else: uneven rounds of {', '.join(restless)}.")
    if not all(verdict.sure for verdict in outcome.verdicts):
        doubts.append("* not in every round: repeat on a quiet machine, with more rounds.")
    return doubts


def _rate(line: Summary) -> tuple[str, ...]:
    spread = f"{line.low:,.0f}–{line.high:,.0f}"
    times = (f"{line.p50:.2f}", f"{line.p99:.2f}") if line.p99 else ("", "")
    return line.label, f"{line.rate:,.0f}", spread, *times, f"{line.cost:,.0f}" if line.cost else ""


def _goal(verdict: Verdict) -> tuple[str, ...]:
    return (
        f"{verdict.subject} / {verdict.base}",
        f"{verdict.ratio:.3g}",
        f"[{verdict.low:.3g}–{verdict.high:.3g}]",
        f"≥ {verdict.least:g}",
        ("ok" if verdict.met else "below goal") + ("" if verdict.sure else " *"),
    )


def as_json(
    outcomes: Sequence[Outcome], table: Sequence[Figure], effort: Effort, rows: int, problems: Sequence[str]
) -> str:
    """Return everything as one JSON document."""
    document: dict[str, Any] = {
        "effort": dataclasses.asdict(effort),
        "rows": rows,
        "versions": versions(),
        "machine": {"system": sys.platform, "architecture": platform.machine()},
        "problems": list(problems),
        "outcomes": [_plain(outcome) for outcome in outcomes],
        "table": [dataclasses.asdict(each) for each in table],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _plain(outcome: Outcome) -> dict[str, Any]:
    plain = dataclasses.asdict(outcome)
    for verdict, shown in zip(outcome.verdicts, plain["verdicts"], strict=True):
        shown["met"], shown["sure"] = verdict.met, verdict.sure
    return plain

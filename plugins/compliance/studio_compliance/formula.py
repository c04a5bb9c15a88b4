"""The compliance score (product rules, Compliance score), as pure arithmetic.

All four parts run from 0 to 100 and are kept as exact fractions until the one rounding at the end.

coverage
    Over the applicable controls: ``complete`` counts 1, ``in_progress`` 0.5, ``not_started`` 0, each weighted by
    the control's priority.
evidence quality
    The mean quality of current, approved evidence; each piece counts once, however many controls it serves, and
    once in each category that it serves a control of. 0 without any.
risk
    100 minus the points of all gaps, in percent of the points that the applicable controls would carry if work
    had begun on none of them; capped, so that it never falls below 0. A gap is an applicable control that isn't
    complete. One that is ``not_started`` has the severity that its priority names. One ``in_progress`` is one step
    less severe (critical → high → medium → low → info). Nothing done is 0, everything complete is 100.
    Findings, once projects have them, add their points to the same sum.
timeliness
    The share of applicable controls and milestones with a due date that aren't overdue: a control is overdue when
    its date has passed and it isn't complete, a milestone when its date has passed and it isn't completed.
    100 where nothing has a due date.

With no evidence and no control begun the score is 0, whatever the parts say. Within a category only its own
controls and their evidence count; milestones belong to the whole project. A category without applicable controls
scores 0: nothing has been shown there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

COMPLETE, IN_PROGRESS, NOT_STARTED, NOT_APPLICABLE = "complete", "in_progress", "not_started", "not_applicable"
PARTS = ("coverage", "evidence_quality", "risk", "timeliness")

_ONE_STEP_LESS = {"critical": "high", "high": "medium", "medium": "low", "low": "info"}
_HALVES = {COMPLETE: 2, IN_PROGRESS: 1, NOT_STARTED: 0}


@dataclass(frozen=True, slots=True)
class ControlInput:
    """A control of the project, as the formula sees it. ``due_date`` is RFC 3339 text or None."""

    category: str
    priority: str
    status: str
    due_date: str | None = None


@dataclass(frozen=True, slots=True)
class MilestoneInput:
    """A milestone with a due date (RFC 3339 text)."""

    due_date: str
    completed: bool


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a score depends on.

    ``evidence_quality`` is the mean quality of current, approved evidence, ``has_evidence`` whether there is any
    evidence, in whatever state.
    """

    controls: Sequence[ControlInput]
    milestones: Sequence[MilestoneInput]
    evidence_quality: Fraction
    has_evidence: bool
    now: str


@dataclass(frozen=True, slots=True)
class Weights:
    """The settings of the formula: parts add up to 1, the others are in points."""

    parts: Mapping[str, Fraction]
    priorities: Mapping[str, int]
    severities: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Part:
    """One of the four parts: its value from 0 to 100, its share in the score, and what it was made from."""

    name: str
    value: Fraction
    weight: Fraction
    inputs: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Score:
    """A score from 0 to 100 and its parts; ``started`` is False where nothing has been done or shown yet."""

    overall: int
    started: bool
    parts: tuple[Part, ...] = field(default=())


def round_half_up(value: Fraction) -> int:
    """The nearest whole number; halves go up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def severity_of(priority: str, status: str) -> str:
    """How severe it is that a control of this priority isn't complete: critical, high, medium, low or info."""
    return priority if status == NOT_STARTED else _ONE_STEP_LESS[priority]


def score_of(inputs: Inputs, weights: Weights) -> Score:
    """The score of a whole project, or of what :func:`within` left of it."""
    applicable = [control for control in inputs.controls if control.status != NOT_APPLICABLE]
    values = (
        _coverage(applicable, weights),
        (inputs.evidence_quality, {"has_evidence": int(inputs.has_evidence)}),
        _risk(applicable, weights),
        _timeliness(applicable, inputs.milestones, inputs.now),
    )
    parts = tuple(
        Part(name, value, weights.parts[name], facts) for name, (value, facts) in zip(PARTS, values, strict=True)
    )
    begun = any(control.status != NOT_STARTED for control in applicable)
    started = bool(applicable) and (begun or inputs.has_evidence)
    overall = sum((part.value * part.weight for part in parts), Fraction(0))
    return Score(round_half_up(overall) if started else 0, started, parts)


def within(inputs: Inputs, category: str, quality: Mapping[str, Fraction]) -> Inputs:
    """What counts within one category; ``quality`` is the mean quality by category, where there is evidence."""
    controls = [control for control in inputs.controls if control.category == category]
    return Inputs(controls, (), quality.get(category, Fraction(0)), category in quality, inputs.now)


def _coverage(applicable: Sequence[ControlInput], weights: Weights) -> tuple[Fraction, dict[str, int]]:
    total = sum(weights.priorities[control.priority] for control in applicable)
    halves = sum(weights.priorities[control.priority] * _HALVES[control.status] for control in applicable)
    facts = {
        "applicable_controls": len(applicable),
        "complete": _count(applicable, COMPLETE),
        "in_progress": _count(applicable, IN_PROGRESS),
        "not_started": _count(applicable, NOT_STARTED),
        "total_weight": total,
    }
    return _percent(halves, 2 * total), facts


def _risk(applicable: Sequence[ControlInput], weights: Weights) -> tuple[Fraction, dict[str, int]]:
    points = weights.severities
    most = sum(points[control.priority] for control in applicable)
    gaps = [control for control in applicable if control.status != COMPLETE]
    lost = sum(points[severity_of(control.priority, control.status)] for control in gaps)
    value = 100 - min(Fraction(100), _percent(lost, most)) if applicable else Fraction(0)
    return value, {"gaps": len(gaps), "gap_points": lost, "most_points": most}


def _timeliness(
    applicable: Sequence[ControlInput], milestones: Sequence[MilestoneInput], now: str
) -> tuple[Fraction, dict[str, int]]:
    dated = [(control.due_date, control.status == COMPLETE) for control in applicable if control.due_date]
    dated += [(milestone.due_date, milestone.completed) for milestone in milestones]
    overdue = sum(1 for due, done in dated if not done and due is not None and due < now)
    value = _percent(len(dated) - overdue, len(dated)) if dated else Fraction(100)
    return value, {"with_due_date": len(dated), "overdue": overdue}


def _count(controls: Iterable[ControlInput], status: str) -> int:
    return sum(1 for control in controls if control.status == status)


def _percent(part: int, whole: int) -> Fraction:
    return Fraction(100 * part, whole) if whole else Fraction(0)

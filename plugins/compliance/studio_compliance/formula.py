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

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from fractions import Fraction

COMPLETE, IN_PROGRESS, NOT_STARTED, NOT_APPLICABLE = "complete", "in_progress", "not_started", "not_applicable"
PARTS = ("coverage", "evidence_quality", "risk", "timeliness")

_ONE_STEP_LESS = {"critical": "high", "high": "medium", "medium": "low", "low": "info"}
_HALVES = {COMPLETE: 2, IN_PROGRESS: 1, NOT_STARTED: 0}


@dataclass(frozen=True, slots=True)
class ControlInput:
    """Controls of the project that are alike, as the formula sees them. ``due_date`` is RFC 3339 text or None."""

    category: str
    priority: str
    status: str
    due_date: str | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class MilestoneInput:
    """A milestone with a due date (RFC 3339 text)."""

    due_date: str
    completed: bool


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a score depends on.

    ``evidence_quality`` is the mean quality of current, approved evidence, of which there are ``current_pieces``;
    ``has_evidence`` says whether there is any evidence, in whatever state.
    """

    controls: Sequence[ControlInput]
    milestones: Sequence[MilestoneInput]
    evidence_quality: Fraction
    has_evidence: bool
    now: str
    current_pieces: int = 0


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
    """A score from 0 to 100 and its parts; ``started`` is False where nothing has been done or shown yet.

    ``exact`` is the score before it is rounded.
    """

    overall: int
    started: bool
    parts: tuple[Part, ...] = field(default=())
    exact: Fraction = Fraction(0)

    def part(self, name: str) -> Part:
        """One of the parts by name."""
        return next(part for part in self.parts if part.name == name)


@dataclass(frozen=True, slots=True)
class Totals:
    """What applicable controls and milestones add up to. Totals of parts of a project can be added and taken away.

    ``weight`` and ``halves`` (of a weight) make coverage, ``points`` and ``lost`` risk, ``dated`` and ``overdue``
    timeliness.
    """

    complete: int = 0
    in_progress: int = 0
    not_started: int = 0
    weight: int = 0
    halves: int = 0
    points: int = 0
    lost: int = 0
    dated: int = 0
    overdue: int = 0

    @property
    def controls(self) -> int:
        """How many controls apply."""
        return self.complete + self.in_progress + self.not_started

    def __add__(self, other: Totals) -> Totals:
        return Totals(*(mine + yours for mine, yours in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: Totals) -> Totals:
        return Totals(*(mine - yours for mine, yours in zip(astuple(self), astuple(other), strict=True)))


def round_half_up(value: Fraction) -> int:
    """The nearest whole number; halves go up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def severity_of(priority: str, status: str) -> str:
    """How severe it is that a control of this priority isn't complete: critical, high, medium, low or info."""
    return priority if status == NOT_STARTED else _ONE_STEP_LESS[priority]


def score_of(inputs: Inputs, weights: Weights) -> Score:
    """The score of a whole project, or of what :func:`within` left of it."""
    return score_from(totals_of(inputs, weights), inputs, weights)


def score_from(totals: Totals, inputs: Inputs, weights: Weights) -> Score:
    """The same from totals; only what ``inputs`` say of evidence is read."""
    evidence = {"has_evidence": int(inputs.has_evidence), "current_pieces": inputs.current_pieces}
    values = (_coverage(totals), (inputs.evidence_quality, evidence), _risk(totals), _timeliness(totals))
    parts = tuple(
        Part(name, value, weights.parts[name], facts) for name, (value, facts) in zip(PARTS, values, strict=True)
    )
    begun = bool(totals.complete or totals.in_progress)
    started = totals.controls > 0 and (begun or inputs.has_evidence)
    exact = sum((part.value * part.weight for part in parts), Fraction(0)) if started else Fraction(0)
    return Score(round_half_up(exact), started, parts, exact)


def totals_of(inputs: Inputs, weights: Weights) -> Totals:
    """What the controls and milestones add up to."""
    counts = dict.fromkeys((COMPLETE, IN_PROGRESS, NOT_STARTED), 0)
    weight = halves = points = lost = dated = overdue = 0
    for each in inputs.controls:
        if each.status == NOT_APPLICABLE:
            continue
        counts[each.status] += each.count
        share = weights.priorities[each.priority] * each.count
        weight += share
        halves += share * _HALVES[each.status]
        points += weights.severities[each.priority] * each.count
        if each.status != COMPLETE:
            lost += weights.severities[severity_of(each.priority, each.status)] * each.count
        if each.due_date is not None:
            dated += each.count
            overdue += each.count if each.status != COMPLETE and each.due_date < inputs.now else 0
    for milestone in inputs.milestones:
        dated += 1
        overdue += not milestone.completed and milestone.due_date < inputs.now
    shares = (weight, halves, points, lost, dated, overdue)
    return Totals(counts[COMPLETE], counts[IN_PROGRESS], counts[NOT_STARTED], *shares)


def within(inputs: Inputs, category: str, quality: Mapping[str, Fraction]) -> Inputs:
    """What counts within one category; ``quality`` is the mean quality by category, where there is evidence."""
    controls = [control for control in inputs.controls if control.category == category]
    return Inputs(controls, (), quality.get(category, Fraction(0)), category in quality, inputs.now)


def _coverage(totals: Totals) -> tuple[Fraction, dict[str, int]]:
    facts = {
        "applicable_controls": totals.controls,
        "complete": totals.complete,
        "in_progress": totals.in_progress,
        "not_started": totals.not_started,
        "total_weight": totals.weight,
    }
    return _percent(totals.halves, 2 * totals.weight), facts


def _risk(totals: Totals) -> tuple[Fraction, dict[str, int]]:
    value = 100 - min(Fraction(100), _percent(totals.lost, totals.points)) if totals.controls else Fraction(0)
    gaps = totals.controls - totals.complete
    return value, {"gaps": gaps, "gap_points": totals.lost, "most_points": totals.points}


def _timeliness(totals: Totals) -> tuple[Fraction, dict[str, int]]:
    value = _percent(totals.dated - totals.overdue, totals.dated) if totals.dated else Fraction(100)
    return value, {"with_due_date": totals.dated, "overdue": totals.overdue}


def _percent(part: int, whole: int) -> Fraction:
    return Fraction(100 * part, whole) if whole else Fraction(0)


BANDS = ((90, "excellent"), (80, "good"), (70, "fair"), (60, "at risk"))


def band_of(score: int) -> str:
    """The word for a score (product rules, Compliance score)."""
    return next((band for least, band in BANDS if score >= least), "critical")

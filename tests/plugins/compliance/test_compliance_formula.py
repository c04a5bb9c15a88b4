"""The formula of the score, by examples worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from studio_compliance.formula import (
    ControlInput,
    Inputs,
    MilestoneInput,
    Score,
    Weights,
    round_half_up,
    score_of,
    severity_of,
    within,
)
from studio_compliance.settings import ComplianceSettings

NOW = "2024-06-01T00:00:00.000000Z"
PAST, FUTURE = "2024-05-31T23:59:59.999999Z", "2024-06-01T00:00:00.000001Z"
_settings = ComplianceSettings()
WEIGHTS = Weights(_settings.part_weights, _settings.priority_weights, _settings.severity_points)


def controls(*states: str, due: str | None = None) -> list[ControlInput]:
    """A critical, a high, a medium and a low control with these states."""
    priorities = ("critical", "high", "medium", "low")
    return [ControlInput("a", priority, state, due) for priority, state in zip(priorities, states, strict=False)]


def scored(
    states: list[ControlInput],
    quality: int | Fraction = 0,
    *,
    milestones: tuple[MilestoneInput, ...] = (),
    evidence: bool | None = None,
) -> Score:
    there = quality > 0 if evidence is None else evidence
    return score_of(Inputs(states, milestones, Fraction(quality), there, NOW), WEIGHTS)


def value(score: Score, name: str) -> Fraction:
    return next(part.value for part in score.parts if part.name == name)


def test_mixed_project_by_hand() -> None:
    states = controls("complete", "in_progress", "not_started", "not_started")
    milestones = (MilestoneInput(PAST, False), MilestoneInput(FUTURE, False))
    score = scored(states, 80, milestones=milestones)
    assert value(score, "coverage") == 55  # (4 + 3/2) of 10
    assert value(score, "evidence_quality") == 80
    assert value(score, "risk") == 100 - Fraction(100 * 60, 185)  # 25 + 25 + 10 points of 185
    assert value(score, "timeliness") == 50
    assert score.overall == 65  # 22 + 24 + 13.51… + 5


def test_halves_round_up() -> None:
    assert scored(controls("complete"), 85).overall == 96  # 40 + 25.5 + 20 + 10
    assert [round_half_up(Fraction(number, 2)) for number in (1, 2, 3)] == [1, 1, 2]
    assert round_half_up(Fraction(149, 100)) == 1


def test_everything_complete_with_perfect_evidence_is_100() -> None:
    assert scored(controls("complete", "complete", "complete", "complete"), 100).overall == 100


def test_no_evidence_and_no_progress_is_0() -> None:
    score = scored(controls("not_started", "not_started"))
    assert (score.overall, score.started) == (0, False)


def test_evidence_alone_is_a_beginning() -> None:
    score = scored(controls("not_started", "not_started"), 0, evidence=True)
    assert (score.overall, score.started) == (10, True)  # timeliness only: nothing is due yet


def test_progress_alone_is_a_beginning() -> None:
    assert scored(controls("in_progress")).overall == 40  # 20 + 0 + (100 - 50) * 0.2 + 10


def test_controls_out_of_scope_leave_every_total() -> None:
    there = scored(controls("complete", "not_applicable", "not_started"), 50)
    gone = scored([each for each in controls("complete", "", "not_started") if each.status], 50)
    assert there == gone


def test_a_project_with_nothing_applicable_is_0() -> None:
    assert scored(controls("not_applicable", "not_applicable"), 90).overall == 0


def test_a_project_without_controls_is_0() -> None:
    assert scored([], 90).overall == 0


@pytest.mark.parametrize(
    ("priority", "status", "severity"),
    [
        ("critical", "not_started", "critical"),
        ("critical", "in_progress", "high"),
        ("high", "not_started", "high"),
        ("high", "in_progress", "medium"),
        ("medium", "in_progress", "low"),
        ("low", "not_started", "low"),
        ("low", "in_progress", "info"),
    ],
)
def test_work_in_progress_is_one_step_less_severe(priority: str, status: str, severity: str) -> None:
    assert severity_of(priority, status) == severity


def test_risk_is_0_when_nothing_is_done_and_never_below() -> None:
    assert value(scored(controls("not_started", "not_started", "not_started", "not_started")), "risk") == 0
    odd = Weights(WEIGHTS.parts, WEIGHTS.priorities, {**WEIGHTS.severities, "high": 1000})
    score = score_of(Inputs(controls("in_progress"), (), Fraction(0), False, NOW), odd)
    assert value(score, "risk") == 0


def test_what_is_done_is_never_overdue() -> None:
    done = (MilestoneInput(PAST, True),)
    assert value(scored(controls("complete", due=PAST), milestones=done), "timeliness") == 100


def test_overdue_controls_and_milestones_cost_timeliness() -> None:
    late = (MilestoneInput(PAST, False), MilestoneInput(PAST, True), MilestoneInput(FUTURE, False))
    assert value(scored(controls("in_progress", due=PAST), milestones=late), "timeliness") == 50


def test_controls_out_of_scope_are_never_overdue() -> None:
    states = [ControlInput("a", "low", "not_applicable", PAST), ControlInput("a", "low", "complete")]
    assert value(scored(states), "timeliness") == 100


def test_a_category_is_scored_by_its_own_controls_and_evidence() -> None:
    states = [ControlInput("a", "high", "complete"), ControlInput("b", "critical", "not_started")]
    inputs = Inputs(states, (MilestoneInput(PAST, False),), Fraction(70), True, NOW)
    found = {name: score_of(within(inputs, name, {"a": Fraction(90)}), WEIGHTS).overall for name in ("a", "b", "c")}
    assert found == {"a": 97, "b": 0, "c": 0}  # 40 + 27 + 20 + 10


def test_weights_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="must add up to 1"):
        ComplianceSettings(coverage_weight=0.5)

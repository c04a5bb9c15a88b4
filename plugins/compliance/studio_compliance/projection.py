"""What a project already holds, applied to another framework (product rules, Gaps, projection, mappings)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from studio_compliance.assessment import explanation_of, known_priority, rounded
from studio_compliance.crosswalk import Via, carried_to
from studio_compliance.formula import (
    COMPLETE,
    IN_PROGRESS,
    NOT_APPLICABLE,
    NOT_STARTED,
    ControlInput,
    Inputs,
    Score,
    Weights,
    band_of,
    score_of,
)
from studio_kernel.frameworks import Control, Framework
from studio_kernel.mappings import MappingRegistry
from studio_projects.api import ProjectControl


@dataclass(frozen=True, slots=True)
class Projected:
    """A control of the other framework: the status that follows, and from where.

    ``own`` where the project has it itself, ``evidenced`` where current, approved evidence shows it in full.
    """

    control: Control
    status: str
    via: tuple[Via, ...]
    own: bool
    evidenced: bool


def project_onto(
    framework: Framework, held: Mapping[str, ProjectControl], mappings: MappingRegistry
) -> list[Projected]:
    """Each control of ``framework`` as the evidence of the project's controls shows it, the best way deciding.

    A control that is in the project itself keeps the status that it has there.
    """
    sources = {each: control for each, control in held.items() if control.derived_status != NOT_STARTED}
    projected = []
    for control in framework.controls:
        via = tuple(carried_to(control.id, sources, mappings))
        own = held.get(control.id)
        reached = via[0].status if via else NOT_STARTED
        if own is None:
            projected.append(Projected(control, reached, via, own=False, evidenced=reached == COMPLETE))
        else:
            evidenced = own.applicable and COMPLETE in (own.derived_status, own.mapped_status)
            projected.append(Projected(control, own.status, via, own=True, evidenced=evidenced))
    return projected


def serving_controls(projected: list[Projected]) -> set[str]:
    """The project's controls whose evidence counts in the projection."""
    return {each.control.id for each in projected if each.own} | {
        via.control.control_id for each in projected for via in each.via
    }


def projected_score(projected: list[Projected], evidence: tuple[int, int, int], now: str, weights: Weights) -> Score:
    """The score by the usual formula. Nothing in a projection has a due date, so nothing is late."""
    pieces, current, quality = evidence
    mean = Fraction(quality, current) if current else Fraction(0)
    controls = [
        ControlInput(each.control.category, known_priority(each.control.priority), each.status) for each in projected
    ]
    return score_of(Inputs(controls, (), mean, pieces > 0, now, current), weights)


def projection_view(project_id: str, framework: Framework, projected: list[Projected], score: Score) -> dict[str, Any]:
    """The projection as the API shows it."""
    counts = dict.fromkeys((COMPLETE, IN_PROGRESS, NOT_STARTED, NOT_APPLICABLE), 0)
    for each in projected:
        counts[each.status] += 1
    return {
        "project_id": project_id,
        "framework": framework.id,
        "projected_score": score.overall,
        "band": band_of(score.overall),
        "control_coverage": {"total": len(projected) - counts[NOT_APPLICABLE], **counts},
        "coverage": {
            "value": rounded(score.part("coverage").value),
            "controls_with_evidence": sum(each.evidenced for each in projected),
            "applicable_controls": len(projected) - counts[NOT_APPLICABLE],
        },
        "explanation": explanation_of(score),
        "controls": [_control_view(each) for each in projected],
    }


def _control_view(projected: Projected) -> dict[str, Any]:
    control = projected.control
    return {
        "control_id": control.id,
        "number": control.number,
        "title": control.title,
        "category": control.category,
        "priority": control.priority,
        "status": projected.status,
        "in_project": projected.own,
        "via": [each.shown() for each in projected.via],
    }

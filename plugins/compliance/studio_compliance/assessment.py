"""The score of a project as of now, from what projects and evidence hold: four queries, whatever the size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from studio_compliance.formula import (
    COMPLETE,
    IN_PROGRESS,
    NOT_APPLICABLE,
    NOT_STARTED,
    ControlInput,
    Inputs,
    MilestoneInput,
    Score,
    Weights,
    band_of,
    score_of,
    within,
)
from studio_compliance.holdings import EvidenceHeld, Holdings
from studio_compliance.settings import ComplianceSettings
from studio_kernel.clock import to_text
from studio_kernel.frameworks import PRIORITIES
from studio_projects.api import ControlGroup, Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """The score of a project at one moment. ``last_updated`` is when it last became another (RFC 3339 text)."""

    project_id: str
    overall: int
    framework_scores: Mapping[str, int]
    coverage: Mapping[str, int]
    evidenced: int
    evidence: EvidenceHeld
    score: Score
    last_updated: str

    def shown(self, *, explain: bool = False) -> dict[str, Any]:
        """As the API shows it: never a score without how much of the project it stands on."""
        view = {
            "project_id": self.project_id,
            "overall_score": self.overall,
            "band": band_of(self.overall),
            "framework_scores": self.framework_scores,
            "control_coverage": self.coverage,
            "evidence_quality": {
                "total": self.evidence.total,
                "high_quality": self.evidence.high,
                "good_quality": self.evidence.good,
                "needs_improvement": self.evidence.needs_improvement,
            },
            "coverage": {
                "value": rounded(self.score.part("coverage").value),
                "controls_with_evidence": self.evidenced,
                "applicable_controls": self.coverage["total"],
            },
            "freshness": freshness_view(self.evidence),
            "last_updated": self.last_updated,
        }
        return {**view, "explanation": explanation_of(self.score)} if explain else view


def explanation_of(score: Score) -> dict[str, Any]:
    """How a score came about: each part with its weight and what it was made from."""
    return {
        "started": score.started,
        "exact_score": rounded(score.exact),
        "parts": [
            {
                "name": part.name,
                "value": rounded(part.value),
                "weight": float(part.weight),
                "contribution": rounded(part.value * part.weight),
                "inputs": dict(part.inputs),
            }
            for part in score.parts
        ],
    }


def freshness_view(held: EvidenceHeld) -> dict[str, Any]:
    """How much of the approved evidence is current, in percent and in pieces."""
    return {
        "value": held.freshness,
        "current": held.current,
        "expired": held.approved - held.current,
        "expiring_in_30_days": held.expiring,
    }


def rounded(value: Fraction) -> float:
    """A part of a score with two decimals, for people."""
    return round(float(value), 2)


@dataclass(frozen=True, slots=True)
class Assessed:
    """What was read of a project, and the score that follows."""

    groups: list[ControlGroup]
    inputs: Inputs
    held: EvidenceHeld
    score: Score

    @property
    def evidenced(self) -> int:
        """How many applicable controls have current, approved evidence, their own or by a mapping in full."""
        return sum(group.evidenced for group in self.groups if group.status != NOT_APPLICABLE)


class Assessment:
    """Computes scores; stores nothing and checks no rights."""

    def __init__(self, platform: Platform) -> None:
        self._clock = platform.clock
        self._frameworks = platform.frameworks
        self._projects = Projects(platform)
        self._holdings = Holdings(platform)
        self.weights = weights_of(platform)

    def of(self, project_id: str, framework_id: str) -> Assessed:
        """The score of a project; evidence is also told by category of ``framework_id``. Four queries."""
        now = to_text(self._clock())
        groups = self._projects.control_groups(project_id, now)
        milestones = self._projects.milestones(project_id)
        held = self._holdings.held(project_id, framework_id, now)
        inputs = Inputs(
            [_input(group) for group in groups],
            [MilestoneInput(each.due_date, each.status == "completed") for each in milestones],
            held.mean,
            held.total > 0,
            now,
            held.current,
        )
        return Assessed(groups, inputs, held, score_of(inputs, self.weights))

    def result(self, project_id: str, framework_id: str, last_updated: str) -> ScoreResult:
        """The score with all that the API tells of it."""
        found = self.of(project_id, framework_id)
        return ScoreResult(
            project_id,
            found.score.overall,
            self._by_category(found, framework_id),
            coverage_of(found.groups),
            found.evidenced,
            found.held,
            found.score,
            last_updated or found.inputs.now,
        )

    def _by_category(self, found: Assessed, framework_id: str) -> dict[str, int]:
        own: dict[str, list[ControlInput]] = defaultdict(list)
        for group in found.groups:
            if group.framework_id == framework_id:
                own[group.category].append(_input(group))
        quality = found.held.by_category
        scores = {}
        for category in self._categories(framework_id, own):
            inputs = Inputs(own.get(category, []), (), Fraction(0), False, found.inputs.now)
            scores[category] = score_of(within(inputs, category, quality), self.weights).overall
        return scores

    def _categories(self, framework_id: str, own: Mapping[str, Sequence[ControlInput]]) -> list[str]:
        framework = self._frameworks.get(framework_id)
        known = [category.id for category in framework.categories] if framework is not None else []
        # An archived project may hold another version, and a framework may be uninstalled: the project knows its own.
        return known if own.keys() <= set(known) else list(own)


def weights_of(platform: Platform) -> Weights:
    """The settings of the formula."""
    settings = platform.settings.section(ComplianceSettings)
    return Weights(settings.part_weights, settings.priority_weights, settings.severity_points)


def coverage_of(groups: Sequence[ControlGroup]) -> dict[str, int]:
    """Controls by state; ``total`` leaves out those that don't apply."""
    counts = dict.fromkeys((COMPLETE, IN_PROGRESS, NOT_STARTED, NOT_APPLICABLE), 0)
    for group in groups:
        counts[group.status] += group.count
    return {"total": sum(counts.values()) - counts[NOT_APPLICABLE], **counts}


def known_priority(priority: str) -> str:
    """A plugin that builds its framework by hand may have used another word; the score must not break on it."""
    return priority if priority in PRIORITIES else "medium"


def _input(group: ControlGroup) -> ControlInput:
    return ControlInput(group.category, known_priority(group.priority), group.status, group.due_date, group.count)

"""The score of a project as of now, from what projects and evidence hold: five queries, whatever the size."""

from __future__ import annotations

from collections.abc import Mapping
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
    score_of,
    within,
)
from studio_compliance.settings import ComplianceSettings
from studio_evidence.api import EvidenceLibrary, QualitySummary
from studio_kernel.clock import to_text
from studio_kernel.frameworks import PRIORITIES
from studio_projects.api import ProjectControl, Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """The score of a project at one moment. ``last_updated`` is when it last became another (RFC 3339 text)."""

    project_id: str
    overall: int
    framework_scores: Mapping[str, int]
    coverage: Mapping[str, int]
    evidence: QualitySummary
    score: Score
    last_updated: str

    def shown(self, *, explain: bool) -> dict[str, Any]:
        """As the API shows it."""
        view: dict[str, Any] = {
            "project_id": self.project_id,
            "overall_score": self.overall,
            "framework_scores": self.framework_scores,
            "control_coverage": self.coverage,
            "evidence_quality": {
                "total": self.evidence.total,
                "high_quality": self.evidence.high,
                "good_quality": self.evidence.good,
                "needs_improvement": self.evidence.needs_improvement,
            },
            "last_updated": self.last_updated,
        }
        if explain:
            view["explanation"] = _explanation(self.score)
        return view


def _explanation(score: Score) -> dict[str, Any]:
    parts = [
        {
            "name": part.name,
            "value": round(float(part.value), 2),
            "weight": float(part.weight),
            "contribution": round(float(part.value * part.weight), 2),
            "inputs": dict(part.inputs),
        }
        for part in score.parts
    ]
    return {"started": score.started, "parts": parts}


@dataclass(frozen=True, slots=True)
class Assessed:
    """What was read of a project, and the score that follows."""

    controls: list[ProjectControl]
    inputs: Inputs
    quality: QualitySummary
    score: Score


class Assessment:
    """Computes scores; stores nothing and checks no rights."""

    def __init__(self, platform: Platform) -> None:
        settings = platform.settings.section(ComplianceSettings)
        self._clock = platform.clock
        self._frameworks = platform.frameworks
        self._projects = Projects(platform)
        self._library = EvidenceLibrary(platform)
        self._weights = Weights(settings.part_weights, settings.priority_weights, settings.severity_points)

    def of(self, project_id: str, framework_id: str) -> Assessed:
        """The score of a project; evidence is also told by category of ``framework_id``. Four queries."""
        controls = self._projects.controls(project_id)
        milestones = self._projects.milestones(project_id)
        quality = self._library.quality(project_id, framework_id=framework_id)
        inputs = Inputs(
            [ControlInput(each.category, _priority(each), each.status, each.due_date) for each in controls],
            [MilestoneInput(each.due_date, each.status == "completed") for each in milestones],
            _exact(quality.mean_current_approved),
            quality.total > 0,
            to_text(self._clock()),
        )
        return Assessed(controls, inputs, quality, score_of(inputs, self._weights))

    def result(self, project_id: str, framework_id: str, last_updated: str) -> ScoreResult:
        """The score with all that the API tells of it."""
        found = self.of(project_id, framework_id)
        return ScoreResult(
            project_id,
            found.score.overall,
            self._by_category(found, framework_id),
            _coverage(found.controls),
            found.quality,
            found.score,
            last_updated or found.inputs.now,
        )

    def _by_category(self, found: Assessed, framework_id: str) -> dict[str, int]:
        own = Inputs(
            [
                control
                for control, state in zip(found.inputs.controls, found.controls, strict=True)
                if state.framework_id == framework_id
            ],
            (),
            Fraction(0),
            False,
            found.inputs.now,
        )
        quality = {name: _exact(mean) for name, mean in found.quality.by_category.items()}
        categories = self._categories(framework_id, found.controls)
        return {each: score_of(within(own, each, quality), self._weights).overall for each in categories}

    def _categories(self, framework_id: str, controls: list[ProjectControl]) -> list[str]:
        framework = self._frameworks.get(framework_id)
        if framework is not None:
            return [category.id for category in framework.categories]
        # The framework's package was uninstalled; the project still knows its controls.
        return list(dict.fromkeys(each.category for each in controls if each.framework_id == framework_id))


def _coverage(controls: list[ProjectControl]) -> dict[str, int]:
    counts = dict.fromkeys((COMPLETE, IN_PROGRESS, NOT_STARTED, NOT_APPLICABLE), 0)
    for control in controls:
        counts[control.status] += 1
    return {"total": len(controls) - counts[NOT_APPLICABLE], **counts}


def _priority(control: ProjectControl) -> str:
    """A plugin that builds its framework by hand may have used another word; the score must not break on it."""
    return control.priority if control.priority in PRIORITIES else "medium"


def _exact(mean: float) -> Fraction:
    """The fraction of whole numbers that a mean in floating point stands for."""
    return Fraction(mean).limit_denominator(1_000_000)

"""The use cases: score, gaps, trend and projection of a project."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from studio_compliance import queries
from studio_compliance.assessment import Assessment, ScoreResult
from studio_compliance.changes import Candidates, best_changes
from studio_compliance.formula import COMPLETE, NOT_APPLICABLE, band_of
from studio_compliance.gaps import SEVERITIES, Gap, find_gaps
from studio_compliance.holdings import Holdings
from studio_compliance.projection import project_onto, projected_score, projection_view, serving_controls
from studio_compliance.standing import Standing
from studio_evidence.api import EvidenceLibrary
from studio_kernel.clock import to_text
from studio_kernel.context import current_context
from studio_kernel.errors import ValidationFailed
from studio_kernel.security.principal import Principal
from studio_projects.api import ProjectRef, Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_SCORE = "compliance:score"


class ComplianceService:
    """How a project stands. Methods that take a principal raise ``NotFound`` and ``Forbidden`` as projects do."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._projects = Projects(platform)
        self._library = EvidenceLibrary(platform)
        self._assessment = Assessment(platform)
        self._holdings = Holdings(platform)
        self._candidates = Candidates(platform)

    def score(self, principal: Principal, project_id: str) -> ScoreResult:
        """The score as of now, computed afresh: part of it depends on the day."""
        return self.current_score(project_id, self._require(principal, project_id).framework)

    def explained_score(self, principal: Principal, project_id: str) -> dict[str, Any]:
        """The score with its parts, weights and inputs, and the changes that would raise it most."""
        view = self.score(principal, project_id).shown(explain=True)
        standing = self.standing(project_id)
        weights = standing.weights
        view["explanation"] |= {
            "priority_weights": dict(weights.priorities),
            "severity_points": dict(weights.severities),
            "changes": best_changes(standing, self._candidates.of(project_id, standing, standing.now)),
        }
        return view

    def standing(self, project_id: str) -> Standing:
        """The project in memory, to try changes on, for trusted callers; four queries."""
        now = to_text(self._platform.clock())
        return Standing(
            self._projects.controls(project_id),
            self._projects.milestones(project_id),
            self._holdings.held(project_id, "", now),
            now,
            self._assessment.weights,
            self._platform.mappings,
        )

    def projection(self, principal: Principal, project_id: str, framework_id: str) -> dict[str, Any]:
        """What the project would score in another framework with the evidence that it has; three queries."""
        self._require(principal, project_id)
        framework = self._platform.frameworks.get(framework_id)
        if framework is None:
            known = ", ".join(sorted(each.id for each in self._platform.frameworks))
            raise ValidationFailed("framework", f"Must be an installed framework: {known}")
        held = {each.control_id: each for each in self._projects.controls(project_id)}
        projected = project_onto(framework, held, self._platform.mappings)
        evidence = self._library.serving(project_id, serving_controls(projected))
        now = to_text(self._platform.clock())
        score = projected_score(projected, evidence, now, self._assessment.weights)
        return projection_view(project_id, framework, projected, score)

    def current_score(self, project_id: str, framework_id: str) -> ScoreResult:
        """The same for trusted callers; ``framework_id`` is the primary framework, by whose categories it tells."""
        stored = self._database.row(queries.STORED, project_id=project_id)
        return self._assessment.result(project_id, framework_id, stored[2] if stored else "")

    def gap_report(self, principal: Principal, project_id: str, severity: str | None = None) -> dict[str, Any]:
        """All gaps, or those of one severity, as the API shows them."""
        self._require(principal, project_id)
        gaps = self.gaps(project_id)
        counts = {each: sum(1 for gap in gaps if gap.severity == each) for each in SEVERITIES}
        return {
            "project_id": project_id,
            "gaps": [_gap_view(gap) for gap in gaps if severity in (None, gap.severity)],
            "summary": {"total": len(gaps), **counts},
        }

    def gaps(self, project_id: str) -> list[Gap]:
        """All gaps, the most severe first, for trusted callers; two queries."""
        controls = self._projects.controls(project_id)
        open_ids = {each.control_id: each.via for each in controls if each.status not in (COMPLETE, NOT_APPLICABLE)}
        sources = {via["control_id"] for found in open_ids.values() for via in found}
        current = self._library.current_of_controls(project_id, open_ids.keys() | sources)
        return find_gaps(controls, current, self._platform.frameworks)

    def trend(self, principal: Principal, project_id: str, days: int) -> dict[str, Any]:
        """The last score of each recorded day of the last ``days`` days, today among them."""
        self._require(principal, project_id)
        since = to_text(self._platform.clock() - timedelta(days=days - 1))[:10]
        rows = self._database.rows(queries.HISTORY, project_id=project_id, since=since)
        points = [
            {"date": day, "overall_score": overall, "band": band_of(overall), "freshness": 0.0, **orjson.loads(parts)}
            for day, overall, parts in rows
        ]
        change = rows[-1][1] - rows[0][1] if rows else 0
        return {"project_id": project_id, "points": points, "change": change}

    def _require(self, principal: Principal, project_id: str) -> ProjectRef:
        project = self._projects.require(principal, project_id, _SCORE)
        current_context().resource_id = project_id
        return project


def _gap_view(gap: Gap) -> dict[str, Any]:
    control = gap.control
    return {
        "control_id": control.control_id,
        "framework": control.framework_id,
        "number": control.number,
        "title": control.title,
        "category": control.category,
        "priority": control.priority,
        "status": control.status,
        "severity": gap.severity,
        "missing": gap.missing,
        "via": control.via,
    }

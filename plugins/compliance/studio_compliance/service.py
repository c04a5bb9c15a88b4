"""The use cases: score, gaps and trend of a project."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from studio_compliance import queries
from studio_compliance.assessment import Assessment, ScoreResult
from studio_compliance.gaps import SEVERITIES, Gap, find_gaps
from studio_evidence.api import EvidenceLibrary
from studio_kernel.clock import to_text
from studio_kernel.context import current_context
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

    def score(self, principal: Principal, project_id: str) -> ScoreResult:
        """The score as of now, computed afresh: part of it depends on the day."""
        return self.current_score(project_id, self._require(principal, project_id).framework)

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
        found = ((each.control_id, self._platform.frameworks.control(each.control_id)) for each in controls)
        definitions = {control_id: control for control_id, control in found if control is not None}
        return find_gaps(controls, self._library.of_project(project_id), definitions)

    def trend(self, principal: Principal, project_id: str, days: int) -> dict[str, Any]:
        """The last score of each recorded day of the last ``days`` days, today among them."""
        self._require(principal, project_id)
        since = to_text(self._platform.clock() - timedelta(days=days - 1))[:10]
        rows = self._database.rows(queries.HISTORY, project_id=project_id, since=since)
        points = [{"date": day, "overall_score": overall, **orjson.loads(parts)} for day, overall, parts in rows]
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
    }

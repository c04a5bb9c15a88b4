"""What other plugins may use of compliance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from studio_compliance.assessment import ScoreResult
from studio_compliance.events import SCORE_CHANGED
from studio_compliance.gaps import Gap, missing_evidence
from studio_compliance.service import ComplianceService
from studio_evidence.api import EvidenceRef
from studio_kernel.errors import NotFound
from studio_kernel.frameworks import Control
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform


class Compliance:
    """Scores and gaps for other plugins. Checks no rights: ask :class:`studio_projects.api.Projects` first."""

    def __init__(self, platform: Platform) -> None:
        self._service = ComplianceService(platform)
        self._projects = Projects(platform)

    def score(self, project_id: str) -> ScoreResult:
        """The score of a project as of now, in six queries. :raises NotFound: there is no such project."""
        frameworks = self._projects.frameworks(project_id)
        if not frameworks:
            raise NotFound(f"There is no project {project_id}")
        return self._service.current_score(project_id, frameworks[0])

    def gaps(self, project_id: str) -> list[Gap]:
        """Applicable controls that aren't complete, the most severe first, in two queries."""
        return self._service.gaps(project_id)

    def missing_evidence(self, control: Control, evidence: Iterable[EvidenceRef]) -> list[str]:
        """Titles of a control's expected evidence that nothing current and approved among ``evidence`` covers."""
        return missing_evidence(control, evidence)


__all__ = ["SCORE_CHANGED", "Compliance", "Gap", "ScoreResult"]

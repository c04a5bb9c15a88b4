"""Puts together what an answer may rest on: definitions, and the state of a project that the caller may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from studio_ai.mentions import Mentions
from studio_ai.providers import ControlFacts, EvidenceRef, ProjectFacts, Question, Source
from studio_compliance.api import Compliance
from studio_evidence.api import EvidenceLibrary
from studio_kernel.errors import NotFound, ValidationFailed
from studio_kernel.frameworks import Control, Framework
from studio_kernel.security.principal import Principal
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

# PERF: so many controls of one question are looked up in the project; each costs two queries.
_MOST_CONTROLS = 5


class Grounding:
    """Builds questions."""

    def __init__(self, platform: Platform) -> None:
        self._frameworks = platform.frameworks
        self._projects = Projects(platform)
        self._library = EvidenceLibrary(platform)
        self._compliance = Compliance(platform)

    @cached_property
    def mentions(self) -> Mentions:
        """The index of names; built at first use, when every framework is there."""
        return Mentions.among(self._frameworks)

    def question(
        self, principal: Principal, message: str, project_id: str | None = None, control_id: str | None = None
    ) -> Question:
        """The question with its sources.

        :raises NotFound: no such project, or none that the caller may know of.
        :raises ValidationFailed: ``context.control_id`` names no control.
        """
        project = self._project(principal, project_id) if project_id else None
        named = self.mentions.frameworks(message)
        own = [project.framework_id] if project else []
        chosen = [self.control(control_id, "context.control_id")] if control_id else None
        controls = chosen or self.mentions.controls(message, [each.id for each in named] or own)
        related = [] if controls else self.mentions.related(message, [each.id for each in named] or own)
        facts = [self._facts(each, project) for each in controls[:_MOST_CONTROLS]]
        close = [ControlFacts(*each) for each in related]
        return Question(
            message=message,
            controls=tuple(facts),
            related=tuple(close),
            frameworks=tuple(named),
            project=project,
            sources=tuple(_sources(project, named, [*facts, *close])),
        )

    def control(self, control_id: str, field: str) -> tuple[Framework, Control]:
        """A control with its framework; ``ValidationFailed`` names ``field`` when there is none."""
        control = self._frameworks.control(control_id)
        framework = self._frameworks.get(control.framework_id) if control else None
        if control is None or framework is None:
            raise ValidationFailed(field, "There is no such control in the installed frameworks")
        return framework, control

    def _project(self, principal: Principal, project_id: str) -> ProjectFacts:
        project = self._projects.require(principal, project_id, "projects:read")
        score = self._compliance.score(project_id).overall
        return ProjectFacts(project.id, project.name, project.framework, score)

    def _facts(self, found: tuple[Framework, Control], project: ProjectFacts | None) -> ControlFacts:
        framework, control = found
        if project is None:
            return ControlFacts(framework, control)
        try:
            status = self._projects.control(project.id, control.id).status
        except NotFound:
            # The project isn't assessed against this framework: the definition still answers.
            return ControlFacts(framework, control)
        held = self._library.of_control(project.id, control.id)
        evidence = [
            EvidenceRef(
                each.id, each.title, each.status, each.quality_score, each.is_current and each.status == "approved"
            )
            for each in held
        ]
        missing = self._compliance.missing_evidence(control, held)
        return ControlFacts(framework, control, status, tuple(evidence), tuple(missing))


def _sources(
    project: ProjectFacts | None, frameworks: Sequence[Framework], controls: Iterable[ControlFacts]
) -> Iterable[Source]:
    for framework in frameworks:
        yield Source(framework.id, "framework", framework.name, framework.description)
    if project is not None:
        yield Source(project.id, "project", project.name)
    seen: set[str] = set()
    for facts in controls:
        control = facts.control
        title = f"{facts.framework.name} {control.number} {control.title}"
        yield Source(control.id, "control", title, control.description)
        for piece in facts.evidence:
            if piece.id not in seen:
                seen.add(piece.id)
                yield Source(piece.id, "evidence", piece.title)

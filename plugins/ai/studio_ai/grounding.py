"""Puts together what an answer may rest on: definitions, and the state of a project that the caller may see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from studio_ai.mentions import Mentions
from studio_ai.providers import ControlFacts, EvidenceRef, ProjectFacts, Question, Source
from studio_ai.retrieval.passages import Passage
from studio_ai.retrieval.search import PassageSearch
from studio_ai.settings import AiSettings
from studio_compliance.api import Compliance
from studio_evidence.api import EvidenceLibrary
from studio_evidence.api import EvidenceRef as HeldEvidence
from studio_kernel.clock import to_text
from studio_kernel.errors import Forbidden, NotFound, ValidationFailed
from studio_kernel.frameworks import Control, Framework
from studio_kernel.security.principal import Principal
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

# PERF: so many controls of one question are looked up in the project; each costs two queries.
_MOST_CONTROLS = 5
_MOST_PASSAGES = 6
# So many pieces of a control's evidence are named to whoever answers; the newest so many are looked into for passages.
_MOST_NAMED = 40
_MOST_SEARCHED = 1000
# What a passage must score to count as being about the question: below it only single common words agree.
_CLOSE_ENOUGH = 0.35


class Grounding:
    """Builds questions."""

    def __init__(self, platform: Platform, search: PassageSearch) -> None:
        self._clock = platform.clock
        self._expiring = timedelta(days=platform.settings.section(AiSettings).expiring_days)
        self._search = search
        self._frameworks = platform.frameworks
        self._projects = Projects(platform)
        self._library = EvidenceLibrary(platform)
        self._compliance = Compliance(platform)
        self._indexed: tuple[int, Mentions] | None = None

    @property
    def mentions(self) -> Mentions:
        """The index of names, built anew when frameworks came, changed or went."""
        # NOTE: the version first, so that an index is never kept as newer than it is.
        version, indexed = self._frameworks.version, self._indexed
        if indexed is None or indexed[0] != version:
            indexed = self._indexed = (version, Mentions.among(self._frameworks))
        return indexed[1]

    def question(
        self,
        principal: Principal,
        message: str,
        project_id: str | None = None,
        control_id: str | None = None,
        earlier: Sequence[str] = (),
        recent: Sequence[str] = (),
    ) -> Question:
        """The question with its sources. ``recent`` are ids of the controls that the conversation was last about:
        they are meant when the message names none.

        :raises NotFound: no such project, or none that the caller may know of.
        :raises ValidationFailed: ``context.control_id`` names no control.
        """
        project = self._project(principal, project_id) if project_id else None
        named = self.mentions.frameworks(message)
        own = [project.framework_id] if project else []
        attached = self._projects.frameworks(project.id) if project else []
        chosen = [self.control(control_id, "context.control_id")] if control_id else None
        recalled = [found for found in map(self._known, recent) if found is not None] if not named else []
        asked = [each.id for each in named]
        controls = chosen or self.mentions.controls(message, asked or own, () if asked else attached)
        controls = controls or recalled
        related = [] if controls else self.mentions.related(message, asked or attached)
        found = [self._facts(each, project) for each in controls[:_MOST_CONTROLS]]
        facts = [each for each, _ in found]
        close = [ControlFacts(*each) for each in related]
        held = {evidence_id for _, ids in found for evidence_id in ids}
        passages = self._passages(principal, message, project, facts, held)
        return Question(
            message=message,
            controls=tuple(facts),
            related=tuple(close),
            frameworks=tuple(named),
            project=project,
            sources=(*_sources(project, named, [*facts, *close]), *passage_sources(passages)),
            passages=tuple(passages),
            earlier=tuple(earlier),
        )

    def facts(self, principal: Principal, project_id: str, control_id: str) -> ControlFacts | None:
        """A control with how it stands in a project; None when its framework isn't installed. Raises as projects do."""
        found = self._known(control_id)
        return self._facts(found, self._project(principal, project_id))[0] if found is not None else None

    def sources(self, controls: Iterable[ControlFacts]) -> list[Source]:
        """What an answer about these controls can rest on."""
        return list(_sources(None, (), controls))

    def control(self, control_id: str, field: str) -> tuple[Framework, Control]:
        """A control with its framework; ``ValidationFailed`` names ``field`` when there is none."""
        found = self._known(control_id)
        if found is None:
            raise ValidationFailed(field, "There is no such control in the installed frameworks")
        return found

    def _known(self, control_id: str) -> tuple[Framework, Control] | None:
        control = self._frameworks.control(control_id)
        framework = self._frameworks.get(control.framework_id) if control else None
        return None if control is None or framework is None else (framework, control)

    def _passages(
        self,
        principal: Principal,
        message: str,
        project: ProjectFacts | None,
        facts: Sequence[ControlFacts],
        held: Collection[str],
    ) -> list[Passage]:
        """Stretches of evidence: for a question about controls, of the evidence ``held`` for them alone."""
        if project is None or (facts and not held):
            return []
        query = " ".join([*(each.control.title for each in facts), message])
        try:
            # NOTE: ids sort by time.
            within = sorted(held)[-_MOST_SEARCHED:] or None
            found = self._search.find(principal, project.id, query, _MOST_PASSAGES, within)
        except Forbidden:
            return []
        least = 0.0 if facts else _CLOSE_ENOUGH
        return [each for each in found if each.score >= least]

    def _project(self, principal: Principal, project_id: str) -> ProjectFacts:
        project = self._projects.require(principal, project_id, "projects:read")
        score = self._compliance.score(project_id).overall
        return ProjectFacts(project.id, project.name, project.framework, score)

    def _facts(
        self, found: tuple[Framework, Control], project: ProjectFacts | None
    ) -> tuple[ControlFacts, Sequence[str]]:
        """A control, and the ids of all evidence that is held for it."""
        framework, control = found
        if project is None:
            return ControlFacts(framework, control), ()
        try:
            status = self._projects.control(project.id, control.id).status
        except NotFound:
            # The project isn't assessed against this framework: the definition still answers.
            return ControlFacts(framework, control), ()
        held = self._library.of_control(project.id, control.id)
        evidence = _telling([self._held(each) for each in held])
        missing = self._compliance.missing_evidence(control, held)
        unnamed = len(held) - len(evidence)
        facts = ControlFacts(framework, control, status, tuple(evidence), tuple(missing), unnamed)
        return facts, [each.id for each in held]

    def _held(self, piece: HeldEvidence) -> EvidenceRef:
        current = piece.is_current and piece.status == "approved"
        horizon = to_text(self._clock() + self._expiring)
        soon = current and piece.expires_at is not None and piece.expires_at <= horizon
        return EvidenceRef(piece.id, piece.title, piece.status, piece.quality_score, current, piece.expires_at, soon)


def _telling(evidence: Sequence[EvidenceRef]) -> list[EvidenceRef]:
    """Of much evidence what counts, then what is newest, in the order in which it came."""
    places = sorted(range(len(evidence)), key=lambda place: (not evidence[place].current, -place))
    return [evidence[place] for place in sorted(places[:_MOST_NAMED])]


def passage_sources(passages: Iterable[Passage]) -> Iterator[Source]:
    """Passages as what an answer can rest on."""
    for each in passages:
        yield Source(each.id, "passage", title_of(each), each.text, each.evidence_id)


def title_of(passage: Passage) -> str:
    """Where a passage stands, for people."""
    where = ", ".join(part for part in (passage.heading, passage.place) if part)
    return f"{passage.title} ({where})" if where else passage.title


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
        yield Source(control.id, "control", title, _told(facts))
        for piece in facts.evidence:
            if piece.id not in seen:
                seen.add(piece.id)
                yield Source(piece.id, "evidence", piece.title, _standing(piece))


def _told(facts: ControlFacts) -> str:
    """How a control stands, and what its definition says: the state first, because a long source is cut at its end."""
    expected = "; ".join(f"{each.title}: {each.description}" for each in facts.control.expected_evidence)
    state = f"In the project: {facts.status}. Missing: {'; '.join(facts.missing) or 'nothing'}." if facts.status else ""
    lines = [
        state,
        facts.control.description,
        f"Expected evidence, renewed every {facts.control.renewal_days} days: {expected or 'none is listed'}.",
    ]
    return " ".join(filter(None, lines))


def _standing(piece: EvidenceRef) -> str:
    counts = "counts" if piece.current else "does not count"
    until = f", until {piece.expires_at[:10]}" if piece.expires_at else ""
    soon = ", expiring soon" if piece.expires_soon else ""
    return f"{piece.status}, {counts}{until}{soon}, quality {piece.quality_score or 'not judged'}"

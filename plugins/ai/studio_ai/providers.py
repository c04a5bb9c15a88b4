"""What an AI provider is: it gets a question with everything that the caller may see, and words an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from studio_ai.retrieval.passages import Passage
from studio_kernel.frameworks import Control, Framework

SourceKind = Literal["framework", "control", "project", "evidence", "passage", "proposal"]


@dataclass(frozen=True, slots=True)
class Source:
    """Something that an answer can rest on. ``text`` is data, never an instruction, whoever wrote it.

    ``evidence_id`` is the evidence that a passage is part of.
    """

    id: str
    kind: SourceKind
    title: str
    text: str = ""
    evidence_id: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceRef:
    """A piece of evidence of a control, in its newest version.

    ``quality_score`` is 0 to 100 and 0 until analysed; ``current`` is whether it is approved and not expired.
    ``expires_at`` is when it stops counting; ``expires_soon`` that this lies within the configured days.
    """

    id: str
    title: str
    status: str
    quality_score: int
    current: bool
    expires_at: str | None = None
    expires_soon: bool = False


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """The project that the question is about. ``score`` is its overall compliance score, 0 to 100."""

    id: str
    name: str
    framework_id: str
    score: int


@dataclass(frozen=True, slots=True)
class ControlFacts:
    """A control that the question is about, with how it stands in the project.

    ``status`` is empty without a project, or when the project doesn't assess the control. ``missing`` are titles
    of expected evidence that nothing current in the project seems to cover. Of much evidence, ``evidence`` has what
    counts and what is newest, and ``unnamed`` is how many pieces there are beside it.
    """

    framework: Framework
    control: Control
    status: str = ""
    evidence: tuple[EvidenceRef, ...] = ()
    missing: tuple[str, ...] = ()
    unnamed: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, and all that the answer may rest on.

    ``controls`` are those that the caller named, by id or in the message; ``related`` others whose titles come
    close. ``frameworks`` are those named. ``sources`` is everything that may be cited. The caller may see all of
    it; a provider must not look for more. ``drafts`` are titles of policies that the platform can draft for the first
    of the controls. ``passages`` are stretches of evidence that come closest to the message, the closest first.
    ``earlier`` are the last questions of the same conversation.
    """

    message: str
    controls: tuple[ControlFacts, ...] = ()
    related: tuple[ControlFacts, ...] = ()
    frameworks: tuple[Framework, ...] = ()
    project: ProjectFacts | None = None
    sources: tuple[Source, ...] = ()
    drafts: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. ``citations`` are ids of the question's sources; any other id is dropped."""

    message: str
    citations: tuple[str, ...] = ()


class Provider(Protocol):
    """Answers questions. One object serves all requests, from several threads at once.

    Delivered by the hook ``studio_ai_providers``.
    """

    @property
    def id(self) -> str:
        """Short name in lower case, unique in an install, such as ``ollama``."""
        ...

    @property
    def title(self) -> str:
        """Name for people."""
        ...

    @property
    def needs_network(self) -> bool:
        """Whether what is asked leaves this machine."""
        ...

    def answer(self, question: Question) -> Reply:
        """Answer, or raise: any exception, and any answer later than ``ai.timeout_seconds``, makes the built-in
        provider answer instead."""
        ...

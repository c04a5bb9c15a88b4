"""What the rubric knows of a piece of evidence, and what it says about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Part = Literal["completeness", "accuracy", "currency", "relevance"]
TextState = Literal["extracted", "no_text", "unsupported", "protected", "damaged", "too_costly"]

WEIGHTS: dict[Part, int] = {"completeness": 40, "accuracy": 30, "currency": 20, "relevance": 10}
"""Points of each part (product rules, Evidence)."""


@dataclass(frozen=True, slots=True)
class ServedControl:
    """A control that the evidence serves. ``expected`` are titles of evidence that it expects."""

    title: str
    expected: tuple[str, ...] = ()
    renewal_days: int = 365


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a judgement depends on: equal facts give equal scores.

    ``text`` is what could be read of the file, and ``text_state`` says what came of reading it. ``file_size`` is in
    bytes. ``renewal_days`` holds for evidence that serves no known control. ``now`` is the beginning of the UTC day
    of the judgement.
    """

    title: str
    description: str
    tags: tuple[str, ...]
    kind: str
    content_type: str
    file_size: int
    uploaded_at: datetime
    period_start: datetime | None
    period_end: datetime | None
    valid_until: datetime | None
    controls: tuple[ServedControl, ...]
    text: str
    text_state: TextState
    renewal_days: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: ``points`` of ``possible``. ``raise_by`` is empty when nothing is missing."""

    id: str
    part: Part
    checked: str
    points: int
    possible: int
    raise_by: str = ""


@dataclass(frozen=True, slots=True)
class Analyser:
    """A further analyser. ``analyse`` gives checks; their ids begin with ``name`` and a dot.

    Its checks share the weight of their part with those of the rubric: no part ever counts for more.
    The same facts must always give the same checks.
    """

    name: str
    analyse: Callable[[Facts], Sequence[Check]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A score from 0 to 100 with the checks that it follows from, in a fixed order."""

    score: int
    checks: tuple[Check, ...]


def quality_band(score: int) -> str:
    """The word for a score (product rules, Evidence)."""
    bands = ((90, "excellent"), (80, "good"), (70, "acceptable"), (60, "marginal"))
    return next((band for least, band in bands if score >= least), "unacceptable")

"""Refinements: what a closer look says of a score. They are shown beside it and never take its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage of the evidence that a refinement rests on; ``place`` says to people where it stands."""

    passage_id: str
    place: str
    quote: str


@dataclass(frozen=True, slots=True)
class Refinement:
    """A score from 0 to 100 that somebody came to who looked at ``base_score``, with the passages that speak for it.

    ``provider`` and ``model`` say who; ``model`` is empty where none took part. ``refined_at`` is RFC 3339 text.
    """

    score: int
    base_score: int
    summary: str
    provider: str
    model: str
    refined_at: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class RefinementSource:
    """Somebody who refines scores. ``read`` gives what is kept of a piece (id) in a version (number), if anything."""

    name: str
    read: Callable[[str, int], Refinement | None]

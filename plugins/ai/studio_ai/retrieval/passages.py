"""What a search finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Way = Literal["words", "meaning"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that was found. ``score`` is from 0 to 1 and compares within one search only.

    ``start`` and ``end`` are offsets, in characters, in the text of that version of the evidence.
    """

    id: str
    evidence_id: str
    title: str
    version: int
    place: str
    heading: str
    start: int
    end: int
    text: str
    score: float
    matched_by: tuple[Way, ...]

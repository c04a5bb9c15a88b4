"""Cuts a text into passages that answer something by themselves, and remembers where each stands.

Headings begin a passage and stay with it as its trail; paragraphs, list items and table rows stay whole; what is
longer than a passage is cut after a sentence, or after a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Characters. A passage of this size says one thing, and a dozen of them fit any model.
LONGEST = 900
_DEEPEST = 6
_BLOCK = re.compile(r"[^\n]*\S[^\n]*(?:\n(?![ \t]*(?:\n|#|[-*+|] |\d+[.)] ))[^\n]*\S[^\n]*)*")
_HEADING = re.compile(r"\s{0,3}(#{1,6})\s+(.+?)\s*#*\s*\Z")
_NUMBERED = re.compile(r"\s*(\d{1,2}(?:\.\d{1,2}){0,4})\.?\s+([A-Z][^.!?;\n]{2,80})\Z")
_SENTENCE_END = re.compile(r"[.!?;:]\s+")


@dataclass(frozen=True, slots=True)
class Chunk:
    """``text`` is what stands between ``start`` and ``end``; ``heading`` the titles above it, outermost first."""

    start: int
    end: int
    heading: str
    text: str


def cut(text: str, longest: int = LONGEST) -> Iterator[Chunk]:
    """The passages of a text, in order, without overlap. The same text is always cut the same way."""
    trail: list[tuple[int, str]] = []
    start = end = -1
    for match in _BLOCK.finditer(text):
        first, last = match.span()
        level, title = _heading(match.group())
        if level or (start >= 0 and last - start > longest):
            if start >= 0:
                yield _chunk(text, start, end, trail)
            start = -1
        if level:
            trail = [*(each for each in trail if each[0] < level), (level, title)]
            continue
        if start < 0:
            start = first
        end = last
        while end - start > longest:
            middle = _break(text, start, start + longest)
            yield _chunk(text, start, middle, trail)
            start = middle
    if start >= 0:
        yield _chunk(text, start, end, trail)


def _heading(block: str) -> tuple[int, str]:
    """Level and title of a heading, level 0 for anything else."""
    found = _HEADING.match(block)
    if found is not None:
        return len(found.group(1)), found.group(2)
    numbered = _NUMBERED.match(block)
    if numbered is not None:
        return min(_DEEPEST, numbered.group(1).count(".") + 2), numbered.group(2).strip()
    return 0, ""


def _break(text: str, start: int, limit: int) -> int:
    """Where to cut before ``limit``: after the last sentence of the second half, else the last word, else there."""
    half = start + (limit - start) // 2
    ends = [match.end() for match in _SENTENCE_END.finditer(text, half, limit)]
    if ends:
        return ends[-1]
    blank = max(text.rfind(" ", half, limit), text.rfind("\n", half, limit))
    return blank + 1 if blank > half else limit


def _chunk(text: str, start: int, end: int, trail: list[tuple[int, str]]) -> Chunk:
    body = text[start:end].lstrip()
    start = end - len(body)
    body = body.rstrip()
    return Chunk(start, start + len(body), " › ".join(title for _, title in trail)[:300], body)

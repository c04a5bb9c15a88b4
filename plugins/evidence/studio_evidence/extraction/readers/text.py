"""Plain text and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from studio_evidence.extraction.extractors import Part

# characters: about a passage
_PART = 1_000
_LONGEST_LINE = 100_000
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(\S[^\n]*)")
_FENCE = re.compile(r" {0,3}(```|~~~)")


def read(path: Path) -> Iterator[Part]:
    """Parts of some lines."""
    lines: list[str] = []
    first, size, number = 1, 0, 0
    for number, line in enumerate(lines_of(path), 1):
        lines.append(line)
        size += len(line)
        if size >= _PART:
            yield Part("".join(lines), "lines", f"{first}-{number}")
            lines, size, first = [], 0, number + 1
    if lines:
        yield Part("".join(lines), "lines", f"{first}-{number}")


def read_markdown(path: Path) -> Iterator[Part]:
    """A part a section, called by its heading; what stands between fences holds no headings."""
    heading, fence = "", ""
    lines: list[str] = []
    for line in lines_of(path):
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence == mark.group(1) else fence or mark.group(1)
        found = None if fence or mark else _HEADING.match(line)
        if found:
            if lines:
                yield Part("".join(lines), "section", heading)
            heading, lines = found.group(1).rstrip().rstrip("#").rstrip(), []
        lines.append(line)
    if lines:
        yield Part("".join(lines), "section", heading)


def lines_of(path: Path) -> Iterator[str]:
    """Lines with their ends, cut where they are too long to be lines."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        while line := file.readline(_LONGEST_LINE):
            yield line

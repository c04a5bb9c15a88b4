"""Tables as text: a line a row, some rows a part, so that what is found can be told by its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from studio_evidence.extraction.extractors import Part

# characters: about a passage
_PART = 1_000
_LONGEST_CELL = 10_000


def row_parts(rows: Iterable[Sequence[Any]], kind: str, name: str = "") -> Iterator[Part]:
    """Parts labelled ``name, rows 3-40``; empty rows are counted and left out."""
    lines: list[str] = []
    first, size, number = 0, 0, 0
    for number, row in enumerate(rows, 1):
        line = row_text(row)
        if not line:
            continue
        if not lines:
            first = number
        lines.append(line)
        size += len(line)
        if size >= _PART:
            yield Part("\n".join(lines) + "\n", kind, _label(name, first, number))
            lines, size = [], 0
    if lines:
        yield Part("\n".join(lines) + "\n", kind, _label(name, first, number))


def row_text(row: Sequence[Any]) -> str:
    """The cells of a row between bars; empty without any."""
    cells = [" ".join(str(cell)[:_LONGEST_CELL].split()) for cell in row if cell is not None]
    return " | ".join(cell for cell in cells if cell)


def _label(name: str, first: int, last: int) -> str:
    rows = f"row {first}" if first == last else f"rows {first}-{last}"
    return f"{name}, {rows}" if name else rows

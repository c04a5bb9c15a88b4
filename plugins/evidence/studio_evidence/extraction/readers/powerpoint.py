"""PowerPoint presentations, slide by slide, with tables and notes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pptx

from studio_evidence.extraction.extractors import Part
from studio_evidence.extraction.readers.rows import row_text

_MOST_DEPTH = 20


def read(path: Path) -> Iterator[Part]:
    """A part a slide."""
    for number, slide in enumerate(pptx.Presentation(str(path)).slides, 1):
        lines = list(_texts(slide.shapes, 0))
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            lines.append(slide.notes_slide.notes_text_frame.text)
        text = "\n".join(line for line in lines if line.strip())
        if text:
            yield Part(text + "\n", "slide", str(number))


def _texts(shapes: Any, depth: int) -> Iterator[str]:
    for shape in shapes:
        if hasattr(shape, "shapes") and depth < _MOST_DEPTH:
            yield from _texts(shape.shapes, depth + 1)
        elif getattr(shape, "has_table", False):
            yield from (row_text([cell.text for cell in row.cells]) for row in shape.table.rows)
        elif shape.has_text_frame:
            yield shape.text_frame.text

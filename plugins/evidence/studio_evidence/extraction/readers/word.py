"""Word documents, section by section, with tables and the running heads, which often tell version and owner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
from docx.table import Table

from studio_evidence.extraction.extractors import Part
from studio_evidence.extraction.readers.rows import row_text


def read(path: Path) -> Iterator[Part]:
    """A part a section, called by its heading."""
    document = docx.Document(str(path))
    for head in _running(document):
        yield Part(head + "\n", "header")
    heading = ""
    lines: list[str] = []
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            lines += [row_text([cell.text for cell in row.cells]) for row in block.rows]
            continue
        if _is_heading(block) and block.text.strip():
            if lines:
                yield Part("\n".join(lines) + "\n", "section", heading)
            heading, lines = block.text.strip(), []
        lines.append(block.text)
    if lines:
        yield Part("\n".join(lines) + "\n", "section", heading)


def _is_heading(paragraph: Any) -> bool:
    name = (paragraph.style.name or "") if paragraph.style is not None else ""
    return bool(name == "Title" or name.startswith("Heading"))


def _running(document: Any) -> list[str]:
    """Headers and footers, each text once."""
    found: dict[str, None] = {}
    for section in document.sections:
        for place in (section.header, section.footer):
            text = " ".join(paragraph.text for paragraph in place.paragraphs).strip()
            if text:
                found[text] = None
    return list(found)

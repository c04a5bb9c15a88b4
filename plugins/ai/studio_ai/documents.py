"""Policies as documents: Markdown as a web page or a Word file."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from studio_kernel.errors import ValidationFailed

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

FORMATS = ("markdown", "html", "docx")
KEPT_FORMATS = ("markdown", "docx")
"""Those that evidence may be in."""
_MOST_PIECES = 10_000
_PIECES = ("inline", "fence", "code_block")
# What XML has no room for, which Markdown may also hold as entities.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "h1,h2,h3{line-height:1.2}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #bbb;padding:.3rem .6rem;text-align:left;vertical-align:top}"
    "@media print{body{margin:0;max-width:none}h2{break-after:avoid}tr,li{break-inside:avoid}}"
)


@dataclass(frozen=True, slots=True)
class Document:
    """A file: its name, its media type and its bytes."""

    file_name: str
    content_type: str
    body: bytes


def render(title: str, markdown: str, form: str) -> Document:
    """The policy in one of :data:`FORMATS`. APPSEC: HTML inside the Markdown stays text, in each of them.

    :raises ValidationFailed: there is too much for a Word file.
    """
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:80] or "policy"
    if form == "html":
        return Document(f"{name}.html", "text/html", _page(title, markdown).encode())
    if form == "docx":
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        return Document(f"{name}.docx", kind, _word_file(title, markdown))
    return Document(f"{name}.md", "text/markdown", markdown.encode())


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link", "autolink"])


def _page(title: str, markdown: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n{_parser().render(markdown)}</body>\n</html>\n"
    )


def _word_file(title: str, markdown: str) -> bytes:
    import docx

    tokens = _parser().parse(markdown)
    # APPSEC: a Word file takes half a millisecond for each, so that 200 KB of "*a*" would take minutes.
    if sum(1 + len(token.children or ()) for token in tokens if token.type in _PIECES) > _MOST_PIECES:
        problem = f"Must have at most {_MOST_PIECES:,} paragraphs, cells and changes of type, for a Word file"
        raise ValidationFailed("content", problem)
    document = docx.Document()
    document.core_properties.title = _NO_XML.sub("", title)
    _Writer(document).write(tokens)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


class _Writer:
    """Writes the blocks of Markdown into a Word document."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._lists: list[str] = []
        self._rows: list[list[list[Token]]] = []
        # PERF: the library looks through all styles for each paragraph, which takes longer than all else.
        self._styles = {style.name: style.style_id for style in document.styles}

    def write(self, tokens: Sequence[Token]) -> None:
        """Every block, in order."""
        style = ""
        for number, token in enumerate(tokens):
            kind = token.type
            if kind == "heading_open":
                style = "Title" if token.tag == "h1" else f"Heading {int(token.tag[1]) - 1}"
            elif kind in ("bullet_list_open", "ordered_list_open"):
                self._lists.append("List Bullet" if kind.startswith("bullet") else "List Number")
            elif kind in ("bullet_list_close", "ordered_list_close"):
                self._lists.pop()
            elif kind == "inline":
                self._inline(tokens[number - 1].type, token, style)
                style = ""
            elif kind in ("fence", "code_block"):
                self._document.add_paragraph(_NO_XML.sub("", token.content))
            elif kind == "tr_open":
                self._rows.append([])
            elif kind == "table_close":
                self._table()

    def _inline(self, before: str, token: Token, style: str) -> None:
        if before in ("th_open", "td_open"):
            self._rows[-1].append(list(token.children or ()))
            return
        in_list = self._lists[-1] if self._lists else ""
        paragraph = self._document.add_paragraph()
        if style or in_list:
            paragraph._p.style = self._styles[style or in_list]
        _runs(paragraph, token.children or ())

    def _table(self) -> None:
        rows, self._rows = self._rows, []
        table = self._document.add_table(rows=0, cols=max(map(len, rows)), style="Table Grid")
        for number, row in enumerate(rows):
            for cell, children in zip(table.add_row().cells, row, strict=False):
                _runs(cell.paragraphs[0], children, bold=number == 0)


def _runs(paragraph: Any, children: Sequence[Token], *, bold: bool = False) -> None:
    for text, strong, slanted in _texts(children):
        run = paragraph.add_run(_NO_XML.sub("", text))
        if strong or bold:
            run.bold = True
        if slanted:
            run.italic = True


def _texts(children: Sequence[Token]) -> Iterator[tuple[str, bool, bool]]:
    strong = slanted = 0
    for child in children:
        if child.type in ("strong_open", "strong_close"):
            strong += child.nesting
        elif child.type in ("em_open", "em_close"):
            slanted += child.nesting
        elif child.type in ("softbreak", "hardbreak"):
            yield " ", False, False
        elif child.content:
            yield child.content, strong > 0, slanted > 0

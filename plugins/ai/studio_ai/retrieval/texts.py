"""The text of evidence, as retrieval wants it: the one place that knows where it comes from."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from studio_evidence.api import Content, EvidenceContents

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class TextPart:
    """A stretch of text; ``place`` says to people where it stands, such as ``page 3``, and may be empty."""

    text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceText:
    """The text of the current version of a piece of evidence."""

    evidence_id: str
    project_id: str
    title: str
    version: int
    parts: tuple[TextPart, ...]


class EvidenceTexts:
    """Reads texts. Checks no rights."""

    def __init__(self, platform: Platform) -> None:
        self._contents = EvidenceContents(platform)

    def current(self, evidence_id: str) -> EvidenceText | None:
        """The text as it is now; None when the evidence is gone. Without any text it has no parts."""
        content = self._contents.current(evidence_id, _MOST_BYTES)
        if content is None:
            return None
        text = _plain(content)
        parts = (TextPart(text),) if text.strip() else ()
        return EvidenceText(content.evidence_id, content.project_id, content.title, content.version, parts)

    def exists(self, evidence_id: str) -> bool:
        """Whether the evidence is there, as this transaction sees it."""
        return self._contents.exists(evidence_id)


def _plain(content: Content) -> str:
    if not content.content_type.startswith("text/"):
        return ""
    text = content.body.decode("utf-8-sig", errors="replace").replace("\0", "")
    return _without_markup(text) if content.content_type == "text/html" else text


class _Text(HTMLParser):
    """Keeps what a reader sees, a line for each block."""

    _BLOCKS = frozenset(("p", "div", "li", "tr", "br", "h1", "h2", "h3", "h4", "h5", "h6", "table", "section"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "template", "head"):
            self._unseen += 1
        if tag in self._BLOCKS:
            self.pieces.append("\n\n")
        if re.fullmatch(r"h[1-6]", tag):
            self.pieces.append("#" * int(tag[1]) + " ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "template", "head"):
            self._unseen = max(0, self._unseen - 1)
        if tag in self._BLOCKS:
            self.pieces.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(" ".join(data.split()) + " " if data.strip() else "")


def _without_markup(text: str) -> str:
    parser = _Text()
    parser.feed(text)
    parser.close()
    return html.unescape("".join(parser.pieces))

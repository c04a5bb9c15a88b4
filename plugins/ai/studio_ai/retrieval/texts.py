"""The text of evidence, as retrieval wants it: the one place that knows where it comes from.

Today these are files that are text themselves: Markdown, plain text, CSV, JSON, notes. Others have no text here.
"""

from __future__ import annotations

from dataclasses import dataclass
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

    def described(self, evidence_id: str) -> tuple[str, int] | None:
        """Title and number of the current version, as this transaction sees them; None when the evidence is gone."""
        return self._contents.described(evidence_id)


def _plain(content: Content) -> str:
    if not (content.content_type.startswith("text/") or content.content_type == "application/json"):
        return ""
    return content.body.decode("utf-8-sig", errors="replace").replace("\0", "")

"""The text of evidence, as retrieval wants it: the one place that knows where it comes from.

Files that are text themselves are read at once; PDF, Office and other files once their text was extracted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_evidence.api import EvidenceContents, ExtractedTexts, TextPassage, VersionText

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_MOST_BYTES = 4 * 1024 * 1024
_NAMED_BY_HEADING = ("section", "sheet")


@dataclass(frozen=True, slots=True)
class TextPart:
    """A stretch of a text, ``start`` characters in.

    ``place`` says to people where, as ``page 3``, and ``heading`` what stands above it; both may be empty.
    """

    text: str
    place: str = ""
    heading: str = ""
    start: int = 0


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
        self._extracted = ExtractedTexts(platform)

    def current(self, evidence_id: str) -> EvidenceText | None:
        """The text as it is now; None when the evidence is gone. Without any text it has no parts."""
        return self._from_extraction(evidence_id) if self.is_extracted(evidence_id) else self._from_file(evidence_id)

    def described(self, evidence_id: str) -> tuple[str, int] | None:
        """Title and number of the current version, as this transaction sees them; None when the evidence is gone."""
        return self._contents.described(evidence_id)

    def is_extracted(self, evidence_id: str) -> bool:
        """Whether the text comes from extraction, and so later than the evidence."""
        content_type = self._contents.content_type(evidence_id)
        return content_type is not None and not _is_plain(content_type)

    def _from_file(self, evidence_id: str) -> EvidenceText | None:
        content = self._contents.current(evidence_id, _MOST_BYTES)
        if content is None:
            return None
        text = content.body.decode("utf-8-sig", errors="replace").replace("\0", "")
        parts = (TextPart(text),) if text.strip() else ()
        return EvidenceText(evidence_id, content.project_id, content.title, content.version, parts)

    def _from_extraction(self, evidence_id: str) -> EvidenceText | None:
        described, found = self.described(evidence_id), self._extracted.current(evidence_id)
        if described is None or found is None:
            return None
        parts = tuple(_part(found, each) for each in found.passages)
        return EvidenceText(evidence_id, found.project_id, described[0], found.number, parts)


def _part(text: VersionText, passage: TextPassage) -> TextPart:
    place = f"{passage.kind} {passage.label}".strip()
    heading = passage.label if passage.kind in _NAMED_BY_HEADING else ""
    return TextPart(text.of(passage), place, heading, passage.start)


def _is_plain(content_type: str) -> bool:
    # NOTE: of a web page people see the text, not the source.
    return content_type == "application/json" or (content_type.startswith("text/") and content_type != "text/html")

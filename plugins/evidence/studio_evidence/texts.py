"""The texts of evidence, as they were read out of its files, for other plugins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import orjson

from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.storage.database import Row

TextState = Literal["pending", "done", "failed", "unsupported"]

_READ = (
    "SELECT t.version_id, t.evidence_id, t.project_id, v.number, t.state, t.outcome, t.text, t.passages, t.truncated, "
    "t.error, t.extracted_at FROM evidence_texts t JOIN evidence_versions v ON v.id = t.version_id "
)
_OF_VERSION = Statement(f"{_READ}WHERE t.version_id = :version_id")
_OF_PIECE = Statement(
    f"{_READ}JOIN evidence e ON e.id = v.evidence_id AND e.version = v.number WHERE t.evidence_id = :evidence_id"
)


@dataclass(frozen=True, slots=True)
class TextPassage:
    """A part of a text. ``start`` and ``end`` count characters of the whole text; ``end`` isn't in it any more.

    ``kind`` is the kind of place in the file, such as ``page`` or ``sheet``, and ``label`` says which; both may be
    empty.
    """

    start: int
    end: int
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class VersionText:
    """The text of one version. ``number`` is that of the version; ``extracted_at`` is RFC 3339 text.

    ``state``: ``pending`` until the file was read; ``done``, also without any text, as of a scan; ``failed`` for
    files that are damaged, protected or too costly to read; ``unsupported`` when nothing reads files of the kind.
    ``error`` says in plain words why there is no text, and ``outcome`` in one. ``truncated``: there was more.
    """

    version_id: str
    evidence_id: str
    project_id: str
    number: int
    state: TextState
    outcome: str
    text: str
    passages: tuple[TextPassage, ...]
    truncated: bool
    error: str
    extracted_at: str | None

    def of(self, passage: TextPassage) -> str:
        """The text of a passage."""
        return self.text[passage.start : passage.end]


class ExtractedTexts:
    """Reads texts, for trusted callers: looks at nobody's rights."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database

    def text_of(self, version_id: str) -> VersionText | None:
        """The text of a version; None when there is no such version. One query."""
        return _version_text(self._database.row(_OF_VERSION, version_id=version_id))

    def current(self, evidence_id: str) -> VersionText | None:
        """The text of the current version of a piece; None when the piece is gone. One query."""
        return _version_text(self._database.row(_OF_PIECE, evidence_id=evidence_id))


def _version_text(row: Row | None) -> VersionText | None:
    if row is None:
        return None
    places = tuple(TextPassage(**each) for each in orjson.loads(row[7]))
    return VersionText(*(*row[:7], places, bool(row[8]), *row[9:]))

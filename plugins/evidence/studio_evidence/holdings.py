"""Everything that a project holds as evidence, with its files and reviews: for reports and audit packs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.storage.files import FileReader

_VERSIONS = Statement(
    "SELECT v.evidence_id, e.title, e.description, e.status, e.quality_score, e.control_ids, v.number, e.version, "
    "v.file_name, v.file_size, v.content_type, v.sha256, v.kind, v.url, v.uploaded_by, v.uploaded_at, e.approved_at, "
    "e.expires_at FROM evidence_versions v JOIN evidence e ON e.id = v.evidence_id "
    "WHERE v.project_id = :project_id ORDER BY e.uploaded_at, e.id, v.number"
)
_REVIEWS = Statement(
    "SELECT evidence_id, version, reviewer_id, decision, score, comment, created_at FROM evidence_reviews "
    "WHERE project_id = :project_id ORDER BY created_at, id"
)


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """One version of a piece of evidence. ``current`` is the piece's newest version; times are RFC 3339 text."""

    evidence_id: str
    title: str
    description: str
    status: str
    quality_score: int
    control_ids: tuple[str, ...]
    number: int
    current: int
    file_name: str
    file_size: int
    content_type: str
    sha256: str
    kind: str
    url: str | None
    uploaded_by: str
    uploaded_at: str
    approved_at: str | None
    expires_at: str | None


@dataclass(frozen=True, slots=True)
class HeldReview:
    """A decision about one version of a piece of evidence."""

    evidence_id: str
    version: int
    reviewer_id: str
    decision: str
    score: int | None
    comment: str
    created_at: str


class EvidenceHoldings:
    """Reads all evidence of a project, for trusted callers; each method is one query."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._files = platform.files

    def versions(self, project_id: str) -> list[HeldVersion]:
        """Every version of every piece, oldest pieces first."""
        rows = self._database.rows(_VERSIONS, project_id=project_id)
        return [HeldVersion(*(*row[:5], tuple(orjson.loads(row[5])), *row[6:])) for row in rows]

    def reviews(self, project_id: str) -> list[HeldReview]:
        """Every review, oldest first."""
        return [HeldReview(*row) for row in self._database.rows(_REVIEWS, project_id=project_id)]

    def open(self, sha256: str) -> FileReader:
        """The bytes of a version; ``NotFound`` when the file is gone."""
        return self._files.open(sha256)

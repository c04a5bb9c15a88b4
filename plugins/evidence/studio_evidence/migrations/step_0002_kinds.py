"""Evidence that is a link or a note, versions with dates and a comment of their own, and an index for every order."""

from __future__ import annotations

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import Migration
from studio_kernel.storage.sql import Statement

_COLUMNS = (
    "evidence ADD COLUMN kind VARCHAR(8) NOT NULL DEFAULT 'file'",
    "evidence ADD COLUMN url TEXT",
    "evidence_versions ADD COLUMN kind VARCHAR(8) NOT NULL DEFAULT 'file'",
    "evidence_versions ADD COLUMN url TEXT",
    "evidence_versions ADD COLUMN comment TEXT NOT NULL DEFAULT ''",
    "evidence_versions ADD COLUMN period_start VARCHAR(27)",
    "evidence_versions ADD COLUMN period_end VARCHAR(27)",
    "evidence_versions ADD COLUMN valid_until VARCHAR(27)",
)
# The dates that a piece has now are those of its current version; of earlier ones nobody knows.
_OF_PIECE = "FROM evidence e WHERE e.id = evidence_versions.evidence_id"
_DATES = tuple(
    f"UPDATE evidence_versions SET {name} = (SELECT e.{name} {_OF_PIECE}) WHERE number = (SELECT e.version {_OF_PIECE})"
    for name in ("period_start", "period_end", "valid_until")
)
# PERF: each order that the list offers ends on the id, of everything and within one project, so that a page of a
# million pieces reads no more rows than it shows.
_ORDERS = ("title", "quality_score", "file_size", "status, uploaded_at")


def _apply(database: Database) -> None:
    for column in _COLUMNS:
        database.execute(Statement(f"ALTER TABLE {column}"))
    for update in _DATES:
        database.execute(Statement(update))
    for order in _ORDERS:
        name = order.replace(", ", "_")
        database.execute(Statement(f"CREATE INDEX evidence_by_{name} ON evidence ({order}, id)"))
        database.execute(Statement(f"CREATE INDEX evidence_in_project_by_{name} ON evidence (project_id, {order}, id)"))
    database.execute(Statement("DROP INDEX evidence_project_id_status"))
    database.execute(Statement("CREATE INDEX evidence_by_control ON evidence_controls (control_id, evidence_id)"))


MIGRATION = Migration("0002_kinds", _apply, "Links and notes, dates and comments of versions, an index for every order")

"""Files that nothing could read are found at once when something can."""

from __future__ import annotations

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import Migration
from studio_kernel.storage.sql import Statement


def _apply(database: Database) -> None:
    database.execute(
        Statement("CREATE INDEX evidence_texts_unread ON evidence_texts (version_id) WHERE state = 'unsupported'")
    )


MIGRATION = Migration("0006_unsupported", _apply, "An index of files that nothing could read")

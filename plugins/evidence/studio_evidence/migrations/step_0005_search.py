"""Which evidence the index of search knows. Evidence from before is waiting: periodic work puts it in."""

from __future__ import annotations

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import Migration
from studio_kernel.storage.sql import Statement


def _apply(database: Database) -> None:
    database.execute(Statement("ALTER TABLE evidence ADD COLUMN searchable BOOLEAN NOT NULL DEFAULT FALSE"))
    database.execute(Statement("CREATE INDEX evidence_unsearchable ON evidence (id) WHERE NOT searchable"))


MIGRATION = Migration("0005_search", _apply, "Which evidence the index of search knows")

"""What became of each attempt at a delivery."""

from __future__ import annotations

from studio_kernel.storage.database import Database
from studio_kernel.storage.sql import Statement


def apply(database: Database) -> None:
    """Add the column. What was attempted before is only counted."""
    database.execute(Statement("ALTER TABLE webhook_deliveries ADD COLUMN history TEXT NOT NULL DEFAULT '[]'"))

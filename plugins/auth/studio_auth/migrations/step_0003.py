"""The secret that an OAuth client had before, while both are taken."""

from __future__ import annotations

from studio_kernel.storage.database import Database
from studio_kernel.storage.sql import Statement

COLUMNS = (
    "ALTER TABLE oauth_clients ADD COLUMN previous_secret_hash VARCHAR(64) NOT NULL DEFAULT ''",
    "ALTER TABLE oauth_clients ADD COLUMN previous_secret_until VARCHAR(27)",
)


def apply(database: Database) -> None:
    """Columns with the value that earlier rows have."""
    for text in COLUMNS:
        database.execute(Statement(text))

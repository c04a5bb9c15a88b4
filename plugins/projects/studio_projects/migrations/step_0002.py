"""Who took a control out of scope, and when."""

from __future__ import annotations

from studio_kernel.storage.database import Database
from studio_kernel.storage.sql import Statement

_COLUMNS = ("not_applicable_by VARCHAR(80)", "not_applicable_at VARCHAR(27)")


def apply(database: Database) -> None:
    """Add the columns; what is out of scope already has nobody's name beside it."""
    for column in _COLUMNS:
        database.execute(Statement(f"ALTER TABLE project_controls ADD COLUMN {column}"))

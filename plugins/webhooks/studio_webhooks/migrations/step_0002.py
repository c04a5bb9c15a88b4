"""Projects and health of webhooks; what a delivery needs to be judged again when it is sent."""

from __future__ import annotations

from studio_kernel.storage.database import Database
from studio_kernel.storage.sql import Statement

_CHANGES = (
    "ALTER TABLE webhooks ADD COLUMN project_id VARCHAR(80) NOT NULL DEFAULT ''",
    "ALTER TABLE webhooks ADD COLUMN failures INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE webhooks ADD COLUMN failing_since VARCHAR(27)",
    "ALTER TABLE webhook_deliveries ADD COLUMN project_id VARCHAR(80) NOT NULL DEFAULT ''",
    "ALTER TABLE webhook_deliveries ADD COLUMN event_version INTEGER NOT NULL DEFAULT 1",
)


def apply(database: Database) -> None:
    """Add the columns."""
    for text in _CHANGES:
        database.execute(Statement(text))

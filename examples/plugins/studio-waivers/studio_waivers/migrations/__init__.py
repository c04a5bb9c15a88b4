"""The table, step by step. A step that was released never changes: it keeps its own model."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import Migration, create_tables
from studio_kernel.storage.models import DigestField, Table, TimeField
from studio_kernel.storage.sql import Statement


class _Waiver(Table):
    id = peewee.CharField(max_length=40, primary_key=True)
    project_id = peewee.CharField(max_length=40, index=True)
    control_id = peewee.CharField(max_length=80)
    title = peewee.CharField(max_length=200)
    reason = peewee.TextField()
    status = peewee.CharField(max_length=12)
    document = DigestField(index=True)
    document_name = peewee.CharField(max_length=200)
    granted_by = peewee.CharField(max_length=40)
    expires_at = TimeField(index=True)
    created_at = TimeField(index=True)

    class Meta:
        table_name = "waivers"


def _create(database: Database) -> None:
    create_tables(database, [_Waiver])


_SEVERITY = Statement("ALTER TABLE waivers ADD COLUMN severity VARCHAR(12) NOT NULL DEFAULT 'low'")


def _add_severity(database: Database) -> None:
    database.execute(_SEVERITY)


MIGRATIONS = (
    Migration("0001_waivers", _create, "The register of waivers"),
    Migration("0002_severity", _add_severity, "How grave what is waived is", phase="expand"),
)

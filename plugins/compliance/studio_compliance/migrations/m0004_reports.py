"""Reports that are made in the background."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import Migration, create_tables
from studio_kernel.storage.models import Table, TimeField


class _Report(Table):
    id = peewee.CharField(max_length=40, primary_key=True)
    project_id = peewee.CharField(max_length=80)
    kind = peewee.CharField(max_length=20)
    format = peewee.CharField(max_length=10)
    job_id = peewee.CharField(max_length=40)
    file_name = peewee.CharField(max_length=200)
    media_type = peewee.CharField(max_length=100)
    sha256 = peewee.CharField(max_length=64)
    size = peewee.BigIntegerField()
    created_by = peewee.CharField(max_length=80)
    created_at = TimeField()
    expires_at = TimeField()

    class Meta:
        table_name = "compliance_reports"
        indexes = (
            (("project_id", "created_at", "id"), False),
            (("sha256",), False),
            (("expires_at",), False),
        )


def _apply(database: Database) -> None:
    create_tables(database, (_Report,))


MIGRATION = Migration("0004_reports", _apply, "Reports that are made in the background")

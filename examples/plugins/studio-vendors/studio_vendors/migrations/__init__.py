"""The register's tables, step by step. A step that was released never changes: it keeps its own models."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import Migration, create_tables
from studio_kernel.storage.models import Table, TimeField


class _Vendor(Table):
    id = peewee.CharField(max_length=40, primary_key=True)
    name = peewee.CharField(max_length=200, unique=True)
    review_due = TimeField()
    created_at = TimeField(index=True)

    class Meta:
        table_name = "vendors"


class _Project(Table):
    project_id = peewee.CharField(max_length=40, primary_key=True)

    class Meta:
        table_name = "vendors_projects"


def _create(database: Database) -> None:
    create_tables(database, [_Vendor, _Project])


MIGRATIONS = (Migration("0001_vendors", _create, "The register of vendors"),)

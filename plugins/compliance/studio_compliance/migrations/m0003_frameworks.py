"""Imported frameworks, their versions, and what left projects with an upgrade."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import Migration, create_tables
from studio_kernel.storage.models import JSONField, Table, TimeField


class _Framework(Table):
    framework_id = peewee.CharField(max_length=64, primary_key=True)
    revision = peewee.IntegerField()
    updated_at = TimeField()

    class Meta:
        table_name = "compliance_frameworks"


class _FrameworkVersion(Table):
    framework_id = peewee.CharField(max_length=64)
    revision = peewee.IntegerField()
    previous = peewee.IntegerField(null=True)
    version = peewee.CharField(max_length=200)
    format = peewee.CharField(max_length=20)
    controls = peewee.IntegerField()
    definition = peewee.TextField()
    original = peewee.TextField(null=True)
    lineage = JSONField()
    imported_by = peewee.CharField(max_length=80)
    imported_at = TimeField()

    class Meta:
        table_name = "compliance_framework_versions"
        primary_key = peewee.CompositeKey("framework_id", "revision")


class _FrameworkState(Table):
    id = peewee.IntegerField(primary_key=True)
    token = peewee.CharField(max_length=40)

    class Meta:
        table_name = "compliance_framework_state"


class _RetiredControl(Table):
    project_id = peewee.CharField(max_length=80)
    control_id = peewee.CharField(max_length=80)
    framework_id = peewee.CharField(max_length=64)
    state = JSONField()
    retired_at = TimeField()

    class Meta:
        table_name = "compliance_retired_controls"
        primary_key = peewee.CompositeKey("project_id", "control_id")


def _apply(database: Database) -> None:
    create_tables(database, (_Framework, _FrameworkVersion, _FrameworkState, _RetiredControl))
    database.insert(_FrameworkState, {"id": 1, "token": "none"})


MIGRATION = Migration("0003_frameworks", _apply, "Imported frameworks and their versions")

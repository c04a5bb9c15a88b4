"""The first tables. The models are frozen: ``models.py`` may go on, this may not."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import create_tables
from studio_kernel.storage.models import Table, TimeField
from studio_kernel.storage.sql import Statement


class _Project(Table):
    id = peewee.CharField(primary_key=True, max_length=40)
    name = peewee.CharField(max_length=200)
    description = peewee.TextField()
    status = peewee.CharField(max_length=20)
    framework = peewee.CharField(max_length=200)
    compliance_score = peewee.IntegerField()
    created_by = peewee.CharField(max_length=80)
    created_at = TimeField()
    updated_at = TimeField()

    class Meta:
        table_name = "projects"
        # PERF: each order that a list offers ends on the id, also within one status, so that a page of a
        # million projects reads no more rows than it shows.
        indexes = (
            (("status", "created_at", "id"), False),
            (("framework", "created_at", "id"), False),
            (("created_at", "id"), False),
            (("updated_at", "id"), False),
            (("name", "id"), False),
            (("compliance_score", "id"), False),
            (("status", "id"), False),
        )


class _ProjectFramework(Table):
    project_id = peewee.CharField(max_length=40)
    framework_id = peewee.CharField(max_length=200)
    position = peewee.IntegerField()
    attached_at = TimeField()

    class Meta:
        table_name = "project_frameworks"
        primary_key = peewee.CompositeKey("project_id", "framework_id")


class _ProjectMember(Table):
    project_id = peewee.CharField(max_length=40)
    user_id = peewee.CharField(max_length=80)
    role = peewee.CharField(max_length=20)
    joined_at = TimeField()

    class Meta:
        table_name = "project_members"
        primary_key = peewee.CompositeKey("project_id", "user_id")
        indexes = ((("user_id", "project_id"), False),)


class _Milestone(Table):
    id = peewee.CharField(primary_key=True, max_length=40)
    project_id = peewee.CharField(max_length=40)
    name = peewee.CharField(max_length=200)
    description = peewee.TextField()
    due_date = TimeField()
    status = peewee.CharField(max_length=20)
    created_at = TimeField()
    updated_at = TimeField()

    class Meta:
        table_name = "milestones"
        indexes = ((("project_id", "due_date", "id"), False),)


class _ProjectControl(Table):
    project_id = peewee.CharField(max_length=40)
    control_id = peewee.CharField(max_length=80)
    framework_id = peewee.CharField(max_length=200)
    number = peewee.TextField()
    title = peewee.TextField()
    category = peewee.TextField()
    priority = peewee.CharField(max_length=20)
    position = peewee.IntegerField()
    derived_status = peewee.CharField(max_length=20)
    override_status = peewee.CharField(max_length=20, null=True)
    override_reason = peewee.TextField(null=True)
    override_by = peewee.CharField(max_length=80, null=True)
    override_at = TimeField(null=True)
    applicable = peewee.BooleanField()
    not_applicable_reason = peewee.TextField(null=True)
    owner_id = peewee.CharField(max_length=80, null=True)
    due_date = TimeField(null=True)
    evidence_count = peewee.IntegerField()
    updated_at = TimeField()

    class Meta:
        table_name = "project_controls"
        primary_key = peewee.CompositeKey("project_id", "control_id")
        indexes = ((("project_id", "position", "control_id"), False),)


def apply(database: Database) -> None:
    """Create the tables and their indexes."""
    create_tables(database, (_Project, _ProjectFramework, _ProjectMember, _Milestone, _ProjectControl))
    # PERF: evidence counts change often; room in the pages keeps such updates off the indexes.
    if database.dialect == "postgresql":
        database.execute(Statement("ALTER TABLE project_controls SET (fillfactor = 85)"))

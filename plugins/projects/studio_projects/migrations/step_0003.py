"""What evidence for mapped controls shows of a control, and by which way."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import create_tables
from studio_kernel.storage.models import JSONField, Table


class _MappedControl(Table):
    project_id = peewee.CharField(max_length=40)
    control_id = peewee.CharField(max_length=80)
    framework_id = peewee.CharField(max_length=200)
    status = peewee.CharField(max_length=20)
    via = JSONField()

    class Meta:
        table_name = "project_controls_mapped"
        primary_key = peewee.CompositeKey("project_id", "control_id")


def apply(database: Database) -> None:
    """Create the table; nothing is mapped before somebody looks."""
    create_tables(database, (_MappedControl,))

"""Tables of imported frameworks: which version counts, every version, and what left projects with an upgrade."""

from __future__ import annotations

import peewee

from studio_kernel.storage.models import JSONField, Table, TimeField


class FrameworkRow(Table):
    """An imported framework; ``revision`` is the version that counts."""

    framework_id = peewee.CharField(max_length=64, primary_key=True)
    revision = peewee.IntegerField()
    updated_at = TimeField()

    class Meta:
        table_name = "compliance_frameworks"


class FrameworkVersionRow(Table):
    """One version as it came in. ``previous`` is the revision that it replaced, ``lineage`` which ids follow which.

    ``definition`` is in Studio's form with each control's identity settled; ``original`` is the OSCAL catalogue it
    was made from, packed.
    """

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


class FrameworkStateRow(Table):
    """One row: a text that becomes another with every change of an imported framework."""

    id = peewee.IntegerField(primary_key=True)
    token = peewee.CharField(max_length=40)

    class Meta:
        table_name = "compliance_framework_state"


class RetiredControlRow(Table):
    """The state of a control that left a project with an upgrade, in case it comes back."""

    project_id = peewee.CharField(max_length=80)
    control_id = peewee.CharField(max_length=80)
    framework_id = peewee.CharField(max_length=64)
    state = JSONField()
    retired_at = TimeField()

    class Meta:
        table_name = "compliance_retired_controls"
        primary_key = peewee.CompositeKey("project_id", "control_id")


FRAMEWORK_TABLES: tuple[type[Table], ...] = (FrameworkRow, FrameworkVersionRow, FrameworkStateRow, RetiredControlRow)

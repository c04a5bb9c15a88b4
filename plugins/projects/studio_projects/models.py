"""Tables of the ``projects`` plugin as they are today."""

from __future__ import annotations

import peewee

from studio_kernel.storage.models import JSONField, Table, TimeField


class ProjectRow(Table):
    """A project. ``framework`` is the primary one; ``compliance_score``, 0 to 100, comes from elsewhere."""

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
        id_prefix = "proj"


class ProjectFrameworkRow(Table):
    """A framework that a project is assessed against; the primary one has ``position`` 0."""

    project_id = peewee.CharField(max_length=40)
    framework_id = peewee.CharField(max_length=200)
    position = peewee.IntegerField()
    attached_at = TimeField()

    class Meta:
        table_name = "project_frameworks"
        primary_key = peewee.CompositeKey("project_id", "framework_id")


class ProjectMemberRow(Table):
    """Somebody's place in a project."""

    project_id = peewee.CharField(max_length=40)
    user_id = peewee.CharField(max_length=80)
    role = peewee.CharField(max_length=20)
    joined_at = TimeField()

    class Meta:
        table_name = "project_members"
        primary_key = peewee.CompositeKey("project_id", "user_id")


class MilestoneRow(Table):
    """A date that a project works towards. Whether it is overdue is computed, never kept."""

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
        id_prefix = "mile"


class ProjectControlRow(Table):
    """Where a control stands in a project.

    ``derived_status`` follows from its own evidence, ``override_status`` is a person's word over what evidence shows,
    and a control that isn't ``applicable`` counts nowhere. ``position`` is the order of the frameworks' definitions.
    """

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
    not_applicable_by = peewee.CharField(max_length=80, null=True)
    not_applicable_at = TimeField(null=True)
    owner_id = peewee.CharField(max_length=80, null=True)
    due_date = TimeField(null=True)
    evidence_count = peewee.IntegerField()
    updated_at = TimeField()

    class Meta:
        table_name = "project_controls"
        primary_key = peewee.CompositeKey("project_id", "control_id")


class MappedControlRow(Table):
    """What evidence for controls that are mapped to a control shows of it; no row where that is nothing.

    NOTE: a table of its own, because it is written last of all in a change, when the project's score is: as a column
    of the control it would be waited for by somebody who keeps others waiting.
    """

    project_id = peewee.CharField(max_length=40)
    control_id = peewee.CharField(max_length=80)
    framework_id = peewee.CharField(max_length=200)
    status = peewee.CharField(max_length=20)
    via = JSONField()

    class Meta:
        table_name = "project_controls_mapped"
        primary_key = peewee.CompositeKey("project_id", "control_id")


MODELS = (ProjectRow, ProjectFrameworkRow, ProjectMemberRow, MilestoneRow, ProjectControlRow, MappedControlRow)

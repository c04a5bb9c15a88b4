"""What the ``projects`` plugin announces."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from studio_kernel.events import EventType
from studio_kernel.http.schemas import Schema, Time
from studio_kernel.security.permissions import PROJECT_ROLES
from studio_projects.words import CONTROL_STATUSES, MILESTONE_STATUSES, PROJECT_STATUSES

_NOON = "2024-01-15T12:00:00.000000Z"


class EventProject(Schema):
    """A project as the answer to its creation shows it; ``previous_status`` only where the status changed."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(PROJECT_STATUSES))
    framework = fields.String(required=True)
    compliance_score = fields.Integer(required=True)
    created_at = Time(required=True)
    updated_at = Time(required=True)
    previous_status = fields.String(validate=validate.OneOf(PROJECT_STATUSES))


class ProjectEvent(Schema):
    """Data of the events of a project as a whole."""

    project = fields.Nested(EventProject, required=True)


class EventMember(Schema):
    """A member of a project's team; ``previous_role`` only where the role changed."""

    project_id = fields.String(required=True)
    user_id = fields.String(required=True)
    role = fields.String(required=True, validate=validate.OneOf(PROJECT_ROLES))
    joined_at = Time(required=True)
    previous_role = fields.String()


class MemberEvent(Schema):
    """Data of the events of a team."""

    member = fields.Nested(EventMember, required=True)


class EventMilestone(Schema):
    """A milestone after the change, or as it was when it was deleted."""

    id = fields.String(required=True)
    project_id = fields.String(required=True)
    name = fields.String(required=True)
    due_date = Time(required=True)
    status = fields.String(required=True, validate=validate.OneOf(MILESTONE_STATUSES))


class MilestoneEvent(Schema):
    """Data of a milestone's event: what was done, and to which."""

    change = fields.String(required=True, validate=validate.OneOf(("created", "updated", "deleted")))
    milestone = fields.Nested(EventMilestone, required=True)


class EventControl(Schema):
    """A control of a project after the change."""

    id = fields.String(required=True)
    project_id = fields.String(required=True)
    framework = fields.String(required=True)
    number = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(CONTROL_STATUSES))
    previous_status = fields.String(required=True, validate=validate.OneOf(CONTROL_STATUSES))
    overridden = fields.Boolean(required=True)
    applicable = fields.Boolean(required=True)
    evidence_count = fields.Integer(required=True)
    owner_id = fields.String(required=True, allow_none=True)
    due_date = Time(required=True, allow_none=True)


class ControlEvent(Schema):
    """Data of a control's event."""

    control = fields.Nested(EventControl, required=True)


class EventFramework(Schema):
    """A framework of a project; ``controls`` is how many controls came or went with it."""

    id = fields.String(required=True)
    project_id = fields.String(required=True)
    controls = fields.Integer(required=True)


class FrameworkEvent(Schema):
    """Data of the events of a project's frameworks."""

    framework = fields.Nested(EventFramework, required=True)


class EventUpgrade(EventFramework):
    """A framework of a project in its new version; ``added`` and ``removed`` count controls."""

    version = fields.String(required=True)
    added = fields.Integer(required=True)
    removed = fields.Integer(required=True)


class UpgradeEvent(Schema):
    """Data of ``project.framework_upgraded``."""

    framework = fields.Nested(EventUpgrade, required=True)


_PROJECT: dict[str, Any] = {
    "id": "proj_0987654321",
    "name": "ISO 27001 Certification",
    "description": "ISO 27001 certification project",
    "status": "active",
    "framework": "iso27001",
    "compliance_score": 0,
    "created_at": _NOON,
    "updated_at": _NOON,
}
_MEMBER: dict[str, Any] = {
    "project_id": "proj_0987654321",
    "user_id": "user_1234567890",
    "role": "team_member",
    "joined_at": _NOON,
}
_MILESTONE: dict[str, Any] = {
    "id": "mile_1234567890",
    "project_id": "proj_0987654321",
    "name": "Initial Assessment",
    "due_date": "2024-02-01T00:00:00.000000Z",
    "status": "pending",
}
_CONTROL: dict[str, Any] = {
    "id": "ctrl_1234567890",
    "project_id": "proj_0987654321",
    "framework": "iso27001",
    "number": "A.5.1",
    "status": "in_progress",
    "previous_status": "not_started",
    "overridden": False,
    "applicable": True,
    "evidence_count": 1,
    "owner_id": None,
    "due_date": None,
}

PROJECT_CREATED = EventType(
    "project.created",
    "A project was created, with its team, milestones and controls (no further events tell of those)",
    ProjectEvent,
    {"project": _PROJECT},
)
PROJECT_UPDATED = EventType(
    "project.updated",
    "A project's name, description, status or primary framework changed",
    ProjectEvent,
    {"project": {**_PROJECT, "previous_status": "inactive"}},
)
PROJECT_ARCHIVED = EventType(
    "project.archived",
    "A project was archived and is read-only from now on",
    ProjectEvent,
    {"project": {**_PROJECT, "status": "archived"}},
)
PROJECT_DELETED = EventType(
    "project.deleted", "A project was deleted with everything in it", ProjectEvent, {"project": _PROJECT}
)
_FRAMEWORK: dict[str, Any] = {"id": "soc2", "project_id": "proj_0987654321", "controls": 61}
FRAMEWORK_ATTACHED = EventType(
    "project.framework_attached",
    "A project is assessed against a further framework; its controls are in it",
    FrameworkEvent,
    {"framework": _FRAMEWORK},
)
FRAMEWORK_DETACHED = EventType(
    "project.framework_detached",
    "A project is no longer assessed against a framework; its controls have left it",
    FrameworkEvent,
    {"framework": _FRAMEWORK},
)
FRAMEWORK_UPGRADED = EventType(
    "project.framework_upgraded",
    "The controls of a framework in a project followed another version of it",
    UpgradeEvent,
    {"framework": {**_FRAMEWORK, "id": "house-rules", "version": "2", "controls": 63, "added": 3, "removed": 1}},
)
MEMBER_ADDED = EventType("member.added", "Somebody joined a project's team", MemberEvent, {"member": _MEMBER})
MEMBER_CHANGED = EventType(
    "member.changed",
    "A member's role in a project changed",
    MemberEvent,
    {"member": {**_MEMBER, "previous_role": "viewer"}},
)
MEMBER_REMOVED = EventType("member.removed", "Somebody left a project's team", MemberEvent, {"member": _MEMBER})
MILESTONE_CHANGED = EventType(
    "milestone.changed",
    "A milestone was created, updated or deleted",
    MilestoneEvent,
    {"change": "created", "milestone": _MILESTONE},
)
CONTROL_CHANGED = EventType(
    "control.changed",
    "A control's state in a project changed: status, applicability, owner or due date",
    ControlEvent,
    {"control": _CONTROL},
)

EVENT_TYPES = (
    PROJECT_CREATED,
    PROJECT_UPDATED,
    PROJECT_ARCHIVED,
    PROJECT_DELETED,
    FRAMEWORK_ATTACHED,
    FRAMEWORK_DETACHED,
    FRAMEWORK_UPGRADED,
    MEMBER_ADDED,
    MEMBER_CHANGED,
    MEMBER_REMOVED,
    MILESTONE_CHANGED,
    CONTROL_CHANGED,
)

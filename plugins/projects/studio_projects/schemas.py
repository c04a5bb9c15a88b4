"""Shapes on the wire."""

from __future__ import annotations

import marshmallow
from marshmallow import fields, validate

from studio_kernel.frameworks import PRIORITIES
from studio_kernel.http.schemas import Anything, Choice, Flag, Identifier, QueryFlag, Schema, Text, Time
from studio_kernel.security.permissions import PROJECT_ROLES
from studio_projects.words import CONTROL_STATUSES, MILESTONE_STATUSES, PROJECT_STATUSES, WORK_STATUSES

_NAME = 200
_DESCRIPTION = 5000
_REASON = 2000
_MOST_AT_ONCE = 500

# -- what comes in --------------------------------------------------------------------------------------


class TeamMemberInput(Schema):
    """An account and its role in the project."""

    user_id = Identifier("user", required=True)
    role = Choice(*PROJECT_ROLES, required=True)


class TeamRoleInput(Schema):
    """Another role for a member."""

    role = Choice(*PROJECT_ROLES, required=True)


class MilestoneInput(Schema):
    """A milestone."""

    name = Text(minimum=1, maximum=_NAME, required=True)
    description = Text(maximum=_DESCRIPTION, lines=True, load_default="")
    due_date = Time(required=True)
    status = Choice(*MILESTONE_STATUSES, load_default="pending")


class ProjectInput(Schema):
    """A project to create. ``framework`` is the primary one, ``frameworks`` are further ones."""

    name = Text(minimum=1, maximum=_NAME, required=True)
    description = Text(maximum=_DESCRIPTION, lines=True, load_default="")
    framework = Text(minimum=1, maximum=_NAME, required=True)
    frameworks = fields.List(Text(minimum=1, maximum=_NAME), load_default=list, validate=validate.Length(max=50))
    team_members = fields.List(fields.Nested(TeamMemberInput), load_default=list, validate=validate.Length(max=500))
    milestones = fields.List(fields.Nested(MilestoneInput), load_default=list, validate=validate.Length(max=500))


class ProjectChange(Schema):
    """What of a project can be set. A PUT without description empties it; status and framework then stay.

    ``framework`` makes another attached framework the primary one.
    """

    name = Text(minimum=1, maximum=_NAME, required=True)
    description = Text(maximum=_DESCRIPTION, lines=True, load_default="")
    status = Choice(*PROJECT_STATUSES)
    framework = Text(minimum=1, maximum=_NAME)


class ControlChange(Schema):
    """What people decide about a control. ``status`` null takes an override back."""

    status = Choice(*WORK_STATUSES, allow_none=True)
    applicable = Flag()
    reason = Text(minimum=1, maximum=_REASON, lines=True)
    owner_id = Identifier("user", allow_none=True)
    due_date = Time(allow_none=True)


class BulkControlChange(ControlChange):
    """What people decide about the control ``id``."""

    id = Identifier("ctrl", required=True)


class BulkControls(Schema):
    """Decisions about many controls of a project; each is taken or refused by itself."""

    controls = fields.List(
        fields.Nested(BulkControlChange), required=True, validate=validate.Length(min=1, max=_MOST_AT_ONCE)
    )


class FrameworkInput(Schema):
    """An installed framework, by id."""

    framework = Text(minimum=1, maximum=_NAME, required=True)


class DetachQuery(Schema):
    """``discard=true`` gives up what people decided about the framework's controls."""

    discard = QueryFlag(load_default=False)


# -- what goes out --------------------------------------------------------------------------------------


class TeamMember(Schema):
    """A member of a project's team."""

    user_id = fields.String(required=True)
    role = fields.String(required=True, validate=validate.OneOf(PROJECT_ROLES))
    joined_at = Time(required=True)


class NamedMember(TeamMember):
    """A member with the name of their account, also of one that is disabled."""

    name = fields.String(required=True)


class Milestone(Schema):
    """A milestone. ``overdue``: its date has passed and it isn't completed."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    due_date = Time(required=True)
    status = fields.String(required=True, validate=validate.OneOf(MILESTONE_STATUSES))
    overdue = fields.Boolean(required=True)
    created_at = Time(required=True)
    updated_at = Time(required=True)


class ControlOverride(Schema):
    """A person's word over what evidence shows."""

    status = fields.String(required=True, validate=validate.OneOf(WORK_STATUSES))
    reason = fields.String(required=True)
    by = fields.String(required=True)
    at = Time(required=True)


class MappedFrom(Schema):
    """A control whose evidence counts for another one. ``path`` are the ids of the controls on the way, both ends too.

    ``relation`` is the weakest on the way, ``counts`` is ``full`` or ``partial``.
    """

    control_id = fields.String(required=True)
    framework = fields.String(required=True)
    number = fields.String(required=True)
    relation = fields.String(required=True)
    counts = fields.String(required=True)
    path = fields.List(fields.String(), required=True)


class ProjectControl(Schema):
    """A control of a project. ``status`` is the one that counts.

    ``derived_status`` is what its own evidence shows, ``mapped_status`` what evidence for the controls in ``via`` does.
    """

    id = fields.String(required=True)
    number = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(CONTROL_STATUSES))
    evidence_count = fields.Integer(required=True)
    framework = fields.String(required=True)
    category = fields.String(required=True)
    priority = fields.String(required=True, validate=validate.OneOf(PRIORITIES))
    derived_status = fields.String(required=True, validate=validate.OneOf(WORK_STATUSES))
    mapped_status = fields.String(required=True, validate=validate.OneOf(WORK_STATUSES), allow_none=True)
    via = fields.List(fields.Nested(MappedFrom), required=True)
    override = fields.Nested(ControlOverride, required=True, allow_none=True)
    applicable = fields.Boolean(required=True)
    not_applicable_reason = fields.String(required=True, allow_none=True)
    not_applicable_by = fields.String(required=True, allow_none=True)
    not_applicable_at = Time(required=True, allow_none=True)
    owner_id = fields.String(required=True, allow_none=True)
    due_date = Time(required=True, allow_none=True)
    overdue = fields.Boolean(required=True)
    updated_at = Time(required=True)


class ProjectExpectedEvidence(Schema):
    """One thing that shows a control to work."""

    title = fields.String(required=True)
    description = fields.String(required=True)


class ProjectControlDetail(ProjectControl):
    """A control with what its definition says; empty when its framework is no longer installed."""

    description = fields.String(required=True)
    renewal_days = fields.Integer(required=True, allow_none=True)
    expected_evidence = fields.List(fields.Nested(ProjectExpectedEvidence), required=True)


class ItemRefusal(Schema):
    """Why one item was refused, in the words of the error envelope."""

    code = fields.String(required=True)
    message = fields.String(required=True)
    details = fields.Dict(required=True)


class BulkControlResult(Schema):
    """What became of one control: as it is now, or why it was refused."""

    id = fields.String(required=True)
    ok = fields.Boolean(required=True)
    control = fields.Nested(ProjectControl)
    error = fields.Nested(ItemRefusal)


class BulkControlResults(Schema):
    """In the order of the request."""

    changed = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    results = fields.List(fields.Nested(BulkControlResult), required=True)


class AttachedFramework(Schema):
    """A framework of a project. ``name`` is its id once it is no longer installed."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    primary = fields.Boolean(required=True)
    attached_at = Time(required=True)
    controls = fields.Integer(required=True)


class AttachedFrameworks(Schema):
    """The frameworks of a project, the primary one first."""

    frameworks = fields.List(fields.Nested(AttachedFramework), required=True)


class Project(Schema):
    """A project by itself."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(PROJECT_STATUSES))
    framework = fields.String(required=True)
    compliance_score = fields.Integer(required=True)
    created_at = Time(required=True)
    updated_at = Time(required=True)


class ProjectListItem(Project):
    """A project in a list; plugins may add fields."""

    class Meta:
        unknown = marshmallow.INCLUDE

    team_members = fields.List(fields.Nested(TeamMember), required=True)


class ProjectDetail(ProjectListItem):
    """A project with everything in it; plugins may add fields."""

    frameworks = fields.List(fields.String(), required=True)
    controls = fields.List(fields.Nested(ProjectControl), required=True)
    milestones = fields.List(fields.Nested(Milestone), required=True)


class ProjectActivity(Schema):
    """Something that happened in a project. ``data`` depends on the event: see the event catalogue.

    ``actor_name`` is that of the account that did it; null where the platform or an application by itself did.
    """

    id = fields.String(required=True)
    event = fields.String(required=True)
    resource_id = fields.String(required=True)
    actor_id = fields.String(required=True)
    actor_name = fields.String(required=True, allow_none=True)
    occurred_at = Time(required=True)
    request_id = fields.String(required=True)
    data = Anything(required=True)

"""What this plugin announces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marshmallow import fields

from studio_kernel.events import EventType
from studio_kernel.http.schemas import Schema

if TYPE_CHECKING:
    from collections.abc import Sequence


class ScoreChange(Schema):
    """The overall score of a project before and after; both from 0 to 100."""

    project_id = fields.String(required=True)
    overall_score = fields.Integer(required=True)
    previous_score = fields.Integer(required=True)


class ScoreEvent(Schema):
    """Data of ``score.changed``."""

    score = fields.Nested(ScoreChange, required=True)


SCORE_CHANGED = EventType(
    name="score.changed",
    summary="The overall compliance score of a project changed",
    schema=ScoreEvent,
    example={"score": {"project_id": "proj_1234567890", "overall_score": 78, "previous_score": 74}},
)


class EventFramework(Schema):
    """An imported framework; ``previous_version`` only where it took another's place."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    version = fields.String(required=True)
    controls = fields.Integer(required=True)
    previous_version = fields.String()


class FrameworkEvent(Schema):
    """Data of the events of an imported framework."""

    framework = fields.Nested(EventFramework, required=True)


class FrameworkChanges(Schema):
    """How many controls an upgrade touched, by what became of them."""

    added = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    moved = fields.Integer(required=True)
    split = fields.Integer(required=True)
    merged = fields.Integer(required=True)
    removed = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)


class FrameworkUpgradeEvent(FrameworkEvent):
    """Data of ``framework.upgraded``."""

    changes = fields.Nested(FrameworkChanges, required=True)


_FRAMEWORK = {"id": "house-rules", "name": "House rules", "version": "2", "controls": 63}
_CHANGES = {"added": 3, "changed": 5, "moved": 2, "split": 1, "merged": 0, "removed": 1, "unchanged": 51}

FRAMEWORK_IMPORTED = EventType(
    name="framework.imported",
    summary="A framework was imported and can be assessed against",
    schema=FrameworkEvent,
    example={"framework": _FRAMEWORK},
)
FRAMEWORK_UPGRADED = EventType(
    name="framework.upgraded",
    summary="Another version of an imported framework took the place of the present one, also by going back",
    schema=FrameworkUpgradeEvent,
    example={"framework": {**_FRAMEWORK, "previous_version": "1"}, "changes": _CHANGES},
)
FRAMEWORK_REMOVED = EventType(
    name="framework.removed",
    summary="An imported framework was removed; no project used it",
    schema=FrameworkEvent,
    example={"framework": _FRAMEWORK},
)

EVENT_TYPES: Sequence[EventType] = (SCORE_CHANGED, FRAMEWORK_IMPORTED, FRAMEWORK_UPGRADED, FRAMEWORK_REMOVED)

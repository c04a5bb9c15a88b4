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

EVENT_TYPES: Sequence[EventType] = (SCORE_CHANGED,)

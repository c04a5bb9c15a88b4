"""Shapes on the wire."""

from __future__ import annotations

from typing import Any

import marshmallow
from marshmallow import fields, validate

from studio_kernel.http.schemas import Choice, Flag, Schema, Text, Time
from studio_webhooks.queries import FINISHED, STATES


class Secret(Text):
    """A signing secret: taken as it is, to the byte, so blanks around it are refused instead of removed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(minimum=8, maximum=256, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text != value:
            raise marshmallow.ValidationError("Must not begin or end with a blank.")
        return text


class WebhookBody(Schema):
    """A webhook as a caller describes it."""

    url = Text(required=True, minimum=1, maximum=2000, metadata={"format": "uri"})
    events = fields.List(
        Text(minimum=1, maximum=100),
        required=True,
        validate=validate.Length(min=1, max=100),
        metadata={"description": "Names from the event catalogue; `evidence.*` and `*` stand for several."},
    )
    secret = Secret(
        metadata={"description": "Signs deliveries. `whsec_` and base64, or any text; generated when left out."}
    )
    active = Flag(load_default=True)
    description = Text(maximum=500, load_default="")
    project_id = Text(
        maximum=80,
        load_default="",
        metadata={"description": "Only what happens in this project. Empty: everything that the owner may see."},
    )


class WebhookShown(Schema):
    """A webhook. Its secret is shown at creation and rotation only."""

    id = fields.String(required=True)
    url = fields.String(required=True)
    events = fields.List(fields.String(), required=True)
    active = fields.Boolean(required=True)
    description = fields.String(required=True)
    owner_id = fields.String(required=True)
    project_id = fields.String(required=True)
    disabled_reason = fields.String(required=True, allow_none=True)
    failing_since = Time(required=True, allow_none=True)
    created_at = Time(required=True)
    updated_at = Time(required=True)


class WebhookCreated(WebhookShown):
    """A webhook and its secret, shown this once."""

    secret = fields.String(required=True)


class SecretRotated(WebhookCreated):
    """A webhook and its new secret. Until that moment deliveries carry the old signature as well."""

    previous_secret_until = Time(required=True)


class DeliveryShown(Schema):
    """One event on its way to one webhook.

    ``pending``: not ended; with ``next_attempt_at`` it waits for a retry. ``failed``: ended without retries.
    ``exhausted``: no retry is left.
    """

    id = fields.String(required=True)
    webhook_id = fields.String(required=True)
    event_id = fields.String(required=True)
    event = fields.String(required=True)
    resource_id = fields.String(required=True)
    project_id = fields.String(required=True)
    message_id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    attempts = fields.Integer(required=True)
    response_status = fields.Integer(required=True, allow_none=True)
    response_body = fields.String(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    next_attempt_at = Time(required=True, allow_none=True)
    created_at = Time(required=True)
    updated_at = Time(required=True)


class AttemptShown(Schema):
    """One attempt. ``number`` counts all of them, replays included; ``status`` is empty where nothing was answered."""

    number = fields.Integer(required=True)
    at = Time(required=True)
    milliseconds = fields.Integer(required=True)
    status = fields.Integer(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)


class DeliveryDetail(DeliveryShown):
    """A delivery and its latest attempts, the first of them first."""

    history = fields.List(fields.Nested(AttemptShown), required=True)


class ReplayBody(Schema):
    """Which deliveries to send again: those made since, and before ``until`` (now, when left out)."""

    since = Time(required=True)
    until = Time()
    states = fields.List(
        Choice(*FINISHED),
        validate=validate.Length(min=1, max=len(FINISHED)),
        metadata={"description": "Failed and exhausted ones when left out."},
    )
    missed = Flag(
        load_default=False,
        metadata={"description": "Also send events of that time that this webhook subscribes to and never got."},
    )


class ReplayStarted(Schema):
    """The job that replays, to be watched at ``/api/v1/jobs/{job_id}``, and what it was told."""

    job_id = fields.String(required=True)
    since = Time(required=True)
    until = Time(required=True)
    states = fields.List(fields.String(), required=True)
    missed = fields.Boolean(required=True)


class EventEntry(Schema):
    """An event type. ``schema`` is the JSON Schema of ``data``, ``example`` an instance of it."""

    name = fields.String(required=True)
    version = fields.Integer(required=True)
    summary = fields.String(required=True)
    schema = fields.Dict(required=True)
    example = fields.Dict(required=True)


class EventCatalogue(Schema):
    """Every event that a webhook can subscribe to."""

    events = fields.List(fields.Nested(EventEntry), required=True)

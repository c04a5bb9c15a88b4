"""Shapes on the wire."""

from __future__ import annotations

from typing import Any

import marshmallow
from marshmallow import fields, validate

from studio_kernel.http.schemas import Flag, Schema, Text, Time
from studio_webhooks.queries import STATES


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


class WebhookShown(Schema):
    """A webhook. Its secret is shown at creation and rotation only."""

    id = fields.String(required=True)
    url = fields.String(required=True)
    events = fields.List(fields.String(), required=True)
    active = fields.Boolean(required=True)
    description = fields.String(required=True)
    owner_id = fields.String(required=True)
    disabled_reason = fields.String(required=True, allow_none=True)
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
    message_id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    attempts = fields.Integer(required=True)
    response_status = fields.Integer(required=True, allow_none=True)
    response_body = fields.String(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    next_attempt_at = Time(required=True, allow_none=True)
    created_at = Time(required=True)
    updated_at = Time(required=True)


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

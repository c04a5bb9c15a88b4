"""What this plugin announces about webhooks themselves. Never a secret, never a URL: both may grant access."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from studio_kernel.events import EventType
from studio_kernel.http.schemas import Schema


class EventWebhook(Schema):
    """A webhook after the change, or as it was when it was deleted."""

    id = fields.String(required=True)
    events = fields.List(fields.String(), required=True)
    active = fields.Boolean(required=True)
    disabled_reason = fields.String(required=True, allow_none=True)


class WebhookEvent(Schema):
    """Data of a webhook's event."""

    webhook = fields.Nested(EventWebhook, required=True)


class TrialEvent(Schema):
    """Data of a delivery that somebody asked for to try a receiver."""

    webhook_id = fields.String(required=True)
    message = fields.String(required=True)


def _example(**changes: Any) -> dict[str, Any]:
    shown = {
        "id": "wh_1234567890",
        "events": ["evidence.uploaded", "project.created"],
        "active": True,
        "disabled_reason": None,
    }
    return {"webhook": {**shown, **changes}}


TEST_MESSAGE = "This is a test of your webhook."

WEBHOOK_CREATED = EventType("webhook.created", "A webhook was created", WebhookEvent, _example())
WEBHOOK_UPDATED = EventType("webhook.updated", "A webhook was changed", WebhookEvent, _example())
WEBHOOK_DELETED = EventType("webhook.deleted", "A webhook was deleted", WebhookEvent, _example())
WEBHOOK_DISABLED = EventType(
    "webhook.disabled",
    "A webhook was switched off by the platform",
    WebhookEvent,
    _example(active=False, disabled_reason="The receiver answered 410 Gone"),
)
WEBHOOK_TEST = EventType(
    "webhook.test",
    "Somebody tries a receiver; sent to that webhook alone, whatever it subscribes to",
    TrialEvent,
    {"webhook_id": "wh_1234567890", "message": TEST_MESSAGE},
)

EVENT_TYPES = (WEBHOOK_CREATED, WEBHOOK_UPDATED, WEBHOOK_DELETED, WEBHOOK_DISABLED, WEBHOOK_TEST)

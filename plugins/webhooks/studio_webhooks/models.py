"""The plugin's tables."""

from __future__ import annotations

import peewee

from studio_kernel.storage.models import JSONField, SealedField, Table, TimeField

_LOST = "give each webhook a new secret by `POST /api/v1/webhooks/{webhook_id}/rotate-secret`, and its receiver too"


class Webhook(Table):
    """A receiver of events. Secrets are sealed with the platform's key and never leave it again.

    ``project_id`` narrows it to one project; empty for none. ``failures`` counts attempts without success in between,
    the first of them at ``failing_since``.
    """

    id = peewee.CharField(primary_key=True, max_length=40)
    owner_id = peewee.CharField(max_length=80)
    project_id = peewee.CharField(max_length=80)
    url = peewee.TextField()
    events = JSONField()
    description = peewee.TextField()
    active = peewee.BooleanField()
    disabled_reason = peewee.TextField(null=True)
    secret = SealedField("webhooks", lost=_LOST)
    previous_secret = SealedField("webhooks", lost=_LOST, null=True)
    previous_secret_until = TimeField(null=True)
    failures = peewee.IntegerField()
    failing_since = TimeField(null=True)
    created_at = TimeField()
    updated_at = TimeField()

    class Meta:
        table_name = "webhooks"
        id_prefix = "wh"
        indexes = (
            (("created_at", "id"), False),
            (("owner_id",), False),
        )


class Delivery(Table):
    """One event on its way to one webhook. ``body`` is kept so that every attempt sends the same bytes.

    ``replayed_at_attempt`` is the number of attempts made before the last replay: the retry schedule starts there.
    ``history`` tells of the latest attempts, ``response_status``, ``response_body`` and ``error`` of the last one.
    """

    id = peewee.CharField(primary_key=True, max_length=40)
    webhook_id = peewee.CharField(max_length=40)
    event_id = peewee.CharField(max_length=40)
    event = peewee.CharField(max_length=100)
    event_version = peewee.IntegerField()
    resource_id = peewee.CharField(max_length=80)
    project_id = peewee.CharField(max_length=80)
    message_id = peewee.CharField(max_length=40, unique=True)
    state = peewee.CharField(max_length=12)
    attempts = peewee.IntegerField()
    replayed_at_attempt = peewee.IntegerField()
    response_status = peewee.IntegerField(null=True)
    response_body = peewee.TextField(null=True)
    error = peewee.TextField(null=True)
    history = JSONField()
    next_attempt_at = TimeField(null=True)
    body = peewee.TextField()
    created_at = TimeField()
    updated_at = TimeField()

    class Meta:
        table_name = "webhook_deliveries"
        id_prefix = "whd"
        indexes = (
            (("webhook_id", "event_id"), True),
            (("webhook_id", "created_at", "id"), False),
            (("webhook_id", "state", "created_at"), False),
            (("event_id",), False),
            (("updated_at",), False),
        )


MODELS = (Webhook, Delivery)

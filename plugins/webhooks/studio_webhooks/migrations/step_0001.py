"""The first tables. The models are frozen: ``models.py`` may go on, this may not."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import create_tables
from studio_kernel.storage.models import JSONField, Table, TimeField


class _Webhook(Table):
    id = peewee.CharField(primary_key=True, max_length=40)
    owner_id = peewee.CharField(max_length=80)
    url = peewee.TextField()
    events = JSONField()
    description = peewee.TextField()
    active = peewee.BooleanField()
    disabled_reason = peewee.TextField(null=True)
    secret = peewee.TextField()
    previous_secret = peewee.TextField(null=True)
    previous_secret_until = TimeField(null=True)
    created_at = TimeField()
    updated_at = TimeField()

    class Meta:
        table_name = "webhooks"
        indexes = (
            (("created_at", "id"), False),
            (("owner_id",), False),
        )


class _Delivery(Table):
    id = peewee.CharField(primary_key=True, max_length=40)
    webhook_id = peewee.CharField(max_length=40)
    event_id = peewee.CharField(max_length=40)
    event = peewee.CharField(max_length=100)
    resource_id = peewee.CharField(max_length=80)
    message_id = peewee.CharField(max_length=40, unique=True)
    state = peewee.CharField(max_length=12)
    attempts = peewee.IntegerField()
    replayed_at_attempt = peewee.IntegerField()
    response_status = peewee.IntegerField(null=True)
    response_body = peewee.TextField(null=True)
    error = peewee.TextField(null=True)
    next_attempt_at = TimeField(null=True)
    body = peewee.TextField()
    created_at = TimeField()
    updated_at = TimeField()

    class Meta:
        table_name = "webhook_deliveries"
        indexes = (
            (("webhook_id", "event_id"), True),
            (("webhook_id", "created_at", "id"), False),
            (("webhook_id", "state", "created_at"), False),
            (("event_id",), False),
            (("updated_at",), False),
        )


def apply(database: Database) -> None:
    """Create the tables and their indexes."""
    create_tables(database, (_Webhook, _Delivery))

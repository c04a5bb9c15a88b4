"""The plugin ``webhooks``: events, signed and delivered to the systems of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.cli import CommandSpec
    from studio_kernel.diagnosis import Diagnosis
    from studio_kernel.events import EventType, Subscriber
    from studio_kernel.http.operations import Operation
    from studio_kernel.jobs import JobType
    from studio_kernel.privacy import PersonalData
    from studio_kernel.retention import Retention
    from studio_kernel.security.permissions import Permission
    from studio_kernel.settings import Section
    from studio_kernel.storage.migrations import Migration
    from studio_kernel.storage.models import Table

info = PluginInfo(name="webhooks", version="0.1.0", summary="Signed deliveries of events to other systems")


@hookimpl
def studio_settings() -> Sequence[type[Section]]:
    """The section ``webhooks``: allowed networks, time limits, retries."""
    from studio_webhooks.settings import WebhookSettings

    return (WebhookSettings,)


@hookimpl
def studio_models() -> Sequence[type[Table]]:
    """Webhooks and their deliveries."""
    from studio_webhooks.models import MODELS

    return MODELS


@hookimpl
def studio_migrations() -> Sequence[Migration]:
    """Steps from nothing to today's tables."""
    from studio_webhooks.migrations import MIGRATIONS

    return MIGRATIONS


@hookimpl
def studio_permissions() -> Sequence[Permission]:
    """Webhooks are administration (product rules, Roles and permissions)."""
    from studio_kernel.security.permissions import Permission

    return (
        Permission("webhooks:read", "See webhooks, the event catalogue and deliveries"),
        Permission("webhooks:manage", "Create, change, test and delete webhooks, and replay deliveries"),
    )


@hookimpl
def studio_event_types() -> Sequence[EventType]:
    """``webhook.created``, ``.updated``, ``.deleted``, ``.disabled`` and ``.test``."""
    from studio_webhooks.events import EVENT_TYPES

    return EVENT_TYPES


@hookimpl
def studio_operations(platform: Platform) -> Sequence[Operation]:
    """Webhooks, the event catalogue, and deliveries."""
    from studio_kernel.http.operations import operations_of
    from studio_webhooks.resources import DeliveryResource, WebhookResource
    from studio_webhooks.service import Webhooks

    service = Webhooks(platform)
    return operations_of(WebhookResource(service), DeliveryResource(service))


@hookimpl
def studio_subscribers(platform: Platform) -> Sequence[Subscriber]:
    """Every event becomes deliveries; an owner who leaves takes their webhooks out of service."""
    from studio_webhooks.fanout import subscribers

    return subscribers(platform)


@hookimpl
def studio_jobs(platform: Platform) -> Sequence[JobType]:
    """Sending a delivery, and sending those of a span again."""
    from studio_webhooks.delivery import job_types

    return job_types(platform)


@hookimpl
def studio_commands() -> Sequence[CommandSpec]:
    """``studio webhooks``."""
    from studio_kernel.cli import CommandSpec

    return (CommandSpec("webhooks", "studio_webhooks.commands:webhooks", "List webhooks and their deliveries."),)


@hookimpl
def studio_diagnoses(platform: Platform) -> Sequence[Diagnosis]:
    """Networks that receivers may stand in."""
    from studio_kernel.diagnosis import Diagnosis
    from studio_webhooks.diagnoses import look_at_networks

    return (Diagnosis("webhooks.networks", lambda: look_at_networks(platform)),)


@hookimpl
def studio_personal_data(platform: Platform) -> Sequence[PersonalData]:
    """Webhooks and what was delivered."""
    from studio_webhooks.personal import PERSONAL_DATA

    return PERSONAL_DATA


@hookimpl
def studio_retention(platform: Platform) -> Sequence[Retention]:
    """Deliveries that are done."""
    from studio_webhooks.retained import retention

    return retention(platform)

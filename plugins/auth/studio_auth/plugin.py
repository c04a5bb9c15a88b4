"""The front door: what this plugin adds to the platform."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.cli import CommandSpec
    from studio_kernel.diagnosis import Diagnosis
    from studio_kernel.events import EventType
    from studio_kernel.http.operations import Operation
    from studio_kernel.jobs import JobType
    from studio_kernel.privacy import PersonalData
    from studio_kernel.retention import Retention
    from studio_kernel.security.permissions import Permission
    from studio_kernel.security.principal import Credentials, Principal
    from studio_kernel.settings import Section
    from studio_kernel.storage.migrations import Migration

info = PluginInfo(name="auth", version="0.1.0", summary="Accounts, logins, API keys and OAuth 2.0")


@hookimpl
def studio_settings() -> Sequence[type[Section]]:
    """Lifetimes, password rules, login budgets."""
    from studio_auth.settings import AuthSettings

    return (AuthSettings,)


@hookimpl
def studio_models() -> Sequence[Any]:
    """Users, sessions, second factors, API keys, OAuth clients with what they were granted, signing keys."""
    from studio_auth.models import MODELS

    return MODELS


@hookimpl
def studio_migrations() -> Sequence[Migration]:
    """Their tables."""
    from studio_auth.migrations import MIGRATIONS

    return MIGRATIONS


@hookimpl
def studio_permissions() -> Sequence[Permission]:
    """Rights over accounts, keys and clients."""
    from studio_auth.permissions import PERMISSIONS

    return PERMISSIONS


@hookimpl
def studio_event_types() -> Sequence[EventType]:
    """Accounts, keys and clients coming and going."""
    from studio_auth.events import EVENT_TYPES

    return EVENT_TYPES


@hookimpl
def studio_commands() -> Sequence[CommandSpec]:
    """Accounts and clients from the command line."""
    from studio_kernel.cli import CommandSpec

    return (
        CommandSpec("users", "studio_auth.commands.users:users", "List, create and change accounts."),
        CommandSpec(
            "oauth-clients",
            "studio_auth.commands.oauth_clients:oauth_clients",
            "Register, list and delete OAuth clients.",
        ),
        CommandSpec("api-keys", "studio_auth.commands.api_keys:api_keys", "Make, list and revoke API keys."),
        CommandSpec("sessions", "studio_auth.commands.sessions:sessions", "List and end sessions."),
        CommandSpec("keys", "studio_auth.commands.keys:keys", "List and rotate the keys that sign access tokens."),
    )


@hookimpl
def studio_authenticate(platform: Platform, credentials: Credentials) -> Principal | None:
    """Bearer tokens and API keys."""
    from studio_auth.authenticate import authenticate

    return authenticate(platform, credentials)


@hookimpl
def studio_event_visibility(platform: Platform, readers: Sequence[tuple[str, str]]) -> Collection[tuple[str, str]]:
    """Administrators see what happens anywhere, as long as they are active."""
    from studio_auth.api import Accounts

    administrators = Accounts(platform).administrators({account for account, _ in readers})
    return [pair for pair in readers if pair[0] in administrators]


@hookimpl
def studio_initialise(platform: Platform, admin_email: str, admin_password: str) -> Sequence[str]:
    """The first administrator, where no account exists."""
    from studio_auth.service.first_admin import create_first_admin

    return create_first_admin(platform, admin_email, admin_password)


@hookimpl
def studio_operations(platform: Platform) -> Sequence[Operation]:
    """Login, accounts, API keys, OAuth."""
    from studio_auth.resources.all import operations

    return operations(platform)


@hookimpl
def studio_diagnoses(platform: Platform) -> Sequence[Diagnosis]:
    """Who can administer, and the keys that sign tokens."""
    from studio_auth.diagnoses import diagnoses

    return diagnoses(platform)


@hookimpl
def studio_startup(platform: Platform) -> None:
    """The first signing key, so that no request has to make it."""
    from studio_auth.signing import KeyRing

    platform.shared(KeyRing).current()


@hookimpl
def studio_jobs(platform: Platform) -> Sequence[JobType]:
    """Erasing people."""
    from studio_auth.service.privacy import Privacy
    from studio_auth.service.sessions import Sessions
    from studio_auth.service.throttle import Throttle
    from studio_auth.service.users import Users

    sessions = Sessions(platform)
    return (Privacy(platform, Users(platform, sessions, Throttle(platform))).job(),)


@hookimpl
def studio_personal_data(platform: Platform) -> Sequence[PersonalData]:
    """Accounts and their credentials."""
    from studio_auth.personal import PERSONAL_DATA

    return PERSONAL_DATA


@hookimpl
def studio_retention(platform: Platform) -> Sequence[Retention]:
    """Credentials that expired."""
    from studio_auth.retained import retention

    return retention(platform)

"""The plugin ``ai``: grounded answers about controls and evidence, and policy drafts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

if TYPE_CHECKING:
    from types import ModuleType

    from studio_ai.providers import Provider
    from studio_kernel.app import Platform
    from studio_kernel.http.operations import Operation
    from studio_kernel.security.permissions import Permission
    from studio_kernel.settings import Section

info = PluginInfo(
    name="ai",
    version="0.1.0",
    summary="Grounded answers about controls and evidence, and policy drafts",
    requires=("auth", "projects", "evidence", "compliance"),
)


@hookimpl
def studio_hookspecs() -> Sequence[ModuleType]:
    """``studio_ai_providers``."""
    from studio_ai import hookspecs

    return (hookspecs,)


@hookimpl
def studio_settings() -> Sequence[type[Section]]:
    """The section ``ai``."""
    from studio_ai.settings import AiSettings

    return (AiSettings,)


@hookimpl
def studio_permissions() -> Sequence[Permission]:
    """Anybody signed in may ask; a project named in a question is checked for membership."""
    from studio_kernel.security.permissions import ANYONE_SIGNED_IN, Permission

    return (
        Permission("ai:use", "Ask the assistant and draft policies", ANYONE_SIGNED_IN),
        Permission("ai:providers", "See which AI providers are installed", ANYONE_SIGNED_IN),
    )


@hookimpl
def studio_ai_providers(platform: Platform) -> Sequence[Provider]:
    """The provider that needs no network and no key."""
    from studio_ai.offline import OfflineProvider

    return (OfflineProvider(),)


@hookimpl
def studio_operations(platform: Platform) -> Sequence[Operation]:
    """Chat, policy drafts and the list of providers."""
    from studio_ai.resources import AiResource
    from studio_kernel.http.operations import operations_of

    return operations_of(AiResource(platform))

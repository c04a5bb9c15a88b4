"""The front door: what this plugin adds to the platform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

if TYPE_CHECKING:
    from types import ModuleType

    from studio_kernel.app import Platform
    from studio_kernel.http.operations import Operation
    from studio_kernel.settings import Section

info = PluginInfo(name="portal", version="0.1.0", summary="Dashboard and developer portal in the browser")


@hookimpl
def studio_hookspecs() -> Sequence[ModuleType]:
    """``studio_portal_pages``."""
    from studio_portal import hookspecs

    return (hookspecs,)


@hookimpl
def studio_settings() -> Sequence[type[Section]]:
    """The section ``portal``."""
    from studio_portal.settings import PortalSettings

    return (PortalSettings,)


@hookimpl
def studio_operations(platform: Platform) -> Sequence[Operation]:
    """The page, the files that it loads, and the documentation."""
    from studio_kernel.http.operations import operations_of
    from studio_portal.assets import Assets
    from studio_portal.docs.resources import DocsResource
    from studio_portal.resources import PortalResource
    from studio_portal.settings import PortalSettings

    reload = platform.settings.section(PortalSettings).reload
    return operations_of(PortalResource(Assets(platform)), DocsResource(reload=reload))

"""Everything that this plugin adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.cli import CommandSpec
    from studio_kernel.events import EventType, Subscriber
    from studio_kernel.http.operations import Operation
    from studio_kernel.security.permissions import Permission
    from studio_kernel.settings import Section
    from studio_kernel.storage.migrations import Migration
    from studio_kernel.storage.models import Table

info = PluginInfo(name="vendors", version="0.1.0", summary="A register of vendors")


@hookimpl
def studio_settings() -> Sequence[type[Section]]:
    from studio_vendors.settings import VendorSettings

    return [VendorSettings]


@hookimpl
def studio_models() -> Sequence[type[Table]]:
    from studio_vendors.models import CounterRow, VendorRow

    return [VendorRow, CounterRow]


@hookimpl
def studio_migrations() -> Sequence[Migration]:
    from studio_vendors.migrations import MIGRATIONS

    return MIGRATIONS


@hookimpl
def studio_permissions() -> Sequence[Permission]:
    from studio_kernel.security.permissions import ANYONE_SIGNED_IN, Permission

    return [
        Permission("vendors:read", "See the register of vendors", ANYONE_SIGNED_IN),
        Permission("vendors:manage", "Change the register of vendors"),
    ]


@hookimpl
def studio_event_types() -> Sequence[EventType]:
    from studio_vendors.events import VENDOR_ADDED

    return [VENDOR_ADDED]


@hookimpl
def studio_commands() -> Sequence[CommandSpec]:
    from studio_kernel.cli import CommandSpec

    return [CommandSpec("vendors", "studio_vendors.commands:vendors", "Look at the register of vendors.")]


@hookimpl
def studio_operations(platform: Platform) -> Sequence[Operation]:
    from studio_kernel.http.operations import operations_of
    from studio_vendors.resources import VendorResource
    from studio_vendors.service import Vendors

    return operations_of(VendorResource(Vendors(platform)))


@hookimpl
def studio_subscribers(platform: Platform) -> Sequence[Subscriber]:
    from studio_kernel.events import Subscriber
    from studio_vendors.service import Vendors

    return [Subscriber("vendors.count-projects", ("project.created",), Vendors(platform).count_project)]

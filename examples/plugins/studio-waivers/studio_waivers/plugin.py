"""Everything that this plugin adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

info = PluginInfo(
    name="waivers",
    version="0.1.0",
    summary="Controls that aren't met for a time, and who accepted that",
    requires=("projects",),
)


@hookimpl
def studio_settings() -> Sequence[type[Section]]:
    from studio_waivers.settings import WaiverSettings

    return [WaiverSettings]


@hookimpl
def studio_models() -> Sequence[type[Table]]:
    from studio_waivers.models import WaiverRow

    return [WaiverRow]


@hookimpl
def studio_migrations() -> Sequence[Migration]:
    from studio_waivers.migrations import MIGRATIONS

    return MIGRATIONS


@hookimpl
def studio_permissions() -> Sequence[Permission]:
    from studio_kernel.security.permissions import PROJECT_ROLES, Permission

    return [
        Permission("waivers:read", "See waivers", project_roles=frozenset(PROJECT_ROLES)),
        Permission("waivers:grant", "Grant and change waivers", project_roles=frozenset(("manager",))),
    ]


@hookimpl
def studio_event_types() -> Sequence[EventType]:
    from studio_waivers.events import WAIVER_EXPIRED, WAIVER_GRANTED

    return [WAIVER_GRANTED, WAIVER_EXPIRED]


@hookimpl
def studio_commands() -> Sequence[CommandSpec]:
    from studio_kernel.cli import CommandSpec

    return [CommandSpec("waivers", "studio_waivers.commands:waivers", "Look at waivers.")]


@hookimpl
def studio_operations(platform: Platform) -> Sequence[Operation]:
    from studio_kernel.http.operations import operations_of
    from studio_waivers.resources import WaiverResource
    from studio_waivers.service import Waivers

    return operations_of(WaiverResource(Waivers(platform)))


@hookimpl
def studio_subscribers(platform: Platform) -> Sequence[Subscriber]:
    from studio_kernel.events import Subscriber
    from studio_waivers.upkeep import Upkeep

    forget = Upkeep(platform).forget_project
    return [Subscriber("waivers.forget-project", ("project.deleted",), forget, mode="in_transaction")]


@hookimpl
def studio_jobs(platform: Platform) -> Sequence[JobType]:
    from studio_kernel.jobs import JobType
    from studio_waivers.upkeep import Upkeep

    return [JobType("waivers.expire", Upkeep(platform).expire, "Lets waivers run out", every=300.0)]


@hookimpl
def studio_diagnoses(platform: Platform) -> Sequence[Diagnosis]:
    from studio_kernel.diagnosis import Diagnosis
    from studio_waivers.upkeep import Upkeep

    return [Diagnosis("waivers.many", Upkeep(platform).look, serious=False)]


@hookimpl
def studio_files_in_use(platform: Platform, digests: Sequence[str]) -> Sequence[str]:
    from studio_waivers.upkeep import Upkeep

    return Upkeep(platform).files_in_use(digests)


@hookimpl
def studio_personal_data(platform: Platform) -> Sequence[PersonalData]:
    from studio_waivers.upkeep import PERSONAL_DATA

    return [PERSONAL_DATA]


@hookimpl
def studio_retention(platform: Platform) -> Sequence[Retention]:
    from studio_waivers.upkeep import Upkeep

    return [Upkeep(platform).retention()]


@hookimpl
def studio_project_fields(
    platform: Platform, project_ids: Sequence[str], detail: bool
) -> Mapping[str, Mapping[str, Any]]:
    from studio_waivers.upkeep import Upkeep

    return Upkeep(platform).fields(project_ids)


@hookimpl(optionalhook=True)
def studio_portal_pages() -> Sequence[Path]:
    return (Path(__file__).parent / "pages",)

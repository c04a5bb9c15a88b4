"""Front door of the plugin ``evidence``: everything that it adds to the platform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

if TYPE_CHECKING:
    from types import ModuleType

    from studio_kernel.app import Platform
    from studio_kernel.cli import CommandSpec
    from studio_kernel.events import EventType, Subscriber
    from studio_kernel.http.operations import Operation
    from studio_kernel.jobs import JobType
    from studio_kernel.privacy import PersonalData
    from studio_kernel.security.permissions import Permission
    from studio_kernel.settings import Section
    from studio_kernel.storage.migrations import Migration
    from studio_kernel.storage.models import Table

info = PluginInfo(
    name="evidence",
    version="0.1.0",
    summary="Files that show controls to work: versions, reviews, expiry",
    requires=("auth", "projects"),
)


@hookimpl
def studio_hookspecs() -> Sequence[ModuleType]:
    """``studio_evidence_extractors``, ``studio_evidence_analysers`` and ``studio_evidence_refinements``."""
    from studio_evidence import hookspecs

    return (hookspecs,)


@hookimpl
def studio_settings() -> Sequence[type[Section]]:
    """The table ``[evidence]``."""
    from studio_evidence.settings import EvidenceSettings

    return (EvidenceSettings,)


@hookimpl
def studio_models() -> Sequence[type[Table]]:
    """Evidence, versions, links, tags, reviews, analyses."""
    from studio_evidence.models import TABLES

    return TABLES


@hookimpl
def studio_migrations() -> Sequence[Migration]:
    """From nothing to today's tables."""
    from studio_evidence.migrations import MIGRATIONS

    return MIGRATIONS


@hookimpl
def studio_permissions() -> Sequence[Permission]:
    """Who may read, upload, change, review and delete."""
    from studio_evidence.permissions import PERMISSIONS

    return PERMISSIONS


@hookimpl
def studio_event_types() -> Sequence[EventType]:
    """``evidence.*``."""
    from studio_evidence.events import EVENT_TYPES

    return EVENT_TYPES


@hookimpl
def studio_operations(platform: Platform) -> Sequence[Operation]:
    """``/api/v1/evidence``."""
    from studio_evidence.resources import make_operations

    return make_operations(platform)


@hookimpl
def studio_subscribers(platform: Platform) -> Sequence[Subscriber]:
    """A project takes its evidence with it; what changed is analysed again, and found by its new words."""
    from studio_evidence.service.analysis import Analysis
    from studio_evidence.service.indexing import SearchIndex
    from studio_evidence.service.upkeep import Upkeep
    from studio_kernel.events import Subscriber

    upkeep = Upkeep(platform)
    return (
        Subscriber(
            "evidence.projects",
            ("project.deleted",),
            lambda event: upkeep.forget_project(event.resource_id),
            mode="in_transaction",
        ),
        Analysis(platform).subscriber(),
        *SearchIndex(platform).subscribers(),
    )


@hookimpl
def studio_jobs(platform: Platform) -> Sequence[JobType]:
    """Reading texts, analysis, the index of search, expiry, and the removal of files that nobody refers to."""
    from studio_evidence.service.analysis import Analysis
    from studio_evidence.service.extracting import Extracting
    from studio_evidence.service.indexing import SearchIndex
    from studio_evidence.service.upkeep import Upkeep
    from studio_kernel.jobs import JobType

    upkeep = Upkeep(platform)
    extracting = Extracting(platform)
    return (
        JobType(
            "evidence.extract",
            lambda run: extracting.read(run.arguments["version_id"]),
            summary="Reads the text of a new version out of its file",
            max_attempts=3,
            timeout=extracting.longest,
            kept=False,
        ),
        JobType(
            "evidence.catch_up",
            lambda run: extracting.catch_up(),
            summary="Reads versions whose text is still missing, also those that nothing could read before",
            every=3600.0,
            max_attempts=1,
            timeout=3600.0,
        ),
        JobType(
            "evidence.expire",
            lambda run: upkeep.expire(),
            summary="Announces approved evidence whose time is over",
            every=300.0,
            max_attempts=3,
        ),
        JobType(
            "evidence.sweep",
            lambda run: upkeep.sweep(),
            summary="Deletes stored files that no evidence refers to",
            every=3600.0,
            max_attempts=3,
        ),
        JobType(
            "evidence.remove_files",
            lambda run: upkeep.remove_unreferred(run.arguments["digests"]),
            summary="Deletes the files of deleted evidence that nothing else refers to",
            max_attempts=8,
        ),
        Analysis(platform).job(),
        JobType(
            "evidence.index",
            lambda run: sum(1 for _ in SearchIndex(platform).catch_up()),
            summary="Puts evidence into the index of search that isn't there yet",
            every=3600.0,
            max_attempts=1,
            timeout=3600.0,
        ),
    )


@hookimpl
def studio_files_in_use(platform: Platform, digests: Sequence[str]) -> Sequence[str]:
    """Versions of evidence keep their files."""
    from studio_evidence.service.upkeep import Upkeep

    return Upkeep(platform).referred(digests)


@hookimpl
def studio_project_deletion(platform: Platform, project_id: str) -> Sequence[str]:
    """Evidence under review keeps its project."""
    from studio_evidence.service.upkeep import Upkeep

    return Upkeep(platform).objections(project_id)


@hookimpl
def studio_restored(platform: Platform) -> None:
    """No backup has the index of search: all evidence goes in again, in the background."""
    from studio_evidence.service.indexing import SearchIndex

    SearchIndex(platform).put_off()
    platform.jobs.enqueue("evidence.index", {})


@hookimpl
def studio_commands() -> Sequence[CommandSpec]:
    """``studio evidence``."""
    from studio_kernel.cli import CommandSpec

    return (CommandSpec("evidence", "studio_evidence.commands.all:evidence", "Upload, review and download evidence."),)


@hookimpl
def studio_personal_data(platform: Platform) -> Sequence[PersonalData]:
    """Who uploaded, linked and reviewed."""
    from studio_evidence.personal import personal_data

    return personal_data(platform)

"""The plugin ``compliance``: frameworks, compliance scores, gaps and trends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.cli import CommandSpec
    from studio_kernel.events import EventType, Subscriber
    from studio_kernel.frameworks import Framework, FrameworkSource
    from studio_kernel.http.operations import Operation
    from studio_kernel.jobs import JobType
    from studio_kernel.mappings import MappingSet
    from studio_kernel.privacy import PersonalData
    from studio_kernel.retention import Retention
    from studio_kernel.security.permissions import Permission
    from studio_kernel.settings import Section
    from studio_kernel.storage.migrations import Migration
    from studio_kernel.storage.models import Table

info = PluginInfo(
    name="compliance",
    version="0.1.0",
    summary="Frameworks, compliance scores, gaps and trends",
    requires=("auth", "projects", "evidence"),
)


@hookimpl
def studio_settings() -> Sequence[type[Section]]:
    """The section ``compliance``: the weights of the score."""
    from studio_compliance.settings import ComplianceSettings

    return (ComplianceSettings,)


@hookimpl
def studio_frameworks() -> Sequence[Framework]:
    """The built-in frameworks, one for each file of the folder ``frameworks``."""
    from studio_compliance.definitions import built_in_frameworks

    return built_in_frameworks()


@hookimpl
def studio_mappings() -> Sequence[MappingSet]:
    """How the built-in frameworks relate, one for each file of the folder ``mappings``."""
    from studio_compliance.definitions import built_in_mappings

    return built_in_mappings()


@hookimpl
def studio_models() -> Sequence[type[Table]]:
    """The score of each project and its history by day; imported frameworks; reports."""
    from studio_compliance.importing.models import FRAMEWORK_TABLES
    from studio_compliance.models import MODELS
    from studio_compliance.reports.models import REPORT_TABLES

    return (*MODELS, *FRAMEWORK_TABLES, *REPORT_TABLES)


@hookimpl
def studio_migrations() -> Sequence[Migration]:
    """Steps from nothing to today's tables."""
    from studio_compliance.migrations import MIGRATIONS

    return MIGRATIONS


@hookimpl
def studio_permissions() -> Sequence[Permission]:
    """Frameworks are for anybody signed in to see, scores for the members of the project."""
    from studio_kernel.security.permissions import ADMINISTRATORS, ANYONE_SIGNED_IN, PROJECT_ROLES, Permission

    return (
        Permission("compliance:read", "See frameworks and their controls", ANYONE_SIGNED_IN),
        Permission(
            "compliance:score",
            "See a project's score, gaps and trends",
            ADMINISTRATORS,
            frozenset(PROJECT_ROLES),
        ),
        Permission(
            "compliance:report",
            "Have reports and audit packs of a project",
            ADMINISTRATORS,
            frozenset(("manager", "compliance_lead", "auditor")),
        ),
        Permission("compliance:graph", "Ask the graph about projects within reach", ANYONE_SIGNED_IN),
        Permission("compliance:frameworks", "Import, upgrade and remove frameworks", ADMINISTRATORS),
    )


@hookimpl
def studio_event_types() -> Sequence[EventType]:
    """``score.changed`` and ``framework.*``."""
    from studio_compliance.events import EVENT_TYPES

    return EVENT_TYPES


@hookimpl
def studio_framework_sources(platform: Platform) -> Sequence[FrameworkSource]:
    """Imported frameworks."""
    from studio_compliance.importing.source import ImportedFrameworks

    return (ImportedFrameworks(platform),)


@hookimpl
def studio_operations(platform: Platform) -> Sequence[Operation]:
    """Frameworks and their import, mappings, score, gaps, trends, projection, reports, and the graph."""
    from studio_compliance.graph.resource import GraphResource
    from studio_compliance.importing.resources import make_operations
    from studio_compliance.mapping_resource import MappingResource
    from studio_compliance.reports.resources import ReportResource
    from studio_compliance.resources import FrameworkResource, ScoreResource
    from studio_kernel.http.operations import operations_of

    shown = (
        FrameworkResource(platform),
        ScoreResource(platform),
        MappingResource(platform),
        GraphResource(platform),
        ReportResource(platform),
    )
    return [*operations_of(*shown), *make_operations(platform)]


@hookimpl
def studio_subscribers(platform: Platform) -> Sequence[Subscriber]:
    """Score and projects on imported frameworks follow in the change, the graph after it."""
    from studio_compliance.graph.keeper import GraphKeeper
    from studio_compliance.importing.projects import FollowingProjects
    from studio_compliance.reports.service import Reports
    from studio_compliance.scorekeeper import Scorekeeper

    return (
        *FollowingProjects(platform).subscribers(),
        *Scorekeeper(platform).subscribers(),
        *GraphKeeper(platform).subscribers(),
        *Reports(platform).subscribers(),
    )


@hookimpl
def studio_jobs(platform: Platform) -> Sequence[JobType]:
    """One score a project a day, also where only time moved; what makes things again from nothing; and reports."""
    from studio_compliance.graph.keeper import GraphKeeper
    from studio_compliance.importing.projects import FollowingProjects
    from studio_compliance.reports.service import Reports
    from studio_compliance.scorekeeper import Scorekeeper

    return (
        *FollowingProjects(platform).jobs(),
        *Scorekeeper(platform).jobs(),
        *GraphKeeper(platform).jobs(),
        *Reports(platform).jobs(),
    )


@hookimpl
def studio_startup(platform: Platform) -> None:
    """Projects and graph follow when a release, a plugin or a setting changed frameworks, mappings or weights."""
    from studio_compliance.graph.keeper import REBUILD
    from studio_compliance.made_from import definitions_digest, make_again_when_changed, scores_digest
    from studio_compliance.scorekeeper import RECOMPUTE

    make_again_when_changed(platform, RECOMPUTE, scores_digest(platform))
    make_again_when_changed(platform, REBUILD, definitions_digest(platform))


@hookimpl
def studio_files_in_use(platform: Platform, digests: Sequence[str]) -> Sequence[str]:
    """Reports keep their files."""
    from studio_compliance.reports.service import Reports

    return Reports(platform).files_in_use(digests)


@hookimpl
def studio_commands() -> Sequence[CommandSpec]:
    """``studio frameworks``, ``report``, ``mappings``, ``compliance`` and ``graph``."""
    from studio_kernel.cli import CommandSpec

    return (
        CommandSpec(
            "frameworks", "studio_compliance.commands:frameworks", "List, check, import, upgrade and export frameworks."
        ),
        CommandSpec("report", "studio_compliance.reports.commands:report", "Write a report on a project."),
        CommandSpec("mappings", "studio_compliance.mapping_commands:mappings", "List and check mappings."),
        CommandSpec("compliance", "studio_compliance.score_commands:compliance", "Show and recompute scores."),
        CommandSpec("graph", "studio_compliance.graph.commands:graph", "Ask the graph, and make it again."),
    )


@hookimpl
def studio_project_fields(platform: Platform, project_ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """Coverage and freshness beside the score, so that a nearly empty project never looks good."""
    from studio_compliance.beside_score import measures_of

    return measures_of(platform.database, project_ids)


@hookimpl
def studio_restored(platform: Platform) -> None:
    """The graph is made again."""
    from studio_compliance.graph.keeper import REBUILD

    platform.jobs.enqueue(REBUILD)


@hookimpl
def studio_personal_data(platform: Platform) -> Sequence[PersonalData]:
    """Who asked for reports; the person's place in the graph."""
    from studio_compliance.personal import personal_data

    return personal_data(platform)


@hookimpl
def studio_retention(platform: Platform) -> Sequence[Retention]:
    """Reports whose time is over."""
    from studio_compliance.retained import retention

    return retention(platform)

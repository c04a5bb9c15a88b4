"""The front door of the ``projects`` plugin: all that it adds to the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from types import ModuleType

    from studio_kernel.app import Platform
    from studio_kernel.cli import CommandSpec
    from studio_kernel.events import EventType, Subscriber
    from studio_kernel.http.operations import Operation
    from studio_kernel.privacy import PersonalData
    from studio_kernel.security.permissions import Permission
    from studio_kernel.storage.migrations import Migration
    from studio_kernel.storage.models import Table

info = PluginInfo(
    name="projects",
    version="0.1.0",
    summary="Projects: teams, milestones and the state of their controls",
    requires=("auth",),
)


@hookimpl
def studio_hookspecs() -> Sequence[ModuleType]:
    """Further fields of projects, and objections to their deletion."""
    from studio_projects import hookspecs

    return (hookspecs,)


@hookimpl
def studio_models() -> Sequence[type[Table]]:
    """Projects, their frameworks, members, milestones and controls."""
    from studio_projects.models import MODELS

    return MODELS


@hookimpl
def studio_migrations() -> Sequence[Migration]:
    """From nothing to today's tables."""
    from studio_projects.migrations import MIGRATIONS

    return MIGRATIONS


@hookimpl
def studio_permissions() -> Sequence[Permission]:
    """Who may create projects, and who may do what in them."""
    from studio_projects.permissions import PERMISSIONS

    return PERMISSIONS


@hookimpl
def studio_event_types() -> Sequence[EventType]:
    """Changes of projects, teams, milestones and controls."""
    from studio_projects.events import EVENT_TYPES

    return EVENT_TYPES


@hookimpl
def studio_operations(platform: Platform) -> Sequence[Operation]:
    """``/api/v1/projects`` and everything below."""
    from studio_kernel.http.operations import operations_of
    from studio_projects.resources.controls import ControlResource
    from studio_projects.resources.frameworks import FrameworkResource
    from studio_projects.resources.members import MemberResource
    from studio_projects.resources.milestones import MilestoneResource
    from studio_projects.resources.projects import ProjectResource
    from studio_projects.service.controls import Controls
    from studio_projects.service.frameworks import ProjectFrameworks
    from studio_projects.service.lists import ProjectLists
    from studio_projects.service.milestones import Milestones
    from studio_projects.service.projects import ProjectService
    from studio_projects.service.team import Team

    lists = ProjectLists(platform)
    return operations_of(
        ProjectResource(ProjectService(platform), lists),
        MemberResource(Team(platform), lists),
        MilestoneResource(Milestones(platform), lists),
        ControlResource(Controls(platform), lists),
        FrameworkResource(ProjectFrameworks(platform)),
    )


@hookimpl
def studio_event_visibility(platform: Platform, readers: Sequence[tuple[str, str]]) -> Collection[tuple[str, str]]:
    """Members see what happens in their projects."""
    from studio_projects.access import members_among

    return members_among(platform, readers)


@hookimpl
def studio_subscribers(platform: Platform) -> Sequence[Subscriber]:
    """Deleted accounts leave their teams."""
    from studio_kernel.events import Subscriber
    from studio_projects.service.team import Team

    team = Team(platform)
    return (Subscriber("projects.leave_teams", ("user.deleted",), lambda event: team.forget(event.resource_id)),)


@hookimpl
def studio_commands() -> Sequence[CommandSpec]:
    """``studio projects``."""
    from studio_kernel.cli import CommandSpec

    return (CommandSpec("projects", "studio_projects.commands.all:projects", "List, create and change projects."),)


@hookimpl
def studio_personal_data(platform: Platform) -> Sequence[PersonalData]:
    """Membership, and who decided what."""
    from studio_projects.personal import personal_data

    return personal_data(platform)

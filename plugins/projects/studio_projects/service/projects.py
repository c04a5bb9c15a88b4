"""Projects as a whole: create, show, change, delete."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio_kernel.clock import to_text
from studio_kernel.context import current_context
from studio_kernel.errors import Conflict
from studio_kernel.events import EventType
from studio_kernel.frameworks import Framework
from studio_kernel.http.wire import encode
from studio_kernel.ids import new_id
from studio_kernel.security.principal import Principal
from studio_projects import queries
from studio_projects.access import ProjectAccess, archived
from studio_projects.events import PROJECT_ARCHIVED, PROJECT_CREATED, PROJECT_DELETED, PROJECT_UPDATED
from studio_projects.models import (
    MappedControlRow,
    MilestoneRow,
    ProjectControlRow,
    ProjectFrameworkRow,
    ProjectMemberRow,
    ProjectRow,
)
from studio_projects.service.controls import Controls, control_view
from studio_projects.service.frameworks import ProjectFrameworks, control_rows, hold, installed
from studio_projects.service.milestones import Milestones, milestone_row
from studio_projects.service.team import check_active, first_team, member_row, member_view

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_log = logging.getLogger(__name__)

_FIELDS = ("id", "name", "description", "status", "framework", "compliance_score", "created_at", "updated_at")


_SETTABLE = ("name", "description", "status", "framework")


class ProjectService:
    """The use cases of a project."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._access = ProjectAccess(platform)
        self._controls = Controls(platform)
        self._milestones = Milestones(platform)
        self._frameworks = ProjectFrameworks(platform)

    def create(self, principal: Principal, body: Mapping[str, Any]) -> dict[str, Any]:
        """A new project with its team and milestones, and every control of its frameworks as not started."""
        wanted = {body["framework"]: "framework"}
        for number, framework_id in enumerate(body["frameworks"]):
            wanted.setdefault(framework_id, f"frameworks.{number}")
        frameworks = installed(self._platform, wanted)
        team = first_team(principal, body["team_members"])
        check_active(
            self._platform,
            [
                (f"team_members.{number}.user_id", member["user_id"])
                for number, member in enumerate(body["team_members"])
                if member["user_id"] != principal.user_id
            ],
        )
        now = to_text(self._platform.clock())
        project = {
            "id": new_id("proj"),
            "name": body["name"],
            "description": body["description"],
            "status": "active",
            "framework": frameworks[0].id,
            "compliance_score": 0,
            "created_at": now,
            "updated_at": now,
        }
        context = current_context()
        with self._database.transaction():
            context.resource_id = context.project_id = project["id"]
            self._database.insert(ProjectRow, {**project, "created_by": principal.user_id or principal.id})
            self._insert_parts(project["id"], now, frameworks, team, body["milestones"])
            self._publish(PROJECT_CREATED, project)
        return project

    def show(self, principal: Principal, project_id: str) -> dict[str, Any]:
        """The project with its team, controls and milestones."""
        self._access.require(principal, project_id, "projects:read")
        project = self._read(project_id)
        now = to_text(self._platform.clock())
        team = self._database.rows(queries.TEAM, project_id=project_id)
        frameworks = self._database.rows(queries.PROJECT_FRAMEWORKS, project_id=project_id)
        project["frameworks"] = [row[0] for row in frameworks]
        project["team_members"] = [member_view(row) for row in team]
        project["controls"] = [control_view(state, now) for state in self._controls.of(project_id)]
        project["milestones"] = self._milestones.of(project_id)
        return further_fields(self._platform, [project], detail=True)[0]

    def change(self, principal: Principal, project_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Set what ``changes`` names. An archived project takes nothing before its status is another."""
        with self._database.transaction():
            hold(self._database, project_id)
            ref = self._access.require(principal, project_id, "projects:update")
            current_context().resource_id = project_id
            if ref.status == "archived" and changes.get("status", "archived") == "archived":
                raise archived()
            if changes.get("framework", ref.framework) != ref.framework:
                self._frameworks.make_primary(project_id, changes["framework"])
            self._update(project_id, ref.status, changes)
        return self._read(project_id)

    def delete(self, principal: Principal, project_id: str) -> None:
        """Remove the project and everything in it; ``Conflict`` while another plugin objects."""
        with self._database.transaction():
            hold(self._database, project_id)
            self._access.require(principal, project_id, "projects:delete")
            current_context().resource_id = project_id
            self._refuse_if_needed(project_id)
            self._publish(PROJECT_DELETED, self._read(project_id))
            for model in (MappedControlRow, ProjectControlRow, MilestoneRow, ProjectMemberRow, ProjectFrameworkRow):
                self._database.delete(model, where={"project_id": project_id})
            self._database.delete(ProjectRow, where={"id": project_id})

    def _insert_parts(
        self,
        project_id: str,
        now: str,
        frameworks: Sequence[Framework],
        team: Sequence[tuple[str, str]],
        milestones: Sequence[Mapping[str, Any]],
    ) -> None:
        attached = [
            {"project_id": project_id, "framework_id": each.id, "position": position, "attached_at": now}
            for position, each in enumerate(frameworks)
        ]
        members = [member_row(project_id, user_id, role, now) for user_id, role in team]
        self._database.insert_many(ProjectFrameworkRow, attached)
        self._database.insert_many(ProjectMemberRow, members)
        self._database.insert_many(MilestoneRow, [milestone_row(project_id, each, now) for each in milestones])
        self._database.insert_many(ProjectControlRow, control_rows(project_id, frameworks, now))

    def _update(self, project_id: str, status: str, changes: Mapping[str, Any]) -> None:
        values = {name: changes[name] for name in _SETTABLE if name in changes}
        if not values:
            return
        values["updated_at"] = to_text(self._platform.clock())
        self._database.update(ProjectRow, values, where={"id": project_id})
        project = self._read(project_id)
        previous = {"previous_status": status} if project["status"] != status else {}
        self._publish(PROJECT_UPDATED, {**project, **previous})
        if project["status"] == "archived" != status:
            self._publish(PROJECT_ARCHIVED, project)

    def _refuse_if_needed(self, project_id: str) -> None:
        answers = self._platform.plugins.gather(
            "studio_project_deletion", platform=self._platform, project_id=project_id
        )
        reasons = [str(reason) for _, answer in answers for reason in ([answer] if isinstance(answer, str) else answer)]
        if reasons:
            raise Conflict(f"The project can't be deleted: {reasons[0]}", details={"reasons": reasons})

    def _read(self, project_id: str) -> dict[str, Any]:
        row = self._database.row(queries.PROJECT, id=project_id)
        assert row is not None, "read only after the access check"
        return dict(zip(_FIELDS, row, strict=True))

    def announce(self, project_ids: Sequence[str]) -> None:
        """Tell that texts of projects were replaced, inside the caller's transaction."""
        for project_id in project_ids:
            self._publish(PROJECT_UPDATED, self._read(project_id))

    def _publish(self, kind: EventType, project: Mapping[str, Any]) -> None:
        self._platform.events.publish(
            kind, resource_id=project["id"], project_id=project["id"], data={"project": dict(project)}
        )


def further_fields(platform: Platform, projects: list[dict[str, Any]], *, detail: bool) -> list[dict[str, Any]]:
    """The projects with what other plugins add to them; fields that are there already stay."""
    if not projects or not platform.plugins.implements("studio_project_fields"):
        return projects
    ids = [project["id"] for project in projects]
    answers = platform.plugins.gather("studio_project_fields", platform=platform, project_ids=ids, detail=detail)
    for plugin, added in answers:
        if not _can_be_shown(plugin, added):
            continue
        for number, project in enumerate(projects):
            further = added.get(project["id"])
            if further:
                projects[number] = {**further, **project}
    return projects


def _can_be_shown(plugin: str, added: Any) -> bool:
    """Whether a plugin's fields fit into an answer: it would be lost with them."""
    try:
        if not isinstance(added, Mapping) or not all(isinstance(each, Mapping | None) for each in added.values()):
            raise TypeError(f"{str(added)[:80]!r} is no mapping of project ids to fields")
        encode(added)
    except TypeError as error:
        _log.error("the fields that plugin %r adds to projects are left out: %s", plugin, error)
        return False
    return True

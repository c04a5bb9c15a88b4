"""``studio projects``: projects as a whole, their frameworks and teams."""

from __future__ import annotations

from typing import Any

import click

from studio_auth.api import account_id, acting_session, as_option
from studio_kernel.commands.answers import listed, plain, request, show_one
from studio_kernel.commands.session import json_option, show, table
from studio_kernel.http.schemas import load
from studio_kernel.security.permissions import PROJECT_ROLES
from studio_projects import schemas
from studio_projects.service.frameworks import ProjectFrameworks
from studio_projects.service.lists import ACTIVITY, PROJECTS, ProjectLists
from studio_projects.service.projects import ProjectService
from studio_projects.service.team import Team
from studio_projects.words import PROJECT_STATUSES

_STATUS = click.Choice(PROJECT_STATUSES)
_COLUMNS = ("id", "name", "status", "framework", "compliance_score")


@click.group()
def projects() -> None:
    """Work with projects, as an account that may do so."""


@projects.command("list")
@as_option
@click.option("--status", type=_STATUS, default=None, help="Only projects in this state.")
@click.option("--framework", default=None, help="Only projects with this primary framework.")
@click.option("--search", default=None, help="Words in name or description.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100), help="How many at most.")
@json_option
def list_projects(account: str, as_json: bool, **wanted: Any) -> None:
    """List the projects within reach, the newest first."""
    with acting_session("projects.list", account, "projects:read") as (platform, principal):
        found = ProjectLists(platform).projects(principal, request(PROJECTS, wanted))
    listed(found, "projects", _COLUMNS, as_json)


@projects.command("show")
@click.argument("project_id")
@as_option
@json_option
def show_project(project_id: str, account: str, as_json: bool) -> None:
    """Show a project with its frameworks, team, milestones and controls."""
    with acting_session("projects.show", account, "projects:read") as (platform, principal):
        found = plain(ProjectService(platform).show(principal, project_id))
    show(found, as_json, lambda: _text(found))


@projects.command("create")
@click.option("--name", required=True, help="Name.")
@click.option("--description", default="", help="Description.")
@click.option("--framework", required=True, help="Id of the primary framework, such as soc2.")
@click.option("--further", multiple=True, help="Id of a further framework; may be given again.")
@as_option
@json_option
def create(account: str, as_json: bool, further: tuple[str, ...], **given: Any) -> None:
    """Create a project; the account becomes its manager."""
    body = load(schemas.ProjectInput(), {**given, "frameworks": list(further)})
    with acting_session("projects.create", account, "projects:create") as (platform, principal):
        made = ProjectService(platform).create(principal, body)
    show_one(made, as_json, _COLUMNS)


@projects.command("update")
@click.argument("project_id")
@click.option("--name", default=None, help="Another name.")
@click.option("--description", default=None, help="Another description.")
@click.option("--status", type=_STATUS, default=None, help="Another state; archived makes it read-only.")
@click.option("--framework", default=None, help="An attached framework that becomes the primary one.")
@as_option
@json_option
def update(project_id: str, account: str, as_json: bool, **given: Any) -> None:
    """Change a project; what isn't given stays."""
    body = {name: value for name, value in given.items() if value is not None}
    changes = load(schemas.ProjectChange(partial=True), body)
    with acting_session("projects.update", account, "projects:update") as (platform, principal):
        changed = ProjectService(platform).change(principal, project_id, changes)
    show_one(changed, as_json, _COLUMNS)


@projects.command("delete")
@click.argument("project_id")
@click.option("--yes", is_flag=True, help="Don't ask.")
@as_option
@json_option
def delete(project_id: str, yes: bool, account: str, as_json: bool) -> None:
    """Delete a project with all its evidence; refused while something in it is under review."""
    if not yes:
        click.confirm(f"Delete {project_id} with everything in it?", abort=True)
    with acting_session("projects.delete", account, "projects:delete") as (platform, principal):
        ProjectService(platform).delete(principal, project_id)
    show({"id": project_id, "deleted": True}, as_json, lambda: f"{project_id} is deleted")


@projects.command("attach")
@click.argument("project_id")
@click.argument("framework")
@as_option
@json_option
def attach(project_id: str, framework: str, account: str, as_json: bool) -> None:
    """Assess a project against a further framework."""
    with acting_session("projects.attach", account, "projects:update") as (platform, principal):
        made = ProjectFrameworks(platform).attach(principal, project_id, framework)
    show_one(made, as_json, ("id", "name", "controls"))


@projects.command("detach")
@click.argument("project_id")
@click.argument("framework")
@click.option("--discard", is_flag=True, help="Give up what people decided about its controls.")
@as_option
@json_option
def detach(project_id: str, framework: str, discard: bool, account: str, as_json: bool) -> None:
    """Assess a project against a framework no longer."""
    with acting_session("projects.detach", account, "projects:update") as (platform, principal):
        ProjectFrameworks(platform).detach(principal, project_id, framework, discard=discard)
    told = {"id": framework, "project_id": project_id, "detached": True}
    show(told, as_json, lambda: f"{framework} is detached from {project_id}")


@projects.command("add-member")
@click.argument("project_id")
@click.argument("member")
@click.option("--role", type=click.Choice(PROJECT_ROLES), required=True, help="Role in the project.")
@as_option
@json_option
def add_member(project_id: str, member: str, role: str, account: str, as_json: bool) -> None:
    """Take an account, by address or id, into a project's team."""
    with acting_session("projects.add-member", account, "projects:team") as (platform, principal):
        made = Team(platform).add(principal, project_id, account_id(platform, member), role)
    show_one(made, as_json, ("user_id", "role"))


@projects.command("remove-member")
@click.argument("project_id")
@click.argument("member")
@as_option
@json_option
def remove_member(project_id: str, member: str, account: str, as_json: bool) -> None:
    """Take an account out of a project's team."""
    with acting_session("projects.remove-member", account, "projects:team") as (platform, principal):
        user_id = account_id(platform, member)
        Team(platform).remove(principal, project_id, user_id)
    told = {"user_id": user_id, "project_id": project_id, "removed": True}
    show(told, as_json, lambda: f"{member} has left {project_id}")


@projects.command("activity")
@click.argument("project_id")
@click.option("--event", default=None, help="Only events of this name, such as control.changed.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100), help="How many at most.")
@as_option
@json_option
def activity(project_id: str, account: str, as_json: bool, **wanted: Any) -> None:
    """List what happened in a project, the latest first."""
    with acting_session("projects.activity", account, "projects:read") as (platform, principal):
        found = ProjectLists(platform).activity(principal, project_id, request(ACTIVITY, wanted))
    listed(found, "activity", ("occurred_at", "event", "actor_id", "resource_id"), as_json)


def _text(project: dict[str, Any]) -> str:
    counted: dict[str, int] = {}
    for control in project["controls"]:
        counted[control["status"]] = counted.get(control["status"], 0) + 1
    states = ", ".join(f"{count} {status}" for status, count in sorted(counted.items()))
    team = table(("MEMBER", "ROLE"), [(each["user_id"], each["role"]) for each in project["team_members"]])
    return "\n".join(
        (
            f"{project['id']}  {project['name']}  ({project['status']}, score {project['compliance_score']})",
            f"Frameworks: {', '.join(project['frameworks'])}",
            f"Controls: {states}",
            team,
        )
    )

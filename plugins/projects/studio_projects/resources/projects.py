"""``/api/v1/projects`` and what happened in a project."""

from __future__ import annotations

from typing import Any

from studio_kernel.errors import Conflict
from studio_kernel.http.operations import Answer, Call, operation
from studio_projects import schemas
from studio_projects.service.lists import ACTIVITY, PROJECTS, ProjectLists
from studio_projects.service.projects import ProjectService

_ALL = "/api/v1/projects"
_ONE = "/api/v1/projects/{project_id}"


class ProjectResource:
    """Responders for projects as a whole."""

    def __init__(self, projects: ProjectService, lists: ProjectLists) -> None:
        self._projects = projects
        self._lists = lists

    @operation(
        "projects.list",
        "GET",
        _ALL,
        summary="List the projects within reach",
        permission="projects:read",
        listing=PROJECTS,
        response=schemas.ProjectListItem,
    )
    def list(self, call: Call) -> dict[str, Any]:
        """Administrators see all projects, others those that they belong to."""
        return self._lists.projects(call.principal, call.listing)

    @operation(
        "projects.create",
        "POST",
        _ALL,
        summary="Create a project",
        permission="projects:create",
        body=schemas.ProjectInput,
        response=schemas.Project,
        status=201,
    )
    def create(self, call: Call) -> Answer:
        """Whoever creates a project becomes its manager unless named otherwise."""
        project = self._projects.create(call.principal, call.body)
        return Answer(project, location=f"{_ALL}/{project['id']}")

    @operation(
        "projects.read",
        "GET",
        _ONE,
        summary="Show a project with its team, controls and milestones",
        permission="projects:read",
        response=schemas.ProjectDetail,
        etag=True,
    )
    def read(self, call: Call) -> dict[str, Any]:
        """Everything in it; further fields come from other plugins."""
        return self._projects.show(call.principal, call.path["project_id"])

    @operation(
        "projects.replace",
        "PUT",
        _ONE,
        summary="Set a project's name, description and status",
        permission="projects:update",
        body=schemas.ProjectChange,
        response=schemas.Project,
    )
    def replace(self, call: Call) -> dict[str, Any]:
        """A description that isn't given is emptied."""
        return self._projects.change(call.principal, call.path["project_id"], call.body)

    @operation(
        "projects.update",
        "PATCH",
        _ONE,
        summary="Change a project",
        permission="projects:update",
        body=schemas.ProjectChange,
        partial=True,
        response=schemas.Project,
    )
    def update(self, call: Call) -> dict[str, Any]:
        """What isn't given stays."""
        return self._projects.change(call.principal, call.path["project_id"], call.body)

    @operation(
        "projects.delete",
        "DELETE",
        _ONE,
        summary="Delete a project with everything in it",
        permission="projects:delete",
        shape="message",
        message="Project deleted successfully",
        errors=(Conflict,),
    )
    def delete(self, call: Call) -> None:
        """Refused while something in it is under review."""
        self._projects.delete(call.principal, call.path["project_id"])

    @operation(
        "projects.activity",
        "GET",
        _ONE + "/activity",
        summary="List what happened in a project",
        permission="projects:read",
        listing=ACTIVITY,
        response=schemas.ProjectActivity,
    )
    def activity(self, call: Call) -> dict[str, Any]:
        """The latest first."""
        return self._lists.activity(call.principal, call.path["project_id"], call.listing)

"""``/api/v1/projects/{project_id}/milestones``."""

from __future__ import annotations

from typing import Any

from studio_kernel.http.operations import Answer, Call, operation
from studio_projects import schemas
from studio_projects.service.lists import MILESTONES, ProjectLists
from studio_projects.service.milestones import Milestones

_ALL = "/api/v1/projects/{project_id}/milestones"
_ONE = _ALL + "/{milestone_id}"


class MilestoneResource:
    """Responders for milestones."""

    def __init__(self, milestones: Milestones, lists: ProjectLists) -> None:
        self._milestones = milestones
        self._lists = lists

    @operation(
        "projects.milestones.list",
        "GET",
        _ALL,
        summary="List a project's milestones",
        permission="projects:read",
        listing=MILESTONES,
        response=schemas.Milestone,
    )
    def list(self, call: Call) -> dict[str, Any]:
        """The earliest first."""
        return self._lists.milestones(call.principal, call.path["project_id"], call.listing)

    @operation(
        "projects.milestones.create",
        "POST",
        _ALL,
        summary="Add a milestone",
        permission="projects:milestones",
        body=schemas.MilestoneInput,
        response=schemas.Milestone,
        status=201,
    )
    def create(self, call: Call) -> Answer:
        """Pending unless told otherwise."""
        project_id = call.path["project_id"]
        milestone = self._milestones.create(call.principal, project_id, call.body)
        return Answer(milestone, location=f"/api/v1/projects/{project_id}/milestones/{milestone['id']}")

    @operation(
        "projects.milestones.read",
        "GET",
        _ONE,
        summary="Show a milestone",
        permission="projects:read",
        response=schemas.Milestone,
        etag=True,
    )
    def read(self, call: Call) -> dict[str, Any]:
        """With whether it is overdue at this moment."""
        return self._milestones.show(call.principal, call.path["project_id"], call.path["milestone_id"])

    @operation(
        "projects.milestones.replace",
        "PUT",
        _ONE,
        summary="Replace a milestone",
        permission="projects:milestones",
        body=schemas.MilestoneInput,
        response=schemas.Milestone,
    )
    def replace(self, call: Call) -> dict[str, Any]:
        """What isn't given goes back to its default."""
        return self._change(call)

    @operation(
        "projects.milestones.update",
        "PATCH",
        _ONE,
        summary="Change a milestone",
        permission="projects:milestones",
        body=schemas.MilestoneInput,
        partial=True,
        response=schemas.Milestone,
    )
    def update(self, call: Call) -> dict[str, Any]:
        """What isn't given stays."""
        return self._change(call)

    @operation(
        "projects.milestones.delete",
        "DELETE",
        _ONE,
        summary="Delete a milestone",
        permission="projects:milestones",
        shape="message",
        message="Milestone deleted successfully",
    )
    def delete(self, call: Call) -> None:
        """Gone for good."""
        self._milestones.delete(call.principal, call.path["project_id"], call.path["milestone_id"])

    def _change(self, call: Call) -> dict[str, Any]:
        path = call.path
        return self._milestones.change(call.principal, path["project_id"], path["milestone_id"], call.body)

"""``/api/v1/projects/{project_id}/members``."""

from __future__ import annotations

from typing import Any

from studio_kernel.http.operations import Answer, Call, operation
from studio_projects import schemas
from studio_projects.service.lists import MEMBERS, ProjectLists
from studio_projects.service.team import Team

_ALL = "/api/v1/projects/{project_id}/members"
_ONE = _ALL + "/{user_id}"


class MemberResource:
    """Responders for a project's team."""

    def __init__(self, team: Team, lists: ProjectLists) -> None:
        self._team = team
        self._lists = lists

    @operation(
        "projects.members.list",
        "GET",
        _ALL,
        summary="List a project's team",
        permission="projects:read",
        listing=MEMBERS,
        response=schemas.NamedMember,
    )
    def list(self, call: Call) -> dict[str, Any]:
        """In the order of joining."""
        return self._lists.members(call.principal, call.path["project_id"], call.listing)

    @operation(
        "projects.members.add",
        "POST",
        _ALL,
        summary="Take an account into the team",
        permission="projects:team",
        body=schemas.TeamMemberInput,
        response=schemas.NamedMember,
        status=201,
    )
    def add(self, call: Call) -> Answer:
        """409 when it belongs to the team already."""
        project_id = call.path["project_id"]
        member = self._team.add(call.principal, project_id, call.body["user_id"], call.body["role"])
        return Answer(member, location=f"/api/v1/projects/{project_id}/members/{member['user_id']}")

    @operation(
        "projects.members.read",
        "GET",
        _ONE,
        summary="Show a member of the team",
        permission="projects:read",
        response=schemas.NamedMember,
        etag=True,
    )
    def read(self, call: Call) -> dict[str, Any]:
        """404 for accounts that don't belong to the team."""
        return self._team.show(call.principal, call.path["project_id"], call.path["user_id"])

    @operation(
        "projects.members.update",
        "PUT",
        _ONE,
        summary="Give a member another role",
        permission="projects:team",
        body=schemas.TeamRoleInput,
        response=schemas.NamedMember,
    )
    def update(self, call: Call) -> dict[str, Any]:
        """409 when the project would be left without a manager."""
        return self._team.change(call.principal, call.path["project_id"], call.path["user_id"], call.body["role"])

    @operation(
        "projects.members.remove",
        "DELETE",
        _ONE,
        summary="Take a member out of the team",
        permission="projects:team",
        shape="message",
        message="Member removed successfully",
    )
    def remove(self, call: Call) -> None:
        """409 for the last manager."""
        self._team.remove(call.principal, call.path["project_id"], call.path["user_id"])

"""Who belongs to a project, and as what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio_kernel.clock import to_text
from studio_kernel.context import current_context
from studio_kernel.errors import Conflict, NotFound, ValidationFailed
from studio_kernel.events import EventType
from studio_kernel.security.principal import Principal
from studio_projects import queries
from studio_projects.access import ProjectAccess
from studio_projects.events import MEMBER_ADDED, MEMBER_CHANGED, MEMBER_REMOVED
from studio_projects.models import ProjectMemberRow
from studio_projects.service.frameworks import hold

if TYPE_CHECKING:
    from studio_kernel.app import Platform


class Team:
    """Reads and changes the teams of projects."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._access = ProjectAccess(platform)

    def show(self, principal: Principal, project_id: str, user_id: str) -> dict[str, Any]:
        """One member."""
        self._access.require(principal, project_id, "projects:read")
        return self._named(self._member(project_id, user_id))

    def add(self, principal: Principal, project_id: str, user_id: str, role: str) -> dict[str, Any]:
        """Take an active account into the team; ``Conflict`` when it is in it already."""
        with self._database.transaction():
            self._begin(principal, project_id, user_id)
            check_active(self._platform, [("user_id", user_id)])
            if self._database.row(queries.MEMBER, project_id=project_id, user_id=user_id) is not None:
                raise Conflict("The account belongs to the team already", details={"user_id": user_id})
            row = member_row(project_id, user_id, role, to_text(self._platform.clock()))
            self._database.insert(ProjectMemberRow, row)
            member = self._member(project_id, user_id)
            self._publish(MEMBER_ADDED, project_id, member)
            return self._named(member)

    def change(self, principal: Principal, project_id: str, user_id: str, role: str) -> dict[str, Any]:
        """Give a member another role; ``Conflict`` when the project would be left without a manager."""
        with self._database.transaction():
            self._begin(principal, project_id, user_id)
            before = self._member(project_id, user_id)
            if role == before["role"]:
                return self._named(before)
            self._keep_a_manager(project_id, before)
            where = {"project_id": project_id, "user_id": user_id}
            self._database.update(ProjectMemberRow, {"role": role}, where=where)
            member = {**before, "role": role}
            self._publish(MEMBER_CHANGED, project_id, {**member, "previous_role": before["role"]})
            return self._named(member)

    def remove(self, principal: Principal, project_id: str, user_id: str) -> None:
        """Take a member out of the team; controls that they owned have no owner then."""
        with self._database.transaction():
            self._begin(principal, project_id, user_id)
            member = self._member(project_id, user_id)
            self._keep_a_manager(project_id, member)
            self._remove(project_id, member)

    def forget(self, user_id: str) -> None:
        """Take a deleted account out of every team, also as the last manager: administrators can name another.

        A project is one transaction; doing it again does nothing more.
        """
        for (project_id,) in self._database.rows(queries.PROJECTS_OF, user_id=user_id):
            with self._database.transaction():
                hold(self._database, project_id)
                row = self._database.row(queries.MEMBER, project_id=project_id, user_id=user_id)
                if row is not None:
                    self._remove(project_id, member_view(row))

    def _begin(self, principal: Principal, project_id: str, user_id: str) -> None:
        hold(self._database, project_id)
        self._access.require(principal, project_id, "projects:team", writable=True)
        current_context().resource_id = user_id

    def _member(self, project_id: str, user_id: str) -> dict[str, Any]:
        row = self._database.row(queries.MEMBER, project_id=project_id, user_id=user_id)
        if row is None:
            raise NotFound(f"The account {user_id} doesn't belong to the project's team")
        return member_view(row)

    def _named(self, member: Mapping[str, Any]) -> dict[str, Any]:
        names = names_of(self._platform, [member["user_id"]])
        return {**member, "name": names.get(member["user_id"], "")}

    def _remove(self, project_id: str, member: Mapping[str, Any]) -> None:
        user_id = member["user_id"]
        self._database.delete(ProjectMemberRow, where={"project_id": project_id, "user_id": user_id})
        self._database.execute(queries.RELEASE_CONTROLS, project_id=project_id, user_id=user_id)
        self._publish(MEMBER_REMOVED, project_id, member)

    def _keep_a_manager(self, project_id: str, member: Mapping[str, Any]) -> None:
        if member["role"] != "manager":
            return
        if not self._database.value(queries.OTHER_MANAGERS, project_id=project_id, user_id=member["user_id"]):
            raise Conflict(
                "This is the project's last manager; make somebody else manager first",
                details={"user_id": member["user_id"]},
            )

    def _publish(self, kind: EventType, project_id: str, member: Mapping[str, Any]) -> None:
        # NOTE: the project is the resource, so that subscribers get a team's changes in order.
        self._platform.events.publish(
            kind,
            resource_id=project_id,
            project_id=project_id,
            data={"member": {"project_id": project_id, **member}},
        )


def check_active(platform: Platform, users: Sequence[tuple[str, str]]) -> None:
    """Refuse accounts that aren't there or are disabled; ``users`` are (field, account id) pairs."""
    if not users:
        return
    from studio_auth.api import Accounts

    active = Accounts(platform).active([user_id for _, user_id in users])
    missing = [(field, "Must be the id of an active account") for field, user_id in users if user_id not in active]
    if missing:
        raise ValidationFailed.of(missing)


def names_of(platform: Platform, user_ids: Collection[str]) -> dict[str, str]:
    """Names of accounts by their ids; what is no account is left out. One query."""
    from studio_auth.api import Accounts

    return Accounts(platform).names(user_ids)


def first_team(principal: Principal, wanted: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The team of a new project as (account, role) pairs: those named, and whoever creates it as manager.

    Refuses an account that is named twice, and a team without a manager.
    """
    team: dict[str, str] = {}
    for number, member in enumerate(wanted):
        if member["user_id"] in team:
            raise ValidationFailed(f"team_members.{number}.user_id", "The account is named twice")
        team[member["user_id"]] = member["role"]
    if principal.user_id and principal.user_id not in team:
        team = {principal.user_id: "manager", **team}
    if team and "manager" not in team.values():
        raise ValidationFailed("team_members", "At least one member must have the role manager")
    return list(team.items())


def member_row(project_id: str, user_id: str, role: str, now: str) -> dict[str, Any]:
    """The columns of a new member."""
    return {"project_id": project_id, "user_id": user_id, "role": role, "joined_at": now}


def member_view(row: tuple[Any, ...]) -> dict[str, Any]:
    """A member as the API shows it."""
    return {"user_id": row[0], "role": row[1], "joined_at": row[2]}

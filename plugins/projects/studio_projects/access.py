"""Who may do what in which project (product rules, Roles and permissions)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_kernel.context import current_context
from studio_kernel.errors import Conflict, Forbidden, NotFound
from studio_kernel.security.principal import Principal
from studio_projects import queries

if TYPE_CHECKING:
    from studio_kernel.app import Platform


@dataclass(frozen=True, slots=True)
class ProjectRef:
    """A project that a caller may work with. ``role`` is their role in it, empty for administrators."""

    id: str
    name: str
    framework: str
    status: str
    role: str


class ProjectAccess:
    """Checks membership and rights."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._permissions = platform.permissions

    def require(self, principal: Principal, project_id: str, permission: str, *, writable: bool = False) -> ProjectRef:
        """The project, if the caller has the right; see :meth:`studio_projects.api.Projects.require`."""
        statement = queries.ACCESS_FOR_CHANGE if writable else queries.ACCESS
        row = self._database.row(statement, id=project_id, user_id=principal.user_id)
        if row is None or (row[4] is None and not principal.sees_everything):
            # APPSEC: one answer for what isn't there and for what the caller may not know of.
            raise NotFound(f"There is no project {project_id}")
        current_context().project_id = project_id
        role = "" if principal.sees_everything else row[4]
        ref = ProjectRef(row[0], row[1], row[2], row[3], role)
        self._check_role(ref, principal, permission)
        if writable and ref.status == "archived":
            raise archived()
        return ref

    def _check_role(self, ref: ProjectRef, principal: Principal, permission: str) -> None:
        if principal.sees_everything:
            return
        declared = self._permissions.get(permission)
        if declared is None or ref.role not in declared.project_roles:
            raise Forbidden(
                "Your role in the project doesn't allow this",
                details={"permission": permission, "project_role": ref.role},
            )

    @staticmethod
    def visible(principal: Principal, column: str) -> tuple[list[str], dict[str, Any]]:
        """SQL conditions and parameters; see :meth:`studio_projects.api.Projects.visible`."""
        if principal.sees_everything:
            return [], {}
        condition = f"{column} IN (SELECT project_id FROM project_members WHERE user_id = :visible_to_user)"
        return [condition], {"visible_to_user": principal.user_id}


def members_among(platform: Platform, pairs: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those pairs of account and project whose account is active and belongs to the project. Two queries."""
    from studio_auth.api import Accounts

    named = [(user, project) for user, project in pairs if project]
    if not named:
        return []
    users, projects = sorted({user for user, _ in named}), sorted({project for _, project in named})
    found = set(platform.database.rows(queries.MEMBERS_AMONG, users=users, projects=projects))
    active = Accounts(platform).active({user for user, _ in found})
    return [pair for pair in named if pair in found and pair[0] in active]


def archived() -> Conflict:
    """The refusal of a change in an archived project."""
    return Conflict(
        "The project is archived and read-only; set its status to active or inactive first",
        details={"status": "archived"},
    )

"""What other plugins may use of this one."""

from __future__ import annotations

from collections.abc import Collection

from studio_auth import queries
from studio_auth.service.sessions import Sessions
from studio_auth.service.throttle import Throttle
from studio_auth.service.users import Users
from studio_kernel.app import Platform
from studio_kernel.errors import NotFound
from studio_kernel.security.principal import SYSTEM

__all__ = ["Accounts"]


class Accounts:
    """Accounts, as other plugins see them."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._sessions = Sessions(platform)

    def active(self, user_ids: Collection[str]) -> set[str]:
        """Those of ``user_ids`` that exist and are active. One query, whatever their number."""
        if not user_ids:
            return set()
        return {row[0] for row in self._database.rows(queries.ACTIVE_AMONG, ids=sorted(set(user_ids)))}

    def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Display names by id, also of disabled and deleted accounts; unknown ids are left out. One query."""
        if not user_ids:
            return {}
        return dict(self._database.rows(queries.NAMES_AMONG, ids=sorted(set(user_ids))))

    def create(self, email: str, name: str, role: str, password: str) -> str:
        """Make an active account as the operator; its id. Raises as the user service does."""
        users = Users(self._platform, self._sessions, Throttle(self._platform))
        user = users.create(SYSTEM, email=email, name=name, role=role, password=password)
        return str(user["id"])

    def issue_tokens(self, user_id: str) -> str:
        """Open a session for an active account without a password; its access token. ``NotFound`` for no such."""
        row = self._database.row(queries.USER_BY_ID, id=user_id)
        if row is None or user_id not in self.active([user_id]):
            raise NotFound("There is no such account")
        role = row[queries.USER_COLUMNS.index("role")]
        return self._sessions.log_in(user_id, role).access_token

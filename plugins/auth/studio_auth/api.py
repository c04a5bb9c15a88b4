"""What other plugins may use of this one."""

from __future__ import annotations

from collections.abc import Collection

from studio_auth import queries
from studio_auth.acting import account_id, acting_session, as_option
from studio_auth.emails import normal_email
from studio_auth.service.second_factor import within_second_factor
from studio_auth.service.sessions import Sessions, scopes_of_role
from studio_auth.service.throttle import Throttle
from studio_auth.service.users import Users
from studio_kernel.app import Platform
from studio_kernel.errors import NotFound
from studio_kernel.security.principal import SYSTEM, Principal

__all__ = ["Accounts", "account_id", "acting_session", "as_option"]


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

    def administrators(self, ids: Collection[str]) -> set[str]:
        """Those of ``ids`` that are active administrators: accounts, and clients that act for themselves. One query."""
        if not ids:
            return set()
        return {row[0] for row in self._database.rows(queries.ADMINISTRATORS_AMONG, ids=sorted(set(ids)))}

    def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Display names by id, also of disabled and deleted accounts; unknown ids are left out. One query."""
        if not user_ids:
            return {}
        return dict(self._database.rows(queries.NAMES_AMONG, ids=sorted(set(user_ids))))

    def caller(self, email: str, *, second_factor: bool = False) -> Principal | None:
        """The account of an address as a caller with all that its role can do, for other ways to sign in.

        None where there is no active one. One query.

        :param second_factor: that the way to sign in has checked a second factor of its own; otherwise an account
            whose role needs one, and has none here, can do nothing.
        """
        row = self._database.row(queries.LOGIN_BY_EMAIL, email=normal_email(email))
        if row is None or row[2] != "active":
            return None
        user_id, _, _, role, factor_at, _ = row
        scopes = frozenset(scopes_of_role(role))
        if not second_factor:
            scopes = within_second_factor(self._platform, scopes, role, factor_at)
        return Principal("user", user_id, user_id, role, scopes)

    def create(self, email: str, name: str, role: str, password: str = "") -> str:
        """Make an active account as the operator; its id. Raises as the user service does.

        Without a password nobody signs in with one.
        """
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

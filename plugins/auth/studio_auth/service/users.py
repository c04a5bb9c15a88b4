"""Accounts: who may see, make, change and delete them (product rules, Roles and permissions)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import orjson

from studio_auth import queries
from studio_auth.events import USER_CREATED, USER_DELETED, USER_DISABLED, USER_UPDATED
from studio_auth.models import User
from studio_auth.passwords import Passwords
from studio_auth.service.login import checked_email, normal_email
from studio_auth.service.sessions import Sessions
from studio_auth.service.throttle import Throttle
from studio_auth.settings import AuthSettings
from studio_kernel.app import Platform
from studio_kernel.clock import to_text
from studio_kernel.context import current_context
from studio_kernel.errors import Conflict, Forbidden, NotFound, ValidationFailed
from studio_kernel.events import EventType
from studio_kernel.http.listing import ListRequest, Page
from studio_kernel.ids import new_id
from studio_kernel.security.permissions import ACCOUNT_ROLES
from studio_kernel.security.principal import Principal
from studio_kernel.storage.database import Row
from studio_kernel.storage.sql import Statement

DEFAULT_PREFERENCES = {"theme": "light", "language": "en", "timezone": "UTC"}
_EVENT_FIELDS = ("id", "email", "name", "role", "status")
_LOCK = "auth.users"


class Users:
    """The use cases around accounts. Each change is one transaction and publishes its event."""

    def __init__(self, platform: Platform, sessions: Sessions, throttle: Throttle) -> None:
        self._platform = platform
        self._database = platform.database
        self._sessions = sessions
        self._throttle = throttle
        self._passwords = Passwords(platform.settings.section(AuthSettings))

    # -- reading --------------------------------------------------------------------------------------

    def list(self, request: ListRequest) -> Page:
        """A part of the list of accounts, deleted ones left out."""
        return queries.USERS.run(self._database, request)

    def show(self, caller: Principal, user_id: str) -> dict[str, Any]:
        """One account: one's own, or any for an administrator; others answer ``NotFound``."""
        if user_id != caller.user_id:
            self._require(caller, "users:read", user_id)
        current_context().resource_id = user_id
        return self._read(queries.USER_BY_ID, id=user_id)

    def by_email(self, email: str) -> dict[str, Any]:
        """The account of an address; ``NotFound`` when there is none."""
        return self._read(queries.USER_BY_EMAIL, email=normal_email(email))

    # -- changing -------------------------------------------------------------------------------------

    def create(self, caller: Principal, *, email: str, name: str, role: str, password: str) -> dict[str, Any]:
        """A new, active account. ``Conflict`` when the address is taken."""
        _may_give_role(caller, role)
        self._passwords.check_strength(password)
        hashed = self._passwords.hash(password)
        user_id = new_id("user")
        email = checked_email(email)
        check_name(name)
        now = to_text(self._platform.clock())
        row = {
            "id": user_id,
            "email": email,
            "name": name,
            "role": role,
            "password_hash": hashed,
            "status": "active",
            "preferences": DEFAULT_PREFERENCES,
            "created_at": now,
            "updated_at": now,
        }
        with self._database.transaction():
            self._database.lock(_LOCK)
            self._refuse_taken(email, "")
            self._database.insert(User, row)
            return self._announce(USER_CREATED, user_id)

    def update(self, caller: Principal, user_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change an account: one's own name and preferences, or as an administrator anything of others.

        :param changes: any of ``name, preferences, email, role, status``.
        """
        if user_id != caller.user_id:
            self._require(caller, "users:update", user_id)
        with self._database.transaction():
            self._database.lock(_LOCK)
            before = self._read(queries.USER_BY_ID, id=user_id)
            columns = self._checked(caller, before, changes)
            columns["updated_at"] = to_text(self._platform.clock())
            self._database.update(User, columns, where={"id": user_id})
            if columns.get("status") == "disabled" and before["status"] != "disabled":
                self._sessions.revoke_user(user_id)
                return self._announce(USER_DISABLED, user_id)
            if "role" in columns:
                self._forget_later(user_id)
            return self._announce(USER_UPDATED, user_id)

    def delete(self, caller: Principal, user_id: str) -> None:
        """Delete an account: its credentials stop, its address is free again, its name stays with its work."""
        with self._database.transaction():
            self._database.lock(_LOCK)
            before = self._read(queries.USER_BY_ID, id=user_id)
            self._may_touch(caller, before)
            self._keep_a_super_admin(before)
            columns = {
                "status": "deleted",
                "email": f"deleted:{user_id}",
                "password_hash": "",
                "updated_at": to_text(self._platform.clock()),
            }
            self._database.update(User, columns, where={"id": user_id})
            self._sessions.revoke_user(user_id)
            self._announce(USER_DELETED, user_id, {**before, "status": "deleted"})

    def change_password(self, caller: Principal, current: str, new: str, address: str) -> None:
        """Change one's own password; every other session of the account ends.

        :raises ValidationFailed: when ``current`` is wrong. Guessing it is slowed down as at the login.
        """
        user = self._read(queries.USER_BY_ID, id=caller.user_id)
        self._throttle.admit(user["email"], address)
        stored = self._database.value(queries.PASSWORD_BY_ID, id=caller.user_id)
        if not self._passwords.verify(stored, current):
            raise ValidationFailed("current_password", "Is not the account's password")
        self._throttle.succeeded(user["email"], address)
        self._set_password(user["id"], new, "new_password", keep=caller.session_id)

    def reset_password(self, user_id: str, password: str) -> None:
        """Set another's password, as the operator; all of the account's sessions end."""
        self._set_password(self._read(queries.USER_BY_ID, id=user_id)["id"], password, "password")

    # -- rules ----------------------------------------------------------------------------------------

    def _checked(self, caller: Principal, before: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
        """The columns to set, once every rule agrees."""
        columns = {name: value for name, value in changes.items() if name != "preferences"}
        if "preferences" in changes:
            columns["preferences"] = {**orjson.loads(before["preferences"]), **changes["preferences"]}
        if before["id"] != caller.user_id or set(changes) - {"name", "preferences"}:
            self._may_touch(caller, before)
        role = columns.get("role", before["role"])
        if role != before["role"]:
            if before["id"] == caller.user_id and _rank(role) < _rank(before["role"]):
                raise Forbidden("Nobody raises their own role", details={"field": "role"})
            _may_give_role(caller, role)
        if role != "super_admin" or columns.get("status") == "disabled":
            self._keep_a_super_admin(before)
        if "email" in columns:
            columns["email"] = checked_email(columns["email"])
            self._refuse_taken(columns["email"], before["id"])
        return columns

    def _holds(self, caller: Principal, permission: str) -> bool:
        declared = self._platform.permissions.get(permission)
        return declared is not None and caller.role in declared.account_roles and caller.has_scope("admin")

    def _require(self, caller: Principal, permission: str, user_id: str) -> None:
        """Other people's accounts don't exist for those who may not administer them."""
        if not self._holds(caller, permission):
            raise NotFound(f"There is no user {user_id}")

    def _may_touch(self, caller: Principal, user: Mapping[str, Any]) -> None:
        """Changes beyond one's own name and preferences are for administrators."""
        if not self._holds(caller, "users:update"):
            raise Forbidden("Only an administrator may change that", details={"permission": "users:update"})
        if user["role"] == "super_admin" and caller.role != "super_admin":
            raise Forbidden("Only a super_admin changes a super_admin")

    def _keep_a_super_admin(self, user: Mapping[str, Any]) -> None:
        """Call with the lock held, before a change that takes a super_admin away."""
        if user["role"] != "super_admin" or user["status"] != "active":
            return
        if not self._database.value(queries.OTHER_SUPER_ADMINS, id=user["id"]):
            raise Conflict(
                "The last active super_admin must stay",
                details={"field": "id", "error": "Make another account a super_admin first"},
            )

    def _refuse_taken(self, email: str, user_id: str) -> None:
        taken = self._database.value(queries.LOGIN_BY_EMAIL, email=email)
        if taken is not None and taken != user_id:
            details = {"field": "email", "error": "Another account has this address"}
            raise Conflict("The email address is taken", details=details)

    # -- steps ----------------------------------------------------------------------------------------

    def _set_password(self, user_id: str, password: str, field: str, *, keep: str = "") -> None:
        self._passwords.check_strength(password, field)
        hashed = self._passwords.hash(password)
        current_context().resource_id = user_id
        with self._database.transaction():
            columns = {"password_hash": hashed, "updated_at": to_text(self._platform.clock())}
            self._database.update(User, columns, where={"id": user_id})
            self._sessions.revoke_user(user_id, keep=keep)
            self._announce(USER_UPDATED, user_id)

    def _read(self, statement: Statement, **values: Any) -> dict[str, Any]:
        row = self._database.row(statement, **values)
        if row is None:
            raise NotFound("There is no such account")
        return user_of(row)

    def _announce(self, kind: EventType, user_id: str, user: dict[str, Any] | None = None) -> dict[str, Any]:
        user = user or self._read(queries.USER_BY_ID, id=user_id)
        current_context().resource_id = user_id
        self._platform.events.publish(kind, resource_id=user_id, data={name: user[name] for name in _EVENT_FIELDS})
        return user

    def _forget_later(self, user_id: str) -> None:
        transaction = self._database.current
        assert transaction is not None
        transaction.after_commit(lambda: self._platform.credentials.forget(user_id=user_id))


def user_of(row: Row) -> dict[str, Any]:
    """A row of :data:`queries.USER_COLUMNS` by name; ``preferences`` stay JSON text."""
    return dict(zip(queries.USER_COLUMNS, row, strict=True))


def check_name(name: str) -> None:
    """Refuse a display name that the tables have no room for."""
    if not 1 <= len(name) <= 200:
        raise ValidationFailed("name", "Must have 1 to 200 characters")


def new_password() -> str:
    """A password for somebody who gave none."""
    return secrets.token_urlsafe(15)


def _rank(role: str) -> int:
    """Smaller is mightier."""
    return ACCOUNT_ROLES.index(role)


def _may_give_role(caller: Principal, role: str) -> None:
    if role not in ACCOUNT_ROLES:
        raise ValidationFailed("role", f"Must be one of: {', '.join(ACCOUNT_ROLES)}.")
    if role == "super_admin" and caller.role != "super_admin":
        raise Forbidden("Only a super_admin makes a super_admin", details={"field": "role"})

"""Accounts: who may see, make, change and delete them (product rules, Roles and permissions)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import orjson

from studio_auth import queries
from studio_auth.emails import checked_email, normal_email
from studio_auth.events import USER_CREATED, USER_DELETED, USER_DISABLED, USER_UPDATED
from studio_auth.models import PasswordReset, User
from studio_auth.passwords import Passwords
from studio_auth.service.second_factor import SecondFactors
from studio_auth.service.sessions import Sessions
from studio_auth.service.throttle import Throttle
from studio_auth.settings import AuthSettings
from studio_kernel.app import Platform
from studio_kernel.clock import later, to_text
from studio_kernel.context import current_context
from studio_kernel.errors import Conflict, Forbidden, NotFound, Unauthorized, ValidationFailed
from studio_kernel.events import EventType
from studio_kernel.http.listing import ListRequest, Page
from studio_kernel.ids import new_id
from studio_kernel.security.permissions import ACCOUNT_ROLES
from studio_kernel.security.principal import Principal
from studio_kernel.security.secrets import hash_token
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
        self._settings = platform.settings.section(AuthSettings)
        self._passwords = Passwords(self._settings)
        self._factors = SecondFactors(platform, sessions)

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
        """A new, active account. ``Conflict`` when the address is taken.

        :param password: a weak one works for a while only; empty for an account that signs in by other means.
        """
        _may_give_role(caller, role)
        if password:
            self._passwords.check_length(password)
        hashed = self._passwords.hash(password) if password else ""
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
            "temporary_until": self._temporary(password, (email, name)),
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

    def any_account(self, caller: Principal, user_id: str) -> dict[str, Any]:
        """An account that the caller may take away, also a deleted one; call inside the change."""
        self._database.lock(_LOCK)
        row = self._database.row(queries.IDENTITY, id=user_id)
        if row is None:
            raise NotFound("There is no such account")
        user = {"id": user_id, **dict(zip(("email", "name", "role", "status"), row, strict=True))}
        self._may_touch(caller, user)
        return user

    def stop(self, caller: Principal, user: Mapping[str, Any]) -> None:
        """End an account for good, before its person is erased: its row stays as it is but for that."""
        self._keep_a_super_admin(user)
        columns = {"status": "deleted", "password_hash": "", "updated_at": to_text(self._platform.clock())}
        self._database.update(User, columns, where={"id": user["id"]})
        self._sessions.revoke_user(user["id"])

    def change_password(self, caller: Principal, current: str, new: str, address: str) -> None:
        """Change one's own password; every other session of the account ends.

        :raises ValidationFailed: when ``current`` is wrong. Guessing it is slowed down as at the login.
        """
        user = self.confirm_identity(caller, current, address)
        self._passwords.check_strength(new, "new_password", (user["email"], user["name"]))
        self._set_password(user["id"], new, keep=caller.session_id)

    def reset_password(self, user_id: str, password: str) -> None:
        """Set another's password, as the operator; all of the account's sessions end. A weak one is temporary."""
        user = self._read(queries.USER_BY_ID, id=user_id)
        self._passwords.check_length(password)
        self._set_password(user["id"], password, expires=self._temporary(password, (user["email"], user["name"])))

    def issue_reset(self, caller: Principal, user_id: str) -> tuple[str, str]:
        """A one-time token with which the account's owner sets a new password, and when it ends.

        An earlier token of the account ends. Nothing else changes until the token is used.
        """
        token = f"pr_{secrets.token_urlsafe(32)}"
        now = self._platform.clock()
        ends = later(now, self._settings.password_reset_hours * 3600)
        with self._database.transaction():
            self._database.lock(_LOCK)
            user = self._read(queries.USER_BY_ID, id=user_id)
            self._may_touch(caller, user)
            if user["status"] != "active":
                raise Conflict("The account is disabled", details={"field": "id", "error": "Enable the account first"})
            current_context().resource_id = user_id
            self._database.delete(PasswordReset, where={"user_id": user_id})
            row = {
                "token_hash": hash_token(token),
                "user_id": user_id,
                "created_by": caller.user_id or caller.id,
                "created_at": to_text(now),
                "expires_at": ends,
            }
            self._database.insert(PasswordReset, row)
        return token, ends

    def use_reset(self, token: str, password: str, address: str) -> None:
        """Set a new password with a one-time token; all of the account's sessions end.

        :raises Unauthorized: when the token doesn't hold (any more).
        """
        self._throttle.admit_address(address)
        row = self._database.row(queries.RESET, token_hash=hash_token(token))
        user = None if row is None else self._database.row(queries.USER_BY_ID, id=row[0])
        found = None if user is None else user_of(user)
        if row is None or found is None or row[1] <= to_text(self._platform.clock()) or found["status"] != "active":
            raise Unauthorized("The token does not hold; ask an administrator for another")
        self._passwords.check_strength(password, "new_password", (found["email"], found["name"]))
        with self._database.transaction():
            current_context().principal = Principal("user", found["id"], found["id"], found["role"])
            # APPSEC: whoever deletes the row first has used the token.
            if not self._database.delete(PasswordReset, where={"token_hash": hash_token(token)}):
                raise Unauthorized("The token does not hold; ask an administrator for another")
            self._set_password(found["id"], password)
        self._throttle.succeeded_address(address)

    # -- second factors -------------------------------------------------------------------------------

    def confirm_identity(
        self, caller: Principal, password: str, address: str, code: str = "", *, need_factor: bool = False
    ) -> dict[str, Any]:
        """The caller's own account, after its password and, if it has a second factor, a code of it.

        :param need_factor: ``code`` is looked at too, and ``NotFound`` raised where no second factor is on.
        :raises ValidationFailed: when one is wrong. Guessing is slowed down as at the login.
        """
        user = self._read(queries.USER_BY_ID, id=caller.user_id)
        self._throttle.admit(user["email"], address)
        if not self._passwords.verify(self._database.value(queries.PASSWORD_BY_ID, id=user["id"]), password):
            raise ValidationFailed("current_password", "Is not the account's password")
        if need_factor and user["second_factor_at"] is None:
            raise NotFound("The account has no second factor")
        if need_factor and not self._factors.check(user["id"], code):
            raise ValidationFailed("otp", "Is not a code of the second factor, or was used before")
        # APPSEC: whoever knows the password alone gets no further guesses at the code by it.
        wholly = need_factor or user["second_factor_at"] is None
        self._throttle.succeeded(user["email"], address, wholly=wholly)
        current_context().resource_id = user["id"]
        return user

    def remove_second_factor(self, caller: Principal, user_id: str) -> None:
        """Turn another's second factor off, as an administrator, after a device was lost; its sessions end."""
        with self._database.transaction():
            user = self._read(queries.USER_BY_ID, id=user_id)
            self._may_touch(caller, user)
            self._factors.remove(user_id)
            self._sessions.revoke_user(user_id)
            self._announce(USER_UPDATED, user_id)

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

    def _temporary(self, password: str, about: tuple[str, ...]) -> str | None:
        """When a password ends that somebody else has given: never, unless it is weak."""
        if not password or not self._passwords.is_weak(password, about):
            return None
        return later(self._platform.clock(), self._settings.temporary_password_hours * 3600)

    def _set_password(self, user_id: str, password: str, *, keep: str = "", expires: str | None = None) -> None:
        hashed = self._passwords.hash(password)
        current_context().resource_id = user_id
        with self._database.transaction():
            now = to_text(self._platform.clock())
            columns = {"password_hash": hashed, "updated_at": now, "temporary_until": expires}
            self._database.update(User, columns, where={"id": user_id})
            self._database.delete(PasswordReset, where={"user_id": user_id})
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

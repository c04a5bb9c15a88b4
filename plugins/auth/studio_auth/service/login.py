"""Logging in with address and password, refreshing, logging out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import marshmallow
from marshmallow import validate

from studio_auth import queries
from studio_auth.models import User
from studio_auth.passwords import Passwords
from studio_auth.service.sessions import Sessions, TokenPair
from studio_auth.service.throttle import Throttle
from studio_auth.settings import AuthSettings
from studio_kernel.app import Platform
from studio_kernel.clock import to_text
from studio_kernel.context import current_context
from studio_kernel.errors import Unauthorized, ValidationFailed
from studio_kernel.security.principal import Principal

_LONGEST_EMAIL = 254
_is_email = validate.Email()


def normal_email(text: str) -> str:
    """The one form in which addresses are kept and compared."""
    return text.strip().lower()


def checked_email(text: str, field: str = "email") -> str:
    """The same, for an address that is new here; :class:`ValidationFailed` names ``field`` when it isn't one."""
    email = normal_email(text)
    try:
        _is_email(email)
    except marshmallow.ValidationError:
        raise ValidationFailed(field, "Not a valid email address.") from None
    if len(email) > _LONGEST_EMAIL:
        raise ValidationFailed(field, f"Must have at most {_LONGEST_EMAIL} characters")
    return email


@dataclass(frozen=True, slots=True)
class Account:
    """Who has shown the right password. ``new_hash`` replaces a hash of another cost than today's; usually empty."""

    id: str
    role: str
    stored_hash: str
    new_hash: str


class Logins:
    """Checks passwords and opens sessions."""

    def __init__(self, platform: Platform, sessions: Sessions, throttle: Throttle) -> None:
        self._platform = platform
        self._database = platform.database
        self._sessions = sessions
        self._throttle = throttle
        self._passwords = Passwords(platform.settings.section(AuthSettings))

    def check(self, email: str, password: str, address: str) -> Account:
        """The active account that address and password belong to.

        :raises Unauthorized: the same, after the same time, for an unknown account, a disabled one and a wrong
            password; :class:`studio_kernel.errors.RateLimited` after too many failures.
        """
        email = normal_email(email)
        self._throttle.admit(email, address)
        row = self._database.row(queries.LOGIN_BY_EMAIL, email=email)
        user_id, stored, status, role = row or ("", None, "", "")
        if not self._passwords.verify(stored, password) or status != "active":
            raise Unauthorized("The email address or the password is wrong")
        self._throttle.succeeded(email, address)
        new_hash = self._passwords.hash(password) if self._passwords.is_outdated(stored) else ""
        return Account(user_id, role, stored, new_hash)

    def log_in(self, email: str, password: str, address: str) -> tuple[dict[str, Any], TokenPair]:
        """Who logged in, and their tokens. Raises as :meth:`check` does."""
        account = self.check(email, password, address)
        with self._database.transaction():
            self.note(account)
            pair = self._sessions.log_in(account.id, account.role)
        row = self._database.row(queries.USER_BY_ID, id=account.id)
        if row is None:
            raise Unauthorized("The email address or the password is wrong")
        return dict(zip(queries.USER_COLUMNS, row, strict=True)), pair

    def note(self, account: Account) -> None:
        """Write a login down, inside the caller's transaction; an outdated hash is made anew."""
        context = current_context()
        context.principal = Principal("user", account.id, account.id, account.role)
        context.resource_id = account.id
        self._database.update(User, {"last_login": to_text(self._platform.clock())}, where={"id": account.id})
        if account.new_hash:
            # NOTE: only in place of the hash that was checked: the password may have changed meanwhile.
            where = {"id": account.id, "password_hash": account.stored_hash}
            self._database.update(User, {"password_hash": account.new_hash}, where=where)

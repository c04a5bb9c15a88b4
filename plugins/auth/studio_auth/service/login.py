"""Logging in with address, password and, where the account has one, a second factor."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import orjson

from studio_auth import queries
from studio_auth.emails import normal_email
from studio_auth.models import User
from studio_auth.passwords import Passwords
from studio_auth.service.second_factor import SecondFactors
from studio_auth.service.sessions import Sessions, TokenPair
from studio_auth.service.throttle import Throttle
from studio_auth.settings import AuthSettings
from studio_kernel.app import Platform
from studio_kernel.clock import later, to_text
from studio_kernel.context import current_context
from studio_kernel.errors import ConfigurationError, Unauthorized
from studio_kernel.security.principal import Principal
from studio_kernel.storage.database import Row

# seconds between the password and the code on the login page
_PENDING_SECONDS = 300
_AGAIN = "Sign in again, please"


@dataclass(frozen=True, slots=True)
class Account:
    """Who has shown the right password. ``new_hash`` replaces a hash of another cost than today's; usually empty."""

    id: str
    email: str
    role: str
    second_factor_at: str | None
    temporary_until: str | None
    stored_hash: str = field(repr=False)
    new_hash: str = field(default="", repr=False)


class SecondFactorNeeded(Unauthorized):
    """The password was right; a code is asked for as well."""

    message = "A code from your authenticator is needed"

    def __init__(self, account: Account) -> None:
        self.account = account
        super().__init__(details={"field": "otp", "error": "Send the code that your authenticator shows, as otp"})


class WrongCode(Unauthorized):
    """The password was right, the code was not."""

    message = "The code is wrong or was used before"

    def __init__(self) -> None:
        super().__init__(details={"field": "otp", "error": self.message})


class Logins:
    """Checks passwords and codes, and opens sessions."""

    def __init__(self, platform: Platform, sessions: Sessions, throttle: Throttle) -> None:
        self._platform = platform
        self._database = platform.database
        self._sessions = sessions
        self._throttle = throttle
        self._factors = SecondFactors(platform, sessions)
        self._passwords = Passwords(platform.settings.section(AuthSettings))
        self._box = platform.secret_box("auth.sign-in")

    def check(self, email: str, password: str, address: str, code: str = "") -> Account:
        """The active account that address, password and code belong to.

        :raises Unauthorized: the same, after the same time, for an unknown account, a disabled one and a wrong
            password; :class:`SecondFactorNeeded` and :class:`WrongCode` after the right password only;
            :class:`studio_kernel.errors.RateLimited` after too many failures.
        """
        email = normal_email(email)
        self._throttle.admit(email, address)
        row = self._database.row(queries.LOGIN_BY_EMAIL, email=email)
        stored = row[1] if row is not None else None
        if not self._passwords.verify(stored, password) or row is None or row[2] != "active":
            raise Unauthorized("The email address or the password is wrong")
        account = _account(row, email, self._passwords.hash(password) if self._passwords.is_outdated(row[1]) else "")
        return self._complete(account, address, code)

    def _complete(self, account: Account, address: str, code: str) -> Account:
        """The second step. APPSEC: failures are forgotten only once every factor was right."""
        if account.second_factor_at is not None:
            if not code:
                # NOTE: nothing was wrong so far, so that nothing adds up where many people share an address.
                self._throttle.succeeded(account.email, address, wholly=False)
                raise SecondFactorNeeded(account)
            if not self._factors.check(account.id, code):
                raise WrongCode()
        if account.temporary_until is not None and account.temporary_until <= to_text(self._platform.clock()):
            raise Unauthorized("The temporary password has expired; ask an administrator for a reset")
        self._throttle.succeeded(account.email, address)
        return account

    # -- the two steps of the login page -------------------------------------------------------------------

    def pend(self, account: Account, *, enrolment: bool = False) -> str:
        """A sealed note that the password was right, for the page that asks for the code, or to set one up."""
        facts = {
            "step": "enrol" if enrolment else "code",
            "id": account.id,
            "email": account.email,
            "hash": _digest(account.stored_hash),
            "ends": later(self._platform.clock(), _PENDING_SECONDS),
        }
        return self._box.seal(orjson.dumps(facts))

    def resume(self, pending: str, address: str, code: str) -> Account:
        """The account, once the code is right too. Raises as :meth:`check`, also when the note is too old."""
        account = self._pended(pending, "code", address)
        if account.second_factor_at is None:
            raise Unauthorized(_AGAIN)
        return self._complete(account, address, code)

    def is_enrolment(self, pending: str) -> bool:
        """Whether a note is one for setting a second factor up; ``Unauthorized`` when it is none of ours."""
        return self._open(pending)["step"] == "enrol"

    def resume_enrolment(self, pending: str, address: str) -> Account:
        """The account that has to set a second factor up, and still has none."""
        account = self._pended(pending, "enrol", address)
        if account.second_factor_at is not None:
            raise Unauthorized(_AGAIN)
        return account

    def enrolled(self, account: Account, address: str) -> None:
        """The second factor was set up: the attempt of :meth:`resume_enrolment` was none to fear."""
        self._throttle.succeeded(account.email, address)

    def _pended(self, pending: str, step: str, address: str) -> Account:
        facts = self._open(pending)
        if facts["step"] != step:
            raise Unauthorized(_AGAIN)
        self._throttle.admit(facts["email"], address)
        row = self._database.row(queries.LOGIN_BY_ID, id=facts["id"])
        if row is None or row[2] != "active" or _digest(row[1]) != facts["hash"]:
            raise Unauthorized(_AGAIN)
        return _account(row, facts["email"])

    def _open(self, pending: str) -> dict[str, str]:
        try:
            facts: dict[str, str] = orjson.loads(self._box.open(pending))
        except (ConfigurationError, ValueError):
            raise Unauthorized(_AGAIN) from None
        if facts["ends"] <= to_text(self._platform.clock()):
            raise Unauthorized("That took too long. Sign in again, please")
        return facts

    # -- sessions ------------------------------------------------------------------------------------------

    def log_in(self, email: str, password: str, address: str, code: str = "") -> tuple[dict[str, Any], TokenPair]:
        """Who logged in, and their tokens. Raises as :meth:`check` does."""
        account = self.check(email, password, address, code)
        with self._database.transaction():
            self.note(account)
            pair = self._sessions.log_in(account.id, account.role)
        row = self._database.row(queries.USER_BY_ID, id=account.id)
        if row is None:
            raise Unauthorized("The email address or the password is wrong")
        return dict(zip(queries.USER_COLUMNS, row, strict=True)), pair

    def note(self, account: Account) -> None:
        """Write a login down, inside the caller's transaction; an outdated hash is made anew.

        :raises Unauthorized: when the account has got another password or second factor, or was disabled, since it
            was checked: a session that began now would outlive the end of all others.
        """
        context = current_context()
        context.principal = Principal("user", account.id, account.id, account.role)
        context.resource_id = account.id
        now, factor = to_text(self._platform.clock()), account.second_factor_at or ""
        stored = account.stored_hash
        # APPSEC: one statement decides which comes first, this login or a change of what it was checked against.
        if not self._database.execute(
            queries.NOTE_LOGIN, id=account.id, stored=stored, second_factor_at=factor, now=now
        ):
            raise Unauthorized(_AGAIN)
        if account.new_hash:
            # NOTE: only in place of the hash that was checked: the password may have changed meanwhile.
            where = {"id": account.id, "password_hash": stored}
            self._database.update(User, {"password_hash": account.new_hash}, where=where)


def _account(row: Row, email: str, new_hash: str = "") -> Account:
    user_id, stored, _, role, second_factor_at, temporary_until = row
    return Account(user_id, email, role, second_factor_at, temporary_until, stored, new_hash)


def _digest(stored_hash: str) -> str:
    return hashlib.sha256(stored_hash.encode()).hexdigest()

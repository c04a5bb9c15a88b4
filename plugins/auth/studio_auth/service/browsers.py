"""A person's browser on the pages: signing in step by step, staying signed in by a cookie, and safe forms."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from studio_auth import queries
from studio_auth.service.login import Account, Logins, SecondFactorNeeded
from studio_auth.service.second_factor import Enrolment, SecondFactors, is_required
from studio_auth.service.sessions import Sessions
from studio_kernel.app import Platform
from studio_kernel.clock import to_text
from studio_kernel.context import current_context
from studio_kernel.errors import StudioError, Unauthorized, ValidationFailed
from studio_kernel.security.principal import Principal
from studio_kernel.security.secrets import hash_token, same


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in in a browser. ``cookie`` is the session's secret, where it has just begun."""

    session_id: str
    user_id: str
    email: str
    role: str
    second_factor_at: str | None
    cookie: str = field(default="", repr=False)
    recovery_codes: tuple[str, ...] = field(default=(), repr=False)


class StepWanted(Exception):
    """The sign-in isn't complete: a code is wanted, or with ``enrolment`` an authenticator must be set up first."""

    def __init__(self, pending: str, enrolment: Enrolment | None = None, problem: StudioError | None = None) -> None:
        self.pending = pending
        self.enrolment = enrolment
        self.problem = problem
        super().__init__("another step is wanted")

    @property
    def step(self) -> str:
        """The name of the page's part."""
        return "enrol" if self.enrolment is not None else "code"


class Browsers:
    """The use cases of the pages around who is there."""

    def __init__(self, platform: Platform, sessions: Sessions, logins: Logins) -> None:
        self._platform = platform
        self._database = platform.database
        self._sessions = sessions
        self._logins = logins
        self._factors = SecondFactors(platform, sessions)
        self._form_key = hmac.new(platform.secret_key.encode(), b"studio:auth.consent", hashlib.sha256).digest()

    # -- who is there -------------------------------------------------------------------------------------

    def person(self, cookie: str) -> Person | None:
        """Who the session cookie stands for; None for nobody, also while a second factor is missing."""
        if not cookie:
            return None
        now = to_text(self._platform.clock())
        row = self._database.row(queries.SESSION_BY_COOKIE, cookie_hash=hash_token(cookie), now=now)
        if row is None:
            return None
        session_id, user_id, email, _, role, second_factor_at = row
        if second_factor_at is None and is_required(self._platform, role):
            return None
        person = Person(session_id, user_id, email, role, second_factor_at)
        current_context().principal = Principal("user", user_id, user_id, role)
        return person

    def sign_in(self, form: Mapping[str, Any], address: str) -> Person:
        """Take one step of signing in; whoever has taken the last one.

        :raises StepWanted: when there is another one.
        :raises Unauthorized: when this one failed; :class:`studio_kernel.errors.RateLimited` after too many failures.
        """
        pending = form.get("pending", "")
        if pending and self._logins.is_enrolment(pending):
            return self._enrolled(pending, form.get("otp", ""), address)
        try:
            account = self._checked(form, pending, address)
        except SecondFactorNeeded as needed:
            raise StepWanted(self._logins.pend(needed.account)) from None
        if account.second_factor_at is None and is_required(self._platform, account.role):
            current_context().resource_id = account.id
            enrolment = self._factors.begin(account.id, account.email)
            raise StepWanted(self._logins.pend(account, enrolment=True), enrolment)
        return self._begin(account)

    def _checked(self, form: Mapping[str, Any], pending: str, address: str) -> Account:
        if not pending:
            return self._logins.check(form.get("email", ""), form.get("password", ""), address)
        try:
            return self._logins.resume(pending, address, form.get("otp", ""))
        except SecondFactorNeeded as needed:
            raise StepWanted(pending, problem=needed) from None
        except Unauthorized as refusal:
            if refusal.details.get("field") == "otp":
                raise StepWanted(pending, problem=refusal) from None
            raise

    def _enrolled(self, pending: str, code: str, address: str) -> Person:
        account = self._logins.resume_enrolment(pending, address)
        try:
            # NOTE: one change, whose audit entry names the person.
            with self._database.transaction():
                codes = self._factors.confirm(account.id, code)
                since = self._factors.status(account.id, account.role)["enabled_at"]
                person = self._begin(replace(account, second_factor_at=since), tuple(codes))
            self._logins.enrolled(account, address)
            return person
        except ValidationFailed as refusal:
            raise StepWanted(pending, self._factors.pending(account.id, account.email), refusal) from None

    def _begin(self, account: Account, codes: tuple[str, ...] = ()) -> Person:
        """A new session each time: what a browser held before the login is worth nothing after it."""
        with self._database.transaction():
            self._logins.note(account)
            cookie = self._sessions.open_in_browser(account.id)
        person = self.person(cookie)
        if person is None:
            raise Unauthorized("Sign in again, please")
        facts = (person.session_id, person.user_id, person.email, person.role, person.second_factor_at)
        return Person(*facts, cookie, codes)

    def sign_out(self, person: Person) -> None:
        """End the browser's session."""
        self._sessions.revoke(person.session_id)

    # -- forms --------------------------------------------------------------------------------------------

    def new_name(self) -> str:
        """A random name for a browser, kept in a cookie."""
        return secrets.token_urlsafe(24)

    def form_token(self, name: str, session_cookie: str, purpose: str) -> str:
        """What a form must carry: it binds the browser, and the session it has, to exactly this purpose."""
        parts = "\0".join([name, hash_token(session_cookie) if session_cookie else "", purpose])
        return hmac.new(self._form_key, parts.encode(), hashlib.sha256).hexdigest()

    def is_own_form(self, name: str, session_cookie: str, purpose: str, token: str) -> bool:
        """Whether this browser was given the form for this purpose."""
        return bool(name) and same(self.form_token(name, session_cookie, purpose), token)

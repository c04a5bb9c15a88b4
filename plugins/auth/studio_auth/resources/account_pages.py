"""A person's own pages: who acts for them, where they are signed in, a new password by a one-time token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio_auth.pages import enrolment_values, hidden_fields, problem_page, render
from studio_auth.queries import GRANT_LISTING, SESSION_LISTING
from studio_auth.resources.browsing import Cookies, Visit, message_of, page, redirect, refuse_as_page
from studio_auth.schemas.oauth import AccountForm, PasswordForm
from studio_auth.service.browsers import Browsers, Person, StepWanted
from studio_auth.service.grants import Grants
from studio_auth.service.sessions import Sessions
from studio_auth.service.users import Users
from studio_kernel.app import Platform
from studio_kernel.errors import NotFound, RateLimited, StudioError, Unauthorized, ValidationFailed
from studio_kernel.http.listing import parse_list_request
from studio_kernel.http.operations import PUBLIC, Call, RawAnswer, operation
from studio_kernel.security.principal import Principal

_ACCOUNT, _PASSWORD = "/oauth/account", "/oauth/password"
_SHOWN = "50"
_STALE = "The form is no longer good. Open the page again."


class AccountPages:
    """Responders of the pages that belong to no application."""

    def __init__(
        self, platform: Platform, browsers: Browsers, sessions: Sessions, grants: Grants, users: Users
    ) -> None:
        self._browsers = browsers
        self._sessions = sessions
        self._grants = grants
        self._users = users
        self._cookies = Cookies(platform)

    @operation(
        "account.page",
        "GET",
        _ACCOUNT,
        summary="One's applications and sessions, as a page",
        permission=PUBLIC,
        shape="raw",
        media_type="text/html",
        refuse=refuse_as_page,
    )
    def show(self, call: Call) -> RawAnswer:
        """Whoever isn't signed in is asked to."""
        return self._page(self._visit(call.headers))

    @operation(
        "account.act",
        "POST",
        _ACCOUNT,
        summary="The forms of the account page: sign in and out, take back, end",
        permission=PUBLIC,
        form=True,
        body=AccountForm,
        shape="raw",
        media_type="text/html",
        refuse=refuse_as_page,
        answers={302: "To the page, after the change", 401: "The page again: the login failed"},
    )
    def act(self, call: Call) -> RawAnswer:
        """One button of the page."""
        form, visit = call.body, self._visit(call.headers)
        if not self._browsers.is_own_form(visit.name, visit.cookie, _ACCOUNT, form["csrf"]):
            return page(problem_page(_STALE), 400)
        if form["action"] == "sign-in" and visit.person is None:
            return self._sign_in(call, visit)
        if visit.person is None:
            return self._page(visit)
        if form["action"] == "sign-out":
            self._browsers.sign_out(visit.person)
            return redirect(_ACCOUNT, self._cookies.no_session())
        self._take_back(visit.person, form["action"], form.get("id", ""))
        return redirect(_ACCOUNT)

    def _take_back(self, person: Person, action: str, which: str) -> None:
        """What is gone already is no error: the page shows that it is."""
        try:
            if action == "revoke":
                self._grants.revoke(person.user_id, which)
            elif action == "end":
                self._sessions.end(person.user_id, which)
        except NotFound:
            return

    def _sign_in(self, call: Call, visit: Visit) -> RawAnswer:
        try:
            person = self._browsers.sign_in(call.body, call.address)
        except StepWanted as wanted:
            return self._sign_in_page(visit, step=wanted)
        except (Unauthorized, RateLimited) as refusal:
            return self._sign_in_page(visit, email=call.body.get("email", ""), refusal=refusal)
        cookie = self._cookies.session(person.cookie)
        if person.recovery_codes:
            return self._page(Visit(visit.name, person.cookie, person), cookie)
        return redirect(_ACCOUNT, cookie)

    def _page(self, visit: Visit, set_cookie: str = "") -> RawAnswer:
        person = visit.person
        if person is None:
            return self._sign_in_page(visit)
        caller = Principal("user", person.user_id, person.user_id, person.role)
        applications = self._grants.list(person.user_id, parse_list_request(GRANT_LISTING, {"limit": _SHOWN}))
        sessions = self._sessions.list(caller, parse_list_request(SESSION_LISTING, {"limit": _SHOWN}))
        token = self._browsers.form_token(visit.name, visit.cookie, _ACCOUNT)
        html = render(
            "account",
            "Your account",
            email=person.email,
            second_factor=person.second_factor_at is not None,
            codes=person.recovery_codes,
            fields={"csrf": token},
            applications=[_application(row) for row in applications.rows],
            sessions=[_session(row, person.session_id) for row in sessions.rows],
            more=sessions.pagination["next_cursor"] is not None,
        )
        return page(html, extra={"Set-Cookie": set_cookie} if set_cookie else None)

    def _sign_in_page(
        self, visit: Visit, *, email: str = "", step: StepWanted | None = None, refusal: StudioError | None = None
    ) -> RawAnswer:
        problem = refusal or (step.problem if step is not None else None)
        enrolment = enrolment_values(step.enrolment) if step is not None and step.enrolment is not None else {}
        pending = step.pending if step is not None else ""
        fields, extra = self._form(visit, _ACCOUNT, pending=pending)
        html = render(
            "sign_in",
            "Log in",
            problem=message_of(problem),
            email=email,
            step=step.step if step is not None else "sign-in",
            fields=fields,
            **enrolment,
        )
        if problem is not None:
            extra |= problem.headers
        return page(html, problem.status if problem is not None else 200, extra=extra)

    @operation(
        "password.page",
        "GET",
        _PASSWORD,
        summary="Set a new password with a one-time token, as a page",
        permission=PUBLIC,
        shape="raw",
        media_type="text/html",
        refuse=refuse_as_page,
    )
    def password(self, call: Call) -> RawAnswer:
        """APPSEC: the token is typed in, so that it stands in no address, history or log."""
        return self._password_page(self._visit(call.headers))

    @operation(
        "password.set",
        "POST",
        _PASSWORD,
        summary="The form of the page for a new password",
        permission=PUBLIC,
        form=True,
        body=PasswordForm,
        shape="raw",
        media_type="text/html",
        refuse=refuse_as_page,
        answers={401: "The page again: the token does not hold"},
    )
    def set_password(self, call: Call) -> RawAnswer:
        """The page again, with what came of it."""
        form, visit = call.body, self._visit(call.headers)
        if not self._browsers.is_own_form(visit.name, visit.cookie, _PASSWORD, form["csrf"]):
            return page(problem_page(_STALE), 400)
        try:
            self._users.use_reset(form.get("token", ""), form.get("new_password", ""), call.address)
        except (Unauthorized, RateLimited, ValidationFailed) as refusal:
            return self._password_page(visit, refusal)
        return page(render("password", "New password", done=True, fields={}))

    def _password_page(self, visit: Visit, refusal: StudioError | None = None) -> RawAnswer:
        fields, extra = self._form(visit, _PASSWORD)
        html = render("password", "New password", problem=message_of(refusal), done=False, fields=fields)
        if refusal is None:
            return page(html, extra=extra)
        return page(html, refusal.status, extra=extra | refusal.headers)

    def _visit(self, headers: Mapping[str, str]) -> Visit:
        name, cookie = self._cookies.read(headers)
        return Visit(name, cookie, self._browsers.person(cookie))

    def _form(self, visit: Visit, purpose: str, **more: str) -> tuple[dict[str, str], dict[str, str]]:
        """The hidden fields of a form, and the cookie that a browser without a name gets."""
        name = visit.name or self._browsers.new_name()
        token = self._browsers.form_token(name, visit.cookie, purpose)
        return hidden_fields((), {}, csrf=token, **more), {} if visit.name else {"Set-Cookie": self._cookies.name(name)}


def _application(row: Any) -> dict[str, str]:
    _, client_id, name, scope, created_at, _ = row
    return {"id": client_id, "name": name, "scopes": scope, "since": created_at[:10]}


def _session(row: Any, own: str) -> dict[str, Any]:
    session_id, _, client, cookie_hash, _, address, agent, created_at, *_ = row
    what = client or ("Browser" if cookie_hash else "Login")
    place = " · ".join(part for part in (address, agent) if part)
    return {"id": session_id, "what": what, "place": place, "since": created_at[:16], "current": session_id == own}

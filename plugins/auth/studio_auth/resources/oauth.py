"""The OAuth endpoints over HTTP: answers as the RFCs say, not in the envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from studio_auth.oauth.flow import REQUEST_FIELDS, Asked, NoRedirect, OAuth, OAuthAnswer, Redirect
from studio_auth.pages import enrolment_values, hidden_fields, origin, problem_page, render
from studio_auth.resources.browsing import Cookies, Visit, message_of, page, redirect, refuse_as_page
from studio_auth.schemas.oauth import (
    AuthorizeForm,
    AuthorizeQuery,
    Introspection,
    JsonWebKeySet,
    ServerMetadata,
    TokenAnswer,
    TokenForm,
    TokenQuestion,
)
from studio_auth.scopes import known_scopes, scope_text
from studio_auth.service.browsers import Browsers, StepWanted
from studio_auth.service.oauth_clients import GRANT_TYPES
from studio_auth.signing import KeyRing
from studio_kernel.app import Platform
from studio_kernel.errors import NotFound, RateLimited, StudioError, Unauthorized, ValidationFailed
from studio_kernel.http.operations import PUBLIC, Call, RawAnswer, operation
from studio_kernel.http.wire import JSON

_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def refuse_as_oauth(error: StudioError) -> RawAnswer:
    """An error of the platform itself in OAuth's words (RFC 6749 section 5.2)."""
    body = {"error": "invalid_request"}
    if isinstance(error, ValidationFailed):
        body["error_description"] = _ascii(f"{error.details['field']}: {error.details['error']}")
    elif error.status == 503 or isinstance(error, RateLimited):
        body = {"error": "temporarily_unavailable", "error_description": _ascii(error.message)}
    elif error.status >= 500:
        body = {"error": "server_error"}
    else:
        body["error_description"] = _ascii(error.message)
    status = error.status if error.status >= 429 else 400
    return RawAnswer(orjson.dumps(body), JSON, status, _NO_STORE)


class OAuthResource:
    """Responders of the authorization server."""

    def __init__(self, platform: Platform, oauth: OAuth, browsers: Browsers) -> None:
        self._platform = platform
        self._oauth = oauth
        self._browsers = browsers
        self._cookies = Cookies(platform)

    @operation(
        "oauth.token",
        "POST",
        "/oauth/token",
        summary="Get tokens: authorization code, client credentials or refresh token",
        permission=PUBLIC,
        form=True,
        body=TokenForm,
        response=TokenAnswer,
        shape="raw",
        refuse=refuse_as_oauth,
        errors=(Unauthorized,),
    )
    def token(self, call: Call) -> RawAnswer:
        """RFC 6749 section 3.2; clients prove themselves by HTTP Basic or in the form."""
        return _raw(self._oauth.token(call.body, call.headers))

    @operation(
        "oauth.revoke",
        "POST",
        "/oauth/revoke",
        summary="End the session of a token that the client was given",
        permission=PUBLIC,
        form=True,
        body=TokenQuestion,
        shape="raw",
        refuse=refuse_as_oauth,
        errors=(Unauthorized,),
    )
    def revoke(self, call: Call) -> RawAnswer:
        """RFC 7009."""
        return _raw(self._oauth.revoke(call.body, call.headers))

    @operation(
        "oauth.introspect",
        "POST",
        "/oauth/introspect",
        summary="Tell whether a token holds, and what it is",
        permission=PUBLIC,
        form=True,
        body=TokenQuestion,
        response=Introspection,
        shape="raw",
        refuse=refuse_as_oauth,
        errors=(Unauthorized,),
    )
    def introspect(self, call: Call) -> RawAnswer:
        """RFC 7662; for confidential clients, about their own tokens, or any with an administrator's role."""
        return _raw(self._oauth.introspect(call.body, call.headers))

    @operation(
        "oauth.authorize",
        "GET",
        "/oauth/authorize",
        summary="Ask a person for access: shows a login and consent page",
        permission=PUBLIC,
        query=AuthorizeQuery,
        shape="raw",
        media_type="text/html",
        refuse=refuse_as_page,
        answers={302: "To the client, with an error that it may know (RFC 6749 section 4.1.2.1)"},
    )
    def authorize(self, call: Call) -> RawAnswer:
        """RFC 6749 section 4.1.1. Whoever is signed in and has agreed to as much before goes straight on."""
        try:
            asked = self._oauth.ask(call.query)
            visit = self._visit(call.headers)
            if visit.person is not None and self._oauth.is_agreed(asked, visit.person):
                return redirect(self._oauth.approve(call.query, visit.person))
        except NoRedirect as refusal:
            return page(problem_page(refusal.reason), 400)
        except Redirect as sent:
            return redirect(sent.location)
        return self._page(asked, call.query, visit)

    @operation(
        "oauth.decide",
        "POST",
        "/oauth/authorize",
        summary="The login and consent page's form",
        permission=PUBLIC,
        form=True,
        body=AuthorizeForm,
        shape="raw",
        media_type="text/html",
        refuse=refuse_as_page,
        answers={302: "To the client, with a code or an error", 401: "The page again: the login failed"},
    )
    def decide(self, call: Call) -> RawAnswer:
        """Sends the browser on with a code or with ``access_denied``, or shows the page again."""
        form = call.body
        visit = self._visit(call.headers)
        try:
            purpose = _purpose(form)
            if not self._browsers.is_own_form(visit.name, visit.cookie, purpose, form["csrf"]):
                raise NoRedirect("The form is no longer good. Go back to the application and start again.")
            if form["decision"] in ("allow", "enrol", "switch"):
                return self._go_on(call, visit)
            return redirect(self._oauth.deny(form))
        except NoRedirect as refusal:
            return page(problem_page(refusal.reason), 400)
        except Redirect as sent:
            return redirect(sent.location)

    def _go_on(self, call: Call, visit: Visit) -> RawAnswer:
        form = call.body
        asked = self._oauth.ask(form)
        if form["decision"] == "switch":
            if visit.person is not None:
                self._browsers.sign_out(visit.person)
            return self._page(asked, form, Visit(visit.name, ""), set_cookie=self._cookies.no_session())
        if visit.person is not None:
            return redirect(self._oauth.approve(form, visit.person))
        try:
            person = self._browsers.sign_in(form, call.address)
        except StepWanted as wanted:
            return self._page(asked, form, visit, step=wanted)
        except (Unauthorized, RateLimited) as refusal:
            return self._page(asked, form, visit, refusal=refusal)
        cookie = self._cookies.session(person.cookie)
        if person.recovery_codes:
            signed_in = Visit(visit.name, person.cookie, person)
            return self._page(asked, form, signed_in, set_cookie=cookie, codes=person.recovery_codes)
        return redirect(self._oauth.approve(form, person), cookie)

    @operation(
        "oauth.metadata",
        "GET",
        "/.well-known/oauth-authorization-server",
        summary="The authorization server's metadata (RFC 8414)",
        permission=PUBLIC,
        response=ServerMetadata,
        shape="raw",
    )
    def metadata(self, call: Call) -> RawAnswer:
        """What clients need to know to begin."""
        base = self._platform.settings.kernel.public_url.rstrip("/")
        secret_methods = ["client_secret_basic", "client_secret_post"]
        body = {
            "issuer": self._platform.settings.kernel.public_url,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "introspection_endpoint": f"{base}/oauth/introspect",
            "scopes_supported": known_scopes(self._platform),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": list(GRANT_TYPES),
            "token_endpoint_auth_methods_supported": [*secret_methods, "none"],
            "revocation_endpoint_auth_methods_supported": [*secret_methods, "none"],
            "introspection_endpoint_auth_methods_supported": secret_methods,
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        if self._platform.shared(KeyRing).is_asymmetric:
            body["jwks_uri"] = f"{base}/.well-known/jwks.json"
        return RawAnswer(orjson.dumps(body), JSON)

    @operation(
        "oauth.jwks",
        "GET",
        "/.well-known/jwks.json",
        summary="The public keys that access tokens are verified with (RFC 7517)",
        permission=PUBLIC,
        response=JsonWebKeySet,
        shape="raw",
        errors=(NotFound,),
    )
    def jwks(self, call: Call) -> RawAnswer:
        """Every key that verifies, the one that signs first; there are none while tokens are signed with HS256."""
        keys = self._platform.shared(KeyRing).public_keys()
        if not keys:
            raise NotFound("Access tokens are signed with a secret key; there is no public one")
        return RawAnswer(orjson.dumps({"keys": keys}), JSON, headers={"Cache-Control": "public, max-age=300"})

    def _visit(self, headers: Mapping[str, str]) -> Visit:
        name, cookie = self._cookies.read(headers)
        return Visit(name, cookie, self._browsers.person(cookie))

    def _page(
        self,
        asked: Asked,
        query: Mapping[str, Any],
        visit: Visit,
        *,
        step: StepWanted | None = None,
        refusal: StudioError | None = None,
        set_cookie: str = "",
        codes: Sequence[str] = (),
    ) -> RawAnswer:
        """The page: who asks for what, and the part of it that the person has come to."""
        name = visit.name or self._browsers.new_name()
        token = self._browsers.form_token(name, visit.cookie, _purpose(query))
        pending = step.pending if step is not None else ""
        problem = refusal or (step.problem if step is not None else None)
        enrolment = enrolment_values(step.enrolment) if step is not None and step.enrolment is not None else {}
        html = render(
            "authorize",
            "Allow access?",
            problem=message_of(problem),
            client=asked.client.name,
            scopes=[scope_text(self._platform, scope) for scope in asked.scopes],
            target=origin(asked.redirect_uri),
            fields=hidden_fields(REQUEST_FIELDS, query, csrf=token, pending=pending),
            step=step.step if step is not None else ("consent" if visit.person is not None else "sign-in"),
            email=visit.person.email if visit.person is not None else query.get("email", ""),
            codes=codes,
            **enrolment,
        )
        status = problem.status if problem is not None else 200
        extra = dict(problem.headers) if problem is not None else {}
        if not visit.name or set_cookie:
            extra["Set-Cookie"] = set_cookie or self._cookies.name(name)
        return page(html, status, asked.redirect_uri, extra)


def _purpose(query: Mapping[str, Any]) -> str:
    """An authorization request as one text that stands for exactly it."""
    return "\0".join(f"{name}={query.get(name, '')}" for name in REQUEST_FIELDS)


def _raw(answer: OAuthAnswer) -> RawAnswer:
    return RawAnswer(answer.body.encode(), JSON, answer.status, {**_NO_STORE, **answer.headers})


def _ascii(text: str) -> str:
    """What ``error_description`` may hold (RFC 6749 section 5.2)."""
    return "".join(each if " " <= each <= "~" and each not in '"\\' else "'" for each in text)

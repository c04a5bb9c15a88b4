"""The OAuth endpoints over HTTP: answers as the RFCs say, not in the envelope."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

import orjson

from studio_auth.oauth.flow import NoRedirect, OAuth, OAuthAnswer, Redirect
from studio_auth.oauth.pages import HTML, consent_page, page_headers, problem_page
from studio_auth.schemas.oauth import (
    AuthorizeForm,
    AuthorizeQuery,
    Introspection,
    ServerMetadata,
    TokenAnswer,
    TokenForm,
    TokenQuestion,
)
from studio_auth.scopes import known_scopes
from studio_auth.service.oauth_clients import GRANT_TYPES
from studio_kernel.app import Platform
from studio_kernel.errors import RateLimited, StudioError, Unauthorized, ValidationFailed
from studio_kernel.http.operations import PUBLIC, Call, RawAnswer, operation
from studio_kernel.http.wire import JSON

_COOKIE = "studio_authorize"
# seconds: how long a person may take to decide
_COOKIE_SECONDS = 600
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


def refuse_as_page(error: StudioError) -> RawAnswer:
    """An error of the platform itself, for a person."""
    reason = error.message
    if isinstance(error, ValidationFailed):
        reason = f"{error.details['field']}: {error.details['error']}"
    return RawAnswer(problem_page(reason).encode(), HTML, error.status, page_headers())


class OAuthResource:
    """Responders of the authorization server."""

    def __init__(self, platform: Platform, oauth: OAuth) -> None:
        self._platform = platform
        self._oauth = oauth

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
        """RFC 6749 section 4.1.1."""
        try:
            asked = self._oauth.ask(call.query)
        except NoRedirect as refusal:
            return _page(problem_page(refusal.reason), 400)
        except Redirect as redirect:
            return _redirect(redirect.location)
        browser = _browser(call.headers) or self._oauth.new_browser()
        page = consent_page(asked, call.query, self._oauth.form_token(browser, call.query))
        answer = _page(page, 200, asked.redirect_uri)
        return RawAnswer(answer.body, HTML, 200, {**answer.headers, "Set-Cookie": self._cookie(browser)})

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
        browser = _browser(call.headers)
        try:
            self._oauth.check_form_token(browser, form, form["csrf"])
            if form["decision"] != "allow":
                return _redirect(self._oauth.deny(form))
            email, password = form.get("email", ""), form.get("password", "")
            return _redirect(self._oauth.approve(form, email, password, call.address))
        except NoRedirect as refusal:
            return _page(problem_page(refusal.reason), 400)
        except Redirect as redirect:
            return _redirect(redirect.location)
        except (Unauthorized, RateLimited) as refusal:
            return self._again(form, browser, refusal)

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
        }
        return RawAnswer(orjson.dumps(body), JSON)

    def _again(self, form: Mapping[str, Any], browser: str, refusal: StudioError) -> RawAnswer:
        """The page once more, with what went wrong."""
        asked = self._oauth.ask(form)
        token = self._oauth.form_token(browser, form)
        page = consent_page(asked, form, token, email=form.get("email", ""), problem=refusal.message)
        answer = _page(page, refusal.status, asked.redirect_uri)
        return RawAnswer(answer.body, HTML, answer.status, {**answer.headers, **refusal.headers})

    def _cookie(self, browser: str) -> str:
        secure = "; Secure" if self._platform.settings.kernel.public_url.startswith("https:") else ""
        return f"{_COOKIE}={browser}; Max-Age={_COOKIE_SECONDS}; Path=/oauth; HttpOnly; SameSite=Lax{secure}"


def _browser(headers: Mapping[str, str]) -> str:
    """The name that the consent page's cookie carries; empty without a good one."""
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(_COOKIE)
    except CookieError:
        return ""
    value = cookie.value if cookie is not None else ""
    return value if 20 <= len(value) <= 64 and value.replace("-", "").replace("_", "").isalnum() else ""


def _raw(answer: OAuthAnswer) -> RawAnswer:
    return RawAnswer(answer.body.encode(), JSON, answer.status, {**_NO_STORE, **answer.headers})


def _page(html: str, status: int, redirect_uri: str = "") -> RawAnswer:
    return RawAnswer(html.encode(), HTML, status, page_headers(redirect_uri))


def _redirect(location: str) -> RawAnswer:
    headers = {"Location": location, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return RawAnswer(b"", HTML, 302, headers)


def _ascii(text: str) -> str:
    """What ``error_description`` may hold (RFC 6749 section 5.2)."""
    return "".join(each if " " <= each <= "~" and each not in '"\\' else "'" for each in text)

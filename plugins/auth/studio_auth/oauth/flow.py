"""The OAuth endpoints as use cases: parameters in, (status, headers, body) or a decision out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from oauthlib.common import add_params_to_uri
from oauthlib.oauth2.rfc6749 import errors

from studio_auth.oauth.server import Server
from studio_auth.oauth.validator import Validator
from studio_auth.service.browsers import Person
from studio_auth.service.grants import Grants
from studio_auth.service.oauth_clients import Client, OAuthClients
from studio_auth.service.sessions import Sessions, narrowed
from studio_kernel.app import Platform
from studio_kernel.context import current_context
from studio_kernel.security.principal import Principal

REQUEST_FIELDS = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)


@dataclass(frozen=True, slots=True)
class OAuthAnswer:
    """What a token, revocation or introspection request is answered with."""

    status: int
    headers: dict[str, str]
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A sound authorization request, for a person to decide on."""

    client: Client
    scopes: tuple[str, ...]
    redirect_uri: str


class Redirect(Exception):
    """The browser goes to ``location``: with a code, or with an error that the client may know."""

    def __init__(self, location: str) -> None:
        self.location = location
        super().__init__(location)


class NoRedirect(Exception):
    """The request names no client or redirect URI that could be trusted: only the person is told."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class OAuth:
    """Serves the OAuth endpoints."""

    def __init__(self, platform: Platform, sessions: Sessions, clients: OAuthClients, grants: Grants) -> None:
        self._platform = platform
        self._database = platform.database
        self._sessions = sessions
        self._clients = clients
        self._grants = grants

    # -- for clients ----------------------------------------------------------------------------------

    def token(self, form: Mapping[str, Any], headers: Mapping[str, str]) -> OAuthAnswer:
        """``POST /oauth/token``. A refusal is an answer too: what it revoked must be kept."""
        with self._database.transaction():
            validator = self._validator()
            server = self._server(validator)
            answer = _answer(server.create_token_response("https://server/token", "POST", *_sent(form, headers)))
            _tell(validator, answer)
            return answer

    def revoke(self, form: Mapping[str, Any], headers: Mapping[str, str]) -> OAuthAnswer:
        """``POST /oauth/revoke`` (RFC 7009)."""
        with self._database.transaction():
            validator = self._validator()
            server = self._server(validator)
            answer = _answer(server.create_revocation_response("https://server/revoke", "POST", *_sent(form, headers)))
            _tell(validator, answer)
            return answer

    def introspect(self, form: Mapping[str, Any], headers: Mapping[str, str]) -> OAuthAnswer:
        """``POST /oauth/introspect`` (RFC 7662); only for clients that prove themselves."""
        server = self._server(self._validator(confidential_only=True))
        return _answer(server.create_introspect_response("https://server/introspect", "POST", *_sent(form, headers)))

    # -- for persons ----------------------------------------------------------------------------------

    def ask(self, query: Mapping[str, Any]) -> Asked:
        """Check an authorization request; :class:`NoRedirect` or :class:`Redirect` when it isn't sound."""
        validator = self._validator()
        try:
            scopes, found = self._server(validator).validate_authorization_request(_request_uri(query), "GET")
        except errors.FatalClientError as error:
            raise NoRedirect(error.description or "The request is not sound") from None
        except errors.OAuth2Error as error:
            raise Redirect(self._from_us(error.in_uri(error.redirect_uri))) from None
        except ValueError:
            raise NoRedirect("The request is not well formed") from None
        assert validator.client is not None
        return Asked(validator.client, tuple(scopes), found["redirect_uri"])

    def is_agreed(self, asked: Asked, person: Person) -> bool:
        """Whether the person has agreed to this request before and needn't be asked."""
        scopes = _usable(asked, person)
        return bool(scopes) and self._grants.remembered(person.user_id, asked.client, asked.redirect_uri, scopes)

    def approve(self, query: Mapping[str, Any], person: Person) -> str:
        """The person agrees; where the browser goes, with a code.

        :raises Redirect: when the account has none of what is asked for.
        """
        asked = self.ask(query)
        scopes = _usable(asked, person)
        if not scopes:
            raise Redirect(self.deny(query))
        with self._database.transaction():
            current_context().resource_id = asked.client.client_id
            self._grants.remember(person.user_id, asked.client.client_id, scopes)
            validator = self._validator(approver=person.user_id)
            headers, _, _ = self._server(validator).create_authorization_response(
                _request_uri(query), "GET", scopes=scopes
            )
        return self._from_us(str(headers["Location"]))

    def deny(self, query: Mapping[str, Any]) -> str:
        """The person says no; where the browser goes."""
        asked = self.ask(query)
        error = errors.AccessDeniedError(state=query.get("state"))
        return self._from_us(str(error.in_uri(asked.redirect_uri)))

    def _from_us(self, location: str) -> str:
        """The answer's address with ``iss``, so that a client can't take it for another server's (RFC 9207)."""
        return str(add_params_to_uri(location, [("iss", self._sessions.tokens.issuer)]))

    def _server(self, validator: Validator) -> Server:
        return Server(validator, self._sessions.tokens.lifetime)

    def _validator(self, **options: Any) -> Validator:
        return Validator(self._platform, self._sessions, self._clients, **options)


def _usable(asked: Asked, person: Person) -> list[str]:
    """What is asked for, without what the person's role can't give."""
    return [scope for scope in asked.scopes if scope in narrowed(asked.scopes, person.role)]


def _sent(form: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    kept = {"authorization": headers["authorization"]} if "authorization" in headers else {}
    return urlencode(dict(form)), kept


def _request_uri(query: Mapping[str, Any]) -> str:
    given = {name: query[name] for name in REQUEST_FIELDS if name in query}
    return f"https://server/authorize?{urlencode(given)}"


def _tell(validator: Validator, answer: OAuthAnswer) -> None:
    """Tell the audit log how it went: the client is the caller once it is proved, and whose account it acts for."""
    context = current_context()
    context.success_status = answer.status
    context.resource_id = validator.named
    if validator.client is not None and (answer.status < 400 or not validator.client.is_public):
        client_id = validator.client.client_id
        context.principal = Principal("client", client_id, validator.user_id or client_id, client_id=client_id)


def _answer(result: Sequence[Any]) -> OAuthAnswer:
    headers, body, status = result
    kept = {name: value for name, value in headers.items() if name in ("Cache-Control", "Pragma")}
    if status == 401:
        # NOTE: client authentication failed, so the challenge is the clients' (RFC 6749 section 5.2).
        kept["WWW-Authenticate"] = 'Basic realm="studio"'
    return OAuthAnswer(status, kept, body or "")

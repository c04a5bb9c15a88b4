"""What oauthlib asks while it serves one OAuth request, answered from the database.

One validator serves one request: what it has found so far (client, code, session) is its own state, never an
attribute of oauthlib's request, whose attributes begin as whatever parameters were sent.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from oauthlib.oauth2 import RequestValidator
from oauthlib.oauth2.rfc6749 import errors

from studio_auth import queries
from studio_auth.authenticate import principal_of
from studio_auth.models import AuthorizationCode
from studio_auth.service.oauth_clients import Client, OAuthClients
from studio_auth.service.sessions import ADMINISTRATION, Sessions, narrowed
from studio_auth.tokens import AUDIENCE
from studio_kernel.app import Platform
from studio_kernel.clock import from_text, later, to_text
from studio_kernel.errors import Unauthorized
from studio_kernel.security.secrets import hash_token

# seconds that an authorization code lives
CODE_SECONDS = 60
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")


@dataclass(frozen=True, slots=True)
class _Code:
    """A code that was shown for the first time, by the client that it was made for."""

    user_id: str
    redirect_uri: str
    redirect_given: bool
    scope: str
    challenge: str


class Validator(RequestValidator):  # type: ignore[misc]
    """Answers for one request. ``approver`` is the account that has just consented.

    ``named`` is the client that the request names, proved or not; ``user_id`` the account that it is about, once known.
    """

    def __init__(
        self,
        platform: Platform,
        sessions: Sessions,
        clients: OAuthClients,
        *,
        approver: str = "",
        confidential_only: bool = False,
    ) -> None:
        self._platform = platform
        self._database = platform.database
        self._sessions = sessions
        self._clients = clients
        self._approver = approver
        self._confidential_only = confidential_only
        self.client: Client | None = None
        self.named = ""
        self._code: _Code | None = None
        self._code_hash = ""
        self.user_id = ""
        self._session_id = ""
        self._refresh_scope = ""

    # -- tokens ---------------------------------------------------------------------------------------

    def access_token(self, request: Any) -> str:
        """Make the access token; a new grant's session begins here."""
        client = self._known_client()
        scopes = list(request.scopes)
        if not self._session_id:
            refreshable = self.may_refresh() and request.grant_type != "client_credentials"
            self._session_id = self._sessions.open(
                self.user_id, scopes, client_id=client.client_id, refreshable=refreshable
            )
        if self._code_hash:
            where = {"code_hash": self._code_hash}
            self._database.update(AuthorizationCode, {"session_id": self._session_id}, where=where)
        return self._sessions.tokens.issue(
            subject=self.user_id or client.client_id,
            session_id=self._session_id,
            scopes=scopes,
            client_id=client.client_id,
        )

    def refresh_token(self, request: Any) -> str:
        """Make the refresh token of the session."""
        return self._sessions.new_refresh_token(self._session_id)

    def may_refresh(self) -> bool:
        """Whether the client gets refresh tokens at all."""
        return "refresh_token" in self._known_client().grant_types

    def _known_client(self) -> Client:
        assert self.client is not None, "oauthlib authenticates the client first"
        return self.client

    def save_token(self, token: Mapping[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        """Nothing is left to do: sessions and refresh tokens were written as they were made."""

    # -- clients --------------------------------------------------------------------------------------

    def client_authentication_required(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """A public client names itself; every other one proves itself."""
        if self._confidential_only or request.client_secret or "authorization" in request.headers:
            return True
        client = self._clients.find(request.client_id or "")
        return client is None or not client.is_public

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """By HTTP Basic or by parameters, never both (RFC 6749 section 2.3)."""
        client_id, secret = request.client_id, request.client_secret
        header = request.headers.get("authorization")
        if header is not None:
            basic = _basic(header)
            if basic is None or secret or client_id not in (None, basic[0]):
                return False
            client_id, secret = basic
        client = self._clients.find(client_id or "")
        self.named = "" if client is None else client.client_id
        if client is None or client.is_public or not secret:
            return False
        if not client.holds(secret, to_text(self._platform.clock())):
            return False
        self._take(client, request)
        return True

    def authenticate_client_id(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        """A public client, known by its id only."""
        client = self._clients.find(client_id or "")
        if client is None or not client.is_public:
            return False
        self._take(client, request)
        return True

    def validate_client_id(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        client = self._clients.find(client_id)
        if client is not None:
            self._take(client, request)
        return client is not None

    def _take(self, client: Client, request: Any) -> None:
        self.client, self.named = client, client.client_id
        request.client = client
        request.client_id = client.client_id

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        return grant_type in self._known_client().grant_types

    def validate_response_type(
        self, client_id: str, response_type: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        return response_type == "code" and "authorization_code" in self._known_client().grant_types

    # -- redirects and scopes -------------------------------------------------------------------------

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Exactly as registered, character by character (RFC 9700 section 2.1)."""
        return redirect_uri in self._known_client().redirect_uris

    def get_default_redirect_uri(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> str | None:
        """The only one that is registered, if there is only one."""
        uris = self._known_client().redirect_uris
        return uris[0] if len(uris) == 1 else None

    def validate_scopes(
        self, client_id: str, scopes: Sequence[str], client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        return bool(scopes) and set(scopes) <= set(self._allowed(request))

    def get_default_scopes(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        return self._allowed(request)

    def _allowed(self, request: Any) -> list[str]:
        client = self._known_client()
        if request.grant_type == "client_credentials":
            return [scope for scope in client.scopes if scope in narrowed(client.scopes, client.role)]
        return list(client.scopes)

    # -- authorization codes --------------------------------------------------------------------------

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        """Public clients have no other proof (RFC 9700 section 2.1.1)."""
        return self._known_client().is_public

    def save_authorization_code(
        self, client_id: str, code: Mapping[str, str], request: Any, *args: Any, **kwargs: Any
    ) -> None:
        row = {
            "code_hash": hash_token(code["code"]),
            "client_id": client_id,
            "user_id": self._approver,
            "redirect_uri": request.redirect_uri,
            "redirect_given": not request.using_default_redirect_uri,
            "scope": " ".join(request.scopes),
            "code_challenge": request.code_challenge or "",
            "session_id": "",
            "expires_at": later(self._platform.clock(), CODE_SECONDS),
        }
        self._database.insert(AuthorizationCode, row)

    def validate_code(self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Use the code up. Shown a second time, it revokes what was issued for it (RFC 6749 section 4.1.2)."""
        code_hash = hash_token(code)
        row = self._database.row(queries.CODE, code_hash=code_hash)
        if row is None or row[0] != client_id:
            return False
        now = to_text(self._platform.clock())
        if not self._database.execute(queries.USE_CODE, code_hash=code_hash, now=now):
            self._revoke_replayed(code_hash)
            return False
        _, user_id, redirect_uri, redirect_given, scope, challenge, _, expires_at, _ = row
        if expires_at <= now or not self._is_active(user_id):
            return False
        if request.code_verifier and not challenge:
            # APPSEC: a verifier without a challenge is a sign of a downgrade (RFC 9700 section 4.8.2).
            return False
        self._code = _Code(user_id, redirect_uri, bool(redirect_given), scope, challenge)
        self._code_hash = code_hash
        self.user_id = user_id
        request.scopes = scope.split()
        return True

    def _revoke_replayed(self, code_hash: str) -> None:
        row = self._database.row(queries.CODE, code_hash=code_hash)
        if row is not None and row[6]:
            self._sessions.revoke(row[6])

    def _is_active(self, user_id: str) -> bool:
        return bool(self._database.rows(queries.ACTIVE_AMONG, ids=[user_id]))

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """The same as in the authorization request, and named if it was named there."""
        assert self._code is not None
        if self._code.redirect_given and request.using_default_redirect_uri:
            return False
        return redirect_uri == self._code.redirect_uri

    def invalidate_authorization_code(self, client_id: str, code: str, request: Any, *args: Any, **kwargs: Any) -> None:
        """The code was used up when it was validated, in the same transaction."""

    def get_code_challenge(self, code: str, request: Any) -> str | None:
        return (self._code.challenge or None) if self._code is not None else None

    def get_code_challenge_method(self, code: str, request: Any) -> str:
        return "S256"

    def check_challenge(self, request: Any) -> dict[str, Any]:
        """Before consent: a challenge must be a SHA-256, and its method said (RFC 7636 section 4.3)."""
        if request.code_challenge is not None and not _CHALLENGE.match(request.code_challenge):
            raise errors.InvalidRequestError("code_challenge is not the base64url of a SHA-256", request=request)
        return {}

    # -- refreshing -----------------------------------------------------------------------------------

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Only looked at here; used up by :meth:`use_refresh_token` once the whole request is sound."""
        session = self._sessions.find(self._sessions.session_of_refresh_token(refresh_token))
        if session is None or session.client_id != self._known_client().client_id:
            return False
        self._refresh_scope = session.scope
        return True

    def get_original_scopes(self, refresh_token: str, request: Any, *args: Any, **kwargs: Any) -> str:
        return self._refresh_scope

    def use_refresh_token(self, request: Any) -> None:
        """Use the token up; shown a second time, it revokes its session."""
        try:
            used = self._sessions.use_refresh_token(request.refresh_token, client_id=self._known_client().client_id)
        except Unauthorized:
            used = None
        if used is None:
            raise errors.InvalidGrantError(request=request)
        self._session_id = used.session_id
        self.user_id = used.user_id

    def rotate_refresh_token(self, request: Any) -> bool:
        """Always."""
        return True

    def is_origin_allowed(self, client_id: str, origin: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        """No cross-origin reading of tokens."""
        return False

    # -- looking at tokens ----------------------------------------------------------------------------

    def revoke_token(self, token: str, token_type_hint: str, request: Any, *args: Any, **kwargs: Any) -> None:
        """End the token's session if it is the client's own; silence otherwise (RFC 7009 section 2.2)."""
        session_id = self._session_behind(token)
        session = self._sessions.find(session_id)
        if session is not None and session.client_id == self._known_client().client_id:
            self.user_id = session.user_id
            self._sessions.revoke(session_id)

    def introspect_token(
        self, token: str, token_type_hint: str, request: Any, *args: Any, **kwargs: Any
    ) -> dict[str, Any] | None:
        """What a token is, told to its own client and to administrators' clients; None for all else."""
        client = self._known_client()
        facts: dict[str, Any] | None
        try:
            facts = self._access_facts(token)
        except Unauthorized:
            facts = self._refresh_facts(token)
        if facts is None or (facts.get("client_id") != client.client_id and client.role not in ADMINISTRATION):
            return None
        return facts

    def _session_behind(self, token: str) -> str:
        try:
            return self._sessions.tokens.read(token).session_id
        except Unauthorized:
            return self._sessions.session_of_refresh_token(token)

    def _access_facts(self, token: str) -> dict[str, Any]:
        claims = self._sessions.tokens.read(token)
        principal = principal_of(self._platform, claims)
        return {
            "scope": " ".join(sorted(principal.scopes)),
            "client_id": claims.client_id,
            "token_type": "Bearer",
            "sub": claims.subject,
            "iss": self._sessions.tokens.issuer,
            "aud": AUDIENCE,
            "jti": claims.token_id,
            "iat": claims.issued_at,
            "exp": claims.expires_at,
        }

    def _refresh_facts(self, token: str) -> dict[str, Any] | None:
        found = self._database.row(queries.REFRESH_TOKEN, token_hash=hash_token(token))
        session = self._sessions.find(found[0]) if found is not None else None
        if found is None or session is None or not session.holds:
            return None
        _, expires_at, used_at = found
        if used_at is not None or expires_at <= to_text(self._platform.clock()):
            return None
        return {
            "scope": session.scope,
            "client_id": session.client_id,
            "sub": session.user_id,
            "iss": self._sessions.tokens.issuer,
            "exp": int(from_text(expires_at).timestamp()),
        }


def _basic(header: str) -> tuple[str, str] | None:
    """Id and secret of an HTTP Basic header; both are form-encoded inside (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    client_id, separator, secret = text.partition(":")
    found = unquote_plus(client_id), unquote_plus(secret)
    # NOTE: looked for after decoding: PostgreSQL takes no NUL, and a form may hold one as %00.
    return found if separator and "\0" not in "".join(found) else None

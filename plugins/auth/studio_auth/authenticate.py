"""From a credential to a caller: bearer tokens and API keys."""

from __future__ import annotations

import contextlib
import re

import orjson

from studio_auth import queries
from studio_auth.models import ApiKey
from studio_auth.service.second_factor import within_second_factor
from studio_auth.service.sessions import Standing, narrowed
from studio_auth.tokens import AccessTokens, Claims
from studio_kernel.app import Platform
from studio_kernel.clock import from_text, later, to_text
from studio_kernel.context import own_bookkeeping
from studio_kernel.errors import ServiceUnavailable, Unauthorized
from studio_kernel.security.principal import Credentials, Principal
from studio_kernel.security.secrets import hash_token

KEY_PREFIX = "sk_live_"
# seconds: how exact `last_used_at` of an API key is
_USE_NOTED_EVERY = 60
_KEY = re.compile(r"sk_live_[0-9A-Za-z]{16,128}\Z")


def authenticate(platform: Platform, credentials: Credentials) -> Principal | None:
    """The caller behind an ``Authorization: Bearer`` or ``X-API-Key`` header; None without either.

    :raises Unauthorized: when a credential of these kinds doesn't hold, or both are shown.
    """
    scheme, _, token = credentials.headers.get("authorization", "").partition(" ")
    key = credentials.headers.get("x-api-key")
    if scheme.lower() == "bearer":
        if key is not None:
            raise Unauthorized("Show either a bearer token or an API key")
        return _by_token(platform, token.strip())
    return _by_key(platform, key) if key is not None and not scheme else None


def _by_token(platform: Platform, token: str) -> Principal:
    return principal_of(platform, platform.shared(AccessTokens).read(token))


def principal_of(platform: Platform, claims: Claims) -> Principal:
    """The caller that a sound token stands for, if its session, account and client still do."""
    row = platform.database.row(queries.SESSION, id=claims.session_id)
    session = None if row is None else Standing._make(row)
    if session is None or not session.holds:
        raise Unauthorized("The session has ended")
    if claims.subject != (session.user_id or session.client_id) or claims.client_id != session.client_id:
        raise Unauthorized("The access token does not hold")
    role = str(session.user_role if session.user_id else session.client_role)
    scopes = narrowed(claims.scopes & frozenset(session.scope.split()), role)
    if session.user_id:
        own = not session.client_id
        scopes = within_second_factor(platform, scopes, role, session.second_factor_at, may_enrol=own)
    return Principal(
        kind="user" if session.user_id else "client",
        id=claims.subject,
        user_id=claims.subject,
        role=role,
        scopes=scopes,
        expires_at=float(claims.expires_at),
        session_id=claims.session_id,
        client_id=session.client_id,
    )


def _by_key(platform: Platform, key: str) -> Principal:
    row = None
    if _KEY.match(key):
        row = platform.database.row(queries.API_KEY_OWNER, key_hash=hash_token(key))
    if row is None:
        raise Unauthorized("The API key does not hold")
    key_id, user_id, scopes, expires_at, last_used_at, revoked_at, role, status, second_factor_at, client_id = row
    now = platform.clock()
    if revoked_at is not None or status != "active" or (expires_at is not None and expires_at <= to_text(now)):
        raise Unauthorized("The API key does not hold")
    if last_used_at is None or last_used_at <= later(now, -_USE_NOTED_EVERY):
        _note_use(platform, key_id)
    return Principal(
        kind="api_key",
        id=key_id,
        user_id=user_id,
        role=role,
        scopes=within_second_factor(platform, narrowed(orjson.loads(scopes), role), role, second_factor_at),
        client_id=client_id,
        expires_at=from_text(expires_at).timestamp() if expires_at is not None else 0.0,
    )


def _note_use(platform: Platform, key_id: str) -> None:
    # NOTE: the platform's own bookkeeping, not a change by the caller: it stays out of the audit log. A database
    # that can't be written to at the moment is no reason to refuse a good key.
    now = to_text(platform.clock())
    with contextlib.suppress(ServiceUnavailable), own_bookkeeping(), platform.database.transaction():
        platform.database.update(ApiKey, {"last_used_at": now}, where={"id": key_id})

"""From a credential to a caller: bearer tokens and API keys."""

from __future__ import annotations

import contextlib
import re

import orjson

from studio_auth import queries
from studio_auth.models import ApiKey
from studio_auth.service.sessions import narrowed
from studio_auth.tokens import AccessTokens, Claims
from studio_kernel.app import Platform
from studio_kernel.clock import from_text, later, to_text
from studio_kernel.context import CallContext, call_context
from studio_kernel.errors import ServiceUnavailable, Unauthorized
from studio_kernel.security.principal import SYSTEM, Credentials, Principal
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
    claims = AccessTokens(platform).read(token)
    return principal_of(platform, claims)


def principal_of(platform: Platform, claims: Claims) -> Principal:
    """The caller that a sound token stands for, if its session, account and client still do."""
    row = platform.database.row(queries.SESSION, id=claims.session_id)
    if row is None:
        raise Unauthorized("The session has ended")
    user_id, client_id, scope, _, revoked_at, user_role, status, client_role = row
    if revoked_at is not None or (client_id and client_role is None) or (user_id and status != "active"):
        raise Unauthorized("The session has ended")
    if claims.subject != (user_id or client_id):
        raise Unauthorized("The access token does not hold")
    role = user_role if user_id else client_role
    return Principal(
        kind="user" if user_id else "client",
        id=claims.subject,
        user_id=claims.subject,
        role=role,
        scopes=narrowed(claims.scopes & frozenset(scope.split()), role),
        expires_at=float(claims.expires_at),
        session_id=claims.session_id,
    )


def _by_key(platform: Platform, key: str) -> Principal:
    row = None
    if _KEY.match(key):
        row = platform.database.row(queries.API_KEY_OWNER, key_hash=hash_token(key))
    if row is None:
        raise Unauthorized("The API key does not hold")
    key_id, user_id, scopes, expires_at, last_used_at, revoked_at, role, status = row
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
        scopes=narrowed(orjson.loads(scopes), role),
        expires_at=from_text(expires_at).timestamp() if expires_at is not None else 0.0,
    )


def _note_use(platform: Platform, key_id: str) -> None:
    # NOTE: the platform's own bookkeeping, not a change by the caller: it stays out of the audit log. A database
    # that can't be written to at the moment is no reason to refuse a good key.
    now = to_text(platform.clock())
    quiet, own = contextlib.suppress(ServiceUnavailable), call_context(CallContext(SYSTEM, "system"))
    with quiet, own, platform.database.transaction():
        platform.database.update(ApiKey, {"last_used_at": now}, where={"id": key_id})

"""API keys: long-lived credentials that a person makes for programs; never more than the person has."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import orjson

from studio_auth import queries
from studio_auth.authenticate import KEY_PREFIX
from studio_auth.events import API_KEY_CREATED, API_KEY_REVOKED, API_KEY_ROTATED
from studio_auth.models import ApiKey
from studio_auth.scopes import check_scopes
from studio_kernel.app import Platform
from studio_kernel.clock import to_text
from studio_kernel.context import current_context
from studio_kernel.errors import Forbidden, NotFound, ValidationFailed
from studio_kernel.events import EventType
from studio_kernel.http.listing import ListRequest, Page
from studio_kernel.ids import new_id
from studio_kernel.security.principal import Principal
from studio_kernel.security.secrets import hash_token
from studio_kernel.storage.database import Row

_SHOWN = len(KEY_PREFIX) + 8


class ApiKeys:
    """The use cases around a person's own keys."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database

    def list(self, caller: Principal, request: ListRequest) -> Page:
        """A part of the caller's keys, revoked ones left out."""
        return queries.API_KEYS.run(self._database, request, scope=("user_id = :user_id",), user_id=caller.user_id)

    def show(self, caller: Principal, key_id: str) -> dict[str, Any]:
        """One of the caller's keys; ``NotFound`` for others' and revoked ones."""
        row = self._database.row(queries.API_KEY, id=key_id, user_id=caller.user_id)
        if row is None:
            raise NotFound(f"There is no API key {key_id}")
        current_context().resource_id = key_id
        return key_of(row)

    def create(
        self,
        caller: Principal,
        *,
        name: str,
        scopes: Sequence[str],
        description: str = "",
        expires_at: str | None = None,
    ) -> tuple[dict[str, Any], str]:
        """A new key: what is kept of it, and its secret, which is shown only now.

        :param expires_at: a moment to come, None for no end.
        """
        if caller.kind == "client":
            raise Forbidden("A client that acts for itself can't own API keys")
        now = to_text(self._platform.clock())
        if expires_at is not None and expires_at <= now:
            raise ValidationFailed("expires_at", "Must lie in the future")
        granted = check_scopes(self._platform, caller, scopes)
        if caller.kind == "api_key":
            # APPSEC: a key's children would outlive it.
            raise Forbidden("An API key can't make further keys; sign in for that")
        secret = _new_secret()
        key_id = new_id("ak")
        row = {
            "id": key_id,
            "user_id": caller.user_id,
            "name": name,
            "description": description,
            "prefix": secret[:_SHOWN],
            "key_hash": hash_token(secret),
            "scopes": granted,
            "created_at": now,
            "expires_at": expires_at,
            "client_id": caller.client_id,
        }
        with self._database.transaction():
            self._database.insert(ApiKey, row)
            key = self.show(caller, key_id)
            self._announce(API_KEY_CREATED, caller, key)
        return key, secret

    def _own(self, caller: Principal, key_id: str) -> dict[str, Any]:
        """The key, where the credential may change it: a person any of theirs, a key itself, an application its own."""
        key = self.show(caller, key_id)
        if caller.kind == "api_key" and caller.id != key_id:
            # APPSEC: another's secret would outlive the revocation of this one; and a key that leaked would end others.
            raise Forbidden("An API key can change only itself; sign in for that")
        if caller.kind != "api_key" and caller.client_id and caller.client_id != key["client_id"]:
            # APPSEC: likewise for what the application was granted.
            raise Forbidden("An application can change only the API keys that it made; sign in for that")
        return key

    def rotate(self, caller: Principal, key_id: str) -> tuple[dict[str, Any], str]:
        """A new secret for a key; the one it had stops at once."""
        secret = _new_secret()
        with self._database.transaction():
            key = self._own(caller, key_id)
            if not all(caller.has_scope(scope) for scope in orjson.loads(key["scopes"])):
                raise Forbidden("The key may do more than your credential")
            columns = {"key_hash": hash_token(secret), "prefix": secret[:_SHOWN], "last_used_at": None}
            self._database.update(ApiKey, columns, where={"id": key_id})
            key = self.show(caller, key_id)
            self._announce(API_KEY_ROTATED, caller, key)
        return key, secret

    def revoke(self, caller: Principal, key_id: str) -> None:
        """End a key, at once."""
        with self._database.transaction():
            key = self._own(caller, key_id)
            columns = {"revoked_at": to_text(self._platform.clock())}
            self._database.update(ApiKey, columns, where={"id": key_id})
            self._announce(API_KEY_REVOKED, caller, key)

    def revoke_for_client(self, client_id: str, user_id: str = "") -> None:
        """End the keys that an OAuth client made, for one person or for all; inside the caller's transaction."""
        statement = queries.REVOKE_KEYS_OF_GRANT if user_id else queries.REVOKE_KEYS_OF_CLIENT
        with self._database.transaction() as transaction:
            now = to_text(self._platform.clock())
            self._database.execute(statement, client_id=client_id, user_id=user_id, now=now)
            transaction.after_commit(lambda: self._platform.credentials.forget(client_id=client_id))

    def _announce(self, kind: EventType, caller: Principal, key: dict[str, Any]) -> None:
        """Publish a change, and let no kept answer outlive it."""
        data = {
            "id": key["id"],
            "user_id": caller.user_id,
            "name": key["name"],
            "prefix": key["prefix"],
            "scopes": orjson.loads(key["scopes"]),
        }
        self._platform.events.publish(kind, resource_id=key["id"], data=data)
        transaction = self._database.current
        assert transaction is not None
        transaction.after_commit(lambda: self._platform.credentials.forget(principal_id=key["id"]))


def key_of(row: Row) -> dict[str, Any]:
    """A row of :data:`queries.API_KEY_COLUMNS` by name; ``scopes`` stay JSON text."""
    return dict(zip(queries.API_KEY_COLUMNS, row, strict=True))


def _new_secret() -> str:
    return KEY_PREFIX + secrets.token_hex(24)

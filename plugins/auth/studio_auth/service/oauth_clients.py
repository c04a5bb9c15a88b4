"""Registered OAuth clients."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

from studio_auth import queries
from studio_auth.events import OAUTH_CLIENT_CREATED, OAUTH_CLIENT_DELETED, OAUTH_CLIENT_ROTATED
from studio_auth.models import AuthorizationCode, Grant, OAuthClient
from studio_auth.scopes import check_scopes
from studio_auth.service.api_keys import ApiKeys
from studio_auth.service.sessions import Sessions
from studio_auth.service.users import check_name
from studio_kernel.app import Platform
from studio_kernel.clock import later, to_text
from studio_kernel.context import current_context
from studio_kernel.errors import Conflict, NotFound, ValidationFailed
from studio_kernel.events import EventType
from studio_kernel.http.listing import ListRequest, Page
from studio_kernel.ids import new_id
from studio_kernel.security.principal import Principal
from studio_kernel.security.secrets import hash_token, same
from studio_kernel.storage.database import Row

GRANT_TYPES = ("authorization_code", "client_credentials", "refresh_token")
CLIENT_ROLES = ("admin", "manager", "auditor", "customer", "viewer")
DEFAULT_OVERLAP = 24.0
"""Hours for which a replaced secret is taken unless somebody says otherwise."""
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+\Z")


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client. Without ``secret_hash`` it is a public one (RFC 6749 section 2.1)."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    grant_types: tuple[str, ...]
    scopes: tuple[str, ...]
    role: str
    created_by: str
    created_at: str
    secret_hash: str = field(repr=False)
    previous_secret_hash: str = field(repr=False)
    previous_secret_until: str | None

    def holds(self, secret: str, now: str) -> bool:
        """Whether a secret is the client's: today's, or the one before while that still counts."""
        shown = hash_token(secret)
        before = bool(self.previous_secret_until and now < self.previous_secret_until)
        # APPSEC: both are compared, whatever comes of the first.
        return same(shown, self.secret_hash) | (same(shown, self.previous_secret_hash) and before)

    @property
    def is_public(self) -> bool:
        """Whether it can't keep a secret."""
        return not self.secret_hash


class OAuthClients:
    """The use cases around registration."""

    def __init__(self, platform: Platform, sessions: Sessions) -> None:
        self._platform = platform
        self._database = platform.database
        self._sessions = sessions

    def list(self, request: ListRequest) -> Page:
        """A part of the clients."""
        return queries.CLIENTS.run(self._database, request)

    def find(self, client_id: str) -> Client | None:
        """A client by id."""
        row = self._database.row(queries.CLIENT, id=client_id)
        return None if row is None else client_of(row)

    def show(self, client_id: str) -> Client:
        """A client by id; ``NotFound`` when there is none."""
        client = self.find(client_id)
        if client is None:
            raise NotFound(f"There is no OAuth client {client_id}")
        current_context().resource_id = client_id
        return client

    def create(
        self,
        caller: Principal,
        *,
        name: str,
        redirect_uris: Sequence[str] = (),
        grant_types: Sequence[str] = ("authorization_code", "refresh_token"),
        scopes: Sequence[str] = ("read",),
        confidential: bool = True,
        role: str = "customer",
    ) -> tuple[Client, str]:
        """Register a client: it, and its secret (empty for a public one), which is shown only now.

        :param role: the account role that it has when it acts for itself; never ``super_admin``.
        """
        check_name(name)
        _check_grants(grant_types, redirect_uris, confidential)
        _check_redirects(redirect_uris)
        if role not in CLIENT_ROLES:
            raise ValidationFailed("role", f"Must be one of: {', '.join(CLIENT_ROLES)}.")
        secret = _new_secret() if confidential else ""
        client_id = new_id("client")
        row = {
            "id": client_id,
            "name": name,
            "secret_hash": hash_token(secret) if secret else "",
            "redirect_uris": list(dict.fromkeys(redirect_uris)),
            "grant_types": list(dict.fromkeys(grant_types)),
            "scopes": check_scopes(self._platform, caller, scopes),
            "role": role,
            "created_by": caller.user_id or caller.id,
            "created_at": to_text(self._platform.clock()),
            "previous_secret_hash": "",
        }
        with self._database.transaction():
            self._database.insert(OAuthClient, row)
            client = self.show(client_id)
            self._announce(OAUTH_CLIENT_CREATED, client)
        return client, secret

    def rotate_secret(self, client_id: str, *, overlap_hours: float = DEFAULT_OVERLAP) -> tuple[Client, str]:
        """Give a client a new secret: it, and the secret, which is shown only now.

        :param overlap_hours: for how long the one that it had is taken too; 0 after a leak. One that was replaced
            before stops at once.
        """
        secret = _new_secret()
        with self._database.transaction():
            # NOTE: of two rotations at once the second replaces what the first has given.
            self._database.lock(f"auth.client:{client_id}")
            client = self.show(client_id)
            if client.is_public:
                raise Conflict("A public client has no secret")
            until = later(self._platform.clock(), 3600 * overlap_hours) if overlap_hours else None
            kept = client.secret_hash if until else ""
            values = {"secret_hash": hash_token(secret), "previous_secret_hash": kept, "previous_secret_until": until}
            self._database.update(OAuthClient, values, where={"id": client_id})
            self._announce(OAUTH_CLIENT_ROTATED, client)
            return self.show(client_id), secret

    def delete(self, client_id: str) -> None:
        """Delete a client; every token that it was given stops at once."""
        with self._database.transaction():
            client = self.show(client_id)
            self._sessions.revoke_client(client_id)
            ApiKeys(self._platform).revoke_for_client(client_id)
            self._database.delete(Grant, where={"client_id": client_id})
            self._database.delete(AuthorizationCode, where={"client_id": client_id})
            self._database.delete(OAuthClient, where={"id": client_id})
            self._announce(OAUTH_CLIENT_DELETED, client)

    def _announce(self, kind: EventType, client: Client) -> None:
        data = {"id": client.client_id, "name": client.name, "grant_types": list(client.grant_types)}
        self._platform.events.publish(kind, resource_id=client.client_id, data=data)


def client_of(row: Row) -> Client:
    """From a row of :data:`queries.CLIENT`."""
    client_id, name, redirect_uris, grant_types, scopes, role, created_by, created_at, *kept = row
    secret_hash, previous_secret_hash, previous_secret_until = kept
    return Client(
        client_id=client_id,
        name=name,
        redirect_uris=tuple(orjson.loads(redirect_uris)),
        grant_types=tuple(orjson.loads(grant_types)),
        scopes=tuple(orjson.loads(scopes)),
        role=role,
        created_by=created_by,
        created_at=created_at,
        secret_hash=secret_hash,
        previous_secret_hash=previous_secret_hash,
        previous_secret_until=previous_secret_until,
    )


def client_view(client: Client) -> dict[str, Any]:
    """A client as it is shown."""
    return {
        "id": client.client_id,
        "client_id": client.client_id,
        "name": client.name,
        "confidential": not client.is_public,
        "redirect_uris": list(client.redirect_uris),
        "grant_types": list(client.grant_types),
        "scopes": list(client.scopes),
        "role": client.role,
        "created_by": client.created_by,
        "created_at": client.created_at,
    }


def _new_secret() -> str:
    return f"cs_{secrets.token_urlsafe(32)}"


def _check_grants(grant_types: Sequence[str], redirect_uris: Sequence[str], confidential: bool) -> None:
    unknown = [name for name in grant_types if name not in GRANT_TYPES]
    if unknown or not grant_types:
        raise ValidationFailed("grant_types", f"Must be among: {', '.join(GRANT_TYPES)}")
    if "authorization_code" in grant_types and not redirect_uris:
        raise ValidationFailed("redirect_uris", "The grant authorization_code needs at least one")
    if "client_credentials" in grant_types and not confidential:
        raise ValidationFailed("confidential", "The grant client_credentials needs a client with a secret")
    if "refresh_token" in grant_types and "authorization_code" not in grant_types:
        raise ValidationFailed("grant_types", "refresh_token goes with authorization_code only")


def _check_redirects(redirect_uris: Sequence[str]) -> None:
    problems = [
        (f"redirect_uris.{number}", problem)
        for number, uri in enumerate(redirect_uris)
        if (problem := _redirect_problem(uri))
    ]
    if problems:
        raise ValidationFailed.of(problems)


def _redirect_problem(uri: str) -> str:
    """Why a redirect URI can't be taken (RFC 6749 section 3.1.2, RFC 8252 section 7)."""
    if not _URI.match(uri) or "#" in uri:
        return "Must be an absolute URI without a fragment"
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "Must be an absolute URI without a fragment"
    if parts.username is not None or parts.password is not None:
        return "Must not carry a user name or password"
    if parts.scheme == "https" and host:
        return ""
    if parts.scheme == "http" and _is_loopback(host):
        return ""
    # APPSEC: a dot keeps schemes that browsers act on, such as javascript: and data:, out.
    if "." in parts.scheme:
        return ""
    return "Use https://, http:// on loopback, or a private scheme such as com.example.app:/callback"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

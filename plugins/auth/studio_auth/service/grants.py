"""What people have let OAuth clients do: remembered, listed, taken back."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from studio_auth import queries
from studio_auth.models import AuthorizationCode, Grant
from studio_auth.service.api_keys import ApiKeys
from studio_auth.service.oauth_clients import Client
from studio_auth.service.sessions import Sessions
from studio_kernel.app import Platform
from studio_kernel.clock import to_text
from studio_kernel.context import current_context
from studio_kernel.errors import NotFound
from studio_kernel.http.listing import ListRequest, Page
from studio_kernel.ids import new_id


class Grants:
    """The use cases around consent."""

    def __init__(self, platform: Platform, sessions: Sessions) -> None:
        self._platform = platform
        self._database = platform.database
        self._sessions = sessions
        self._keys = ApiKeys(platform)

    def list(self, user_id: str, request: ListRequest) -> Page:
        """A part of the clients that act for an account."""
        return queries.GRANTS.run(self._database, request, scope=("g.user_id = :user_id",), user_id=user_id)

    def remembered(self, user_id: str, client: Client, redirect_uri: str, scopes: Collection[str]) -> bool:
        """Whether the person has agreed to all of this before, and needn't be asked again.

        A public client whose redirect anybody on the machine could take is asked about each time: nothing shows that
        it is the same (RFC 8252 section 8.6).
        """
        if client.is_public and urlsplit(redirect_uri).scheme != "https":
            return False
        row = self._database.row(queries.GRANT, user_id=user_id, client_id=client.client_id)
        return row is not None and set(scopes) <= set(row[1].split())

    def remember(self, user_id: str, client_id: str, scopes: Collection[str]) -> None:
        """Keep what the person has just agreed to, beside what they agreed to before."""
        now = to_text(self._platform.clock())
        with self._database.transaction():
            self._database.lock(f"auth.grant:{user_id}:{client_id}")
            row = self._database.row(queries.GRANT, user_id=user_id, client_id=client_id)
            if row is not None:
                scope = " ".join(dict.fromkeys([*row[1].split(), *scopes]))
                self._database.update(Grant, {"scope": scope, "updated_at": now}, where={"id": row[0]})
                return
            grant = {"id": new_id("grant"), "user_id": user_id, "client_id": client_id, "scope": " ".join(scopes)}
            self._database.insert(Grant, grant | {"created_at": now, "updated_at": now})

    def revoke(self, user_id: str, client_id: str) -> None:
        """Take it back: the client's sessions, codes and keys for the account end at once."""
        with self._database.transaction():
            if not self._database.delete(Grant, where={"user_id": user_id, "client_id": client_id}):
                raise NotFound(f"There is no application {client_id}")
            current_context().resource_id = client_id
            self._database.delete(AuthorizationCode, where={"user_id": user_id, "client_id": client_id})
            self._sessions.revoke_grant(user_id, client_id)
            self._keys.revoke_for_client(client_id, user_id)

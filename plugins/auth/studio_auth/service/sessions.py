"""Sessions: families of tokens that begin with a login or a grant, live by refreshing, and stop together."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from studio_auth import queries
from studio_auth.models import AuthorizationCode, RefreshToken, Session
from studio_auth.settings import AuthSettings
from studio_auth.tokens import AccessTokens
from studio_kernel.app import Platform
from studio_kernel.clock import later, to_text
from studio_kernel.context import current_context
from studio_kernel.errors import NotFound, Unauthorized
from studio_kernel.http.listing import ListRequest, Page
from studio_kernel.ids import new_id
from studio_kernel.security.principal import BROAD_SCOPES, Principal
from studio_kernel.security.secrets import hash_token

ADMINISTRATION = ("super_admin", "admin")


def scopes_of_role(role: str) -> list[str]:
    """The scopes of a login: everything that the role can use."""
    return [scope for scope in BROAD_SCOPES if scope != "admin" or role in ADMINISTRATION]


def narrowed(scopes: Collection[str], role: str) -> frozenset[str]:
    """``scopes`` without those that the role can't use (any more)."""
    if role in ADMINISTRATION:
        return frozenset(scopes)
    return frozenset(scope for scope in scopes if scope.rpartition(":")[2] != "admin")


class Standing(NamedTuple):
    """A session with what it depends on: the columns of :data:`queries.SESSION`."""

    user_id: str
    client_id: str
    scope: str
    expires_at: str
    revoked_at: str | None
    user_role: str | None
    user_status: str | None
    client_role: str | None
    second_factor_at: str | None

    @property
    def holds(self) -> bool:
        """Whether it wasn't ended, and account and client are still there."""
        gone = (self.client_id and self.client_role is None) or (self.user_id and self.user_status != "active")
        return self.revoked_at is None and not gone


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a login or a refresh hands out. ``expires_in`` is the access token's life in seconds."""

    session_id: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


class ReusedToken(Unauthorized):
    """A refresh token was shown a second time. Its session has been revoked, which must be kept."""

    message = "The refresh token was used before; its session has ended"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A refresh token that was good and is now used up, and the session behind it."""

    session_id: str
    user_id: str
    client_id: str
    scopes: tuple[str, ...]
    role: str


class Sessions:
    """Opens, refreshes and revokes sessions. Everything that changes joins the caller's transaction."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._settings = platform.settings.section(AuthSettings)
        self.tokens = platform.shared(AccessTokens)

    def open(self, user_id: str, scopes: Sequence[str], *, client_id: str = "", refreshable: bool = True) -> str:
        """Begin a session with tokens; its id. ``user_id`` is empty where a client acts for itself."""
        life = self._settings.refresh_token_seconds if refreshable else self.tokens.lifetime
        return self._begin(user_id, life, scope=" ".join(scopes), client_id=client_id)

    def open_in_browser(self, user_id: str) -> str:
        """Begin a session that a browser holds, for pages only; the secret that goes into its cookie."""
        secret = secrets.token_urlsafe(32)
        self._begin(user_id, self._settings.browser_session_hours * 3600, cookie_hash=hash_token(secret))
        return secret

    def _begin(self, user_id: str, life: float, **columns: str) -> str:
        now, context = self._platform.clock(), current_context()
        row = {
            "id": new_id("sess"),
            "user_id": user_id,
            "client_id": "",
            "scope": "",
            "created_at": to_text(now),
            "expires_at": later(now, life),
            "cookie_hash": "",
            "address": context.address[:64],
            "agent": "".join(filter(str.isprintable, context.agent))[:200],
            "last_used_at": to_text(now),
            **columns,
        }
        with self._database.transaction():
            self._database.insert(Session, row)
        return str(row["id"])

    def find(self, session_id: str) -> Standing | None:
        """What a session stands for."""
        row = self._database.row(queries.SESSION, id=session_id) if session_id else None
        return None if row is None else Standing._make(row)

    def list(self, caller: Principal, request: ListRequest) -> Page:
        """A part of the caller's sessions that still hold."""
        scope = ("s.user_id = :user_id", "s.expires_at > :now")
        now = to_text(self._platform.clock())
        return queries.SESSIONS.run(self._database, request, scope=scope, user_id=caller.user_id, now=now)

    def end(self, user_id: str, session_id: str) -> None:
        """End one of an account's sessions; ``NotFound`` for others' and ended ones."""
        now = to_text(self._platform.clock())
        with self._database.transaction():
            if self._database.row(queries.OWN_SESSION, id=session_id, user_id=user_id, now=now) is None:
                raise NotFound(f"There is no session {session_id}")
            current_context().resource_id = session_id
            self.revoke(session_id)

    def log_in(self, user_id: str, role: str) -> TokenPair:
        """A session for a person at the platform itself, with its first tokens."""
        scopes = scopes_of_role(role)
        with self._database.transaction():
            session_id = self.open(user_id, scopes)
            return self._pair(session_id, user_id, scopes)

    def refresh(self, refresh_token: str) -> TokenPair:
        """Exchange a login's refresh token for new tokens, with all that the account's role can use by now.

        :raises Unauthorized: when it doesn't hold; :class:`ReusedToken` when it was used before.
        """
        with self._database.transaction():
            used = self.use_refresh_token(refresh_token, client_id="")
            context = current_context()
            if used is None:
                context.success_status = ReusedToken.status
            else:
                context.principal = Principal("user", used.user_id, used.user_id)
                scopes = scopes_of_role(used.role)
                if set(scopes) != set(used.scopes):
                    self._database.update(Session, {"scope": " ".join(scopes)}, where={"id": used.session_id})
                return self._pair(used.session_id, used.user_id, scopes)
        raise ReusedToken()

    def use_refresh_token(self, refresh_token: str, *, client_id: str) -> Refreshed | None:
        """Use a refresh token up. None when that had happened before: then its session is revoked now.

        ``client_id`` is the client that shows it, empty for a login (RFC 6749 section 6).
        """
        token_hash = hash_token(refresh_token)
        now = to_text(self._platform.clock())
        with self._database.transaction():
            row = self._database.row(queries.REFRESH_TOKEN, token_hash=token_hash)
            if row is None:
                raise Unauthorized("The refresh token does not hold")
            session_id, expires_at, _ = row
            session = self.find(session_id)
            if session is None or session.client_id != client_id or not session.holds or expires_at <= now:
                raise Unauthorized("The refresh token does not hold")
            current_context().resource_id = session_id
            # APPSEC: one statement decides who used it first, whatever runs at the same time (RFC 9700, 4.14.2).
            if not self._database.execute(queries.USE_REFRESH_TOKEN, token_hash=token_hash, now=now):
                self.revoke(session_id)
                return None
            scopes, role = tuple(session.scope.split()), session.user_role or ""
            return Refreshed(session_id, session.user_id, session.client_id, scopes, role)

    def new_refresh_token(self, session_id: str) -> str:
        """A further refresh token of the session, whose life begins anew."""
        token = f"rt_{secrets.token_urlsafe(32)}"
        now = self._platform.clock()
        expires_at = later(now, self._settings.refresh_token_seconds)
        row = {"token_hash": hash_token(token), "session_id": session_id, "expires_at": expires_at}
        with self._database.transaction():
            self._database.insert(RefreshToken, row)
            columns = {"expires_at": expires_at, "last_used_at": to_text(now)}
            self._database.update(Session, columns, where={"id": session_id})
        return token

    def session_of_refresh_token(self, refresh_token: str) -> str:
        """The session that a refresh token belongs to, used up or not; empty for none."""
        row = self._database.row(queries.REFRESH_TOKEN, token_hash=hash_token(refresh_token))
        return "" if row is None else str(row[0])

    def revoke(self, session_id: str) -> None:
        """End a session with all its tokens, at once."""
        with self._database.transaction() as transaction:
            self._database.execute(queries.REVOKE_SESSION, id=session_id, now=self._now())
            transaction.after_commit(lambda: self._platform.credentials.forget(session_id=session_id))

    def revoke_user(self, user_id: str, *, keep: str = "") -> None:
        """End every session of an account but ``keep``, and the codes that would begin further ones."""
        with self._database.transaction() as transaction:
            # NOTE: codes first: one that is being exchanged has then begun its session, which is found here.
            self._database.delete(AuthorizationCode, where={"user_id": user_id})
            self._database.execute(queries.REVOKE_OF_USER, user_id=user_id, keep=keep, now=self._now())
            transaction.after_commit(lambda: self._platform.credentials.forget(user_id=user_id))

    def revoke_client(self, client_id: str) -> None:
        """End every session that an OAuth client has, for itself or for people."""
        with self._database.transaction() as transaction:
            self._database.execute(queries.REVOKE_OF_CLIENT, client_id=client_id, now=self._now())
            transaction.after_commit(lambda: self._platform.credentials.forget(client_id=client_id))

    def revoke_grant(self, user_id: str, client_id: str) -> None:
        """End every session that an OAuth client has for a person."""
        with self._database.transaction() as transaction:
            self._database.execute(queries.REVOKE_OF_GRANT, user_id=user_id, client_id=client_id, now=self._now())
            transaction.after_commit(lambda: self._platform.credentials.forget(user_id=user_id))

    def _now(self) -> str:
        return to_text(self._platform.clock())

    def _pair(self, session_id: str, user_id: str, scopes: Sequence[str]) -> TokenPair:
        access = self.tokens.issue(subject=user_id, session_id=session_id, scopes=scopes)
        return TokenPair(session_id, access, self.new_refresh_token(session_id), self.tokens.lifetime)

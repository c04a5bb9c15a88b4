"""One's own sessions and applications over HTTP."""

from __future__ import annotations

from typing import Any

from studio_auth.queries import GRANT_LISTING, SESSION_LISTING
from studio_auth.schemas.sessions import ApplicationDetail, SessionDetail
from studio_auth.service.grants import Grants
from studio_auth.service.sessions import Sessions
from studio_kernel.http.operations import Call, operation


class SessionResource:
    """Responders around where an account is signed in, and who acts for it."""

    def __init__(self, sessions: Sessions, grants: Grants) -> None:
        self._sessions = sessions
        self._grants = grants

    @operation(
        "sessions.list",
        "GET",
        "/api/v1/users/me/sessions",
        summary="List one's own sessions",
        permission="users:self",
        listing=SESSION_LISTING,
        response=SessionDetail,
    )
    def list(self, call: Call) -> Any:
        """Logins, browsers and what applications hold; ended ones are left out."""
        page = self._sessions.list(call.principal, call.listing)
        shown = [_session(row, call.principal.session_id) for row in page.rows]
        return {"sessions": shown, "pagination": page.pagination}

    @operation(
        "sessions.end_others",
        "DELETE",
        "/api/v1/users/me/sessions",
        summary="End all of one's own sessions but this one, at once",
        permission="users:self",
        shape="message",
        message="Other sessions ended successfully",
    )
    def end_others(self, call: Call) -> None:
        """Also those of applications; what they were granted stays."""
        self._sessions.revoke_user(call.principal.user_id, keep=call.principal.session_id)

    @operation(
        "sessions.end",
        "DELETE",
        "/api/v1/users/me/sessions/{session_id}",
        summary="End one of one's own sessions, at once",
        permission="users:self",
        shape="message",
        message="Session ended successfully",
    )
    def end(self, call: Call) -> None:
        """Its access and refresh tokens stop."""
        self._sessions.end(call.principal.user_id, call.path["session_id"])

    @operation(
        "applications.list",
        "GET",
        "/api/v1/users/me/applications",
        summary="List the applications that one has let act for oneself",
        permission="users:self",
        listing=GRANT_LISTING,
        response=ApplicationDetail,
    )
    def applications(self, call: Call) -> Any:
        """What consent is remembered of."""
        page = self._grants.list(call.principal.user_id, call.listing)
        return {"applications": [_application(row) for row in page.rows], "pagination": page.pagination}

    @operation(
        "applications.revoke",
        "DELETE",
        "/api/v1/users/me/applications/{client_id}",
        summary="Take back what an application may do; its tokens and keys stop at once",
        permission="users:self",
        shape="message",
        message="Application revoked successfully",
    )
    def revoke(self, call: Call) -> None:
        """It has to ask again."""
        self._grants.revoke(call.principal.user_id, call.path["client_id"])


def _session(row: Any, own: str) -> dict[str, Any]:
    session_id, client_id, client, cookie_hash, scope, address, agent, created_at, last_used_at, expires_at = row
    return {
        "id": session_id,
        "kind": "application" if client_id else ("browser" if cookie_hash else "login"),
        "client_id": client_id or None,
        "client_name": client,
        "scopes": scope.split(),
        "address": address,
        "agent": agent,
        "current": session_id == own,
        "created_at": created_at,
        "last_used_at": last_used_at,
        "expires_at": expires_at,
    }


def _application(row: Any) -> dict[str, Any]:
    _, client_id, name, scope, created_at, updated_at = row
    facts = {"client_id": client_id, "name": name, "scopes": scope.split()}
    return facts | {"created_at": created_at, "updated_at": updated_at}

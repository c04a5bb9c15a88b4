"""Login, refresh and logout over HTTP."""

from __future__ import annotations

from typing import Any

from studio_auth.schemas.login import LoginAnswer, LoginBody, RefreshBody, ResetBody, Tokens
from studio_auth.service.login import Logins
from studio_auth.service.second_factor import is_required
from studio_auth.service.sessions import ReusedToken, Sessions, TokenPair
from studio_auth.service.users import Users
from studio_kernel.app import Platform
from studio_kernel.errors import Forbidden, Unauthorized
from studio_kernel.http.operations import PUBLIC, Call, RawAnswer, operation
from studio_kernel.http.wire import JSON, error_wire


class LoginResource:
    """Responders around sessions."""

    def __init__(self, platform: Platform, logins: Logins, sessions: Sessions, users: Users) -> None:
        self._platform = platform
        self._users = users
        self._logins = logins
        self._sessions = sessions

    @operation(
        "auth.login",
        "POST",
        "/api/v1/auth/login",
        summary="Log in with address and password",
        description=(
            "After several failures, further attempts have to wait: 429 with Retry-After. Where the account has a "
            "second factor and no code was sent, 401 with `otp` as the field; send all again, with the code."
        ),
        permission=PUBLIC,
        body=LoginBody,
        response=LoginAnswer,
        errors=(Unauthorized,),
    )
    def login(self, call: Call) -> Any:
        """The account and its tokens."""
        body = call.body
        user, pair = self._logins.log_in(body["email"], body["password"], call.address, body.get("otp", ""))
        shown = {name: user[name] for name in ("id", "email", "name", "role")}
        missing = "enrolment_required" if is_required(self._platform, user["role"]) else "off"
        return {
            "user": shown,
            "tokens": _tokens(pair),
            "second_factor": "on" if user["second_factor_at"] else missing,
            "temporary_until": user["temporary_until"],
        }

    @operation(
        "auth.refresh",
        "POST",
        "/api/v1/auth/refresh",
        summary="Exchange a refresh token for new tokens",
        description="A refresh token works once; shown a second time, it ends its session.",
        permission=PUBLIC,
        body=RefreshBody,
        response=Tokens,
        errors=(Unauthorized,),
    )
    def refresh(self, call: Call) -> Any:
        """New tokens of the same session."""
        try:
            return _tokens(self._sessions.refresh(call.body["refresh_token"]))
        except ReusedToken as error:
            # APPSEC: answered, not raised: an exception would roll an enclosing transaction (an idempotent
            # request's) back, and with it the revocation.
            wire = error_wire(error, call.request_id)
            return RawAnswer(wire.body or b"", JSON, wire.status, wire.headers)

    @operation(
        "auth.reset_password",
        "POST",
        "/api/v1/auth/reset-password",
        summary="Set a new password with a one-time token",
        description="Every session of the account ends.",
        permission=PUBLIC,
        body=ResetBody,
        shape="message",
        message="Password changed successfully",
        errors=(Unauthorized,),
    )
    def reset_password(self, call: Call) -> None:
        """The token is one that an administrator has issued; it works once."""
        self._users.use_reset(call.body["token"], call.body["new_password"], call.address)

    @operation(
        "auth.logout",
        "POST",
        "/api/v1/auth/logout",
        summary="End the session: its access and refresh tokens stop at once",
        permission="users:self",
        scope="read",
        shape="message",
        message="Logged out successfully",
    )
    def logout(self, call: Call) -> None:
        """Only sessions end; an API key is revoked by deleting it."""
        if not call.principal.session_id:
            raise Forbidden("This credential has no session to log out of; a key ends when it is deleted")
        self._sessions.revoke(call.principal.session_id)


def _tokens(pair: TokenPair) -> dict[str, Any]:
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "expires_in": pair.expires_in,
    }

"""Access tokens: JWT (RFC 9068) signed with HS256 and a key derived from the platform's own.

A token names its session; that the session still stands is checked elsewhere, at each use.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jwt

from studio_auth.settings import AuthSettings
from studio_kernel.app import Platform
from studio_kernel.errors import Unauthorized
from studio_kernel.ids import new_id

ALGORITHM = "HS256"
AUDIENCE = "studio"
_MOST_CHARACTERS = 4096
_REQUIRED = ["iss", "aud", "sub", "exp", "iat", "jti", "sid", "scope"]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a sound access token says. Times are in epoch seconds."""

    subject: str
    session_id: str
    scopes: frozenset[str]
    client_id: str
    token_id: str
    issued_at: int
    expires_at: int


class AccessTokens:
    """Issues and reads access tokens."""

    def __init__(self, platform: Platform) -> None:
        self._clock = platform.clock
        self._issuer = platform.settings.kernel.public_url
        self.lifetime = platform.settings.section(AuthSettings).access_token_seconds
        self._key = hmac.new(platform.secret_key.encode(), b"studio:auth.access-token", hashlib.sha256).digest()
        self._kid = hashlib.sha256(b"kid:" + self._key).hexdigest()[:16]

    @property
    def issuer(self) -> str:
        """The ``iss`` of every token: the platform's public address."""
        return self._issuer

    def issue(self, *, subject: str, session_id: str, scopes: Iterable[str], client_id: str = "") -> str:
        """A token for ``subject``, good while its session stands and at most :attr:`lifetime` seconds."""
        now = int(self._clock().timestamp())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": now,
            "exp": now + self.lifetime,
            "jti": new_id("tok"),
            "sid": session_id,
            "scope": " ".join(scopes),
        }
        if client_id:
            claims["client_id"] = client_id
        headers = {"kid": self._kid, "typ": "at+jwt"}
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers=headers)

    def read(self, token: str) -> Claims:
        """What the token says; ``Unauthorized`` unless it is ours, unchanged and in time."""
        payload = self._payload(token)
        text = [payload[name] for name in ("sub", "sid", "scope", "jti")] + [payload.get("client_id", "")]
        times = [payload["iat"], payload["exp"]]
        if not all(isinstance(each, str) for each in text) or not all(type(each) is int for each in times):
            raise _refusal()
        if payload["exp"] <= self._clock().timestamp():
            raise _refusal("The access token has expired")
        return Claims(
            subject=payload["sub"],
            session_id=payload["sid"],
            scopes=frozenset(payload["scope"].split()),
            client_id=payload.get("client_id", ""),
            token_id=payload["jti"],
            issued_at=payload["iat"],
            expires_at=payload["exp"],
        )

    def _payload(self, token: str) -> dict[str, Any]:
        if len(token) > _MOST_CHARACTERS:
            raise _refusal()
        # APPSEC: algorithm and key are ours to choose, never the token's (RFC 8725 section 3.1). Times are
        # compared by the platform's clock, in `read`.
        options: Any = {"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
        try:
            header = jwt.get_unverified_header(token)
            if header.get("kid") != self._kid or header.get("typ") != "at+jwt":
                raise _refusal()
            return jwt.decode(
                token, self._key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=self._issuer, options=options
            )
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
            raise _refusal() from None


def _refusal(message: str = "The access token does not hold") -> Unauthorized:
    return Unauthorized(message)

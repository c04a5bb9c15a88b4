"""Access tokens: JWT (RFC 9068), signed with the platform's present key.

A token names its session; that the session still stands is checked elsewhere, at each use.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jwt

from studio_auth.settings import AuthSettings
from studio_auth.signing import KeyRing, SigningKey
from studio_kernel.app import Platform
from studio_kernel.errors import Unauthorized
from studio_kernel.ids import new_id

AUDIENCE = "studio"
_TYPE = "at+jwt"
_MOST_CHARACTERS = 4096
_MOST_KEPT = 10_000
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
    key_id: str = ""


class AccessTokens:
    """Issues and reads access tokens; get it by ``platform.shared(AccessTokens)``.

    PERF: signatures that were found good are remembered by the token's digest, within bounds; time, key and session
    are looked at again each time.
    """

    def __init__(self, platform: Platform) -> None:
        self._clock = platform.clock
        self._issuer = platform.settings.kernel.public_url
        self.lifetime = platform.settings.section(AuthSettings).access_token_seconds
        self.keys = platform.shared(KeyRing)
        self._verified: OrderedDict[bytes, Claims] = OrderedDict()
        self._lock = threading.Lock()

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
        key = self.keys.current()
        return jwt.encode(claims, key.private, algorithm=key.algorithm, headers={"kid": key.kid, "typ": _TYPE})

    def read(self, token: str) -> Claims:
        """What the token says; ``Unauthorized`` unless it is ours, unchanged and in time."""
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        claims = self._verified.get(digest)
        if claims is None:
            claims = self._verify(token)
            self._keep(digest, claims)
        elif self.keys.find(claims.key_id) is None:
            raise _refusal()
        if claims.expires_at <= self._clock().timestamp():
            raise _refusal("The access token has expired")
        return claims

    def _keep(self, digest: bytes, claims: Claims) -> None:
        with self._lock:
            self._verified[digest] = claims
            while len(self._verified) > _MOST_KEPT:
                self._verified.popitem(last=False)

    def _verify(self, token: str) -> Claims:
        payload, kid = self._payload(token)
        text = [payload[name] for name in ("sub", "sid", "scope", "jti")] + [payload.get("client_id", "")]
        times = [payload["iat"], payload["exp"]]
        if not all(isinstance(each, str) for each in text) or not all(type(each) is int for each in times):
            raise _refusal()
        return Claims(
            subject=payload["sub"],
            session_id=payload["sid"],
            scopes=frozenset(payload["scope"].split()),
            client_id=payload.get("client_id", ""),
            token_id=payload["jti"],
            issued_at=payload["iat"],
            expires_at=payload["exp"],
            key_id=kid,
        )

    def _payload(self, token: str) -> tuple[dict[str, Any], str]:
        if len(token) > _MOST_CHARACTERS:
            raise _refusal()
        # APPSEC: the algorithm is the key's own, never the token's (RFC 8725 section 3.1). Times are compared by the
        # platform's clock, in `read`.
        options: Any = {"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
        try:
            key = self._key_of(jwt.get_unverified_header(token))
            payload = jwt.decode(
                token,
                key.public,
                algorithms=[key.algorithm],
                audience=AUDIENCE,
                issuer=self._issuer,
                options=options,
            )
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
            raise _refusal() from None
        return payload, key.kid

    def _key_of(self, header: dict[str, Any]) -> SigningKey:
        key = self.keys.find(header.get("kid", "")) if header.get("typ") == _TYPE else None
        if key is None or header.get("alg") != key.algorithm:
            raise _refusal()
        return key


def _refusal(message: str = "The access token does not hold") -> Unauthorized:
    return Unauthorized(message)

"""Ways to show who calls. Give one to the client as ``auth``, or use its ``api_key`` and ``access_token``."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

# Seconds before its end at which a token is replaced.
_EARLY = 30.0


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What gets new tokens: a form (OAuth) or a JSON body (a session)."""

    path: str
    form: Mapping[str, str] | None = None
    json: Mapping[str, str] | None = None


class Renewals:
    """The keys that make repeated renewals harmless.

    A refresh token works once: where the answer was lost, only a repetition with the same key gets it after all.
    """

    def __init__(self) -> None:
        self._open: tuple[TokenRequest, str] | None = None

    def key(self, wanted: TokenRequest) -> str:
        """The same for the same request until that is settled."""
        if self._open is None or self._open[0] != wanted:
            self._open = (wanted, uuid.uuid4().hex)
        return self._open[1]

    def settle(self) -> None:
        """The platform has answered for good."""
        self._open = None


class Auth(Protocol):
    """A credential, and how it is renewed."""

    def headers(self) -> dict[str, str]:
        """The headers that carry it now."""
        ...

    def renewal(self) -> TokenRequest | None:
        """What gets a new one, where that is possible."""
        ...

    def is_due(self) -> bool:
        """Whether it must be renewed before the next request."""
        ...

    def accept(self, tokens: Mapping[str, Any]) -> None:
        """Take what the renewal answered."""
        ...


class ApiKey:
    """An API key, in ``X-API-Key``."""

    def __init__(self, key: str) -> None:
        self._key = key

    def headers(self) -> dict[str, str]:
        return {"X-API-Key": self._key}

    def renewal(self) -> TokenRequest | None:
        return None

    def is_due(self) -> bool:
        return False

    def accept(self, tokens: Mapping[str, Any]) -> None:
        raise TypeError("an API key is not renewed")


class Tokens:
    """An access token, renewed by its refresh token when there is one.

    For tokens of OAuth give the client's id, and its secret unless it is a public client; without them the refresh
    token is one of a login. ``expires_in`` is in seconds from now.
    """

    def __init__(
        self,
        access_token: str,
        refresh_token: str = "",
        *,
        expires_in: float | None = None,
        client_id: str = "",
        client_secret: str = "",
    ) -> None:
        self.access_token = access_token
        self.refresh_token = refresh_token
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._until = None if expires_in is None else time.monotonic() + expires_in

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}

    def renewal(self) -> TokenRequest | None:
        if not self.refresh_token:
            return None
        if not self._client["client_id"]:
            return TokenRequest("/api/v1/auth/refresh", json={"refresh_token": self.refresh_token})
        known = {name: value for name, value in self._client.items() if value}
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token, **known}
        return TokenRequest("/oauth/token", form=form)

    def is_due(self) -> bool:
        return self._until is not None and bool(self.refresh_token) and time.monotonic() > self._until - _EARLY

    def accept(self, tokens: Mapping[str, Any]) -> None:
        self.access_token = tokens["access_token"]
        self.refresh_token = tokens.get("refresh_token", self.refresh_token)
        self._until = time.monotonic() + float(tokens["expires_in"])


class ClientCredentials:
    """An OAuth client that acts for itself (RFC 6749, section 4.4). ``scope`` is words with blanks between."""

    def __init__(self, client_id: str, client_secret: str, scope: str = "read write") -> None:
        self._form = {"grant_type": "client_credentials", "client_id": client_id, "scope": scope}
        self._form["client_secret"] = client_secret
        self._token, self._until = "", 0.0

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def renewal(self) -> TokenRequest | None:
        return TokenRequest("/oauth/token", form=self._form)

    def is_due(self) -> bool:
        return time.monotonic() > self._until - _EARLY

    def accept(self, tokens: Mapping[str, Any]) -> None:
        self._token, self._until = tokens["access_token"], time.monotonic() + float(tokens["expires_in"])


class Nobody:
    """No credential: for login, health and the like."""

    def headers(self) -> dict[str, str]:
        return {}

    def renewal(self) -> TokenRequest | None:
        return None

    def is_due(self) -> bool:
        return False

    def accept(self, tokens: Mapping[str, Any]) -> None:
        raise TypeError("nothing to renew")

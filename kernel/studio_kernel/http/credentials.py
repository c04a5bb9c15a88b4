"""Who sends a request: the plugins' answer, kept for a moment.

PERF: verifying a token costs tens of microseconds and a look at the database. An answer is kept for less than one
second from before it was asked for, and dropped at once when its session or user is revoked in this process, so that
another process's revocation is seen within that second.

APPSEC: answers are kept by ``Authorization`` and ``X-API-Key``, and only where one of the two is there and nothing else
was looked at to find the answer. Where a method of authentication has looked at any other header or at an address,
whether it answered itself or left that to the next one, all are asked each time.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping

from studio_kernel.errors import Unauthorized
from studio_kernel.security.principal import Credentials, Principal, anonymous

_KEEP_SECONDS = 0.9
_NOTHING = ("", "")
# APPSEC: characters: what is longer than any credential needs to be, such as one padded with blanks, isn't kept.
_LONGEST = 8192
_KEPT_BY = ("authorization", "x-api-key")


class CredentialCache:
    """Verified callers by what they showed."""

    def __init__(self, authenticate: Callable[[Credentials], Principal | None], *, size: int = 10_000) -> None:
        self._authenticate = authenticate
        self._size = size
        self._kept: OrderedDict[tuple[str, str], tuple[float, Principal]] = OrderedDict()
        self._lock = threading.Lock()
        self._generation = 0

    def peek(self, credentials: Credentials) -> Principal | None:
        """A kept answer that is still good; never waits."""
        kept = self._kept.get(_key(credentials))
        if kept is None or kept[0] < time.monotonic():
            return None
        principal = kept[1]
        return None if 0 < principal.expires_at <= time.time() else principal

    def identify(self, credentials: Credentials) -> Principal:
        """The caller; ``Unauthorized`` when a credential is shown that doesn't hold."""
        principal = self.peek(credentials)
        if principal is not None:
            return principal
        generation, started = self._generation, time.monotonic()
        watched = _Watched(credentials)
        found = self._authenticate(watched)
        if found is None:
            if any(credentials.headers.get(name) for name in _KEPT_BY):
                raise Unauthorized("The credential is of no known kind")
            return anonymous(credentials.address)
        key = _key(credentials)
        with self._lock:
            known = key != _NOTHING and not watched.looked_further() and generation == self._generation
            if known and sum(map(len, key)) <= _LONGEST:
                self._kept[key] = (started + _KEEP_SECONDS, found)
                self._kept.move_to_end(key)
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
        return found

    def forget(self, *, user_id: str = "", session_id: str = "", principal_id: str = "", client_id: str = "") -> None:
        """Drop every answer about a user, a session, a key or an OAuth client, at once."""
        with self._lock:
            self._generation += 1
            gone = [
                key
                for key, (_, principal) in self._kept.items()
                if (user_id and principal.user_id == user_id)
                or (session_id and principal.session_id == session_id)
                or (principal_id and principal.id == principal_id)
                or (client_id and principal.client_id == client_id)
            ]
            for key in gone:
                del self._kept[key]


class _Headers(Mapping[str, str]):
    """Headers that notice when any but those of the key is looked at, or all of them."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers
        self.others = False

    def __getitem__(self, name: str) -> str:
        if name not in _KEPT_BY:
            self.others = True
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        self.others = True
        return iter(self._headers)

    def __len__(self) -> int:
        self.others = True
        return len(self._headers)


class _Watched(Credentials):
    """Credentials that notice when anything is looked at that the key of a kept answer doesn't hold."""

    __slots__ = ("_noted",)

    def __init__(self, shown: Credentials) -> None:
        self._noted = _Headers(shown.headers)
        super().__init__(self._noted, shown.address, shown.peer)

    def __getattribute__(self, name: str) -> object:
        if name in ("address", "peer"):
            self._noted.others = True
        return super().__getattribute__(name)

    def looked_further(self) -> bool:
        """Whether it was."""
        return self._noted.others


def _key(credentials: Credentials) -> tuple[str, str]:
    """PERF: both headers as they are; a digest would cost ten times the look-up."""
    return credentials.headers.get("authorization", ""), credentials.headers.get("x-api-key", "")

"""The secrets of webhooks at rest."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import TYPE_CHECKING

from studio_kernel.clock import from_text
from studio_kernel.errors import ConfigurationError
from studio_webhooks.signing import key_of

if TYPE_CHECKING:
    from studio_kernel.app import Platform


class Keyring:
    """Seals secrets, and opens them for signing only."""

    def __init__(self, platform: Platform) -> None:
        self._box = platform.secret_box("webhooks")
        # PERF: opening a secret costs as much as signing ten deliveries.
        self._opened = functools.lru_cache(maxsize=512)(self._key)

    def __repr__(self) -> str:
        return "Keyring(…)"

    def seal(self, secret: str) -> str:
        """What the database keeps."""
        return self._box.seal(secret.encode())

    def holds(self, sealed: str, secret: str) -> bool:
        """Whether ``secret`` is the one that was sealed."""
        return self.can_open(sealed) and self._box.open(sealed) == secret.encode()

    def can_open(self, sealed: str) -> bool:
        """Whether the platform's key, or one that is still accepted, has sealed it."""
        try:
            self._box.open(sealed)
        except ConfigurationError:
            return False
        return True

    def signing_keys(self, sealed: str, previous: str | None, previous_until: str | None, now: datetime) -> list[bytes]:
        """Today's key, and after it the replaced one while it still counts."""
        keys = [self._opened(sealed)]
        if previous is not None and previous_until is not None and now < from_text(previous_until):
            keys.append(self._opened(previous))
        return keys

    def _key(self, sealed: str) -> bytes:
        return key_of(self._box.open(sealed).decode())

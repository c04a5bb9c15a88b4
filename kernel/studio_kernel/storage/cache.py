"""The cache: bytes that may be gone at any time, each with a time to live. In process by default."""

from __future__ import annotations

import threading
import time
import urllib.parse
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from studio_kernel.storage.adapters import StorageContext

_ENTRIES = 50_000
_BYTES = 64 * 1024 * 1024
# bytes: what an entry costs besides its key and value, roughly
_OVERHEAD = 200


class Cache(Protocol):
    """Keys and byte strings. Every method raises ``ServiceUnavailable`` when the cache can't be reached.

    A ``ttl`` is in seconds and more than zero, else ``ValueError``; it is exact to a millisecond.
    """

    def get(self, key: str) -> bytes | None:
        """The value, or None when there is none or its time is over."""
        ...

    def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep a value, in place of an earlier one."""
        ...

    def delete(self, *keys: str) -> None:
        """Forget values; those that are gone already are no error."""
        ...

    def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep a value unless the key has one; whether it was kept. Of several callers one wins."""
        ...

    def increment(self, key: str, ttl: float, by: int = 1) -> int:
        """Count up, from 0, and answer the count; ``ttl`` begins with the first call. ``by`` -1 takes one back.

        ``ValueError`` when the key holds a value that is no number.
        """
        ...

    def check(self) -> None:
        """Raise ``ServiceUnavailable`` unless the cache answers."""
        ...


def require_ttl(ttl: float) -> None:
    """``ValueError`` unless a time to live is at least a millisecond."""
    if ttl < 0.001:
        raise ValueError("a time to live must be at least a millisecond")


def open_cache(url: str, context: StorageContext) -> MemoryCache:
    """The cache for ``memory://``, or ``memory://?entries=1000`` to hold no more than that."""
    options = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
    entries = options.get("entries", [str(_ENTRIES)])[-1]
    if not entries.isascii() or not entries.isdigit() or int(entries) < 1:
        raise ValueError("use memory:// or memory://?entries=1000")
    return MemoryCache(entries=int(entries))


class MemoryCache:
    """A cache of this process. Full, it forgets what was least recently used."""

    def __init__(
        self, *, entries: int = _ENTRIES, size: int = _BYTES, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._most_entries = entries
        self._most_bytes = size
        self._now = now
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> bytes | None:
        with self._lock:
            entry = self._live(key)
            return entry[0] if entry is not None else None

    def set(self, key: str, value: bytes, ttl: float) -> None:
        require_ttl(ttl)
        with self._lock:
            self._put(key, value, self._now() + ttl)

    def delete(self, *keys: str) -> None:
        with self._lock:
            for key in keys:
                self._drop(key)

    def add(self, key: str, value: bytes, ttl: float) -> bool:
        require_ttl(ttl)
        with self._lock:
            if self._live(key) is not None:
                return False
            self._put(key, value, self._now() + ttl)
            return True

    def increment(self, key: str, ttl: float, by: int = 1) -> int:
        require_ttl(ttl)
        with self._lock:
            value, ends = self._live(key) or (b"0", self._now() + ttl)
            if not value.removeprefix(b"-").isdigit():
                raise ValueError("the key holds a value that is no number")
            count = int(value) + by
            self._put(key, str(count).encode(), ends)
            return count

    def check(self) -> None:
        return None

    def _live(self, key: str) -> tuple[bytes, float] | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[1] <= self._now():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def _put(self, key: str, value: bytes, ends: float) -> None:
        self._drop(key)
        self._entries[key] = (bytes(value), ends)
        self._bytes += _cost(key, value)
        while len(self._entries) > self._most_entries or self._bytes > self._most_bytes:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= _cost(key, entry[0])


def _cost(key: str, value: bytes) -> int:
    return len(key) + len(value) + _OVERHEAD

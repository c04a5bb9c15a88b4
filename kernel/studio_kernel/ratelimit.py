"""Rate limits by caller, on the ``limits`` library: in this process, or shared in Redis."""

from __future__ import annotations

import functools
import ipaddress
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from limits import RateLimitItem, parse
from limits.storage import RedisStorage, Storage

from studio_kernel.clock import to_text
from studio_kernel.errors import RateLimited
from studio_kernel.security.principal import Principal

_log = logging.getLogger(__name__)

_MOST_KEYS = 20_000
_SWEEP_SECONDS = 10.0


@functools.lru_cache(maxsize=256)
def parse_limit(text: str) -> RateLimitItem:
    """``1000/hour``, ``20/minute``, ``5/10 seconds``; ``ValueError`` says so when it isn't one."""
    try:
        return parse(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a limit; write for example 1000/hour or 20/minute") from None


class LimitState(NamedTuple):
    """Where a caller stands: for the ``X-RateLimit-*`` headers. ``reset`` is in epoch seconds."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """The headers that every answer carries."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


class LocalWindows:
    """Fixed windows counted in this process.

    PERF: the library's own storage in memory starts a thread every ten milliseconds, to forget what has run out.
    """

    def __init__(self) -> None:
        self._windows: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()
        self._swept = time.time()

    def count(self, key: str, seconds: int, by: int) -> tuple[int, float]:
        """Calls in the window of ``key``, ``by`` more of them now, and when it ends, in epoch seconds."""
        now = time.time()
        with self._lock:
            used, end = self._windows.get(key, (0, 0.0))
            if end <= now:
                used, end = 0, now + seconds
            used += by
            if used:
                self._windows[key] = (used, end)
            if now - self._swept > _SWEEP_SECONDS:
                self._swept = now
                self._windows = {name: window for name, window in self._windows.items() if window[1] > now}
        return used, end


@dataclass(slots=True)
class RateLimiter:
    """Counts calls of one application. ``limits`` are texts by kind of principal, ``routes`` by operation id."""

    limits: dict[str, str]
    routes: dict[str, str] = field(default_factory=dict)
    redis_url: str = ""
    _local: LocalWindows = field(init=False, default_factory=LocalWindows)
    _shared: Storage | None = field(init=False, default=None)
    _items: dict[tuple[str, str], tuple[RateLimitItem, str]] = field(init=False, default_factory=dict)
    _keys: dict[tuple[RateLimitItem, str, str], str] = field(init=False, default_factory=dict)
    _down_until: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        if self.redis_url:
            self._shared = RedisStorage(
                self.redis_url, key_prefix="studio:limits", socket_timeout=1.0, socket_connect_timeout=1.0
            )

    @property
    def is_local(self) -> bool:
        """Whether a check never waits for anything outside this process."""
        return self._shared is None

    def check(self, principal: Principal, operation: str, limit: str = "", *, count: bool = True) -> LimitState:
        """Count one call; ``RateLimited`` when there were too many.

        ``limit`` is the operation's own, if it has one; such operations are counted apart. Without ``count``
        only this process is asked, so that such a call never waits, and nothing is refused. When Redis can't be
        reached each process counts for itself.
        """
        item, group = self._item(principal.kind, operation, limit)
        key = self._key(item, group, principal.id)
        if count and self._shared is not None and time.monotonic() >= self._down_until:
            try:
                return _state(item, *_count_shared(self._shared, item, key))
            except RateLimited:
                raise
            except Exception:
                _log.warning("Redis can't be reached: rate limits are counted in each process for now")
                self._down_until = time.monotonic() + 5.0
        used, end = self._local.count(key, item.get_expiry(), 1 if count else 0)
        return _state(item, used if count else min(used, item.amount), end)

    def _item(self, kind: str, operation: str, limit: str) -> tuple[RateLimitItem, str]:
        key = (kind, operation)
        found = self._items.get(key)
        if found is None:
            own = self.routes.get(operation) or limit
            text = own or self.limits.get(kind) or self.limits["anonymous"]
            found = self._items[key] = (parse_limit(text), operation if own else "")
        return found

    def _key(self, item: RateLimitItem, group: str, caller: str) -> str:
        """PERF: putting the key together costs more than counting; callers come again."""
        key = self._keys.get((item, group, caller))
        if key is None:
            if len(self._keys) > _MOST_KEYS:
                self._keys.clear()
            key = self._keys[item, group, caller] = item.key_for(group, _counted_as(caller))
        return key


def _counted_as(caller: str) -> str:
    """The caller; of an IPv6 address its /64 network, which is what one sender has."""
    kind, _, address = caller.partition(":")
    if kind != "ip" or ":" not in address:
        return caller
    try:
        return f"ip:{ipaddress.IPv6Network((address, 64), strict=False)}"
    except ValueError:
        return caller


def _count_shared(storage: Storage, item: RateLimitItem, key: str) -> tuple[int, float]:
    """A fixed window (the strategy of that name in ``limits``), with its state from the same two calls."""
    return storage.incr(key, item.get_expiry()), storage.get_expiry(key)


def _state(item: RateLimitItem, used: int, end: float) -> LimitState:
    state = LimitState(item.amount, max(0, item.amount - used), int(end) + 1)
    if used > item.amount:
        raise _refusal(state)
    return state


def _refusal(state: LimitState) -> RateLimited:
    from datetime import UTC, datetime

    refusal = RateLimited(
        details={
            "limit": state.limit,
            "remaining": 0,
            "reset_time": to_text(datetime.fromtimestamp(state.reset, UTC)),
        }
    )
    refusal.headers = state.headers() | {"Retry-After": str(max(1, state.reset - int(time.time())))}
    return refusal

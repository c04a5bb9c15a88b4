"""Rate limits by caller, on the ``limits`` library: in this process, or shared in Redis."""

from __future__ import annotations

import functools
import logging
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage, Storage

from studio_kernel.clock import to_text
from studio_kernel.errors import RateLimited
from studio_kernel.security.principal import Principal

_log = logging.getLogger(__name__)

_MOST_KEYS = 20_000


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


@dataclass(slots=True)
class RateLimiter:
    """Counts calls of one application. ``limits`` are texts by kind of principal, ``routes`` by operation id."""

    limits: dict[str, str]
    routes: dict[str, str] = field(default_factory=dict)
    redis_url: str = ""
    _local: MemoryStorage = field(init=False, default_factory=MemoryStorage)
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
        only this process is asked, so that such a call never waits. When Redis can't be reached each process
        counts for itself.
        """
        item, group = self._item(principal.kind, operation, limit)
        if count and self._shared is not None and time.monotonic() >= self._down_until:
            try:
                return self._hit(self._shared, item, group, principal.id, count)
            except RateLimited:
                raise
            except Exception:
                _log.warning("Redis can't be reached: rate limits are counted in each process for now")
                self._down_until = time.monotonic() + 5.0
        return self._hit(self._local, item, group, principal.id, count)

    def _item(self, kind: str, operation: str, limit: str) -> tuple[RateLimitItem, str]:
        key = (kind, operation)
        found = self._items.get(key)
        if found is None:
            own = self.routes.get(operation) or limit
            text = own or self.limits.get(kind) or self.limits["anonymous"]
            found = self._items[key] = (parse_limit(text), operation if own else "")
        return found

    def _hit(self, storage: Storage, item: RateLimitItem, group: str, caller: str, count: bool) -> LimitState:
        """A fixed window (the strategy of that name in ``limits``), with its state from the same two calls."""
        key = self._key(item, group, caller)
        used = storage.incr(key, item.get_expiry()) if count else storage.get(key)
        reset = storage.get_expiry(key) if used else time.time() + item.get_expiry()
        state = LimitState(item.amount, max(0, item.amount - used), int(reset) + 1)
        if used > item.amount:
            raise _refusal(state)
        return state

    def _key(self, item: RateLimitItem, group: str, caller: str) -> str:
        """PERF: putting the key together costs more than counting; callers come again."""
        key = self._keys.get((item, group, caller))
        if key is None:
            if len(self._keys) > _MOST_KEYS:
                self._keys.clear()
            key = self._keys[item, group, caller] = item.key_for(group, caller)
        return key


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

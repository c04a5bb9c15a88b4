"""The cache in Redis: ``redis://host:port/number`` or, with TLS, ``rediss://``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from studio_kernel.errors import ServiceUnavailable
from studio_kernel.storage.adapters import StorageContext, import_driver
from studio_kernel.storage.cache import require_ttl

# seconds: a cache that takes longer is worse than none
_TIMEOUT = 1.0
# NOTE: limits and jobs may live in the same database.
_PREFIX = "studio:cache:"


def open_cache(url: str, context: StorageContext) -> RedisCache:
    """The cache for a Redis URL; ``ValueError`` says what is wrong with it."""
    return RedisCache(url)


class RedisCache:
    """A cache that all processes share. Connections are pooled and made when they are needed."""

    def __init__(self, url: str) -> None:
        redis = import_driver("redis", extra="redis")
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self._redis: Any = redis.Redis.from_url(
            url,
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            # NOTE: one more try, at once: a connection of the pool may have died since it was used.
            retry=Retry(NoBackoff(), 1),
        )

    def get(self, key: str) -> bytes | None:
        with _trouble():
            return self._redis.get(_PREFIX + key)  # type: ignore[no-any-return]  # the client is loaded lazily

    def set(self, key: str, value: bytes, ttl: float) -> None:
        require_ttl(ttl)
        with _trouble():
            self._redis.set(_PREFIX + key, value, px=_milliseconds(ttl))

    def delete(self, *keys: str) -> None:
        if keys:
            with _trouble():
                self._redis.delete(*[_PREFIX + key for key in keys])

    def add(self, key: str, value: bytes, ttl: float) -> bool:
        require_ttl(ttl)
        with _trouble():
            return bool(self._redis.set(_PREFIX + key, value, px=_milliseconds(ttl), nx=True))

    def increment(self, key: str, ttl: float, by: int = 1) -> int:
        require_ttl(ttl)
        with _trouble():
            steps = self._redis.pipeline(transaction=True)
            steps.set(_PREFIX + key, 0, px=_milliseconds(ttl), nx=True)
            steps.incrby(_PREFIX + key, by)
            return int(steps.execute()[-1])

    def check(self) -> None:
        with _trouble():
            self._redis.ping()

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._redis.close()


@contextlib.contextmanager
def _trouble() -> Iterator[None]:
    from redis.exceptions import RedisError, ResponseError

    try:
        yield
    except RedisError as error:
        if isinstance(error, ResponseError) and "not an integer" in str(error):
            raise ValueError("the key holds a value that is no number") from error
        raise ServiceUnavailable("The cache can't be reached at the moment") from error


def _milliseconds(ttl: float) -> int:
    return int(ttl * 1000)

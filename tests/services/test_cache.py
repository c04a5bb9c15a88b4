"""Both caches keep one promise; then the bounds of the one in memory and the outage of the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from studio_kernel.errors import ServiceUnavailable
from studio_kernel.storage.adapters import BUILT_IN_ADAPTERS, StorageContext, open_storage
from studio_kernel.storage.cache import Cache, MemoryCache
from studio_kernel.storage.cache_redis import RedisCache
from studio_kernel.testing.services import RedisServer


@pytest.fixture(params=["memory", "redis"])
def cache(request: pytest.FixtureRequest, sqlite_context: StorageContext) -> Iterator[Cache]:
    url = "memory://" if request.param == "memory" else request.getfixturevalue("redis_url")
    store = open_storage("cache", url, BUILT_IN_ADAPTERS, sqlite_context)
    yield store
    if request.param == "redis":
        store.close()


def test_what_was_set_is_got(cache: Cache) -> None:
    cache.set("key", b"\x00value\xff", 10)
    assert cache.get("key") == b"\x00value\xff"
    assert cache.get("another") is None


def test_an_empty_value_is_not_no_value(cache: Cache) -> None:
    cache.set("key", b"", 10)
    assert cache.get("key") == b""


def test_a_later_value_replaces_the_earlier(cache: Cache) -> None:
    cache.set("key", b"one", 10)
    cache.set("key", b"two", 10)
    assert cache.get("key") == b"two"


def test_a_value_ends_with_its_time(cache: Cache) -> None:
    cache.set("key", b"brief", 0.05)
    cache.set("longer", b"stays", 10)
    time.sleep(0.1)
    assert cache.get("key") is None
    assert cache.get("longer") == b"stays"


@pytest.mark.parametrize("ttl", [0, -1, 0.0001])
def test_a_time_to_live_that_is_none_is_refused(cache: Cache, ttl: float) -> None:
    with pytest.raises(ValueError, match="time to live"):
        cache.set("key", b"value", ttl)
    with pytest.raises(ValueError, match="time to live"):
        cache.add("key", b"value", ttl)
    with pytest.raises(ValueError, match="time to live"):
        cache.increment("key", ttl)


def test_deleted_keys_are_gone(cache: Cache) -> None:
    for key in ("a", "b", "c"):
        cache.set(key, b"value", 10)
    cache.delete("a", "b", "never there")
    cache.delete()
    assert [cache.get(key) for key in ("a", "b", "c")] == [None, None, b"value"]


def test_adding_keeps_what_is_there(cache: Cache) -> None:
    assert cache.add("key", b"first", 10)
    assert not cache.add("key", b"second", 10)
    assert cache.get("key") == b"first"


def test_adding_works_again_once_the_time_is_over(cache: Cache) -> None:
    assert cache.add("key", b"first", 0.05)
    time.sleep(0.1)
    assert cache.add("key", b"second", 10)


def test_of_several_that_add_one_wins(cache: Cache) -> None:
    answers: list[bool] = []
    threads = [threading.Thread(target=lambda: answers.append(cache.add("lock", b"mine", 10))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 7 + [True]


def test_counting_begins_at_one(cache: Cache) -> None:
    assert [cache.increment("hits", 10) for _ in range(3)] == [1, 2, 3]
    assert cache.get("hits") == b"3"
    assert [cache.increment("hits", 10, by=by) for by in (-1, -1, -1, -1, 1, 2)] == [2, 1, 0, -1, 0, 2]


def test_a_count_keeps_the_time_of_its_first(cache: Cache) -> None:
    cache.increment("hits", 0.1)
    cache.increment("hits", 10)
    time.sleep(0.15)
    assert cache.increment("hits", 10) == 1


def test_no_count_is_lost_between_threads(cache: Cache) -> None:
    def count() -> None:
        for _ in range(50):
            cache.increment("hits", 30)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.increment("hits", 30) == 201


def test_what_is_no_number_is_not_counted(cache: Cache) -> None:
    cache.set("key", b"text", 10)
    with pytest.raises(ValueError, match="number"):
        cache.increment("key", 10)
    assert cache.get("key") == b"text"


def test_a_cache_that_works_passes_its_check(cache: Cache) -> None:
    cache.check()


# -- in memory -----------------------------------------------------------------------------------------


def test_a_full_cache_forgets_what_was_least_recently_used() -> None:
    cache = MemoryCache(entries=2)
    cache.set("a", b"1", 10)
    cache.set("b", b"2", 10)
    cache.get("a")
    cache.set("c", b"3", 10)
    assert [cache.get(key) for key in ("a", "b", "c")] == [b"1", None, b"3"]


def test_a_cache_is_bounded_in_bytes() -> None:
    cache = MemoryCache(size=10_000)
    for number in range(100):
        cache.set(str(number), b"x" * 1000, 10)
    kept = [number for number in range(100) if cache.get(str(number))]
    assert kept == list(range(100 - len(kept), 100))
    assert 5 <= len(kept) <= 10


def test_a_value_that_is_too_large_is_not_kept() -> None:
    cache = MemoryCache(size=1000)
    cache.set("large", b"x" * 2000, 10)
    assert cache.get("large") is None
    cache.set("small", b"x", 10)
    assert cache.get("small") == b"x"


def test_time_is_told_by_the_given_clock() -> None:
    now = [0.0]
    cache = MemoryCache(now=lambda: now[0])
    cache.set("key", b"value", 60)
    now[0] = 59.9
    assert cache.get("key") == b"value"
    now[0] = 60
    assert cache.get("key") is None


@pytest.mark.parametrize("entries", ["0", "-1", "many", "²"])
def test_a_wrong_bound_is_refused(sqlite_context: StorageContext, entries: str) -> None:
    with pytest.raises(ValueError, match="entries=1000"):
        open_storage("cache", f"memory://?entries={entries}", BUILT_IN_ADAPTERS, sqlite_context)


# -- in Redis ------------------------------------------------------------------------------------------


def test_redis_goes_away_and_comes_back() -> None:
    with RedisServer() as server:
        cache = RedisCache(server.url)
        cache.set("key", b"value", 60)
        server.stop()
        begin = time.monotonic()
        for attempt in (
            cache.check,
            lambda: cache.get("key"),
            lambda: cache.set("key", b"value", 1),
            lambda: cache.add("key", b"value", 1),
            lambda: cache.increment("key", 1),
            lambda: cache.delete("key"),
        ):
            with pytest.raises(ServiceUnavailable):
                attempt()
        assert time.monotonic() - begin < 15
        server.start()
        cache.check()
        assert cache.get("key") is None
        cache.close()


def test_a_restart_between_two_uses_is_not_noticed() -> None:
    with RedisServer() as server:
        cache = RedisCache(server.url)
        cache.check()
        server.stop()
        server.start()
        assert cache.increment("hits", 10) == 1
        cache.close()

"""Threads that serve: few at a time, others in the place of those that wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest

from studio_kernel.threads import ServingThreads


@pytest.fixture
def threads() -> Iterator[ServingThreads]:
    """Two at work, two to stand in."""
    made = ServingThreads(2, spare=2)
    yield made
    made.shutdown()


class Crowd:
    """Work that stays until it is let go, counting how many are in it at once."""

    def __init__(self) -> None:
        self.inside = threading.Semaphore(0)
        self.go = threading.Event()

    def stay(self) -> str:
        self.inside.release()
        assert self.go.wait(10)
        return threading.current_thread().name

    def come_in(self, count: int) -> bool:
        """Whether as many come in, and nobody else."""
        return all(self.inside.acquire(timeout=10) for _ in range(count)) and not self.inside.acquire(timeout=0.05)


def test_results_and_exceptions_come_back(threads: ServingThreads) -> None:
    assert threads.submit(max, 3, 7).result(10) == 7
    assert threads.submit(int, "11", base=2).result(10) == 3
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 / 0).result(10)
    assert threads.submit(max, 1, 2).result(10) == 2


def test_no_more_work_at_once_than_there_are_places(threads: ServingThreads) -> None:
    crowd = Crowd()
    futures = [threads.submit(crowd.stay) for _ in range(6)]
    assert crowd.come_in(2)
    crowd.go.set()
    assert len({future.result(10) for future in futures}) == 2


def test_a_thread_that_steps_aside_lets_another_work(threads: ServingThreads) -> None:
    crowd, waiting = Crowd(), Crowd()

    def wait() -> str:
        with threads.stepping_aside():
            return waiting.stay()

    waiters = [threads.submit(wait) for _ in range(2)]
    assert waiting.come_in(2)
    workers = [threads.submit(crowd.stay) for _ in range(4)]
    assert crowd.come_in(2)
    waiting.go.set()
    crowd.go.set()
    names = {future.result(10) for future in [*waiters, *workers]}
    assert len(names) <= 4


def test_afterwards_there_are_as_many_places_as_before(threads: ServingThreads) -> None:
    def aside() -> None:
        with threads.stepping_aside(), threads.stepping_aside():
            pass

    for future in [threads.submit(aside) for _ in range(50)]:
        future.result(10)
    crowd = Crowd()
    futures = [threads.submit(crowd.stay) for _ in range(6)]
    assert crowd.come_in(2)
    crowd.go.set()
    for future in futures:
        future.result(10)


def test_stepping_aside_elsewhere_changes_nothing(threads: ServingThreads) -> None:
    with threads.stepping_aside():
        assert threads.submit(max, 1, 2).result(10) == 2


def test_the_shutdown_finishes_what_was_begun_and_cancels_the_rest() -> None:
    threads, crowd = ServingThreads(1, spare=1), Crowd()
    begun = threads.submit(crowd.stay)
    assert crowd.come_in(1)
    never = threads.submit(crowd.stay)
    crowd.go.set()
    closing = threading.Thread(target=lambda: threads.shutdown(cancel_futures=True))
    closing.start()
    closing.join(10)
    assert begun.done()
    if never.cancelled():
        with pytest.raises(CancelledError):
            never.result()
    with pytest.raises(RuntimeError):
        threads.submit(max, 1, 2)


def test_a_coroutine_waits_for_results_and_exceptions(threads: ServingThreads) -> None:
    async def ask() -> list[object]:
        failing = (threads.call(lambda: 1 / 0), threads.call(next, iter(())))
        good = await asyncio.gather(*(threads.call(max, number, 7) for number in range(20)))
        return [*good, *await asyncio.gather(*failing, return_exceptions=True)]

    *good, division, stopped = asyncio.run(ask())
    assert good == [max(number, 7) for number in range(20)]
    assert isinstance(division, ZeroDivisionError)
    assert isinstance(stopped, RuntimeError)


def test_what_a_cancelled_coroutine_asked_for_is_not_begun(threads: ServingThreads) -> None:
    crowd, begun = Crowd(), threading.Event()

    async def ask() -> None:
        busy = [asyncio.ensure_future(threads.call(crowd.stay)) for _ in range(2)]
        await asyncio.to_thread(crowd.come_in, 2)
        late = asyncio.ensure_future(threads.call(begun.set))
        await asyncio.sleep(0)
        late.cancel()
        crowd.go.set()
        await asyncio.gather(*busy)
        with pytest.raises(asyncio.CancelledError):
            await late
        assert await threads.call(max, 1, 2) == 2

    asyncio.run(ask())
    assert not begun.is_set()


def test_a_coroutine_hears_that_its_work_will_not_be_done() -> None:
    threads, crowd = ServingThreads(1), Crowd()

    async def ask() -> None:
        busy = asyncio.ensure_future(threads.call(crowd.stay))
        await asyncio.to_thread(crowd.come_in, 1)
        late = asyncio.ensure_future(threads.call(max, 1, 2))
        await asyncio.sleep(0)
        threads.shutdown(wait=False, cancel_futures=True)
        with pytest.raises(asyncio.CancelledError):
            await late
        crowd.go.set()
        await busy
        with pytest.raises(RuntimeError):
            await threads.call(max, 1, 2)

    asyncio.run(ask())


def test_nobody_minds_a_loop_that_is_closed_before_the_work_is_done() -> None:
    threads, crowd = ServingThreads(1), Crowd()

    async def leave() -> None:
        waiting = asyncio.ensure_future(threads.call(crowd.stay))
        await asyncio.to_thread(crowd.come_in, 1)
        waiting.cancel()

    asyncio.run(leave())
    crowd.go.set()
    assert threads.submit(max, 1, 2).result(10) == 2
    threads.shutdown()

"""Threads that serve: few at a time, others in the place of those that wait."""

from __future__ import annotations

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

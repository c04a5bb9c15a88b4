"""The threads that serve requests: few at work, with others to stand in for those that wait for the disk.

PERF: more threads at work are slower, because they take the interpreter from each other. But a thread that waits for
its COMMIT does nothing, and the more requests get as far as that, the more changes one COMMIT holds.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class _Task(Protocol):
    """Work that waits for a thread."""

    def run(self) -> None:
        """Do it, and hand over what came out; never raises."""

    def cancel(self) -> None:
        """Say that it won't be done."""


class ServingThreads(Executor):
    """At most ``places`` threads at work, and ``spare`` ones that take the place of a thread that steps aside."""

    def __init__(self, places: int, *, spare: int = 0, name: str = "studio") -> None:
        self._most = places + spare
        self._name = name
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._places = threading.Semaphore(places)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._wanted = places
        """As many threads as there are places, and one for each that has stepped aside and isn't done."""
        self._closed = False
        self._local = threading.local()

    def submit(self, fn: Callable[..., T], /, *arguments: Any, **named: Any) -> Future[T]:
        """Have ``fn`` called in one of the threads; ``RuntimeError`` after the shutdown."""
        future: Future[T] = Future()
        self._put(_ForAnyone(future, lambda: fn(*arguments, **named)))
        return future

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Have ``function`` called in one of the threads, and wait for it on the event loop.

        PERF: a third of the time of ``loop.run_in_executor``, which joins two futures with locks of their own.
        """
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()
        self._put(_ForLoop(loop, waiter, function, arguments))
        return await waiter

    def _put(self, task: _Task) -> None:
        with self._lock:
            if self._closed:
                raise RuntimeError("the threads have been shut down")
            self._tasks.put(task)
            self._fill_up()

    @contextlib.contextmanager
    def stepping_aside(self) -> Iterator[None]:
        """Let another thread work while this one waits in the block; without effect in any other thread.

        NOTE: afterwards this one finishes its request all the same, so that for a moment one more is at work.
        """
        if getattr(self._local, "placed", False):
            self._local.placed = False
            with self._lock:
                self._wanted += 1
                self._fill_up()
            self._places.release()
        yield

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work in, finish what was begun, and what waits too unless it is to be cancelled."""
        with self._lock:
            self._closed = True
            if cancel_futures:
                self._cancel_waiting()
            self._tasks.put(None)
            threads = list(self._threads)
        for _ in threads:
            self._places.release()
        for thread in threads if wait else ():
            thread.join()

    def _cancel_waiting(self) -> None:
        with contextlib.suppress(queue.Empty):
            while (task := self._tasks.get_nowait()) is not None:
                task.cancel()

    def _fill_up(self) -> None:
        """Start a thread, if there are too few. Starting is left to when there is work: most never are many."""
        if self._closed or len(self._threads) >= min(self._wanted, self._most):
            return
        thread = threading.Thread(target=self._work, name=f"{self._name}_{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        self._places.acquire()
        self._local.placed = True
        while (task := self._tasks.get()) is not None:
            task.run()
            del task
            if not self._local.placed:
                self._take_place()
        self._tasks.put(None)

    def _take_place(self) -> None:
        with self._lock:
            self._wanted -= 1
        self._places.acquire()
        self._local.placed = True


class _ForAnyone:
    """Work whose result waits in a future for whichever thread asks."""

    __slots__ = ("_future", "_work")

    def __init__(self, future: Future[Any], work: Callable[[], Any]) -> None:
        self._future = future
        self._work = work

    def run(self) -> None:
        if not self._future.set_running_or_notify_cancel():
            return
        try:
            result = self._work()
        except BaseException as error:
            self._future.set_exception(error)
        else:
            self._future.set_result(result)

    def cancel(self) -> None:
        self._future.cancel()


class _ForLoop:
    """Work that a coroutine waits for."""

    __slots__ = ("_arguments", "_function", "_loop", "_waiter")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        waiter: asyncio.Future[Any],
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
    ) -> None:
        self._loop = loop
        self._waiter = waiter
        self._function = function
        self._arguments = arguments

    def run(self) -> None:
        if self._waiter.cancelled():
            return
        try:
            result = self._function(*self._arguments)
        except BaseException as error:
            self._tell(_fail, error)
        else:
            self._tell(_succeed, result)

    def cancel(self) -> None:
        self._tell(asyncio.Future.cancel)

    def _tell(self, how: Callable[..., Any], *what: Any) -> None:
        # NOTE: a loop that has been closed has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(how, self._waiter, *what)


def _succeed(waiter: asyncio.Future[Any], result: Any) -> None:
    if not waiter.done():
        waiter.set_result(result)


def _fail(waiter: asyncio.Future[Any], error: BaseException) -> None:
    if waiter.done():
        return
    if isinstance(error, StopIteration):
        # NOTE: a future takes any exception but this one, which would end the coroutine that waits.
        error = RuntimeError("the work raised StopIteration")
    waiter.set_exception(error)

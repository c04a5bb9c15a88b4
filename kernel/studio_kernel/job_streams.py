"""Work that is done many at a time: one event loop for the waiting, one transaction for what came of it.

A turn ends the jobs that were done since the last one and takes as many as there is room for, in one transaction. While
it is written, the loop goes on with what is under way; so the busier a stream is, the more jobs share a commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from studio_kernel.job_claims import Claim, Ending
from studio_kernel.job_states import SUCCEEDED
from studio_kernel.jobs import GiveUp, JobRun, Jobs, JobType, RetryLater, Stream

_log = logging.getLogger(__name__)

# Seconds between looks for work that nobody told of, such as retries.
_LOOK_SECONDS = 0.25
_AFTER_FAILURE_SECONDS = 1.0
_PATIENCE_AT_STOP = 5.0


@dataclass(slots=True)
class Held:
    """A job under way in a stream: ``item`` is what its stream prepared, ``outcome`` what became of it."""

    claim: Claim
    item: Any = None
    outcome: Any = None


class StreamDesk:
    """Takes and ends the jobs of one stream. Its methods use the database and belong in a thread."""

    def __init__(self, jobs: Jobs, kind: JobType) -> None:
        assert kind.stream is not None
        self.kind = kind
        self.stream: Stream = kind.stream
        self._jobs = jobs
        self._claims = jobs.claims
        self._database = jobs.database
        self.tracing = jobs.tracing

    def turn(self, done: Sequence[Held], room: int) -> list[Held]:
        """End what was done and take up to ``room`` more.

        When what was done can't be written down together, it is tried again one by one, and nothing is taken.
        """
        if not done and not (room > 0 and self._claims.is_due(self.kind.name)):
            return []
        try:
            with self._database.transaction():
                self._end(done)
                claims = self._claims.take_many(self.kind.name, room, self.stream.room) if room > 0 else []
        except Exception:
            if not done:
                raise
            _log.warning("work of %s could not be ended together", self.kind.name, exc_info=True)
            self._end_one_by_one(done)
            return []
        return self._prepared(claims)

    def give_back(self, claims: Sequence[Claim]) -> None:
        """Put back what wasn't tried."""
        if claims:
            self._claims.give_back(claims)

    def _end(self, done: Sequence[Held]) -> None:
        if not done:
            return
        performed = [held for held in done if not isinstance(held.outcome, Exception)]
        answers = self.stream.settle([(held.item, held.outcome) for held in performed]) if performed else []
        endings = [self._ending(held.claim, answer) for held, answer in zip(performed, answers, strict=True)]
        endings += [self._ending(h.claim, h.outcome) for h in done if isinstance(h.outcome, Exception)]
        self._claims.finish(endings)

    def _ending(self, claim: Claim, answer: Any) -> Ending:
        if isinstance(answer, RetryLater):
            _log.debug("job %s (%s) is tried again in %g s: %s", claim.id, claim.kind, answer.seconds, answer)
            return self._claims.failure(claim, f"RetryLater: {answer}"[:2000], retry_in=answer.seconds)
        if isinstance(answer, GiveUp):
            _log.warning("job %s (%s) failed for good: %s", claim.id, claim.kind, answer)
            return self._claims.failure(claim, str(answer)[:2000], final=True)
        if isinstance(answer, Exception):
            _log.warning("job %s (%s) failed: %r", claim.id, claim.kind, answer, exc_info=answer)
            return self._claims.failure(claim, f"{type(answer).__name__}: {answer}"[:2000])
        return Ending(claim, SUCCEEDED, answer)

    def _end_one_by_one(self, done: Sequence[Held]) -> None:
        for held in done:
            try:
                with self._database.transaction():
                    self._end([held])
            except Exception as error:
                self._claims.finish([self._ending(held.claim, error)])

    def _prepared(self, claims: Sequence[Claim]) -> list[Held]:
        """Claims with what the stream needs for them; those that died in every attempt are ended."""
        for claim in claims:
            if claim.attempt > self.kind.max_attempts:
                self._claims.fail(claim, "the worker died in every attempt")
        sound = [claim for claim in claims if claim.attempt <= self.kind.max_attempts]
        if not sound:
            return []
        try:
            items = self.stream.prepare([self._run(claim) for claim in sound])
            return [Held(claim, item) for claim, item in zip(sound, items, strict=True)]
        except Exception as error:
            if len(sound) == 1:
                self._claims.finish([self._ending(sound[0], error)])
                return []
        # NOTE: one that can't be prepared must not hold up the others.
        return [held for claim in sound for held in self._prepared([claim])]

    def _run(self, claim: Claim) -> JobRun:
        return JobRun(
            id=claim.id,
            arguments=claim.arguments,
            attempt=claim.attempt,
            report=lambda percent: self._claims.progress(claim, percent),
            is_cancelled=lambda: self._claims.is_cancelled(claim),
        )


async def perform(desk: StreamDesk, held: Held) -> None:
    """Do one; what goes wrong is its outcome."""
    traced = None if desk.tracing is None else desk.tracing.begin_job(held.claim)
    try:
        async with asyncio.timeout(desk.kind.timeout):
            held.outcome = await desk.stream.perform(held.item)
    except TimeoutError:
        held.outcome = TimeoutError(f"took longer than {desk.kind.timeout:g} s")
    except Exception as error:
        held.outcome = error
    finally:
        if traced is not None:
            if isinstance(held.outcome, Exception) and not isinstance(held.outcome, RetryLater):
                traced.failed(type(held.outcome).__name__)
            traced.end()


class _Pump:
    """Keeps one stream going, on the loop."""

    def __init__(self, desk: StreamDesk, stopping: threading.Event, executor: ThreadPoolExecutor) -> None:
        self.desk = desk
        self.news = asyncio.Event()
        self.held: dict[int, Held] = {}
        self._done: list[Held] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = stopping
        self._executor = executor

    async def run(self) -> None:
        """Turn after turn, until the worker stops; then end what was done."""
        while not self._stopping.is_set():
            self.news.clear()
            if not await self._turn():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.news.wait(), _LOOK_SECONDS)
        await self._leave()

    async def _leave(self) -> None:
        """Wait a little for what is under way, end what was done, and put the rest back."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_PATIENCE_AT_STOP)
        for task in self._tasks:
            task.cancel()
        done, rest = self._done, [held.claim for held in self.held.values() if held not in self._done]
        try:
            await self._in_thread(lambda: self.desk.turn(done, 0))
            await self._in_thread(lambda: self.desk.give_back(rest))
        except Exception:
            _log.warning("leases of %s are left to run out", self.desk.kind.name, exc_info=True)
        await self.desk.stream.close()

    async def _turn(self) -> bool:
        """Whether anything was taken or ended."""
        done, self._done = self._done, []
        room = self.desk.stream.limit - len(self._tasks)
        try:
            taken = await self._in_thread(lambda: self.desk.turn(done, room))
        except Exception:
            _log.warning("the stream %s can't go on; trying again", self.desk.kind.name, exc_info=True)
            self._done = done + self._done
            await asyncio.sleep(_AFTER_FAILURE_SECONDS)
            return False
        for held in done:
            self.held.pop(held.claim.position, None)
        for held in taken:
            self.held[held.claim.position] = held
            task = asyncio.create_task(self._perform(held))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return bool(done or taken)

    async def _perform(self, held: Held) -> None:
        await perform(self.desk, held)
        self._done.append(held)
        self.news.set()

    async def _in_thread(self, action: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._executor, action)


class StreamThread(threading.Thread):
    """All streams of one worker."""

    def __init__(self, desks: Sequence[StreamDesk], stopping: threading.Event) -> None:
        super().__init__(name="studio-streams", daemon=True)
        self._desks = desks
        self._stopping = stopping
        self._pumps: dict[str, _Pump] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self, kind: str) -> None:
        """Have a stream look for work; every one when ``kind`` is empty. From any thread."""
        loop = self._loop
        if loop is None:
            return
        for name, pump in self._pumps.items():
            if kind in ("", name):
                # NOTE: the loop may have ended, and with it the need.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(pump.news.set)

    def held(self) -> list[Claim]:
        """What is under way."""
        return [held.claim for pump in self._pumps.values() for held in list(pump.held.values())]

    def run(self) -> None:
        """Until the worker stops."""
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        with ThreadPoolExecutor(max_workers=len(self._desks), thread_name_prefix="studio-stream") as executor:
            self._pumps = {desk.kind.name: _Pump(desk, self._stopping, executor) for desk in self._desks}
            self._loop = asyncio.get_running_loop()
            await asyncio.gather(*(pump.run() for pump in self._pumps.values()))


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not made for this system
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def run_once(desk: StreamDesk) -> int:
    """Do what is due in a stream, once, in this thread; how much there was. For tests and the command line."""
    taken = desk.turn([], desk.stream.limit)
    if not taken:
        return 0

    async def everything() -> None:
        await asyncio.gather(*(perform(desk, held) for held in taken))
        await desk.stream.close()

    asyncio.run(everything())
    desk.turn(taken, 0)
    return len(taken)

"""Doing background work: threads that run handlers, the streams, the sweep, and the leases of one process."""

from __future__ import annotations

import contextvars
import logging
import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from studio_kernel.job_claims import Claim
from studio_kernel.job_streams import StreamDesk, StreamThread, run_once
from studio_kernel.jobs import STREAM_MESSAGE, GiveUp, JobRun, Jobs, JobType, RetryLater
from studio_kernel.marks import beat
from studio_kernel.storage.database import Database

if TYPE_CHECKING:
    from studio_kernel.tracing_otel import Tracing

_log = logging.getLogger(__name__)

_HUNG_WAIT_SECONDS = 30.0
_BEAT_SECONDS = 30.0


class _Runner:
    """A thread that runs handlers one after the other, and can be given up when one hangs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._loop, name="studio-job", daemon=True)
        self.thread.start()

    def _loop(self) -> None:
        while (action := self._inbox.get()) is not None:
            action()
        self._database.close_thread()

    def run(self, handler: Callable[[], Any], timeout: float) -> tuple[bool, Any]:
        """(True, result), (False, exception), or (False, None) when the time ran out."""
        outcome: list[tuple[bool, Any]] = []
        done = threading.Event()

        def act() -> None:
            try:
                outcome.append((True, handler()))
            except BaseException as error:
                outcome.append((False, error))
            done.set()

        self._inbox.put(act)
        if done.wait(timeout):
            return outcome[0]
        return False, None

    def stop(self) -> None:
        """End after the handler under way."""
        self._inbox.put(None)


class Worker:
    """Does the work of one process: Huey's consumer threads, the streams, the sweep, and the leases."""

    def __init__(self, jobs: Jobs, huey: Any, *, threads: int, sweep_seconds: float = 1.0) -> None:
        self.jobs = jobs
        self._claims = jobs.claims
        self._huey = huey
        self._threads = threads
        self._sweep_seconds = sweep_seconds
        self._name = f"{socket.gethostname()[:40]}:{os.getpid()}"
        self._stopping = threading.Event()
        self._held: dict[str, Claim] = {}
        self._hung: dict[str, list[threading.Thread]] = {}
        self._local = threading.local()
        self._lock = threading.Lock()
        self._members: list[threading.Thread] = []
        self._streams: StreamThread | None = None
        self._extended = self._patient_until = jobs.clock()
        self._repaired = time.monotonic()
        self._beaten = self._repaired - 2 * _BEAT_SECONDS

    # -- life -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the threads; returns at once."""
        from studio_kernel.jobs_huey import consumer_threads

        self._members = [
            *consumer_threads(self._huey, self._threads, self._stopping, self.jobs.database),
            threading.Thread(target=self._loop, name="studio-sweep", daemon=True),
        ]
        if desks := self.desks():
            self._streams = StreamThread(desks, self._stopping)
            self._members.append(self._streams)
            self.jobs.wake = self._streams.wake
        for thread in self._members:
            thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Take no more work and wait that many seconds for what is under way."""
        self._stopping.set()
        self.jobs.wake = None
        if self._streams is not None:
            self._streams.wake("")
        deadline = time.monotonic() + timeout
        for thread in self._members:
            thread.join(max(0.0, deadline - time.monotonic()))

    def desks(self) -> list[StreamDesk]:
        """One for each kind of work that is done as a stream."""
        return [StreamDesk(self.jobs, kind) for kind in self.jobs.types.values() if kind.stream is not None]

    def _loop(self) -> None:
        while not self._stopping.wait(self._sweep_seconds):
            try:
                self.keep_house()
            except Exception:
                _log.warning("the job sweep failed and goes on", exc_info=True)
        self.jobs.database.close_thread()

    def keep_house(self) -> None:
        """Keep leases, announce what is due, and give a sign of life, each when it is time; one turn."""
        self._keep_leases()
        self.jobs.sweep(release=self.jobs.clock() >= self._patient_until)
        now = time.monotonic()
        if now - self._beaten > _BEAT_SECONDS:
            beat(self.jobs.database, self._name, self.jobs.clock(), 3 * _BEAT_SECONDS)
            self._beaten = now
        if now - self._repaired > min(30.0, self.jobs.lease_seconds):
            self._claims.find_lost_turns()
            self._claims.heed_clock()
            self._repaired = now

    def _keep_leases(self) -> None:
        """Before the sweep, which gives to others whatever has run out: after an outage or a pause this process's too.

        By the clock that leases are written with, which goes on while the machine is suspended. After an outage of
        the database other workers get a while to do the same, counted anew when the clock was put back.
        """
        now, third = self.jobs.clock(), self.jobs.lease_seconds / 3
        passed = (now - self._extended).total_seconds()
        if 0.0 <= passed <= third:
            return
        self._claims.extend(self._all_held())
        self._extended = now
        if passed > 2 * third:
            self._patient_until = now + timedelta(seconds=third)
        elif passed < 0.0:
            self._patient_until = min(self._patient_until, now + timedelta(seconds=third))

    def _all_held(self) -> Iterable[Claim]:
        with self._lock:
            held = list(self._held.values())
        return held + (self._streams.held() if self._streams is not None else [])

    # -- one job --------------------------------------------------------------------------------------

    def receive(self, message: str) -> None:
        """Act on a message: a job's id, or that a stream has work. Called by Huey's consumers."""
        if not message.startswith(STREAM_MESSAGE):
            self.run(message)
        elif self._streams is not None:
            self._streams.wake(message.removeprefix(STREAM_MESSAGE))

    def run(self, job_id: str) -> bool:
        """Do one job if it is due, free and known here; whether it was. Work of streams is left to them."""
        name = self._claims.kind_of(job_id)
        kind = self.jobs.types.get(name or "")
        if kind is None:
            # NOTE: gone, or work that only processes of another version or with other plugins know: their sweep
            # finds it. To end it here would lose it.
            return False
        if kind.stream is not None:
            self.jobs.announce_stream(kind.name)
            return False
        claim = self._claims.take(job_id)
        if claim is None:
            return False
        if claim.attempt > kind.max_attempts:
            self._claims.fail(claim, "the worker died in every attempt")
        elif self._is_hung(claim.kind):
            self._claims.postpone(claim, _HUNG_WAIT_SECONDS)
        else:
            assert kind.handler is not None, "what has no handler is done as a stream"
            self._hold(kind, kind.handler, claim)
        return True

    def _hold(self, kind: JobType, handler: Callable[[JobRun], Any], claim: Claim) -> None:
        with self._lock:
            self._held[claim.id] = claim
        try:
            if self.jobs.tracing is None:
                self._attempt(kind, handler, claim)
            else:
                self._attempt_traced(self.jobs.tracing, kind, handler, claim)
        finally:
            with self._lock:
                self._held.pop(claim.id, None)

    def _attempt_traced(self, tracing: Tracing, kind: JobType, handler: Callable[[JobRun], Any], claim: Claim) -> None:
        traced = tracing.begin_job(claim)
        try:
            # NOTE: the handler has a thread of its own, which finds the span in this copy.
            context = contextvars.copy_context()
            failure = self._attempt(kind, lambda run: context.run(handler, run), claim)
            if failure:
                traced.failed(failure)
        finally:
            traced.end()

    def _is_hung(self, kind: str) -> bool:
        """Whether a handler of that kind was given up and still runs."""
        with self._lock:
            alive = [thread for thread in self._hung.pop(kind, ()) if thread.is_alive()]
            if alive:
                self._hung[kind] = alive
        return bool(alive)

    def _attempt(self, kind: JobType, handler: Callable[[JobRun], Any], claim: Claim) -> str:
        """Run the handler and write down what came of it; the failure's name, empty without one."""
        run = JobRun(
            id=claim.id,
            arguments=claim.arguments,
            attempt=claim.attempt,
            report=lambda percent: self._claims.progress(claim, percent),
            is_cancelled=lambda: self._claims.is_cancelled(claim),
        )
        runner = self._runner()
        finished, outcome = runner.run(lambda: _result(handler(run)), kind.timeout)
        if finished:
            self._claims.succeed(claim, outcome)
            return ""
        if outcome is None:
            with self._lock:
                self._hung.setdefault(claim.kind, []).append(runner.thread)
            self._local.runner = None
            runner.stop()
            _log.error("job %s (%s) hung for %g s and was given up", claim.id, claim.kind, kind.timeout)
            self._claims.fail(claim, f"took longer than {kind.timeout:g} s")
            return "timeout"
        if isinstance(outcome, GiveUp):
            _log.warning("job %s (%s) failed for good: %s", claim.id, claim.kind, outcome)
            self._claims.fail(claim, str(outcome)[:2000], final=True)
            return "GiveUp"
        seconds = outcome.seconds if isinstance(outcome, RetryLater) else None
        if seconds is None:
            _log.warning("job %s (%s) failed: %r", claim.id, claim.kind, outcome, exc_info=outcome)
        else:
            _log.info("job %s (%s) is tried again in %g s: %s", claim.id, claim.kind, seconds, outcome)
        self._claims.fail(claim, f"{type(outcome).__name__}: {outcome}"[:2000], retry_in=seconds)
        return type(outcome).__name__ if seconds is None else ""

    def _runner(self) -> _Runner:
        runner: _Runner | None = getattr(self._local, "runner", None)
        if runner is None:
            runner = self._local.runner = _Runner(self.jobs.database)
        return runner


def _result(value: Any) -> Any:
    """What a handler returned, which must be fit for JSON: found out while its failure still counts as its own."""
    orjson.dumps(value)
    return value


def drain(worker: Worker, *, limit: int = 1000) -> int:
    """Do all work that is due now, in this thread; how much there was. For tests and the command line."""
    jobs, done = worker.jobs, 0
    jobs.claims.release_expired()
    while done < limit:
        due = sorted(each for kind in jobs.claims.plain_kinds() for each in jobs.claims.due(kind, 100))
        ran = sum(worker.run(job_id) for _, job_id in due)
        ran += sum(run_once(desk) for desk in worker.desks())
        if not ran:
            return done
        done += ran
    return done

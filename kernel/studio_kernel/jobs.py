"""Background work. The database row is the truth; Huey carries the message that a row is due.

A worker claims a row with a lease and keeps the lease alive while it works. A row whose lease ran out, or whose
message was lost, is handed on by the sweep. A row with an ``order_key`` waits for earlier ones with the same key.
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import peewee

from studio_kernel.clock import Clock, later, to_text
from studio_kernel.context import current_context
from studio_kernel.errors import ConfigurationError, Conflict, NotFound
from studio_kernel.ids import new_id
from studio_kernel.storage.database import Database
from studio_kernel.storage.models import JSONField, Table, TimeField
from studio_kernel.storage.sql import Statement

_log = logging.getLogger(__name__)

QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = "queued", "running", "succeeded", "failed", "cancelled"

# Seconds after which a message that nobody acted on counts as lost.
_MESSAGE_PATIENCE = 5.0
_FIRST_RETRY_SECONDS = 2.0
_LONGEST_RETRY_SECONDS = 3600.0


class JobRow(Table):
    """One piece of background work and its fate."""

    position = peewee.BigAutoField()
    id = peewee.CharField(max_length=40, unique=True)
    kind = peewee.CharField(max_length=120)
    arguments = JSONField()
    state = peewee.CharField(max_length=12)
    order_key = peewee.CharField(max_length=240, null=True)
    unique_key = peewee.CharField(max_length=240, null=True, unique=True)
    owner_id = peewee.CharField(max_length=80)
    project_id = peewee.CharField(max_length=80)
    attempts = peewee.IntegerField()
    run_at = TimeField()
    enqueued_until = TimeField()
    lease_until = TimeField(null=True)
    lease_token = peewee.CharField(max_length=32, null=True)
    progress = peewee.IntegerField()
    result = JSONField(null=True)
    error = peewee.TextField(null=True)
    created_at = TimeField()
    updated_at = TimeField()

    class Meta:
        table_name = "jobs"
        id_prefix = "job"
        indexes = (
            (("state", "run_at"), False),
            (("order_key", "position"), False),
            (("kind", "position"), False),
        )


@dataclass(slots=True)
class JobRun:
    """One attempt at a job, as its handler sees it. ``attempt`` counts from 1."""

    id: str
    arguments: Mapping[str, Any]
    attempt: int
    report: Callable[[int], None]
    is_cancelled: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class JobType:
    """A kind of work. An exception means a later attempt, with delay doubling, up to ``max_attempts``.

    ``every`` makes it periodic, in seconds: one run a period however many workers there are, with empty
    arguments. ``timeout`` is in seconds, for one attempt; a handler that goes on after it is given up.
    """

    name: str
    handler: Callable[[JobRun], Any]
    summary: str = ""
    max_attempts: int = 5
    timeout: float = 300.0
    every: float = 0.0


class RetryLater(Exception):
    """Raised by a handler that knows when to try again; ``seconds`` from now."""

    def __init__(self, seconds: float, reason: str) -> None:
        self.seconds = seconds
        super().__init__(reason)


_UNFINISHED_BEFORE = (
    "NOT EXISTS (SELECT 1 FROM jobs e WHERE e.order_key = jobs.order_key AND e.position < jobs.position "
    "AND e.state IN ('queued', 'running'))"
)
_DUE = "((state = 'queued' AND run_at <= :now) OR (state = 'running' AND lease_until < :now))"
_CLAIM = Statement(
    "UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_until = :lease, lease_token = :token, "
    f"updated_at = :now WHERE id = :id AND {_DUE} AND (order_key IS NULL OR {_UNFINISHED_BEFORE})"
)
_READ = Statement("SELECT kind, arguments, attempts, order_key, position FROM jobs WHERE id = :id")
_FIND_DUE = Statement(
    f"SELECT id FROM jobs WHERE {_DUE} AND enqueued_until <= :now AND (order_key IS NULL OR "
    f"{_UNFINISHED_BEFORE}) ORDER BY run_at, position LIMIT 200"
)
_MARK = Statement("UPDATE jobs SET enqueued_until = :until WHERE id IN :ids")
_EXTEND = Statement(
    "UPDATE jobs SET lease_until = :lease WHERE id = :id AND lease_token = :token AND state = 'running'"
)
_FINISH = Statement(
    "UPDATE jobs SET state = :state, result = :result, error = :error, progress = :progress, run_at = :run_at, "
    "enqueued_until = :run_at, lease_until = NULL, lease_token = NULL, updated_at = :now "
    "WHERE id = :id AND lease_token = :token AND state = 'running'"
)
_POSTPONE = Statement(
    "UPDATE jobs SET state = 'queued', attempts = attempts - 1, run_at = :run_at, enqueued_until = :run_at, "
    "lease_until = NULL, lease_token = NULL WHERE id = :id AND lease_token = :token"
)
_NEXT = Statement(
    "SELECT id FROM jobs WHERE order_key = :key AND position > :position AND state = 'queued' "
    "AND run_at <= :now ORDER BY position LIMIT 1"
)
_PROGRESS = Statement("UPDATE jobs SET progress = :progress, updated_at = :now WHERE id = :id AND lease_token = :token")
_STATE = Statement("SELECT state FROM jobs WHERE id = :id")
_CANCEL = Statement(
    "UPDATE jobs SET state = 'cancelled', updated_at = :now WHERE id = :id AND state IN ('queued', 'running')"
)
_RETRY = Statement(
    "UPDATE jobs SET state = 'queued', attempts = 0, run_at = :now, enqueued_until = :now, updated_at = :now "
    "WHERE id = :id AND state IN ('failed', 'cancelled')"
)
_SHOW = Statement(
    "SELECT id, kind, state, progress, attempts, result, error, owner_id, project_id, created_at, updated_at "
    "FROM jobs WHERE id = :id"
)
_COUNTS = Statement("SELECT state, COUNT(*), MIN(run_at) FROM jobs WHERE state <> 'succeeded' GROUP BY state")


@dataclass(slots=True)
class Jobs:
    """The queue of one application: put work in, look at it, and (in a worker) do it."""

    database: Database
    clock: Clock
    lease_seconds: float = 60.0
    types: dict[str, JobType] = field(default_factory=dict)
    send: Callable[[str], None] | None = None
    """Carries a job's id to a worker; losing a message only costs time."""

    def declare(self, kind: JobType) -> None:
        """Make a kind of work known; a second one of that name is a configuration error."""
        if kind.name in self.types:
            raise ConfigurationError([f"two plugins declare the job or subscriber {kind.name!r}"])
        self.types[kind.name] = kind

    def enqueue(
        self,
        kind: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        order_key: str | None = None,
        unique_key: str | None = None,
        project_id: str = "",
        delay: float = 0.0,
    ) -> str:
        """Add work, inside the caller's transaction if there is one; the job's id.

        With a ``unique_key`` that is taken nothing is added. ``delay`` is in seconds.
        """
        if kind not in self.types:
            raise LookupError(f"no plugin declares the job {kind!r}")
        now = self.clock()
        job_id = new_id("job")
        run_at = later(now, delay)
        with self.database.transaction() as transaction:
            added = self.database.insert(
                JobRow,
                {
                    "id": job_id,
                    "kind": kind,
                    "arguments": dict(arguments or {}),
                    "state": QUEUED,
                    "order_key": order_key,
                    "unique_key": unique_key,
                    "owner_id": current_context().principal.user_id,
                    "project_id": project_id,
                    "attempts": 0,
                    "run_at": run_at,
                    "enqueued_until": run_at if delay else later(now, _MESSAGE_PATIENCE),
                    "progress": 0,
                    "created_at": to_text(now),
                    "updated_at": to_text(now),
                },
                ignore=unique_key is not None,
            )
            if added and not delay:
                transaction.after_commit(lambda: self.announce(job_id))
        return job_id

    def announce(self, job_id: str) -> None:
        """Tell a worker that a job is due. A queue that can't be reached is made good by the sweep."""
        if self.send is None:
            return
        try:
            self.send(job_id)
        except Exception:
            _log.warning("job %s could not be announced; the sweep will find it", job_id, exc_info=True)

    def show(self, job_id: str) -> dict[str, Any]:
        """A job as the API shows it; ``NotFound`` without one."""
        row = self.database.row(_SHOW, id=job_id)
        if row is None:
            raise NotFound(f"There is no job {job_id}")
        names = ("id", "kind", "state", "progress", "attempts", "result", "error", "owner_id", "project_id")
        shown = dict(zip((*names, "created_at", "updated_at"), row, strict=True))
        shown["result"] = None if row[5] is None else orjson.loads(row[5])
        return shown

    def cancel(self, job_id: str) -> None:
        """Stop a job that hasn't finished; one under way is told at its next look."""
        with self.database.transaction():
            if not self.database.execute(_CANCEL, id=job_id, now=to_text(self.clock())):
                state = self.show(job_id)["state"]
                raise Conflict(f"A job that is {state} can't be cancelled")

    def retry(self, job_id: str) -> None:
        """Try a failed or cancelled job again from its first attempt."""
        with self.database.transaction() as transaction:
            if not self.database.execute(_RETRY, id=job_id, now=to_text(self.clock())):
                state = self.show(job_id)["state"]
                raise Conflict(f"A job that is {state} can't be tried again")
            transaction.after_commit(lambda: self.announce(job_id))

    def counts(self) -> dict[str, tuple[int, str]]:
        """Unfinished and failed jobs by state: how many, and the time the oldest was due."""
        return {state: (count, oldest) for state, count, oldest in self.database.rows(_COUNTS)}

    # -- the worker's side ----------------------------------------------------------------------------

    def sweep(self) -> int:
        """Announce due work that nobody has taken, and start periodic work; how many were announced."""
        now = self.clock()
        for kind in self.types.values():
            if kind.every > 0:
                slot = int(now.timestamp() // kind.every)
                self.enqueue_periodic(kind, slot)
        text = to_text(now)
        ids = [row[0] for row in self.database.rows(_FIND_DUE, now=text)]
        if ids:
            self.database.execute(_MARK, ids=ids, until=later(now, _MESSAGE_PATIENCE))
        for job_id in ids:
            self.announce(job_id)
        return len(ids)

    def enqueue_periodic(self, kind: JobType, slot: int) -> None:
        """One job for this period, whoever asks first."""
        key = f"{kind.name}:{slot}"
        if self.database.value(_HAS_KEY, key=key) is None:
            self.enqueue(kind.name, unique_key=key)

    def claim(self, job_id: str) -> Claim | None:
        """Take a due job for this worker, or None when it isn't due, is taken, or must wait its turn."""
        now = self.clock()
        token = secrets.token_hex(16)
        with self.database.transaction():
            lease = later(now, self.lease_seconds)
            if not self.database.execute(_CLAIM, id=job_id, now=to_text(now), lease=lease, token=token):
                return None
            kind, arguments, attempts, order_key, position = self.database.row(_READ, id=job_id) or ()
        return Claim(job_id, kind, orjson.loads(arguments), attempts, token, order_key, position)

    def extend(self, claim: Claim) -> bool:
        """Keep the lease alive; False when the job was taken away."""
        lease = later(self.clock(), self.lease_seconds)
        return bool(self.database.execute(_EXTEND, id=claim.id, token=claim.token, lease=lease))

    def progress(self, claim: Claim, percent: int) -> None:
        """Note how far a job is, 0 to 100."""
        self.database.execute(_PROGRESS, id=claim.id, token=claim.token, progress=percent, now=to_text(self.clock()))

    def is_cancelled(self, claim: Claim) -> bool:
        """Whether somebody cancelled the job meanwhile."""
        return bool(self.database.value(_STATE, id=claim.id) != RUNNING)

    def succeed(self, claim: Claim, result: Any) -> None:
        """Record the end of a job and wake the one that waits behind it."""
        self._finish(claim, SUCCEEDED, result=None if result is None else orjson.dumps(result).decode())

    def fail(self, claim: Claim, error: str, *, retry_in: float | None = None) -> None:
        """Record a failed attempt; the last one ends the job as ``failed``. ``retry_in`` is in seconds."""
        kind = self.types.get(claim.kind)
        if kind is None or claim.attempt >= kind.max_attempts:
            self._finish(claim, FAILED, error=error)
            return
        delay = min(_FIRST_RETRY_SECONDS * 2 ** (claim.attempt - 1), _LONGEST_RETRY_SECONDS)
        self._finish(claim, QUEUED, error=error, delay=delay if retry_in is None else retry_in)

    def postpone(self, claim: Claim, seconds: float) -> None:
        """Give a claimed job back untried."""
        self.database.execute(_POSTPONE, id=claim.id, token=claim.token, run_at=later(self.clock(), seconds))

    def _finish(
        self, claim: Claim, state: str, *, result: str | None = None, error: str | None = None, delay: float = 0
    ) -> None:
        now = self.clock()
        self.database.execute(
            _FINISH,
            id=claim.id,
            token=claim.token,
            state=state,
            result=result,
            error=error,
            progress=100 if state == SUCCEEDED else 0,
            run_at=later(now, delay),
            now=to_text(now),
        )
        if claim.order_key is not None and state != QUEUED:
            following = self.database.value(_NEXT, key=claim.order_key, position=claim.position, now=to_text(now))
            if following is not None:
                self.announce(following)


_HAS_KEY = Statement("SELECT 1 FROM jobs WHERE unique_key = :key")


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in this worker's hands until its lease runs out."""

    id: str
    kind: str
    arguments: Mapping[str, Any]
    attempt: int
    token: str
    order_key: str | None
    position: int


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
    """Does the work of one process: Huey's consumer threads, the sweep, and the leases."""

    def __init__(self, jobs: Jobs, huey: Any, *, threads: int, sweep_seconds: float = 1.0) -> None:
        self.jobs = jobs
        self._huey = huey
        self._threads = threads
        self._sweep_seconds = sweep_seconds
        self._stopping = threading.Event()
        self._claims: dict[str, Claim] = {}
        self._hung: dict[str, list[threading.Thread]] = {}
        self._local = threading.local()
        self._lock = threading.Lock()
        self._members: list[threading.Thread] = []

    def start(self) -> None:
        """Start the threads; returns at once."""
        from studio_kernel.jobs_huey import consumer_threads

        self._members = [
            *consumer_threads(self._huey, self._threads, self._stopping, self.jobs.database),
            threading.Thread(target=self._keep_house, name="studio-sweep", daemon=True),
        ]
        for thread in self._members:
            thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Take no more work and wait that many seconds for what is under way."""
        self._stopping.set()
        deadline = time.monotonic() + timeout
        for thread in self._members:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _keep_house(self) -> None:
        extended = time.monotonic()
        while not self._stopping.wait(self._sweep_seconds):
            try:
                self.jobs.sweep()
                if time.monotonic() - extended > self.jobs.lease_seconds / 3:
                    extended = time.monotonic()
                    with self._lock:
                        claims = list(self._claims.values())
                    for claim in claims:
                        self.jobs.extend(claim)
            except Exception:
                _log.warning("the job sweep failed and goes on", exc_info=True)
        self.jobs.database.close_thread()

    def run(self, job_id: str) -> bool:
        """Do one job if it is due and free; whether it was. Called by Huey's consumers and by tests."""
        claim = self.jobs.claim(job_id)
        if claim is None:
            return False
        kind = self.jobs.types.get(claim.kind)
        if kind is None:
            self.jobs.fail(claim, f"no active plugin does the work {claim.kind!r}")
            return True
        if claim.attempt > kind.max_attempts:
            self.jobs.fail(claim, "the worker died in every attempt")
            return True
        if self._is_hung(claim.kind):
            self.jobs.postpone(claim, 30.0)
            return True
        with self._lock:
            self._claims[claim.id] = claim
        try:
            self._attempt(kind, claim)
        finally:
            with self._lock:
                self._claims.pop(claim.id, None)
        return True

    def _is_hung(self, kind: str) -> bool:
        """Whether a handler of that kind was given up and still runs."""
        with self._lock:
            alive = [thread for thread in self._hung.pop(kind, ()) if thread.is_alive()]
            if alive:
                self._hung[kind] = alive
        return bool(alive)

    def _attempt(self, kind: JobType, claim: Claim) -> None:
        run = JobRun(
            id=claim.id,
            arguments=claim.arguments,
            attempt=claim.attempt,
            report=lambda percent: self.jobs.progress(claim, percent),
            is_cancelled=lambda: self.jobs.is_cancelled(claim),
        )
        runner = self._runner()
        finished, outcome = runner.run(lambda: _result(kind.handler(run)), kind.timeout)
        if finished:
            self.jobs.succeed(claim, outcome)
        elif outcome is None:
            with self._lock:
                self._hung.setdefault(claim.kind, []).append(runner.thread)
            self._local.runner = None
            runner.stop()
            _log.error("job %s (%s) hung for %g s and was given up", claim.id, claim.kind, kind.timeout)
            self.jobs.fail(claim, f"took longer than {kind.timeout:g} s")
        else:
            seconds = outcome.seconds if isinstance(outcome, RetryLater) else None
            if seconds is None:
                _log.warning("job %s (%s) failed: %r", claim.id, claim.kind, outcome, exc_info=outcome)
            else:
                _log.info("job %s (%s) is tried again in %g s: %s", claim.id, claim.kind, seconds, outcome)
            self.jobs.fail(claim, f"{type(outcome).__name__}: {outcome}"[:2000], retry_in=seconds)

    def _runner(self) -> _Runner:
        runner: _Runner | None = getattr(self._local, "runner", None)
        if runner is None:
            runner = self._local.runner = _Runner(self.jobs.database)
        return runner


def _result(value: Any) -> Any:
    """What a handler returned, which must be fit for JSON: found out while its failure still counts as its own."""
    orjson.dumps(value)
    return value


def drain(jobs: Jobs, worker: Worker, *, limit: int = 1000) -> int:
    """Do all work that is due now, in this thread; how much there was. For tests and the command line."""
    done = 0
    while done < limit:
        rows = jobs.database.rows(_FIND_ANY_DUE, now=to_text(jobs.clock()))
        ran = sum(worker.run(row[0]) for row in rows)
        if not ran:
            return done
        done += ran
    return done


_FIND_ANY_DUE = Statement(
    f"SELECT id FROM jobs WHERE {_DUE} AND (order_key IS NULL OR {_UNFINISHED_BEFORE}) ORDER BY position LIMIT 100"
)

"""Background work. The database row is the truth; Huey carries the message that a row is due.

This is the side of those who have work to do: putting it in, looking at it, cancelling and repeating it. What
workers do with rows is in :mod:`studio_kernel.job_claims`.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import orjson
import peewee

from studio_kernel.clock import Clock, later, to_text
from studio_kernel.context import current_context
from studio_kernel.declarations import called_plainly
from studio_kernel.errors import ConfigurationError, Conflict, NotFound
from studio_kernel.ids import new_id
from studio_kernel.job_claims import TRACE_ARGUMENT, UNFINISHED, Claims
from studio_kernel.job_states import CANCELLED, FAILED, QUEUED, RUNNING, STATES, SUCCEEDED, WAITING
from studio_kernel.storage.database import Database, Transaction
from studio_kernel.storage.models import JSONField, Table, TimeField
from studio_kernel.storage.sql import Statement
from studio_kernel.tracing import current_trace

if TYPE_CHECKING:
    from studio_kernel.tracing_otel import Tracing

__all__ = [
    "CANCELLED", "FAILED", "QUEUED", "RUNNING", "STATES", "SUCCEEDED", "WAITING", "GiveUp", "JobRow", "JobRun",
    "JobType", "Jobs", "RetryLater", "Stream", "Work",
]  # fmt: skip

_log = logging.getLogger(__name__)

# Seconds after which a message that nobody acted on counts as lost.
_MESSAGE_PATIENCE = 5.0
_SWEPT_AT_ONCE = 200
STREAM_MESSAGE = "stream:"
"""Begins a message that tells of work of a kind, in place of one job's id."""


class JobRow(Table):
    """One piece of background work and its fate.

    ``waiting`` is the state of a row whose turn comes after an earlier one with its ``order_key``. ``lane`` is
    what work is kept apart by, so that much of one lane doesn't hold up another.
    """

    position = peewee.BigAutoField()
    id = peewee.CharField(max_length=40, unique=True)
    kind = peewee.CharField(max_length=120)
    lane = peewee.CharField(max_length=80)
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


@dataclass(slots=True)
class JobRun:
    """One attempt at a job, as its handler sees it. ``attempt`` counts from 1."""

    id: str
    arguments: Mapping[str, Any]
    attempt: int
    report: Callable[[int], None]
    is_cancelled: Callable[[], bool]


class Stream(Protocol):
    """Work that is done many at a time: read together, waited for on an event loop, written down together.

    ``prepare`` and ``settle`` run in a thread that may use the database, ``perform`` on the loop of the worker,
    where it must not block. ``limit`` is how much may be under way in one worker.
    """

    limit: int

    def room(self, lane: str) -> int:
        """How much of one lane may be under way at once, in all workers together."""

    def prepare(self, runs: Sequence[JobRun]) -> Sequence[Any]:
        """What ``perform`` needs, one for each run, in a constant number of queries."""

    async def perform(self, item: Any) -> Any:
        """Do one; an exception counts as a failed attempt."""

    def settle(self, done: Sequence[tuple[Any, Any]]) -> Sequence[Any]:
        """Write down what became of items, in the transaction that ends their jobs.

        Pairs are what ``prepare`` and ``perform`` gave. The answers, one for each, are a job's result, or an
        exception for another attempt, :class:`RetryLater` among them. When it raises, it is called again with
        each pair by itself, so that one can't hold up the others.
        """

    async def close(self) -> None:
        """Let go of what belongs to the loop; it may go on with another one."""


@dataclass(frozen=True, slots=True)
class JobType:
    """A kind of work. An exception means a later attempt, with delay doubling, up to ``max_attempts``.

    ``every`` makes it periodic, in seconds: one run a period however many workers there are, with empty
    arguments. ``timeout`` is in seconds, for one attempt; a handler that goes on after it is given up. Work of a
    ``stream`` needs no handler, and none is called. ``kept`` says whether jobs stay to be looked at after they
    succeeded.
    """

    name: str
    handler: Callable[[JobRun], Any] | None = None
    summary: str = ""
    max_attempts: int = 5
    timeout: float = 300.0
    every: float = 0.0
    stream: Stream | None = None
    kept: bool = True


def check_job_types(kinds: Iterable[JobType]) -> list[str]:
    """What is wrong with declarations, a line each."""
    return [f"the job {each.name!r} {problem}" for each in kinds for problem in _wrong_in(each)]


def _wrong_in(kind: JobType) -> Iterator[str]:
    if kind.handler is None and kind.stream is None:
        yield "has neither a handler nor a stream to do it"
    elif kind.handler is not None:
        yield from (f"can't be done: {problem}" for problem in called_plainly("its handler", kind.handler))
    if kind.timeout <= 0 or kind.every < 0 or kind.max_attempts < 1:
        yield "needs a timeout above 0, every of 0 or more, and max_attempts of 1 or more"


class RetryLater(Exception):
    """Raised by a handler that knows when to try again; ``seconds`` from now."""

    def __init__(self, seconds: float, reason: str) -> None:
        self.seconds = seconds
        super().__init__(reason)


class GiveUp(Exception):
    """Raised by a handler that knows that no other attempt would help: the job fails at once, with this text."""


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work for :meth:`Jobs.enqueue_many`. ``lane`` is for kinds with a stream alone."""

    arguments: Mapping[str, Any]
    order_key: str | None = None
    lane: str = ""
    project_id: str = ""


_CANCEL = Statement(f"UPDATE jobs SET state = 'cancelled', updated_at = :now WHERE id = :id AND state IN {UNFINISHED}")
_RETRY = Statement(
    "UPDATE jobs SET state = 'queued', attempts = 0, run_at = :now, enqueued_until = :now, updated_at = :now "
    "WHERE id = :id AND state IN ('failed', 'cancelled')"
)
JOB_COLUMNS = (
    "id", "kind", "state", "progress", "attempts", "result", "error", "owner_id", "project_id", "run_at",
    "created_at", "updated_at",
)  # fmt: skip
_SHOW = Statement(f"SELECT {', '.join(JOB_COLUMNS)} FROM jobs WHERE id = :id")
_ORDER_KEY = Statement("SELECT order_key FROM jobs WHERE id = :id")
_COUNTS = Statement("SELECT state, COUNT(*), MIN(run_at) FROM jobs WHERE state <> 'succeeded' GROUP BY state")
_BACKLOG = Statement(
    f"SELECT kind, COUNT(*), MIN(created_at) FROM jobs WHERE state IN {UNFINISHED} AND run_at <= :now GROUP BY kind"
)
_CANCEL_KIND = Statement(
    "UPDATE jobs SET state = 'cancelled', updated_at = :now WHERE position IN (SELECT position FROM jobs "
    f"WHERE kind = :kind AND state IN {UNFINISHED} ORDER BY position LIMIT :limit) AND state IN {UNFINISHED} "
    "RETURNING order_key"
)
_HAS_KEY = Statement("SELECT 1 FROM jobs WHERE unique_key = :key")
_FIND_DUE = Statement(
    "SELECT id FROM jobs WHERE kind = :kind AND lane = '' AND state = 'queued' AND run_at <= :now "
    "AND enqueued_until <= :now ORDER BY run_at, position LIMIT :limit"
)
_MARK = Statement("UPDATE jobs SET enqueued_until = :until WHERE id IN :ids")
_PRUNE = Statement(
    "DELETE FROM jobs WHERE position IN (SELECT position FROM jobs WHERE state IN ('succeeded', 'failed', "
    "'cancelled') AND updated_at < :before ORDER BY position LIMIT :limit)"
)


@dataclass(slots=True)
class Jobs:
    """The queue of one application: put work in and look at it."""

    database: Database
    clock: Clock
    lease_seconds: float = 60.0
    types: dict[str, JobType] = field(default_factory=dict)
    send: Callable[[str], None] | None = None
    """Carries a job's id, or that there is work of a kind, to a worker; losing a message only costs time."""
    wake: Callable[[str], None] | None = None
    """Tells the worker of this process, if it has one, of work for a stream."""
    tracing: Tracing | None = None
    claims: Claims = field(init=False)
    _periods: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.claims = Claims(self)

    def declare(self, kind: JobType) -> None:
        """Make a kind of work known; a second one of that name, or one that nothing does, is a configuration error."""
        if kind.name in self.types:
            raise ConfigurationError([f"two plugins declare the job or subscriber {kind.name!r}"])
        if problems := check_job_types([kind]):
            raise ConfigurationError(problems)
        self.types[kind.name] = kind

    # -- putting work in ------------------------------------------------------------------------------

    def enqueue(
        self,
        kind: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        order_key: str | None = None,
        unique_key: str | None = None,
        project_id: str = "",
        delay: float = 0.0,
        lane: str = "",
        owner_id: str | None = None,
    ) -> str:
        """Add work, inside the caller's transaction if there is one; the job's id.

        With a ``unique_key`` that is taken nothing is added, until the job that has it was pruned. ``delay`` is in
        seconds. ``owner_id`` is who may see the job, usually the caller.
        """
        work = Work(arguments or {}, order_key, lane, project_id)
        return self._add([(kind, work)], unique_key=unique_key, delay=delay, owner_id=owner_id)[0]

    def enqueue_many(self, kind: str, works: Sequence[Work], *, owner_id: str | None = None) -> list[str]:
        """Add work of one kind, in few statements; the jobs' ids."""
        return self.enqueue_all([(kind, work) for work in works], owner_id=owner_id)

    def enqueue_all(self, works: Sequence[tuple[str, Work]], *, owner_id: str | None = None) -> list[str]:
        """Add work of several kinds, each piece with its kind, in few statements; the jobs' ids."""
        return self._add(works, owner_id=owner_id) if works else []

    def _add(
        self,
        works: Sequence[tuple[str, Work]],
        *,
        unique_key: str | None = None,
        delay: float = 0.0,
        owner_id: str | None = None,
    ) -> list[str]:
        for kind, work in works:
            if kind not in self.types:
                raise LookupError(f"no plugin declares the job {kind!r}")
            if work.lane and self.types[kind].stream is None:
                raise LookupError(f"the job {kind!r} is done one by one; only those of a stream have lanes")
        now = self.clock()
        run_at = later(now, delay)
        place = current_trace()
        origin = {} if place is None else {TRACE_ARGUMENT: place.traceparent}
        common = {
            "unique_key": unique_key,
            "owner_id": current_context().principal.user_id if owner_id is None else owner_id,
            "attempts": 0,
            "run_at": run_at,
            "enqueued_until": run_at if delay else later(now, _MESSAGE_PATIENCE),
            "progress": 0,
            "created_at": to_text(now),
            "updated_at": to_text(now),
        }
        with self.database.transaction() as transaction:
            states = self._first_states([work for _, work in works])
            rows = [
                {
                    **common,
                    "kind": kind,
                    "id": new_id("job"),
                    "arguments": {**work.arguments, **origin} if origin else work.arguments,
                    "state": state,
                    "order_key": work.order_key,
                    "lane": work.lane,
                    "project_id": work.project_id,
                }
                for (kind, work), state in zip(works, states, strict=True)
            ]
            if self.database.insert_many(JobRow, rows, ignore=unique_key is not None):
                self._after_adding(transaction, rows, announced=not delay)
        return [str(row["id"]) for row in rows]

    def _first_states(self, works: Sequence[Work]) -> list[str]:
        """Each queued, or waiting where its key has an unfinished job already, be it among ``works``."""
        busy = self.claims.unfinished([work.order_key for work in works if work.order_key is not None])
        states = []
        for work in works:
            states.append(WAITING if work.order_key in busy else QUEUED)
            if work.order_key is not None:
                busy.add(work.order_key)
        return states

    def _after_adding(self, transaction: Transaction, rows: Sequence[Mapping[str, Any]], *, announced: bool) -> None:
        waiting = [str(row["order_key"]) for row in rows if row["state"] == WAITING]
        if waiting and self.database.dialect == "postgresql":
            # NOTE: the one that they wait for may have ended meanwhile, unseen by this transaction. On SQLite
            # transactions that write follow one another.
            transaction.after_commit(lambda: self.claims.give_turns(waiting))
        for row in rows if announced else ():
            if row["state"] == QUEUED:
                self._announce_later(transaction, self.types[row["kind"]], row)

    def _announce_later(self, transaction: Transaction, kind: JobType, row: Mapping[str, Any]) -> None:
        """A message for each job; one for all that a transaction gives to a stream."""
        if kind.stream is None:
            transaction.after_commit(functools.partial(self.announce, str(row["id"])))
        elif transaction.facts.setdefault(f"{STREAM_MESSAGE}{kind.name}", row) is row:
            transaction.after_commit(functools.partial(self.announce_stream, kind.name))

    def announce(self, job_id: str) -> None:
        """Tell a worker that a job is due. A queue that can't be reached is made good by the sweep."""
        if self.send is None:
            return
        try:
            self.send(job_id)
        except Exception:
            _log.warning("job %s could not be announced; the sweep will find it", job_id, exc_info=True)

    def announce_stream(self, kind: str) -> None:
        """Tell a worker, this process's own if it has one, that a stream has work."""
        if self.wake is not None:
            self.wake(kind)
        else:
            self.announce(f"{STREAM_MESSAGE}{kind}")

    # -- looking and changing -------------------------------------------------------------------------

    def show(self, job_id: str) -> dict[str, Any]:
        """A job as the API shows it; ``NotFound`` without one."""
        row = self.database.row(_SHOW, id=job_id)
        if row is None:
            raise NotFound(f"There is no job {job_id}")
        return job_shown(row)

    def cancel(self, job_id: str) -> None:
        """Stop a job that hasn't finished; one under way is told at its next look."""
        with self.database.transaction() as transaction:
            if not self.database.execute(_CANCEL, id=job_id, now=to_text(self.clock())):
                state = self.show(job_id)["state"]
                raise Conflict(f"A job that is {state} can't be cancelled")
            key = self.database.value(_ORDER_KEY, id=job_id)
            if key is not None:
                transaction.after_commit(lambda: self.claims.give_turns([key]))

    def cancel_kind(self, kind: str, *, at_once: int = 1000) -> int:
        """As :meth:`cancel`, for all unfinished jobs of a kind, some at a time; how many there were."""
        cancelled = 0
        while keys := self._cancel_some(kind, at_once):
            cancelled += len(keys)
        return cancelled

    def _cancel_some(self, kind: str, limit: int) -> list[str | None]:
        """Their order keys, each as often as it was there."""
        with self.database.transaction() as transaction:
            rows = self.database.rows(_CANCEL_KIND, kind=kind, now=to_text(self.clock()), limit=limit)
            keys: list[str | None] = [row[0] for row in rows]
            given = sorted({key for key in keys if key is not None})
            if given:
                transaction.after_commit(lambda: self.claims.give_turns(given))
        return keys

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

    def backlog(self) -> dict[str, tuple[int, str]]:
        """What is due and unfinished, by kind: how many, and since when there is the oldest."""
        rows = self.database.rows(_BACKLOG, now=to_text(self.clock()))
        return {kind: (count, oldest) for kind, count, oldest in rows}

    # -- upkeep ---------------------------------------------------------------------------------------

    def sweep(self, *, release: bool = True) -> int:
        """Announce due work that nobody has taken, and start periodic work; how many were announced.

        Work of streams isn't announced: workers look for it by themselves. With ``release`` work whose worker gave
        no sign of life becomes ready again.
        """
        now = self.clock()
        if release:
            self.claims.release_expired()
        for kind in self.types.values():
            if kind.every > 0:
                self.enqueue_periodic(kind, int(now.timestamp() // kind.every))
        found = [job_id for kind in self.claims.plain_kinds() for job_id in self._untaken(kind)]
        if found:
            self.database.execute(_MARK, ids=found, until=later(now, _MESSAGE_PATIENCE))
        for job_id in found:
            self.announce(job_id)
        return len(found)

    def _untaken(self, kind: str) -> list[str]:
        rows = self.database.rows(_FIND_DUE, kind=kind, now=to_text(self.clock()), limit=_SWEPT_AT_ONCE)
        return [row[0] for row in rows]

    def enqueue_periodic(self, kind: JobType, slot: int) -> None:
        """One job for this period, whoever asks first."""
        if self._periods.get(kind.name) == slot:
            return
        key = f"{kind.name}:{slot}"
        if self.database.value(_HAS_KEY, key=key) is None:
            self.enqueue(kind.name, unique_key=key)
        self._periods[kind.name] = slot

    def prune(self, days: float, *, at_once: int = 1000) -> int:
        """Forget jobs that finished more than ``days`` ago, some at a time; how many there were."""
        before, forgotten = later(self.clock(), -days * 86_400), 0
        while part := self.database.execute(_PRUNE, before=before, limit=at_once):
            forgotten += part
        return forgotten


def job_shown(row: Sequence[Any]) -> dict[str, Any]:
    """A job from the columns :data:`JOB_COLUMNS`."""
    shown = dict(zip(JOB_COLUMNS, row, strict=True))
    shown["result"] = None if shown["result"] is None else orjson.loads(shown["result"])
    return shown

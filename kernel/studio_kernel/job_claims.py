"""What workers do with the rows of jobs: take them with a lease, keep the lease, end them, hand them on.

A row is taken when it is ``queued`` and due. A row whose turn comes after an earlier one with its order key is
``waiting``, so that looking for work never passes over rows that can't be done yet, however many there are; whoever
ends the earlier one gives it its turn. Every change is fenced by the lease's token.

PERF: the indexes that these statements live on are partial (migration 0002 of the kernel): what is finished costs
nothing.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from studio_kernel.clock import later, to_text
from studio_kernel.job_states import FAILED, QUEUED, RUNNING, SUCCEEDED
from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.jobs import Jobs

_log = logging.getLogger(__name__)

TRACE_ARGUMENT = "$traceparent"
"""Beside a job's arguments: the span that put it in. Handlers never see it."""

_FIRST_RETRY_SECONDS = 2.0
_LONGEST_RETRY_SECONDS = 3600.0
# Seconds ahead of this machine's clock from which on another's is taken to have been wrong, not merely different.
_WRONG_AFTER_SECONDS = 300.0

# NOTE: written the same way in the partial indexes, or SQLite doesn't use them.
UNFINISHED = "('queued', 'running', 'waiting')"
_EARLIER = (
    "SELECT 1 FROM jobs e WHERE e.order_key = jobs.order_key AND e.position < jobs.position "
    f"AND e.state IN {UNFINISHED}"
)
_IS_TURN = f"(order_key IS NULL OR NOT EXISTS ({_EARLIER}))"
_TAKEN = "state = 'running', attempts = attempts + 1, lease_until = :lease, lease_token = :token, updated_at = :now"
_LOOK = Statement("SELECT kind FROM jobs WHERE id = :id AND state = 'queued' AND run_at <= :now")
_TAKE = Statement(
    f"UPDATE jobs SET {_TAKEN} WHERE id = :id AND state = 'queued' AND run_at <= :now AND {_IS_TURN} "
    "RETURNING id, kind, arguments, attempts, lease_token, order_key, position, lane"
)
_TAKE_MANY = Statement(
    f"UPDATE jobs SET {_TAKEN} WHERE position IN :positions AND state = 'queued' AND run_at <= :now AND {_IS_TURN} "
    "RETURNING id, kind, arguments, attempts, lease_token, order_key, position, lane"
)
_SEND_BACK = Statement(
    f"UPDATE jobs SET state = 'waiting' WHERE position IN :positions AND state = 'queued' AND EXISTS ({_EARLIER})"
)
_CANDIDATES = Statement(
    "SELECT position FROM jobs WHERE kind = :kind AND lane = :lane AND state = 'queued' AND run_at <= :now "
    "ORDER BY run_at, position LIMIT :limit"
)
# PERF: one look into the index for each kind or lane, not one for each row.
_KINDS = Statement(
    "WITH RECURSIVE kinds(kind) AS (SELECT MIN(kind) FROM jobs WHERE state = 'queued' UNION ALL "
    "SELECT (SELECT MIN(j.kind) FROM jobs j WHERE j.state = 'queued' AND j.kind > kinds.kind) FROM kinds "
    "WHERE kinds.kind IS NOT NULL) SELECT kind FROM kinds WHERE kind IS NOT NULL"
)
_LANES = Statement(
    "WITH RECURSIVE lanes(lane) AS (SELECT MIN(lane) FROM jobs WHERE kind = :kind AND state = 'queued' UNION ALL "
    "SELECT (SELECT MIN(j.lane) FROM jobs j WHERE j.kind = :kind AND j.state = 'queued' AND j.lane > lanes.lane) "
    "FROM lanes WHERE lanes.lane IS NOT NULL) SELECT lane, (SELECT COUNT(*) FROM jobs r WHERE r.state = 'running' "
    "AND r.kind = :kind AND r.lane = lanes.lane) FROM lanes WHERE EXISTS (SELECT 1 FROM jobs d WHERE d.kind = :kind "
    "AND d.lane = lanes.lane AND d.state = 'queued' AND d.run_at <= :now)"
)
_IS_DUE = Statement("SELECT 1 FROM jobs WHERE kind = :kind AND state = 'queued' AND run_at <= :now LIMIT 1")
_EXTEND = Statement("UPDATE jobs SET lease_until = :lease WHERE state = 'running' AND lease_token IN :tokens")
_HELD = "position = :position AND lease_token = :token AND state = 'running'"
_FINISH = Statement(
    "UPDATE jobs SET state = :state, result = :result, error = :error, progress = :progress, run_at = :run_at, "
    f"enqueued_until = :run_at, lease_until = NULL, lease_token = NULL, updated_at = :now WHERE {_HELD}"
)
_FORGET = Statement("DELETE FROM jobs WHERE position IN :positions AND lease_token IN :tokens AND state = 'running'")
_POSTPONE = Statement(
    "UPDATE jobs SET state = 'queued', attempts = attempts - 1, run_at = :run_at, enqueued_until = :run_at, "
    f"lease_until = NULL, lease_token = NULL WHERE {_HELD}"
)
_PROGRESS = Statement(f"UPDATE jobs SET progress = :progress, updated_at = :now WHERE {_HELD}")
_STATE = Statement("SELECT state FROM jobs WHERE id = :id")
_UNFINISHED_KEY = Statement(f"SELECT 1 FROM jobs WHERE order_key = :key AND state IN {UNFINISHED} LIMIT 1")
_UNFINISHED_KEYS = Statement(
    "SELECT k.value FROM json_each(:keys) k WHERE EXISTS "
    f"(SELECT 1 FROM jobs e WHERE e.order_key = k.value AND e.state IN {UNFINISHED})",
    postgresql="SELECT k.value FROM json_array_elements_text(CAST(:keys AS json)) AS k(value) WHERE EXISTS "
    f"(SELECT 1 FROM jobs e WHERE e.order_key = k.value AND e.state IN {UNFINISHED})",
)
_FIRST_OF_KEY = f"(SELECT MIN(e.position) FROM jobs e WHERE e.order_key = k.value AND e.state IN {UNFINISHED})"
_GIVE_TURNS = Statement(
    f"UPDATE jobs SET state = 'queued' WHERE position IN (SELECT {_FIRST_OF_KEY} FROM json_each(:keys) k) "
    "AND state = 'waiting' RETURNING id, kind",
    postgresql=f"UPDATE jobs SET state = 'queued' WHERE position IN (SELECT {_FIRST_OF_KEY} "
    "FROM json_array_elements_text(CAST(:keys AS json)) AS k(value)) AND state = 'waiting' RETURNING id, kind",
)
_RELEASE = Statement(
    "UPDATE jobs SET state = 'queued', lease_until = NULL, lease_token = NULL "
    "WHERE state = 'running' AND lease_until < :now"
)
_ANY_EXPIRED = Statement("SELECT 1 FROM jobs WHERE state = 'running' AND lease_until < :now LIMIT 1")
# PERF: the first looks at the end of an index, the second at what is under way.
_BORN_AHEAD = f"created_at > :soon AND run_at = created_at AND state IN {UNFINISHED}"
_LEASED_AHEAD = "state = 'running' AND lease_until > :latest"
_ANY_AHEAD = Statement(
    f"SELECT 1 WHERE EXISTS (SELECT 1 FROM jobs WHERE {_BORN_AHEAD}) "
    f"OR EXISTS (SELECT 1 FROM jobs WHERE {_LEASED_AHEAD})"
)
_BRING_BACK = Statement(f"UPDATE jobs SET run_at = :now, enqueued_until = :now WHERE {_BORN_AHEAD}")
_SHORTEN = Statement(f"UPDATE jobs SET lease_until = :lease WHERE {_LEASED_AHEAD}")
_LOST_TURNS = Statement(
    f"SELECT DISTINCT order_key FROM jobs WHERE state IN {UNFINISHED} AND state = 'waiting' AND NOT EXISTS ({_EARLIER})"
)


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
    lane: str
    traceparent: str = ""
    """The span that put it in, if that was traced."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What an attempt came to: ``state`` with a result or an error, or ``queued`` again after ``delay`` seconds."""

    claim: Claim
    state: str
    result: Any = None
    error: str | None = None
    delay: float = 0.0


class Claims:
    """The worker's side of one application's jobs."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._database = jobs.database
        self._clock = jobs.clock
        self._after: dict[str, str] = {}

    # -- taking ---------------------------------------------------------------------------------------

    def kind_of(self, job_id: str) -> str | None:
        """The kind of a job that is due and free, as far as a look without locks can tell."""
        kind: str | None = self._database.value(_LOOK, id=job_id, now=to_text(self._clock()))
        return kind

    def take(self, job_id: str) -> Claim | None:
        """Take a due job for this worker, or None when it isn't due, is taken, or must wait its turn."""
        if self.kind_of(job_id) is None:
            return None
        with self._database.transaction():
            rows = self._database.rows(_TAKE, id=job_id, **self._lease())
        return _claim(rows[0]) if rows else None

    def is_due(self, kind: str) -> bool:
        """Whether there may be something to take; a read that disturbs nobody."""
        return self._database.value(_IS_DUE, kind=kind, now=to_text(self._clock())) is not None

    def take_many(self, kind: str, limit: int, room: Callable[[str], int]) -> list[Claim]:
        """Take up to ``limit`` due jobs of a kind, of each lane no more than ``room(lane)`` at a time in all
        workers; lanes take turns. Inside the caller's transaction.
        """
        self._database.lock(f"jobs:{kind}")
        positions: list[int] = []
        for lane, running in self._lanes(kind):
            wanted = min(limit - len(positions), room(lane) - running)
            if wanted > 0:
                rows = self._database.rows(_CANDIDATES, kind=kind, lane=lane, now=to_text(self._clock()), limit=wanted)
                positions += [row[0] for row in rows]
                self._after[kind] = lane
            if len(positions) >= limit:
                break
        return self._take_positions(positions)

    def _lanes(self, kind: str) -> list[tuple[str, int]]:
        """Lanes with due jobs and how many of each are under way, beginning after the one served last."""
        rows = self._database.rows(_LANES, kind=kind, now=to_text(self._clock()))
        lanes = [(lane, running) for lane, running in rows]
        last = self._after.get(kind, "")
        return [each for each in lanes if each[0] > last] + [each for each in lanes if each[0] <= last]

    def _take_positions(self, positions: Sequence[int]) -> list[Claim]:
        if not positions:
            return []
        rows = self._database.rows(_TAKE_MANY, positions=positions, **self._lease())
        if len(rows) < len(positions):
            taken = {row[6] for row in rows}
            self._database.execute(_SEND_BACK, positions=[each for each in positions if each not in taken])
        return sorted(map(_claim, rows), key=lambda claim: claim.position)

    def _lease(self) -> dict[str, str]:
        now = self._clock()
        lease = later(now, self._jobs.lease_seconds)
        return {"now": to_text(now), "lease": lease, "token": secrets.token_hex(16)}

    # -- holding --------------------------------------------------------------------------------------

    def extend(self, claims: Iterable[Claim]) -> int:
        """Keep leases alive; how many jobs are still this worker's."""
        tokens = sorted({claim.token for claim in claims})
        if not tokens:
            return 0
        return self._database.execute(_EXTEND, tokens=tokens, lease=later(self._clock(), self._jobs.lease_seconds))

    def progress(self, claim: Claim, percent: int) -> None:
        """Note how far a job is, 0 to 100."""
        now = to_text(self._clock())
        self._database.execute(_PROGRESS, position=claim.position, token=claim.token, progress=percent, now=now)

    def is_cancelled(self, claim: Claim) -> bool:
        """Whether somebody cancelled the job meanwhile."""
        return bool(self._database.value(_STATE, id=claim.id) != RUNNING)

    # -- ending ---------------------------------------------------------------------------------------

    def succeed(self, claim: Claim, result: Any) -> None:
        """Record the end of a job and give the one that waits behind it its turn."""
        self.finish([Ending(claim, SUCCEEDED, result)])

    def fail(self, claim: Claim, error: str, *, retry_in: float | None = None, final: bool = False) -> None:
        """Record a failed attempt; see :meth:`failure`."""
        self.finish([self.failure(claim, error, retry_in=retry_in, final=final)])

    def failure(self, claim: Claim, error: str, *, retry_in: float | None = None, final: bool = False) -> Ending:
        """How a failed attempt ends: the last one as ``failed``, others in ``retry_in`` seconds or by their number.

        A ``final`` one is the last, whatever its number.
        """
        kind = self._jobs.types.get(claim.kind)
        if final or kind is None or claim.attempt >= kind.max_attempts:
            return Ending(claim, FAILED, error=error)
        delay = min(_FIRST_RETRY_SECONDS * 2 ** min(claim.attempt - 1, 20), _LONGEST_RETRY_SECONDS)
        return Ending(claim, QUEUED, error=error, delay=delay if retry_in is None else retry_in)

    def postpone(self, claim: Claim, seconds: float) -> None:
        """Give a claimed job back untried."""
        run_at = later(self._clock(), seconds)
        self._database.execute(_POSTPONE, position=claim.position, token=claim.token, run_at=run_at)

    def give_back(self, claims: Sequence[Claim]) -> None:
        """Put jobs back that were taken and not tried, as a worker does that stops."""
        with self._database.transaction():
            for claim in claims:
                self.postpone(claim, 0.0)

    def finish(self, endings: Sequence[Ending]) -> None:
        """Write down how attempts ended, all or none, and let those that wait behind them come up."""
        keys = [e.claim.order_key for e in endings if e.claim.order_key is not None and e.state != QUEUED]
        with self._database.transaction() as transaction:
            forgotten = [e.claim for e in endings if e.state == SUCCEEDED and not self._is_kept(e.claim)]
            if forgotten:
                self._database.execute(
                    _FORGET,
                    positions=[claim.position for claim in forgotten],
                    tokens=sorted({claim.token for claim in forgotten}),
                )
            for ending in endings:
                if ending.state != SUCCEEDED or self._is_kept(ending.claim):
                    self._note(ending)
            if keys and self._database.dialect == "sqlite":
                rows = self._give(keys)
                transaction.after_commit(lambda: self._announce(rows))
            elif keys:
                # NOTE: after the commit, so that whoever adds a job meanwhile is seen, or sees that this one ended.
                # A worker that dies in between leaves a turn for `find_lost_turns`.
                transaction.after_commit(lambda: self.give_turns(keys))

    def _is_kept(self, claim: Claim) -> bool:
        kind = self._jobs.types.get(claim.kind)
        return kind is None or kind.kept

    def _note(self, ending: Ending) -> None:
        now = self._clock()
        self._database.execute(
            _FINISH,
            position=ending.claim.position,
            token=ending.claim.token,
            state=ending.state,
            result=None if ending.result is None else orjson.dumps(ending.result).decode(),
            error=ending.error,
            progress=100 if ending.state == SUCCEEDED else 0,
            run_at=later(now, ending.delay),
            now=to_text(now),
        )

    # -- turns ----------------------------------------------------------------------------------------

    def unfinished(self, keys: Sequence[str]) -> set[str]:
        """Those of ``keys`` that have an unfinished job."""
        if len(keys) < 2:
            return {key for key in keys if self._database.value(_UNFINISHED_KEY, key=key) is not None}
        return {row[0] for row in self._database.rows(_UNFINISHED_KEYS, keys=orjson.dumps(keys).decode())}

    def give_turns(self, keys: Sequence[str]) -> None:
        """Make the first unfinished job of each key ready, and announce it. Failure costs time and no work."""
        try:
            rows = self._give(keys)
        except Exception:
            _log.warning("a turn could not be given; the sweep makes it good", exc_info=True)
            return
        self._announce(rows)

    def _give(self, keys: Sequence[str]) -> list[tuple[Any, ...]]:
        return self._database.rows(_GIVE_TURNS, keys=orjson.dumps(keys).decode())

    def _announce(self, rows: Sequence[tuple[Any, ...]]) -> None:
        streams = set()
        for job_id, name in rows:
            kind = self._jobs.types.get(name)
            if kind is not None and kind.stream is not None:
                streams.add(name)
            else:
                self._jobs.announce(job_id)
        for name in streams:
            self._jobs.announce_stream(name)

    def find_lost_turns(self) -> int:
        """Give turns that a worker which died took with it; how many keys there were."""
        keys = [row[0] for row in self._database.rows(_LOST_TURNS)]
        if keys:
            self.give_turns(keys)
        return len(keys)

    def release_expired(self) -> int:
        """Make jobs ready again whose worker gave no sign of life; how many there were."""
        now = to_text(self._clock())
        if self._database.value(_ANY_EXPIRED, now=now) is None:
            return 0
        return self._database.execute(_RELEASE, now=now)

    def heed_clock(self) -> None:
        """Make due what was put in while the clock was ahead, and let leases from then run out; it was put right since.

        A worker that is alive extends its lease again, whatever its own clock says.
        """
        now, lease = self._clock(), self._jobs.lease_seconds
        bounds = {"soon": later(now, _WRONG_AFTER_SECONDS), "latest": later(now, 2 * lease + _WRONG_AFTER_SECONDS)}
        if self._database.value(_ANY_AHEAD, **bounds) is None:
            return
        with self._database.transaction():
            self._database.execute(_BRING_BACK, now=to_text(now), soon=bounds["soon"])
            self._database.execute(_SHORTEN, lease=later(now, lease), latest=bounds["latest"])

    # -- looking --------------------------------------------------------------------------------------

    def plain_kinds(self) -> list[str]:
        """Kinds with queued jobs that are done one by one. Those that this process doesn't know are left to others."""
        return [kind for (kind,) in self._database.rows(_KINDS) if self._is_plain(kind)]

    def _is_plain(self, name: str) -> bool:
        kind = self._jobs.types.get(name)
        return kind is not None and kind.stream is None

    def due(self, kind: str, limit: int) -> list[tuple[int, str]]:
        """Position and id of due jobs of a kind without lanes, the earliest due first."""
        rows = self._database.rows(_DUE, kind=kind, now=to_text(self._clock()), limit=limit)
        return [(position, job_id) for position, job_id in rows]


_DUE = Statement(
    "SELECT position, id FROM jobs WHERE kind = :kind AND lane = '' AND state = 'queued' AND run_at <= :now "
    "ORDER BY run_at, position LIMIT :limit"
)


def _claim(row: tuple[Any, ...]) -> Claim:
    job_id, kind, text, attempt, token, order_key, position, lane = row
    arguments = orjson.loads(text)
    traceparent = arguments.pop(TRACE_ARGUMENT, "")
    return Claim(job_id, kind, arguments, attempt, token, order_key, position, lane, traceparent)

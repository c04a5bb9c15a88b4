"""Sending the deliveries of a span of time again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from studio_kernel.clock import to_text
from studio_webhooks import queries
from studio_webhooks.fanout import Fanout
from studio_webhooks.outgoing import Outgoing, turn_of
from studio_webhooks.queries import EXHAUSTED, FAILED, PENDING

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.jobs import JobRun

REPLAY_SPAN = "webhooks.replay_span"
DEFAULT_STATES = (FAILED, EXHAUSTED)
_AT_ONCE = 200


class Replay:
    """The job: what is pending already stays as it is, so that a repeated run does no harm."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._outgoing = Outgoing(platform.database, platform.jobs, platform.clock)
        self._fanout = Fanout(platform)

    def run(self, run: JobRun) -> dict[str, int]:
        """How many were sent again, and how many for the first time."""
        wanted = dict(run.arguments)
        total = self._database.value(queries.COUNT_SPAN, **_span(wanted))
        replayed, seen, after = 0, 0, ("", "")
        while not run.is_cancelled():
            rows, sent = self._part(wanted, after)
            if not rows:
                break
            replayed, seen = replayed + sent, seen + len(rows)
            after = (rows[-1][3], rows[-1][0])
            run.report(min(99, seen * 100 // max(total, 1)))
        missed = self._missed(run, wanted) if wanted["missed"] else 0
        return {"replayed": replayed, "missed": missed}

    def _part(self, wanted: dict[str, Any], after: tuple[str, str]) -> tuple[list[tuple[Any, ...]], int]:
        """The deliveries that were looked at, and how many of them are sent again."""
        span = _span(wanted)
        with self._database.transaction():
            rows = self._database.rows(queries.SPAN, **span, after=after[0], after_id=after[1], limit=_AT_ONCE)
            again = self._marked(self._to_send(wanted["webhook"], rows), span["states"])
            self._outgoing.send([(row[0], wanted["webhook"], _turn(row), row[2]) for row in rows if row[0] in again])
        return rows, len(again)

    def _to_send(self, webhook_id: str, rows: Sequence[tuple[Any, ...]]) -> list[str]:
        """Those that are finished, or pending with nothing that will send them."""
        pending = [(row[0], webhook_id, _turn(row)) for row in rows if row[5] == PENDING]
        abandoned = self._outgoing.abandoned(pending)
        return [row[0] for row in rows if row[5] != PENDING or row[0] in abandoned]

    def _marked(self, ids: Sequence[str], states: Sequence[str]) -> set[str]:
        if not ids:
            return set()
        now = to_text(self._platform.clock())
        return {row[0] for row in self._database.rows(queries.REPLAY_ALL, ids=ids, states=states, now=now)}

    def _missed(self, run: JobRun, wanted: dict[str, Any]) -> int:
        found, position = 0, 0
        while not run.is_cancelled():
            part = self._platform.events.between(
                after=position, since=wanted["since"], until=wanted["until"], limit=_AT_ONCE
            )
            if not part:
                break
            position = part[-1][0]
            found += self._fanout.catch_up(wanted["webhook"], [event for _, event in part])
        return found


def _span(wanted: dict[str, Any]) -> dict[str, Any]:
    """What to look for. Who wants what failed wants what was abandoned, too; it stands as pending."""
    states = [*wanted["states"], *((PENDING,) if FAILED in wanted["states"] else ())]
    return {**{name: wanted[name] for name in ("webhook", "since", "until")}, "states": states}


def _turn(row: tuple[Any, ...]) -> str:
    return turn_of({"id": row[0], "resource_id": row[1], "event": row[4]})

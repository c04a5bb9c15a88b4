"""Sending the deliveries of a span of time again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_kernel.clock import to_text
from studio_webhooks import queries
from studio_webhooks.fanout import Fanout
from studio_webhooks.outgoing import Outgoing
from studio_webhooks.queries import EXHAUSTED, FAILED

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
        replayed, after = 0, ("", "")
        while not run.is_cancelled():
            rows = self._part(wanted, after)
            if not rows:
                break
            replayed += len(rows)
            after = (rows[-1][3], rows[-1][0])
            run.report(min(99, replayed * 100 // max(total, 1)))
        missed = self._missed(run, wanted) if wanted["missed"] else 0
        return {"replayed": replayed, "missed": missed}

    def _part(self, wanted: dict[str, Any], after: tuple[str, str]) -> list[tuple[Any, ...]]:
        with self._database.transaction():
            rows = self._database.rows(queries.SPAN, **_span(wanted), after=after[0], after_id=after[1], limit=_AT_ONCE)
            if rows:
                now = to_text(self._platform.clock())
                self._database.execute(queries.REPLAY_ALL, ids=[row[0] for row in rows], now=now)
                self._outgoing.send([(row[0], wanted["webhook"], row[1], row[2]) for row in rows])
        return rows

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
    return {name: wanted[name] for name in ("webhook", "states", "since", "until")}

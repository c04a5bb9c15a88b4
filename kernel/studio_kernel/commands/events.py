"""``studio events``"""

from __future__ import annotations

import fnmatch
import json
import time
from collections.abc import Sequence
from dataclasses import asdict

import click

from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_kernel.events import Event, Events

# How many positions before the last one are looked at again: on PostgreSQL a later event may be committed first.
_OVERTAKEN = 200


class Follower:
    """Gives events as they come, each once, from behind ``position``."""

    def __init__(self, events: Events, position: int) -> None:
        self._events = events
        self._first = self._last = position
        self._shown: set[int] = set()

    def news(self) -> list[Event]:
        """What came since the last call, some at a time, in order."""
        behind = max(self._first, self._last - _OVERTAKEN)
        part = self._events.between(after=behind, limit=500 + _OVERTAKEN)
        fresh = [(position, event) for position, event in part if position not in self._shown]
        self._last = max([self._last, *(position for position, _ in fresh)])
        self._shown = {position for position, _ in part if position > self._last - _OVERTAKEN}
        return [event for _, event in fresh]


@click.group()
def events() -> None:
    """Watch events, and show what there are."""


@events.command("catalogue")
@json_option
def catalogue(as_json: bool) -> None:
    """Every event that the active plugins publish."""
    with platform_session("events.catalogue") as platform:
        types = sorted(platform.events.types.values(), key=lambda kind: kind.name)
    found = [
        {"name": kind.name, "version": kind.version, "summary": kind.summary, "example": dict(kind.example)}
        for kind in types
    ]
    rows = [(kind.name, kind.version, kind.summary) for kind in types]
    show(found, as_json, lambda: table(("NAME", "VERSION", "WHAT HAPPENED"), rows))


@events.command("tail")
@click.argument("patterns", nargs=-1)
@click.option("--lines", type=click.IntRange(0, 10_000), default=10, show_default=True, help="Past events first.")
@click.option("--follow/--no-follow", default=True, show_default=True, help="Wait for more, until interrupted.")
@click.option("--project", default="", help="Only what happens in this project.")
@json_option
def tail(patterns: Sequence[str], lines: int, follow: bool, project: str, as_json: bool) -> None:
    """The latest events, oldest first, and those that come; PATTERNS are names such as evidence.* or project.created.

    With --json each event is one line of JSON.
    """
    with platform_session("events.tail") as platform:
        follower = Follower(platform.events, _first_shown(platform.events, lines, patterns, project))
        while True:
            part = follower.news()
            for event in part:
                if _wanted(event, patterns, project):
                    click.echo(_line(event, as_json=as_json))
            if not part and not follow:
                return
            if not part:
                time.sleep(0.5)


def _first_shown(events: Events, lines: int, patterns: Sequence[str], project: str) -> int:
    """The position behind which the last ``lines`` wanted events begin, not looking back without end."""
    position = end = events.latest()
    step = max(100, lines * 4)
    while position > 0:
        position = max(0, position - step)
        part = events.between(after=position, limit=end - position)
        wanted = [place for place, event in part if _wanted(event, patterns, project)]
        if len(wanted) >= lines:
            return wanted[-lines] - 1 if lines else end
        step *= 4
        if end - position > 100_000:
            break
    return position


def _wanted(event: Event, patterns: Sequence[str], project: str) -> bool:
    fits = not patterns or any(fnmatch.fnmatchcase(event.name, pattern) for pattern in patterns)
    return fits and project in ("", event.project_id)


def _line(event: Event, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(asdict(event), default=dict)
    return f"{event.occurred_at}  {event.name}  {event.resource_id}  by {event.actor_id or '-'}"

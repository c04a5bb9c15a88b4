"""From events to deliveries."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from studio_kernel.events import Event, Subscriber
from studio_kernel.security.permissions import ADMINISTRATORS
from studio_webhooks import queries
from studio_webhooks.events import WEBHOOK_TEST
from studio_webhooks.outgoing import Outgoing
from studio_webhooks.switch import Switch

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.storage.database import Database


def wants(patterns: Iterable[str], event: str) -> bool:
    """Whether a webhook that subscribes to ``patterns`` gets that event."""
    return any(fnmatch.fnmatchcase(event, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Receiver:
    """An active webhook, as far as it matters for who gets what. ``project_id`` is empty for all projects."""

    id: str
    patterns: tuple[str, ...]
    owner_id: str
    project_id: str
    created_at: str

    def wants(self, event: Event) -> bool:
        """Whether an event is of its kind, of its project, and not older than itself.

        What waited in the outbox before it was created isn't meant for it.
        """
        return self.created_at <= event.occurred_at and self.is_meant(event)

    def is_meant(self, event: Event) -> bool:
        """The same, whatever its age. Test events are made together with their delivery, for one webhook."""
        fits = self.project_id in ("", event.project_id) and wants(self.patterns, event.name)
        return fits and event.name != WEBHOOK_TEST.name


def receiver_from_row(row: tuple[Any, ...]) -> Receiver:
    """From the columns of :data:`queries.ACTIVE_WEBHOOKS`."""
    return Receiver(row[0], tuple(orjson.loads(row[1])), *row[2:])


class Fanout:
    """Makes one delivery for each active webhook that subscribes to an event and whose owner may see it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._outgoing = Outgoing(platform.database, platform.jobs, platform.clock)

    def handle(self, event: Event) -> None:
        """One event; see :meth:`handle_all`."""
        self.handle_all([event])

    def handle_all(self, events: Sequence[Event]) -> None:
        """Called after the commit, at least once: webhooks that have an event already are left out."""
        rows = self._database.rows(queries.ACTIVE_WEBHOOKS, yes=True)
        receivers = [receiver_from_row(row) for row in rows]
        self._deliver([(event, each) for event in events for each in receivers if each.wants(event)])

    def catch_up(self, webhook_id: str, events: Sequence[Event]) -> int:
        """Give a webhook those past events that are meant for it and that it never got; how many there were."""
        row = self._database.row(queries.ACTIVE_WEBHOOK, id=webhook_id, yes=True)
        receiver = receiver_from_row(row) if row is not None else None
        if receiver is None:
            return 0
        return self._deliver([(event, receiver) for event in events if receiver.is_meant(event)])

    def _deliver(self, wanted: Sequence[tuple[Event, Receiver]]) -> int:
        """Those pairs whose owner may see the event, and that aren't there yet; how many there were."""
        readers = {(receiver.owner_id, event.project_id) for event, receiver in wanted}
        seen = self._platform.hooks.event_visibility(self._platform, sorted(readers))
        return self._add([(event, r.id) for event, r in wanted if (r.owner_id, event.project_id) in seen])

    def _add(self, pairs: Sequence[tuple[Event, str]]) -> int:
        if not pairs:
            return 0
        events = list({event.id: event for event, _ in pairs}.values())
        with self._database.transaction():
            rows = self._database.rows(queries.HAVE_EVENTS, events=[event.id for event in events])
            have = {(event_id, webhook_id) for event_id, webhook_id in rows}
            missing: dict[str, list[str]] = {}
            for event, webhook_id in pairs:
                if (event.id, webhook_id) not in have:
                    missing.setdefault(event.id, []).append(webhook_id)
            return len(self._outgoing.add([(event, missing.get(event.id, [])) for event in events]))


class OwnerWatch:
    """Takes webhooks out of service when their owner may no longer administer.

    NOTE: this plugin knows accounts only by what their events say, whichever plugin publishes them. Without such
    events nothing happens.
    """

    def __init__(self, database: Database, switch: Switch) -> None:
        self._database = database
        self._switch = switch

    def handle(self, event: Event) -> None:
        """Called inside the change of the account, so that no later event reaches the owner's receivers."""
        status, role = event.data.get("status"), event.data.get("role")
        gone = event.name in ("user.deleted", "user.disabled") or status in ("deleted", "disabled")
        demoted = role is not None and role not in ADMINISTRATORS
        if not (gone or demoted):
            return
        reason = "Its owner's account is no longer active" if gone else "Its owner is no longer an administrator"
        for row in self._database.rows(queries.OWNED_AND_ACTIVE, owner=event.resource_id, yes=True):
            self._switch.off(row[0], reason)


def subscribers(platform: Platform) -> tuple[Subscriber, ...]:
    """The plugin's listeners."""
    fanout = Fanout(platform)
    watch = OwnerWatch(platform.database, Switch(platform))
    return (
        # NOTE: a day of attempts: whatever keeps events from being taken in, somebody has time to see to it.
        Subscriber("webhooks.fanout", ("*",), fanout.handle, max_attempts=36, together=fanout.handle_all),
        Subscriber("webhooks.owners", ("user.*",), watch.handle, mode="in_transaction"),
    )

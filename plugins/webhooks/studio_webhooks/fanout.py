"""From events to deliveries."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from typing import TYPE_CHECKING

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


class Fanout:
    """Makes one delivery for each active webhook that subscribes to an event."""

    def __init__(self, database: Database, outgoing: Outgoing) -> None:
        self._database = database
        self._outgoing = outgoing

    def handle(self, event: Event) -> None:
        """Called after the commit, at least once: webhooks that have the event already are left out.

        So are webhooks younger than the event: what waited in the outbox before them isn't theirs.
        """
        if event.name == WEBHOOK_TEST.name:
            return  # made together with its delivery, for one webhook
        database = self._database
        subscribed = [
            webhook_id
            for webhook_id, patterns in database.rows(queries.ACTIVE_WEBHOOKS, yes=True, occurred=event.occurred_at)
            if wants(orjson.loads(patterns), event.name)
        ]
        if not subscribed:
            return
        with database.transaction():
            have = {row[0] for row in database.rows(queries.HAVE_EVENT, event=event.id)}
            self._outgoing.add(event, [each for each in subscribed if each not in have])


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
    outgoing = Outgoing(platform.database, platform.jobs, platform.clock)
    fanout = Fanout(platform.database, outgoing)
    watch = OwnerWatch(platform.database, Switch(platform))
    return (
        Subscriber("webhooks.fanout", ("*",), fanout.handle),
        Subscriber("webhooks.owners", ("user.*",), watch.handle, mode="in_transaction"),
    )

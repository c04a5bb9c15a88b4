"""Putting events on their way: one delivery row and one job for each webhook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from studio_kernel.clock import Clock, to_text
from studio_kernel.events import Event
from studio_kernel.ids import new_id
from studio_kernel.jobs import Jobs, Work
from studio_kernel.storage.database import Database
from studio_webhooks.events import WEBHOOK_TEST
from studio_webhooks.models import Delivery
from studio_webhooks.queries import PENDING

DELIVER = "webhooks.deliver"


def payload(event: Event) -> str:
    """The body as the API reference prints it; kept as text, so that each attempt sends the same bytes."""
    return orjson.dumps({"event": event.name, "timestamp": event.occurred_at, "data": event.data}).decode()


def turn_of(delivery: Mapping[str, object]) -> str:
    """What a delivery takes turns by: the resource, and of a test itself, so that it comes at once."""
    return str(delivery["id"] if delivery["event"] == WEBHOOK_TEST.name else delivery["resource_id"])


def _order_key(webhook_id: str, turn: str) -> str:
    return f"{DELIVER}:{webhook_id}:{turn}"


class Outgoing:
    """Adds deliveries, inside the caller's transaction."""

    def __init__(self, database: Database, jobs: Jobs, clock: Clock) -> None:
        self._database = database
        self._jobs = jobs
        self._clock = clock

    def add(self, wanted: Sequence[tuple[Event, Sequence[str]]]) -> list[str]:
        """Send each event to its webhooks, which must not have it yet; the ids of the deliveries."""
        now = to_text(self._clock())
        rows: list[dict[str, object]] = []
        for event, webhook_ids in wanted:
            body = payload(event) if webhook_ids else ""
            rows += [self._row(event, webhook_id, body, now) for webhook_id in webhook_ids]
        if rows:
            self._database.insert_many(Delivery, rows)
            self.send([(str(r["id"]), str(r["webhook_id"]), turn_of(r), str(r["project_id"])) for r in rows])
        return [str(row["id"]) for row in rows]

    @staticmethod
    def _row(event: Event, webhook_id: str, body: str, now: str) -> dict[str, object]:
        return {
            "id": new_id("whd"),
            "webhook_id": webhook_id,
            "event_id": event.id,
            "event": event.name,
            "event_version": event.version,
            "resource_id": event.resource_id,
            "project_id": event.project_id,
            "message_id": new_id("msg"),
            "state": PENDING,
            "attempts": 0,
            "replayed_at_attempt": 0,
            "history": "[]",
            "body": body,
            "created_at": now,
            "updated_at": now,
        }

    def send(self, deliveries: Sequence[tuple[str, str, str, str]]) -> None:
        """Have deliveries sent, given by their own id, their webhook's, what they take turns by, and their project's.

        Those that take turns by the same, to one webhook, wait for each other, retries included; those of one webhook
        share its lane.
        """
        works = [
            Work({"delivery": delivery}, _order_key(webhook, turn), webhook, project)
            for delivery, webhook, turn, project in deliveries
        ]
        self._jobs.enqueue_many(DELIVER, works, owner_id="")

    def abandoned(self, pending: Sequence[tuple[str, str, str]]) -> set[str]:
        """Those of pending deliveries, given as for :meth:`send`, that nothing will send: somebody cancelled their job.

        One that waits behind others isn't told from those others, and counts as on its way.
        """
        busy = self._jobs.claims.unfinished([_order_key(webhook, turn) for _, webhook, turn in pending])
        return {delivery for delivery, webhook, turn in pending if _order_key(webhook, turn) not in busy}

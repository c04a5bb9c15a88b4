"""Putting events on their way: one delivery row and one job for each webhook."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from studio_kernel.clock import Clock, to_text
from studio_kernel.events import Event
from studio_kernel.ids import new_id
from studio_kernel.jobs import Jobs
from studio_kernel.storage.database import Database
from studio_webhooks.models import Delivery
from studio_webhooks.queries import PENDING

DELIVER = "webhooks.deliver"


def payload(event: Event) -> str:
    """The body as the API reference prints it; kept as text, so that each attempt sends the same bytes."""
    return orjson.dumps({"event": event.name, "timestamp": event.occurred_at, "data": event.data}).decode()


class Outgoing:
    """Adds deliveries, inside the caller's transaction."""

    def __init__(self, database: Database, jobs: Jobs, clock: Clock) -> None:
        self._database = database
        self._jobs = jobs
        self._clock = clock

    def add(self, event: Event, webhook_ids: Sequence[str]) -> list[str]:
        """Send ``event`` to these webhooks, which must not have it yet; the ids of the deliveries."""
        body = payload(event)
        now = to_text(self._clock())
        rows = [
            {
                "id": new_id("whd"),
                "webhook_id": webhook_id,
                "event_id": event.id,
                "event": event.name,
                "resource_id": event.resource_id,
                "message_id": new_id("msg"),
                "state": PENDING,
                "attempts": 0,
                "replayed_at_attempt": 0,
                "body": body,
                "created_at": now,
                "updated_at": now,
            }
            for webhook_id in webhook_ids
        ]
        self._database.insert_many(Delivery, rows)
        for row in rows:
            self.send(str(row["id"]), str(row["webhook_id"]), event.resource_id)
        return [str(row["id"]) for row in rows]

    def send(self, delivery_id: str, webhook_id: str, resource_id: str) -> None:
        """Have a delivery sent. Those of one resource to one webhook wait for each other, retries included."""
        self._jobs.enqueue(DELIVER, {"delivery": delivery_id}, order_key=f"{DELIVER}:{webhook_id}:{resource_id}")

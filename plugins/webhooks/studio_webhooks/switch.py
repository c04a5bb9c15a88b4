"""Switching a webhook off on the platform's own account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from studio_kernel.clock import to_text
from studio_webhooks import queries
from studio_webhooks.events import WEBHOOK_DISABLED

if TYPE_CHECKING:
    from studio_kernel.app import Platform


class Switch:
    """Disables webhooks and says so. A person who wants one back sets ``active`` again."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._events = platform.events
        self._clock = platform.clock

    def off(self, webhook_id: str, reason: str) -> None:
        """Disable a webhook that is active, with a reason that its administrators read."""
        with self._database.transaction():
            changed = self._database.execute(
                queries.DISABLE, id=webhook_id, reason=reason, now=to_text(self._clock()), yes=True, no=False
            )
            row = self._database.row(queries.FIND_WEBHOOK, id=webhook_id)
            if changed and row is not None:
                shown = {
                    "id": webhook_id,
                    "events": orjson.loads(row[2]),
                    "active": False,
                    "disabled_reason": reason,
                }
                self._events.publish(WEBHOOK_DISABLED, resource_id=webhook_id, data={"webhook": shown})

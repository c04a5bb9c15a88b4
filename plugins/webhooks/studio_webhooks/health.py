"""How receivers are doing, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.clock import later, to_text
from studio_webhooks import queries
from studio_webhooks.sender import Outcome
from studio_webhooks.settings import WebhookSettings
from studio_webhooks.switch import Switch

if TYPE_CHECKING:
    from studio_kernel.app import Platform

GONE = "The receiver answered 410 Gone"


class Health:
    """Counts failures in a row, and switches webhooks off that only fail.

    Failures alone aren't enough: many events within a minute would make many of them. They switch a webhook off when
    nothing has succeeded for a while, too.
    """

    def __init__(self, platform: Platform) -> None:
        settings = platform.settings.section(WebhookSettings)
        self._database = platform.database
        self._clock = platform.clock
        self._most = settings.disable_after_failures
        self._hours = settings.disable_after_hours
        self._switch = Switch(platform)
        self._failing: set[str] = set()

    def is_failing(self, webhook_id: str) -> bool:
        """Whether the last that this process knows of a receiver is a failure."""
        return webhook_id in self._failing

    def note(self, outcomes: Sequence[tuple[str, Outcome, bool]]) -> None:
        """Take attempts in, each with its webhook and whether that was failing before. In a transaction.

        Attempts to one webhook that were made at the same time count as a success when one of them succeeded.
        """
        by_webhook: dict[str, list[tuple[Outcome, bool]]] = {}
        for webhook_id, outcome, was_failing in outcomes:
            by_webhook.setdefault(webhook_id, []).append((outcome, was_failing))
        # NOTE: in order of their ids, so that two workers lock rows in the same order.
        for webhook_id, made in sorted(by_webhook.items()):
            if any(outcome.is_gone for outcome, _ in made):
                self._switch.off(webhook_id, GONE)
            elif any(outcome.succeeded for outcome, _ in made):
                self._well(webhook_id, was_failing=any(failing for _, failing in made))
            else:
                self._fails(webhook_id, len(made))

    def _well(self, webhook_id: str, *, was_failing: bool) -> None:
        if was_failing or webhook_id in self._failing:
            self._database.execute(queries.IS_WELL, id=webhook_id)
        self._failing.discard(webhook_id)

    def _fails(self, webhook_id: str, more: int) -> None:
        now = self._clock()
        row = self._database.row(queries.FAILS, id=webhook_id, more=more, now=to_text(now))
        self._failing.add(webhook_id)
        if row is None:
            return
        failures, since = row
        if failures >= self._most and since <= later(now, -self._hours * 3600):
            hours = f"{self._hours:g} hours"
            self._switch.off(webhook_id, f"{failures} attempts in a row failed, and none succeeded for {hours}")

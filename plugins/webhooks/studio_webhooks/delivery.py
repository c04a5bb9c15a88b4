"""Sending deliveries, in the background: attempts, retries, and what ends them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import studio_kernel
from studio_kernel.clock import from_text, later, to_text
from studio_kernel.errors import ConfigurationError
from studio_kernel.jobs import JobRun, JobType, RetryLater
from studio_webhooks import queries
from studio_webhooks.addresses import AddressGuard, Resolver, resolve
from studio_webhooks.events import WEBHOOK_TEST
from studio_webhooks.keys import Keyring
from studio_webhooks.models import Delivery
from studio_webhooks.outgoing import DELIVER
from studio_webhooks.queries import EXHAUSTED, FAILED, PENDING, SUCCEEDED
from studio_webhooks.sender import Outcome, Sender
from studio_webhooks.settings import WebhookSettings
from studio_webhooks.signing import signed_headers
from studio_webhooks.switch import Switch

if TYPE_CHECKING:
    from studio_kernel.app import Platform

GONE = 410
# NOTE: the delivery row says when to stop, not the job: after a crash an attempt may be started twice.
_MOST_STARTS = 1000
_JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Attempt:
    """A delivery and its webhook, as one attempt needs them. Sealed secrets stay out of ``repr`` and of logs."""

    delivery_id: str
    webhook_id: str
    event: str
    message_id: str
    state: str
    attempts: int
    replayed_at_attempt: int
    next_attempt_at: str | None
    body: str
    url: str
    active: bool
    sealed: tuple[str, str | None, str | None]

    def __repr__(self) -> str:
        return f"Attempt({self.delivery_id}, {self.attempts})"


def attempt_from_row(row: tuple[Any, ...]) -> Attempt:
    """From the columns of :data:`queries.ATTEMPT`."""
    return Attempt(*(*row[:10], bool(row[10]), row[11:14]))


def retry_delay(message_id: str, attempt: int, seconds: float) -> float:
    """``seconds`` and up to a fifth more, by the message: the same delivery always waits as long.

    Spreads the retries of many deliveries without making them a matter of chance.
    """
    digest = hashlib.sha256(f"{message_id}:{attempt}".encode()).digest()
    return seconds * (1 + _JITTER * int.from_bytes(digest[:4], "big") / 2**32)


class Courier:
    """Makes attempts. ``send`` and the guard inside it are the only way out of the platform."""

    def __init__(self, platform: Platform, *, resolver: Resolver = resolve) -> None:
        settings = platform.settings.section(WebhookSettings)
        guard = AddressGuard(settings.allowed_networks, require_https=settings.require_https, resolver=resolver)
        self._database = platform.database
        self._clock = platform.clock
        self._settings = settings
        self._keys = Keyring(platform)
        self._switch = Switch(platform)
        self._sender = Sender(guard, timeout=settings.timeout_seconds)

    def deliver(self, run: JobRun) -> dict[str, Any]:
        """Make the attempt that is due. Raises ``RetryLater`` until the delivery has ended one way or the other."""
        row = self._database.row(queries.ATTEMPT, id=run.arguments["delivery"])
        if row is None:
            return {"state": "deleted"}
        attempt = attempt_from_row(row)
        if attempt.state != PENDING:
            return {"state": attempt.state}
        if not attempt.active and attempt.event != WEBHOOK_TEST.name:
            return self._end(attempt, FAILED, Outcome("The webhook is not active"), made=0)
        now = self._clock()
        if attempt.next_attempt_at is not None and now < from_text(attempt.next_attempt_at):
            # NOTE: the process died after it wrote the retry down, and the job came back early.
            raise RetryLater((from_text(attempt.next_attempt_at) - now).total_seconds(), "not due yet")
        return self._judge(attempt, self._send(attempt, now))

    def _send(self, attempt: Attempt, now: datetime) -> Outcome:
        body = attempt.body.encode()
        try:
            headers = self._headers(attempt, body, now)
        except ConfigurationError:
            return Outcome("The secret can't be read: the platform's key is not the one it was kept with")
        return self._sender.send(attempt.url, headers, body, now)

    def _headers(self, attempt: Attempt, body: bytes, now: datetime) -> Mapping[str, str]:
        keys = self._keys.signing_keys(*attempt.sealed, now)
        return {
            **signed_headers(keys, message_id=attempt.message_id, timestamp=int(now.timestamp()), body=body),
            "Content-Type": "application/json",
            "User-Agent": f"Studio-Platform/{studio_kernel.__version__}",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "X-Studio-Event": attempt.event,
            "X-Studio-Delivery": attempt.delivery_id,
        }

    def _judge(self, attempt: Attempt, outcome: Outcome) -> dict[str, Any]:
        if outcome.succeeded:
            return self._end(attempt, SUCCEEDED, outcome)
        if outcome.status == GONE:
            with self._database.transaction():
                ended = self._end(attempt, FAILED, outcome)
                self._switch.off(attempt.webhook_id, "The receiver answered 410 Gone")
            return ended
        delays = self._settings.retry_seconds
        retries = attempt.attempts - attempt.replayed_at_attempt
        if retries >= len(delays):
            return self._end(attempt, EXHAUSTED, outcome)
        asked = min(outcome.retry_after, self._settings.retry_after_limit)
        seconds = max(retry_delay(attempt.message_id, attempt.attempts, delays[retries]), asked)
        self._note(attempt, PENDING, outcome, next_attempt_at=later(self._clock(), seconds))
        raise RetryLater(seconds, outcome.error)

    def _end(self, attempt: Attempt, state: str, outcome: Outcome, *, made: int = 1) -> dict[str, Any]:
        self._note(attempt, state, outcome, made=made)
        return {"state": state, "response_status": outcome.status}

    def _note(
        self, attempt: Attempt, state: str, outcome: Outcome, *, next_attempt_at: str | None = None, made: int = 1
    ) -> None:
        """Write down what an attempt came to, unless somebody else ended the delivery meanwhile."""
        with self._database.transaction():
            self._database.update(
                Delivery,
                {
                    "state": state,
                    "attempts": attempt.attempts + made,
                    "response_status": outcome.status,
                    "response_body": outcome.body,
                    "error": outcome.error or None,
                    "next_attempt_at": next_attempt_at,
                    "updated_at": to_text(self._clock()),
                },
                where={"id": attempt.delivery_id, "state": PENDING},
            )


def pruner(platform: Platform) -> Callable[[JobRun], int]:
    """A job that forgets finished deliveries after ``webhooks.kept_days``; its result is their number."""
    days = platform.settings.section(WebhookSettings).kept_days

    def prune(run: JobRun) -> int:
        return platform.database.execute(queries.PRUNE, before=later(platform.clock(), -days * 86_400))

    return prune


def job_types(platform: Platform, *, resolver: Resolver = resolve) -> tuple[JobType, ...]:
    """The plugin's background work."""
    timeout = platform.settings.section(WebhookSettings).timeout_seconds
    courier = Courier(platform, resolver=resolver)
    return (
        JobType(
            DELIVER,
            courier.deliver,
            summary="Sends one event to one webhook",
            max_attempts=_MOST_STARTS,
            timeout=timeout + 30.0,
        ),
        JobType("webhooks.prune", pruner(platform), summary="Forgets old deliveries", every=3600.0, max_attempts=2),
    )

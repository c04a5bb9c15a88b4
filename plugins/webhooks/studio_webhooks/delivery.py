"""Sending deliveries, in the background: attempts, retries, and what ends them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import studio_kernel
from studio_kernel.clock import from_text, later, to_text
from studio_kernel.errors import ConfigurationError
from studio_kernel.jobs import JobRun, JobType, RetryLater
from studio_kernel.tracing import current_trace
from studio_webhooks import queries
from studio_webhooks.addresses import AddressGuard, Resolver, resolve
from studio_webhooks.events import WEBHOOK_TEST
from studio_webhooks.gate import Gate
from studio_webhooks.health import Health
from studio_webhooks.history import extended
from studio_webhooks.keys import Keyring
from studio_webhooks.outgoing import DELIVER
from studio_webhooks.queries import EXHAUSTED, FAILED, PENDING, SUCCEEDED
from studio_webhooks.replay import REPLAY_SPAN, Replay
from studio_webhooks.sender import Outcome, Sender
from studio_webhooks.settings import WebhookSettings
from studio_webhooks.signing import signed_headers

if TYPE_CHECKING:
    from studio_kernel.app import Platform

# NOTE: the delivery row says when to stop, not the job: after a crash an attempt may be started twice.
_MOST_STARTS = 1000
_JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Attempt:
    """A delivery and its webhook, as one attempt needs them. Sealed secrets stay out of ``repr`` and of logs."""

    delivery_id: str
    webhook_id: str
    event: str
    event_version: int
    message_id: str
    state: str
    attempts: int
    replayed_at_attempt: int
    next_attempt_at: str | None
    history: str
    body: str
    project_id: str
    url: str
    active: bool
    owner_id: str
    failing_since: str | None
    sealed: tuple[str, str | None, str | None]

    def __repr__(self) -> str:
        return f"Attempt({self.delivery_id}, {self.attempts})"

    @property
    def is_test(self) -> bool:
        """Whether somebody tries the receiver, which they may whatever the webhook is meant for."""
        return self.event == WEBHOOK_TEST.name


def attempt_from_row(row: tuple[Any, ...]) -> Attempt:
    """From the columns of :data:`queries.ATTEMPTS`."""
    return Attempt(*(*row[:13], bool(row[13]), row[14], row[15], row[16:19]))


@dataclass(frozen=True, slots=True)
class Errand:
    """What one job is about. Without ``attempt`` there is nothing to do or to note, and ``answer`` says why.

    With ``outcome`` it is decided already and nothing is sent.
    """

    attempt: Attempt | None
    answer: Any = None
    outcome: Outcome | None = None


def retry_delay(message_id: str, attempt: int, seconds: float) -> float:
    """``seconds`` and up to a fifth more, by the message: the same delivery always waits as long.

    Spreads the retries of many deliveries without making them a matter of chance.
    """
    digest = hashlib.sha256(f"{message_id}:{attempt}".encode()).digest()
    return seconds * (1 + _JITTER * int.from_bytes(digest[:4], "big") / 2**32)


class Courier:
    """The stream of deliveries. What ``perform`` sends is the only way out of the platform."""

    def __init__(self, platform: Platform, *, resolver: Resolver = resolve) -> None:
        settings = platform.settings.section(WebhookSettings)
        guard = AddressGuard(settings.allowed_networks, require_https=settings.require_https, resolver=resolver)
        # PERF: one more is in hand for each that is under way, so that the network needn't wait for the database.
        self.limit = 2 * settings.concurrency
        # NOTE: a quarter, lest one receiver that is slow takes all there is.
        self._each = min(settings.endpoint_concurrency, max(1, settings.concurrency // 4))
        self._platform = platform
        self._database = platform.database
        self._clock = platform.clock
        self._settings = settings
        self._keys = Keyring(platform)
        self._health = Health(platform)
        self._sender = Sender(guard, timeout=settings.timeout_seconds)
        self._gate = Gate(settings.concurrency, self._each)

    def room(self, lane: str) -> int:
        """A receiver that fails gets one at a time, so that it costs little while it does."""
        return 1 if self._health.is_failing(lane) else 2 * self._each

    # -- before ---------------------------------------------------------------------------------------

    def prepare(self, runs: Sequence[JobRun]) -> Sequence[Errand]:
        """Read deliveries, and decide those that are not to be sent. Two queries, and what visibility costs."""
        ids = [run.arguments["delivery"] for run in runs]
        found = {row[0]: attempt_from_row(row) for row in self._database.rows(queries.ATTEMPTS, ids=ids)}
        readers = {(each.owner_id, each.project_id) for each in found.values() if not each.is_test}
        seen = self._platform.hooks.event_visibility(self._platform, sorted(readers))
        now = self._clock()
        return [self._errand(found.get(delivery_id), seen, now) for delivery_id in ids]

    def _errand(self, attempt: Attempt | None, seen: set[tuple[str, str]], now: datetime) -> Errand:
        if attempt is None:
            return Errand(None, {"state": "deleted"})
        if attempt.state != PENDING:
            return Errand(None, {"state": attempt.state})
        if not attempt.is_test and not attempt.active:
            return Errand(attempt, outcome=Outcome("The webhook is not active"))
        if not attempt.is_test and (attempt.owner_id, attempt.project_id) not in seen:
            return Errand(attempt, outcome=Outcome("The webhook's owner may not see this event any more"))
        if attempt.next_attempt_at is not None and now < from_text(attempt.next_attempt_at):
            # NOTE: the process died after it wrote the retry down, and the job came back early.
            return Errand(None, RetryLater((from_text(attempt.next_attempt_at) - now).total_seconds(), "not due yet"))
        return Errand(attempt)

    # -- meanwhile ------------------------------------------------------------------------------------

    async def perform(self, item: Errand) -> Outcome | None:
        """Send what is to be sent."""
        attempt = item.attempt
        if attempt is None or item.outcome is not None:
            return item.outcome
        async with self._gate.through(attempt.webhook_id):
            now, body = self._clock(), attempt.body.encode()
            try:
                headers = self._headers(attempt, body, now)
            except ConfigurationError:
                return Outcome("The secret can't be read: the platform's key is not the one it was kept with")
            return await self._sender.send(attempt.url, headers, body, now)

    def _headers(self, attempt: Attempt, body: bytes, now: datetime) -> Mapping[str, str]:
        keys = self._keys.signing_keys(*attempt.sealed, now)
        place = current_trace()
        return {
            **({} if place is None else {"traceparent": place.traceparent}),
            **signed_headers(keys, message_id=attempt.message_id, timestamp=int(now.timestamp()), body=body),
            "Content-Type": "application/json",
            "User-Agent": f"Studio-Platform/{studio_kernel.__version__}",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "X-Studio-Event": attempt.event,
            "X-Studio-Event-Version": str(attempt.event_version),
            "X-Studio-Delivery": attempt.delivery_id,
        }

    async def close(self) -> None:
        """Close the connections that wait."""
        self._gate.close()
        await self._sender.close()

    # -- after ----------------------------------------------------------------------------------------

    def settle(self, done: Sequence[tuple[Errand, Outcome | None]]) -> Sequence[Any]:
        """Note what attempts came to, and what they say of their receivers."""
        sent = [
            (errand.attempt, outcome)
            for errand, outcome in done
            if errand.attempt is not None and outcome is not None and errand.outcome is None
        ]
        answers = [self._judge(errand, outcome) for errand, outcome in done]
        self._health.note([(a.webhook_id, outcome, a.failing_since is not None) for a, outcome in sent if a.active])
        return answers

    def _judge(self, errand: Errand, outcome: Outcome | None) -> Any:
        attempt = errand.attempt
        if attempt is None or outcome is None:
            return errand.answer
        if errand.outcome is not None:
            return self._end(attempt, FAILED, outcome, made=0)
        if outcome.succeeded:
            return self._end(attempt, SUCCEEDED, outcome)
        if outcome.is_gone:
            return self._end(attempt, FAILED, outcome)
        delays = self._settings.retry_seconds
        retries = attempt.attempts - attempt.replayed_at_attempt
        if retries >= len(delays):
            return self._end(attempt, EXHAUSTED, outcome)
        asked = min(outcome.retry_after, self._settings.retry_after_limit)
        seconds = max(retry_delay(attempt.message_id, attempt.attempts, delays[retries]), asked)
        self._note(attempt, PENDING, outcome, next_attempt_at=later(self._clock(), seconds))
        return RetryLater(seconds, outcome.error)

    def _end(self, attempt: Attempt, state: str, outcome: Outcome, *, made: int = 1) -> dict[str, Any]:
        self._note(attempt, state, outcome, made=made)
        return {"state": state, "response_status": outcome.status}

    def _note(
        self, attempt: Attempt, state: str, outcome: Outcome, *, next_attempt_at: str | None = None, made: int = 1
    ) -> None:
        """Write down what an attempt came to, unless somebody else ended the delivery meanwhile.

        ``made`` is 0 where nothing was sent: that is no attempt.
        """
        now, number = to_text(self._clock()), attempt.attempts + made
        self._database.execute(
            queries.NOTE_ATTEMPT,
            id=attempt.delivery_id,
            state=state,
            attempts=number,
            status=outcome.status,
            body=outcome.body,
            error=outcome.error or None,
            history=extended(attempt.history, number, outcome, now) if made else attempt.history,
            next=next_attempt_at,
            now=now,
        )


def job_types(platform: Platform, *, resolver: Resolver = resolve) -> tuple[JobType, ...]:
    """The plugin's background work."""
    timeout = platform.settings.section(WebhookSettings).timeout_seconds
    courier = Courier(platform, resolver=resolver)
    return (
        JobType(
            DELIVER,
            summary="Sends one event to one webhook",
            max_attempts=_MOST_STARTS,
            timeout=timeout + 30.0,
            stream=courier,
            kept=False,
        ),
        JobType(
            REPLAY_SPAN, Replay(platform).run, summary="Sends the deliveries of a span of time again", timeout=3600.0
        ),
    )

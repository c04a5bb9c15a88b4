"""Calls of providers under a deadline. A call that hangs is left behind, and only so many may hang at once."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from studio_ai.providers import Provider, Question, Reply
from studio_ai.turns import ProviderError

T = TypeVar("T")
_FAILURES_BEFORE_REST = 3


class ProviderFailed(Exception):
    """A provider gave no answer; the text is short, and meant for whoever asked."""


@dataclass(slots=True)
class _Outcome(Generic[T]):
    done: threading.Event = field(default_factory=threading.Event)
    value: T | None = None
    error: Exception | None = None


class BoundedCalls:
    """Asks providers in threads of their own.

    ``seconds`` is how long an answer may take, ``most`` how many calls may be under way at once, hung ones
    included. A provider that failed three times in a row is not asked for ``rest`` seconds, so that a dead one
    doesn't hold up everybody for the full deadline. ``after`` runs in the thread at its end.
    """

    def __init__(self, seconds: float, most: int, rest: float = 0.0, after: Callable[[], None] = lambda: None) -> None:
        self.seconds = seconds
        self._slots = threading.BoundedSemaphore(most)
        self._rest = rest
        self._after = after
        self._lock = threading.Lock()
        self._failures: dict[str, int] = {}
        self._resting_until: dict[str, float] = {}

    def ask(self, provider: Provider, question: Question) -> Reply:
        """The provider's answer; :class:`ProviderFailed` says why there is none."""
        return self.run(provider.id, lambda: provider.answer(question), _is_reply)

    def run(
        self, provider_id: str, work: Callable[[], T], accept: Callable[[T], bool], seconds: float | None = None
    ) -> T:
        """What ``work`` gives, if that comes within ``seconds`` and is acceptable.

        :raises ProviderFailed: it isn't, or doesn't, or raised.
        :raises ProviderError: ``work`` did, and says that another try makes sense.
        """
        if self._is_resting(provider_id):
            raise ProviderFailed("the provider failed repeatedly and is not asked for a while")
        if not self._slots.acquire(blocking=False):
            raise ProviderFailed("too many calls of providers are under way")
        outcome: _Outcome[T] = _Outcome()
        context = contextvars.copy_context()
        thread = threading.Thread(
            target=lambda: context.run(self._call, work, outcome), name=f"studio-ai-{provider_id}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            self._slots.release()
            raise ProviderFailed("no thread could be started") from error
        return self._wait(provider_id, outcome, accept, self.seconds if seconds is None else seconds)

    def note_failure(self, provider_id: str) -> None:
        """That the last try of a call failed."""
        self._note(provider_id, failed=True)

    def _call(self, work: Callable[[], T], outcome: _Outcome[T]) -> None:
        try:
            outcome.value = work()
        except BaseException as error:
            # NOTE: BaseException because a provider may call sys.exit().
            outcome.error = error if isinstance(error, Exception) else RuntimeError(type(error).__name__)
        finally:
            self._slots.release()
            outcome.done.set()
            self._after()

    def _wait(self, provider_id: str, outcome: _Outcome[T], accept: Callable[[T], bool], seconds: float) -> T:
        if not outcome.done.wait(max(0.0, seconds)):
            self._note(provider_id, failed=True)
            raise ProviderFailed(f"no answer within {self.seconds:g} seconds")
        if isinstance(outcome.error, ProviderError) and outcome.error.again:
            # NOTE: not a failure yet; whoever gives up after the last try notes it.
            raise outcome.error
        value = outcome.value
        good = value is not None and accept(value)
        self._note(provider_id, failed=not good)
        if good and value is not None:
            return value
        if isinstance(outcome.error, ProviderError):
            raise ProviderFailed(outcome.error.reason) from outcome.error
        # APPSEC: the exception's text may hold addresses or keys; the caller hears only that it failed.
        reason = "the provider failed" if outcome.error else "the provider gave no usable answer"
        raise ProviderFailed(reason) from outcome.error

    def _note(self, provider_id: str, *, failed: bool) -> None:
        with self._lock:
            count = self._failures.get(provider_id, 0) + 1 if failed else 0
            self._failures[provider_id] = count
            if count >= _FAILURES_BEFORE_REST:
                self._resting_until[provider_id] = time.monotonic() + self._rest

    def _is_resting(self, provider_id: str) -> bool:
        with self._lock:
            return time.monotonic() < self._resting_until.get(provider_id, 0.0)


def _is_reply(reply: Reply) -> bool:
    if not isinstance(reply, Reply) or not isinstance(reply.message, str) or not reply.message.strip():
        return False
    return isinstance(reply.citations, tuple | list) and all(isinstance(each, str) for each in reply.citations)

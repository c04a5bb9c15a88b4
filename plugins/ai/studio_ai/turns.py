"""What a language model is asked and what it says: the contract of providers that are models.

The platform writes the prompts, decides on tools, runs them, counts tokens and falls back. A provider carries one
turn over to a model and back, nothing else.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Literal, Protocol, runtime_checkable

Ending = Literal["done", "length", "refusal"]


@dataclass(frozen=True, slots=True)
class Message:
    """Something said. The platform's own words are in :attr:`ModelRequest.system`, never here."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool that the model may ask for; ``parameters`` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What the model asked for. ``arguments`` is None when it wrote no JSON object: the platform tells it off."""

    name: str
    arguments: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a turn took. ``cost`` is in millionths of the currency of the configured prices, 0 without prices."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: int = 0


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One turn. ``on_text`` takes text as it comes, empty for a sign of life; it raises where nobody waits any more.

    ``seconds`` is what is left of the time for the answer: a provider sets its client's timeout to it.
    """

    system: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    most_tokens: int = 1024
    seconds: float = 20.0
    on_text: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """What the model said: text, or calls of tools, or both. ``model`` names it, where the provider knows.

    ``ending`` is why it ended: ``length`` when there was no room for more, ``refusal`` when the model or its server
    declined to answer.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    ending: Ending = "done"


class ProviderError(Exception):
    """A turn that failed. ``again``: the same may well succeed now (busy, overloaded, connection lost).

    ``reason`` is shown to whoever asked: no addresses, keys or texts of the model's server. ``after`` is in how many
    seconds another try makes sense, where the server says so. ``usage`` is what the turn took all the same, where the
    model had begun: it is charged, and so it counts.
    """

    def __init__(
        self, reason: str, *, again: bool = False, after: float | None = None, usage: Usage | None = None
    ) -> None:
        self.reason = reason
        self.again = again
        self.after = after
        self.usage = usage
        super().__init__(reason)


@runtime_checkable
class ModelProvider(Protocol):
    """A provider that is a language model. One object serves all requests, from several threads at once.

    Delivered by the hook ``studio_ai_providers``.
    """

    @property
    def id(self) -> str:
        """Short name in lower case, unique in an install, such as ``ollama``."""
        ...

    @property
    def title(self) -> str:
        """Name for people."""
        ...

    @property
    def needs_network(self) -> bool:
        """Whether what is asked leaves this machine."""
        ...

    def turn(self, request: ModelRequest) -> ModelTurn:
        """Carry one turn over, without trying again: the platform does that.

        :raises ProviderError: it failed, and whether trying again makes sense; any other exception counts as a
            failure that doesn't pass.
        """
        ...


_BUSY = frozenset((408, 409, 425, 429))
_NO_MONEY = "the provider's account has no credit left"
_TOO_LONG = "the question and its sources are too long for the model"
# What servers name in words rather than by their status.
_NAMED = {
    "insufficient_quota": _NO_MONEY,
    "billing_error": _NO_MONEY,
    "enforced_spend_limit_reached": _NO_MONEY,
    "context_length_exceeded": _TOO_LONG,
    "request_too_large": _TOO_LONG,
}


def json_arguments(text: str) -> dict[str, Any] | None:
    """Arguments of a tool as a model wrote them; None when that is no JSON object."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def refused(status: int, *names: str | None, retry_after: str | None = None) -> ProviderError:
    """What an HTTP status of a model's server means for whoever asked.

    ``names`` are what the server calls the error, where it does; ``retry_after`` is that header.
    """
    for name in names:
        if name in _NAMED:
            return ProviderError(_NAMED[name])
    if status in _BUSY or status >= 500:
        after = seconds_until(retry_after)
        return ProviderError("the provider is busy or has a problem", again=True, after=after)
    if status in (401, 403):
        return ProviderError("the provider doesn't accept the configured key")
    if status == 402:
        return ProviderError(_NO_MONEY)
    if status == 404:
        return ProviderError("the provider doesn't have the configured model")
    if status == 413:
        return ProviderError(_TOO_LONG)
    return ProviderError(f"the provider refused the question with status {status}")


def seconds_until(retry_after: str | None) -> float | None:
    """Seconds of the header ``Retry-After`` (RFC 9110 section 10.2.3); None without one that makes sense."""
    if not retry_after:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", retry_after.strip()):
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def estimated(request: ModelRequest, text: str) -> tuple[int, int]:
    """Tokens in and out of a turn, four characters each, where a server doesn't tell."""
    asked = len(request.system) + sum(len(each.text) for each in request.messages)
    return asked // 4 + 1, len(text) // 4 + 1


def price(usage: tuple[int, int], input_price: float, output_price: float) -> Usage:
    """Usage with its cost; prices are per million tokens, in whole units of a currency."""
    spent = usage[0] * input_price + usage[1] * output_price
    return Usage(usage[0], usage[1], round(spent))

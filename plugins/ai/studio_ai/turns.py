"""What a language model is asked and what it says: the contract of providers that are models.

The platform writes the prompts, decides on tools, runs them, counts tokens and falls back. A provider carries one
turn over to a model and back, nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable


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
    """One turn. ``on_text`` takes text as it comes, when somebody waits for it; it may raise to end the turn.

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
    """What the model said: text, or calls of tools, or both. ``model`` names it, where the provider knows."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    usage: Usage = field(default_factory=Usage)
    model: str = ""


class ProviderError(Exception):
    """A turn that failed. ``again``: the same may well succeed now (busy, overloaded, connection lost).

    ``reason`` is shown to whoever asked: no addresses, keys or texts of the model's server.
    """

    def __init__(self, reason: str, *, again: bool = False) -> None:
        self.reason = reason
        self.again = again
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


def json_arguments(text: str) -> dict[str, Any] | None:
    """Arguments of a tool as a model wrote them; None when that is no JSON object."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def refused(status: int) -> ProviderError:
    """What an HTTP status of a model's server means for whoever asked."""
    if status in _BUSY or status >= 500:
        return ProviderError("the provider is busy or has a problem", again=True)
    if status in (401, 403):
        return ProviderError("the provider doesn't accept the configured key")
    if status == 404:
        return ProviderError("the provider doesn't have the configured model")
    return ProviderError(f"the provider refused the question with status {status}")


def price(usage: tuple[int, int], input_price: float, output_price: float) -> Usage:
    """Usage with its cost; prices are per million tokens, in whole units of a currency."""
    spent = usage[0] * input_price + usage[1] * output_price
    return Usage(usage[0], usage[1], round(spent))

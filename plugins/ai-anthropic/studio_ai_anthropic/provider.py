"""The provider: messages, streamed, by the library ``anthropic``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from studio_ai.api import (
    Ending,
    ModelRequest,
    ModelTurn,
    ProviderError,
    ToolCall,
    ToolSpec,
    Usage,
    estimated,
    json_arguments,
    price,
    refused,
)
from studio_ai_anthropic.settings import AnthropicSettings

if TYPE_CHECKING:
    import anthropic


_ADDRESS = "https://api.anthropic.com"
_ENDINGS: dict[str, Ending] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}
# Amid a stream an error has no status of its own; these are what its type stands for elsewhere.
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class AnthropicProvider:
    """Carries turns to the Anthropic API."""

    id = "anthropic"
    title = "Models behind the Anthropic API"
    needs_network = True

    def __init__(self, settings: AnthropicSettings) -> None:
        self._settings = settings

    def turn(self, request: ModelRequest) -> ModelTurn:
        """One turn, without trying again."""
        key = self._settings.api_key.get_secret_value()
        if not key:
            raise ProviderError("the provider has no key: set STUDIO_AI_ANTHROPIC_API_KEY")
        heard = _Heard()
        try:
            with _translated(), self._stream(request) as stream:
                heard.begun = True
                return self._heard(request, heard, stream)
        except ProviderError as error:
            error.usage = self._usage(request, heard) if heard.begun else None
            raise

    def _stream(self, request: ModelRequest) -> anthropic.Stream[Any]:
        told: dict[str, Any] = {"tools": [_tool(each) for each in request.tools]} if request.tools else {}
        said: list[Any] = [{"role": each.role, "content": each.text} for each in request.messages]
        made: anthropic.Stream[Any] = self._client.with_options(timeout=request.seconds).messages.create(
            model=self._settings.model,
            system=request.system,
            messages=said,
            max_tokens=request.most_tokens,
            stream=True,
            **told,
        )
        return made

    def _heard(self, request: ModelRequest, heard: _Heard, events: Iterable[Any]) -> ModelTurn:
        for event in events:
            text = heard.take(event)
            if request.on_text is not None:
                request.on_text(text)
        if not heard.finished:
            raise ProviderError("the provider's answer was cut off", again=True)
        usage = self._usage(request, heard)
        return ModelTurn("".join(heard.text), tuple(heard.called()), usage, self._settings.model, heard.ending)

    def _usage(self, request: ModelRequest, heard: _Heard) -> Usage:
        asked, said = estimated(request, "".join(heard.text))
        tokens = (heard.received or asked, heard.written or said)
        return price(tokens, self._settings.input_price, self._settings.output_price)

    @cached_property
    def _client(self) -> anthropic.Anthropic:
        import anthropic

        settings = self._settings
        # NOTE: an address always, because the library would take one from ANTHROPIC_BASE_URL, which isn't ours.
        return anthropic.Anthropic(
            api_key=settings.api_key.get_secret_value(), base_url=settings.base_url or _ADDRESS, max_retries=0
        )


@dataclass(slots=True)
class _Heard:
    """What came so far: text, and calls of tools by the index of their block."""

    text: list[str] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    arguments: dict[int, str] = field(default_factory=dict)
    received: int = 0
    written: int = 0
    ending: Ending = "done"
    begun: bool = False
    finished: bool = False

    def take(self, event: Any) -> str:
        """Take an event in; the text that it adds."""
        kind = event.type
        if kind == "message_start":
            self.received = event.message.usage.input_tokens or 0
        elif kind == "content_block_start" and event.content_block.type == "tool_use":
            self.names[event.index] = event.content_block.name
        elif kind == "content_block_delta":
            return self._delta(event.index, event.delta)
        elif kind == "message_delta":
            self.written = event.usage.output_tokens or 0
            self.ending = _ENDINGS.get(event.delta.stop_reason or "", self.ending)
        elif kind == "message_stop":
            self.finished = True
        return ""

    def _delta(self, index: int, delta: Any) -> str:
        if delta.type == "text_delta":
            self.text.append(delta.text)
            return str(delta.text)
        if delta.type == "input_json_delta":
            self.arguments[index] = self.arguments.get(index, "") + delta.partial_json
        return ""

    def called(self) -> Iterator[ToolCall]:
        """The calls, whole."""
        for index, name in sorted(self.names.items()):
            yield ToolCall(name, json_arguments(self.arguments.get(index, "")))


def _tool(spec: ToolSpec) -> dict[str, Any]:
    return {"name": spec.name, "description": spec.description, "input_schema": dict(spec.parameters)}


@contextmanager
def _translated() -> Iterator[None]:
    """What goes wrong, in the platform's words."""
    import anthropic
    import httpx2

    try:
        yield
    except anthropic.APITimeoutError as error:
        raise ProviderError("the provider took too long", again=True) from error
    except anthropic.APIStatusError as error:
        raise _refused(error) from error
    except (anthropic.APIConnectionError, httpx2.HTTPError) as error:
        raise ProviderError("the provider can't be reached", again=True) from error
    except (anthropic.AnthropicError, ValueError, AttributeError, TypeError) as error:
        # NOTE: the library checks little of what a server sends; what isn't of that shape shows in such errors.
        raise ProviderError("the provider's answer could not be read") from error


def _refused(error: anthropic.APIStatusError) -> ProviderError:
    status = error.status_code
    if status < 400:
        status = _STATUSES.get(str(error.type), 500)
    retry_after = error.response.headers.get("retry-after")
    return refused(status, error.type, error.error_code, retry_after=retry_after)

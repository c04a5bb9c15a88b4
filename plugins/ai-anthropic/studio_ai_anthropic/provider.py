"""The provider: messages, streamed, by the library ``anthropic``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from studio_ai.api import ModelRequest, ModelTurn, ProviderError, ToolCall, ToolSpec, json_arguments, price, refused
from studio_ai_anthropic.settings import AnthropicSettings

if TYPE_CHECKING:
    import anthropic


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
        told: dict[str, Any] = {"tools": [_tool(each) for each in request.tools]} if request.tools else {}
        said: list[Any] = [{"role": each.role, "content": each.text} for each in request.messages]
        with _translated():
            stream = self._client.with_options(timeout=request.seconds).messages.create(
                model=self._settings.model,
                system=request.system,
                messages=said,
                max_tokens=request.most_tokens,
                stream=True,
                **told,
            )
            with stream:
                return self._heard(request, stream)

    def _heard(self, request: ModelRequest, events: Iterable[Any]) -> ModelTurn:
        heard = _Heard()
        for event in events:
            text = heard.take(event)
            if text and request.on_text is not None:
                request.on_text(text)
        if not heard.finished:
            raise ProviderError("the provider's answer was cut off", again=True)
        tokens = (heard.received, heard.written)
        usage = price(tokens, self._settings.input_price, self._settings.output_price)
        return ModelTurn("".join(heard.text), tuple(heard.called()), usage, self._settings.model)

    @cached_property
    def _client(self) -> anthropic.Anthropic:
        import anthropic

        settings = self._settings
        return anthropic.Anthropic(
            api_key=settings.api_key.get_secret_value(), base_url=settings.base_url or None, max_retries=0
        )


@dataclass(slots=True)
class _Heard:
    """What came so far: text, and calls of tools by the index of their block."""

    text: list[str] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    arguments: dict[int, str] = field(default_factory=dict)
    received: int = 0
    written: int = 0
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
        raise refused(error.status_code) from error
    except (anthropic.APIConnectionError, httpx2.HTTPError) as error:
        raise ProviderError("the provider can't be reached", again=True) from error
    except (anthropic.AnthropicError, ValueError, AttributeError, TypeError) as error:
        # NOTE: the library checks little of what a server sends; what isn't of that shape shows in such errors.
        raise ProviderError("the provider's answer could not be read") from error

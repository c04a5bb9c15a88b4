"""The provider: chat completions, streamed, by the library ``openai``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from studio_ai.api import ModelRequest, ModelTurn, ProviderError, ToolCall, ToolSpec, json_arguments, price, refused
from studio_ai_openai.settings import OpenAiSettings

if TYPE_CHECKING:
    import openai

# Servers want one even where they don't look at it.
_NO_KEY = "none"


class OpenAiProvider:
    """Carries turns to an OpenAI-compatible API."""

    id = "openai"
    title = "Models behind an OpenAI-compatible API"
    needs_network = True

    def __init__(self, settings: OpenAiSettings) -> None:
        self._settings = settings

    def turn(self, request: ModelRequest) -> ModelTurn:
        """One turn, without trying again."""
        told: dict[str, Any] = {"tools": [_tool(each) for each in request.tools]} if request.tools else {}
        with _translated():
            stream = self._client.with_options(timeout=request.seconds).chat.completions.create(
                model=self._settings.model,
                messages=_messages(request),
                max_tokens=request.most_tokens,
                stream=True,
                stream_options={"include_usage": True},
                **told,
            )
            with stream:
                return self._heard(request, stream)

    def _heard(self, request: ModelRequest, chunks: Iterable[Any]) -> ModelTurn:
        heard = _Heard()
        for chunk in chunks:
            text = heard.take(chunk)
            if text and request.on_text is not None:
                request.on_text(text)
        if not heard.finished:
            raise ProviderError("the provider's answer was cut off", again=True)
        usage = price(heard.tokens, self._settings.input_price, self._settings.output_price)
        return ModelTurn("".join(heard.text), tuple(heard.called()), usage, self._settings.model)

    @cached_property
    def _client(self) -> openai.OpenAI:
        import openai

        settings = self._settings
        return openai.OpenAI(
            api_key=settings.api_key.get_secret_value() or _NO_KEY,
            base_url=settings.base_url or None,
            max_retries=0,
        )


@dataclass(slots=True)
class _Heard:
    """What came so far. Calls of tools come in pieces, told apart by their index."""

    text: list[str] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    arguments: dict[int, str] = field(default_factory=dict)
    tokens: tuple[int, int] = (0, 0)
    finished: bool = False

    def take(self, chunk: Any) -> str:
        """Take a piece in; the text that it adds."""
        if chunk.usage is not None:
            self.tokens = (chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0)
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self.finished = self.finished or choice.finish_reason is not None
        for call in choice.delta.tool_calls or ():
            function = call.function
            self.names[call.index] = self.names.get(call.index, "") + ((function and function.name) or "")
            self.arguments[call.index] = self.arguments.get(call.index, "") + ((function and function.arguments) or "")
        text = choice.delta.content or ""
        self.text.append(text)
        return str(text)

    def called(self) -> Iterator[ToolCall]:
        """The calls, whole."""
        for index, name in sorted(self.names.items()):
            yield ToolCall(name, json_arguments(self.arguments.get(index, "")))


def _messages(request: ModelRequest) -> list[Any]:
    said = [{"role": each.role, "content": each.text} for each in request.messages]
    return [{"role": "system", "content": request.system}, *said]


def _tool(spec: ToolSpec) -> dict[str, Any]:
    function = {"name": spec.name, "description": spec.description, "parameters": dict(spec.parameters)}
    return {"type": "function", "function": function}


@contextmanager
def _translated() -> Iterator[None]:
    """What goes wrong, in the platform's words."""
    import httpx2
    import openai

    try:
        yield
    except openai.APITimeoutError as error:
        raise ProviderError("the provider took too long", again=True) from error
    except openai.APIStatusError as error:
        raise refused(error.status_code) from error
    except (openai.APIConnectionError, httpx2.HTTPError) as error:
        raise ProviderError("the provider can't be reached", again=True) from error
    except (openai.OpenAIError, ValueError, AttributeError, TypeError) as error:
        # NOTE: the library checks little of what a server sends; what isn't of that shape shows in such errors.
        raise ProviderError("the provider's answer could not be read") from error

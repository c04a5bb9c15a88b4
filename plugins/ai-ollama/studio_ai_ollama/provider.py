"""The provider: chats, streamed, by the library ``ollama``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from studio_ai.api import ModelRequest, ModelTurn, ProviderError, ToolCall, ToolSpec, Usage, refused
from studio_ai_ollama.settings import OllamaSettings

_LOCAL = frozenset(("127.0.0.1", "localhost", "::1"))


class OllamaProvider:
    """Carries turns to an Ollama server."""

    id = "ollama"
    title = "Models that an Ollama server runs"

    def __init__(self, settings: OllamaSettings) -> None:
        self._settings = settings

    @property
    def needs_network(self) -> bool:
        """Whether the server is another machine."""
        return urlsplit(self._settings.host).hostname not in _LOCAL

    def turn(self, request: ModelRequest) -> ModelTurn:
        """One turn, without trying again."""
        import ollama

        with _translated():
            # NOTE: a client of its own a turn, because its time is fixed when it is made.
            client = ollama.Client(host=self._settings.host, timeout=request.seconds)
            pieces = client.chat(
                model=self._settings.model,
                messages=_messages(request),
                tools=[_tool(each) for each in request.tools] or None,
                stream=True,
                options={"num_predict": request.most_tokens},
            )
            return replace(_heard(request, pieces), model=self._settings.model)


def _heard(request: ModelRequest, pieces: Iterator[Any]) -> ModelTurn:
    text: list[str] = []
    calls: list[ToolCall] = []
    for piece in pieces:
        said = piece.message.content or ""
        text.append(said)
        if said and request.on_text is not None:
            request.on_text(said)
        for call in piece.message.tool_calls or ():
            arguments = call.function.arguments
            calls.append(ToolCall(call.function.name, dict(arguments) if isinstance(arguments, Mapping) else None))
        if piece.done:
            usage = Usage(piece.prompt_eval_count or 0, piece.eval_count or 0)
            return ModelTurn("".join(text), tuple(calls), usage)
    raise ProviderError("the provider's answer was cut off", again=True)


def _messages(request: ModelRequest) -> list[dict[str, str]]:
    said = [{"role": each.role, "content": each.text} for each in request.messages]
    return [{"role": "system", "content": request.system}, *said]


def _tool(spec: ToolSpec) -> dict[str, Any]:
    function = {"name": spec.name, "description": spec.description, "parameters": dict(spec.parameters)}
    return {"type": "function", "function": function}


@contextmanager
def _translated() -> Iterator[None]:
    """What goes wrong, in the platform's words."""
    import httpx
    import ollama

    try:
        yield
    except httpx.TimeoutException as error:
        raise ProviderError("the provider took too long", again=True) from error
    except ollama.ResponseError as error:
        raise refused(error.status_code) from error
    except (ConnectionError, httpx.HTTPError) as error:
        raise ProviderError("the provider can't be reached", again=True) from error
    except (ValueError, AttributeError, TypeError) as error:
        raise ProviderError("the provider's answer could not be read") from error

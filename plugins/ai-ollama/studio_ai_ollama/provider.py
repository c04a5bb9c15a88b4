"""The provider: chats, streamed, by the library ``ollama``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from studio_ai.api import Ending, ModelRequest, ModelTurn, ProviderError, ToolCall, ToolSpec, Usage, estimated, refused
from studio_ai_ollama.settings import OllamaSettings

if TYPE_CHECKING:
    import ollama

_LOCAL = frozenset(("127.0.0.1", "localhost", "::1"))
# A server hands questions to models of such names on to ollama.com.
_ELSEWHERE = ("-cloud", ":cloud")


class OllamaProvider:
    """Carries turns to an Ollama server."""

    id = "ollama"
    title = "Models that an Ollama server runs"

    def __init__(self, settings: OllamaSettings) -> None:
        self._settings = settings

    @property
    def needs_network(self) -> bool:
        """Whether the server is another machine, or the model runs on one."""
        if self._settings.model.endswith(_ELSEWHERE):
            return True
        return urlsplit(self._settings.host).hostname not in _LOCAL

    def turn(self, request: ModelRequest) -> ModelTurn:
        """One turn, without trying again."""
        heard = _Heard()
        try:
            with _translated():
                return heard.all(request, self._pieces(request), self._settings.model)
        except ProviderError as error:
            error.usage = Usage(*estimated(request, "".join(heard.text))) if heard.begun else None
            raise

    def _pieces(self, request: ModelRequest) -> Iterator[Any]:
        import ollama

        # NOTE: a client of its own a turn, because its time is fixed when it is made.
        client = ollama.Client(host=self._settings.host, timeout=request.seconds)
        options = {"num_predict": request.most_tokens}
        if self._settings.context_tokens:
            options["num_ctx"] = self._settings.context_tokens
        return client.chat(
            model=self._settings.model,
            messages=_messages(request),
            tools=[_tool(each) for each in request.tools] or None,
            stream=True,
            options=options,
        )


@dataclass(slots=True)
class _Heard:
    """What came so far."""

    text: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    begun: bool = False

    def all(self, request: ModelRequest, pieces: Iterator[Any], model: str) -> ModelTurn:
        """The whole turn."""
        for piece in pieces:
            self.begun = True
            text = piece.message.content or ""
            self.text.append(text)
            if request.on_text is not None:
                request.on_text(text)
            for call in piece.message.tool_calls or ():
                given = call.function.arguments
                self.calls.append(ToolCall(call.function.name, dict(given) if isinstance(given, Mapping) else None))
            if piece.done:
                usage = Usage(piece.prompt_eval_count or 0, piece.eval_count or 0)
                ending: Ending = "length" if piece.done_reason == "length" else "done"
                return ModelTurn("".join(self.text), tuple(self.calls), usage, model, ending)
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
        raise _refused(error) from error
    except (ConnectionError, httpx.HTTPError) as error:
        raise ProviderError("the provider can't be reached", again=True) from error
    except (ValueError, AttributeError, TypeError) as error:
        raise ProviderError("the provider's answer could not be read") from error


def _refused(error: ollama.ResponseError) -> ProviderError:
    if "does not support tools" in error.error:
        return ProviderError("the configured model can't call tools: choose one that can, or set ai.tool_calls to 0")
    # NOTE: amid a stream an error has no status; the library then says -1.
    return refused(error.status_code if error.status_code >= 400 else 500)

"""The provider: chat completions, streamed, by the library ``openai``."""

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
from studio_ai_openai.settings import OpenAiSettings

if TYPE_CHECKING:
    import openai

_ADDRESS = "https://api.openai.com/v1"
# Servers want one even where they don't look at it.
_NO_KEY = "none"
_ENDINGS: dict[str, Ending] = {"length": "length", "content_filter": "refusal"}


class OpenAiProvider:
    """Carries turns to an OpenAI-compatible API."""

    id = "openai"
    title = "Models behind an OpenAI-compatible API"
    needs_network = True

    def __init__(self, settings: OpenAiSettings) -> None:
        self._settings = settings
        self._limit = "max_tokens"

    def turn(self, request: ModelRequest) -> ModelTurn:
        """One turn, without trying again."""
        if not self._settings.api_key.get_secret_value() and not self._settings.base_url:
            raise ProviderError("the provider has no key: set STUDIO_AI_OPENAI_API_KEY")
        heard = _Heard()
        try:
            with _translated(), self._stream(request) as stream:
                heard.begun = True
                return self._heard(request, heard, stream)
        except ProviderError as error:
            error.usage = self._usage(request, heard) if heard.begun else None
            raise

    def _stream(self, request: ModelRequest) -> openai.Stream[Any]:
        import openai

        try:
            return self._create(request)
        except openai.BadRequestError as error:
            if error.param != self._limit or self._limit != "max_tokens":
                raise
            # NOTE: models that reason know the limit by its newer name alone, many servers by the older one alone.
            self._limit = "max_completion_tokens"
            return self._create(request)

    def _create(self, request: ModelRequest) -> openai.Stream[Any]:
        told: dict[str, Any] = {"tools": [_tool(each) for each in request.tools]} if request.tools else {}
        told[self._limit] = request.most_tokens
        made: openai.Stream[Any] = self._client.with_options(timeout=request.seconds).chat.completions.create(
            model=self._settings.model,
            messages=_messages(request),
            stream=True,
            stream_options={"include_usage": True},
            **told,
        )
        return made

    def _heard(self, request: ModelRequest, heard: _Heard, chunks: Iterable[Any]) -> ModelTurn:
        for chunk in chunks:
            text = heard.take(chunk)
            if request.on_text is not None:
                request.on_text(text)
        if not heard.finished:
            raise ProviderError("the provider's answer was cut off", again=True)
        usage = self._usage(request, heard)
        return ModelTurn("".join(heard.text), tuple(heard.called()), usage, self._settings.model, heard.ending)

    def _usage(self, request: ModelRequest, heard: _Heard) -> Usage:
        tokens = heard.tokens if any(heard.tokens) else estimated(request, "".join(heard.text))
        return price(tokens, self._settings.input_price, self._settings.output_price)

    @cached_property
    def _client(self) -> openai.OpenAI:
        import openai

        settings = self._settings
        # NOTE: an address always, because the library would take one from OPENAI_BASE_URL, which isn't ours.
        return openai.OpenAI(
            api_key=settings.api_key.get_secret_value() or _NO_KEY,
            base_url=settings.base_url or _ADDRESS,
            max_retries=0,
        )


@dataclass(slots=True)
class _Call:
    """A call of a tool, as far as it came."""

    id: str
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class _Heard:
    """What came so far. Calls of tools come in pieces, told apart by their index."""

    text: list[str] = field(default_factory=list)
    calls: list[_Call] = field(default_factory=list)
    open: dict[Any, _Call] = field(default_factory=dict)
    tokens: tuple[int, int] = (0, 0)
    ending: Ending = "done"
    begun: bool = False
    finished: bool = False

    def take(self, chunk: Any) -> str:
        """Take a piece in; the text that it adds."""
        if chunk.usage is not None:
            self.tokens = (chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0)
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        if choice.finish_reason is not None:
            self.finished = True
            self.ending = _ENDINGS.get(choice.finish_reason, self.ending)
        if choice.delta.refusal:
            self.ending = "refusal"
        for piece in choice.delta.tool_calls or ():
            self._take_call(piece)
        text = choice.delta.content or ""
        self.text.append(text)
        return str(text)

    def _take_call(self, piece: Any) -> None:
        name = (piece.function and piece.function.name) or ""
        call = self.open.get(piece.index)
        # NOTE: some servers give all calls the same index; a further one then has a name and an id of its own.
        if call is None or (name and piece.id and piece.id != call.id):
            call = self.open[piece.index] = _Call(piece.id or "")
            self.calls.append(call)
        call.name += name
        call.arguments += (piece.function and piece.function.arguments) or ""

    def called(self) -> Iterator[ToolCall]:
        """The calls, whole."""
        for call in self.calls:
            yield ToolCall(call.name, json_arguments(call.arguments))


def _messages(request: ModelRequest) -> list[Any]:
    said: list[dict[str, str]] = [{"role": "system", "content": request.system}]
    for each in request.messages:
        # NOTE: the templates of many local models take only messages by turns.
        if said[-1]["role"] == each.role:
            said[-1]["content"] += f"\n\n{each.text}"
        else:
            said.append({"role": each.role, "content": each.text})
    return said


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
        retry_after = error.response.headers.get("retry-after")
        raise refused(error.status_code, error.code, error.type, retry_after=retry_after) from error
    except (openai.APIConnectionError, httpx2.HTTPError) as error:
        raise ProviderError("the provider can't be reached", again=True) from error
    except openai.APIResponseValidationError as error:
        raise ProviderError("the provider's answer could not be read") from error
    except openai.APIError as error:
        raise _refused_midway(error) from error
    except (openai.OpenAIError, ValueError, AttributeError, TypeError) as error:
        # NOTE: the library checks little of what a server sends; what isn't of that shape shows in such errors.
        raise ProviderError("the provider's answer could not be read") from error


def _refused_midway(error: openai.APIError) -> ProviderError:
    """An error that came amid the stream: servers put a status into its code, or name it, or neither."""
    code = str(error.code or "")
    return refused(int(code) if code.isdecimal() and len(code) == 3 else 500, code, error.type)

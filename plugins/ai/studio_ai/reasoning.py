"""Answers by a language model: two turns, few tools, sources or nothing."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio_ai import prompts
from studio_ai.bounded import BoundedCalls, ProviderFailed
from studio_ai.limits import Limits
from studio_ai.prompts import ToolOutcome
from studio_ai.providers import Question, Reply, Source
from studio_ai.retrieval.suspicion import without_orders
from studio_ai.settings import AiSettings
from studio_ai.streaming import Sink
from studio_ai.tooling import Toolbox, ToolCaller, plain_name, specs
from studio_ai.turns import ModelProvider, ModelRequest, ModelTurn, ProviderError, Usage, estimated
from studio_ai.wording import Speech, harmless, legible
from studio_kernel.context import own_bookkeeping
from studio_kernel.errors import StudioError

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_log = logging.getLogger(__name__)
_FIRST_PAUSE = 0.25
_CITED = re.compile(r"\s?\[([a-z][a-z0-9]*_?[0-9A-Za-z_.-]*(?:\s*[,;]\s*[a-z][a-z0-9]*_[0-9A-Za-z_.-]+)*)\]")
_ID = re.compile(r"[^\s,;]+")
_SHORTENED = "(The answer ends here: it has reached the longest that one may have.)"


class ModelAnswers:
    """Asks models on behalf of callers."""

    def __init__(self, platform: Platform, calls: BoundedCalls, toolbox: Toolbox, limits: Limits) -> None:
        self._settings = platform.settings.section(AiSettings)
        self._calls = calls
        self._toolbox = toolbox
        self._limits = limits

    def answer(
        self,
        provider: ModelProvider,
        question: Question,
        caller: ToolCaller,
        sink: Sink,
    ) -> tuple[Reply, tuple[Source, ...], tuple[ToolOutcome, ...]]:
        """The reply, what it could have cited, and the tools that were called for it; ``sink`` hears it as it comes.

        :raises ProviderFailed: there is none; the text says why.
        """
        deadline = time.monotonic() + self._settings.timeout_seconds
        outcomes = tuple(self._plan(provider, question, caller, deadline))
        sources = tuple(prompts.sources_of(question, outcomes))
        if not sources:
            raise ProviderFailed("there is no source that the provider could rest an answer on")
        request = prompts.answering(question, outcomes, self._settings.answer_tokens)
        turn = self.turn(provider, request, caller, deadline, sink)
        for call in turn.calls:
            # APPSEC: no tool was offered; a model that asks for one all the same was talked into it.
            self._toolbox.refuse(caller, call.name)
        reply = _grounded(turn.text, sources)
        if turn.ending == "length":
            reply = replace(reply, message=f"{reply.message}\n\n{_SHORTENED}")
        return reply, sources, outcomes

    def whole(self, provider: ModelProvider, request: ModelRequest, caller: ToolCaller) -> ModelTurn:
        """One turn of which a part is of no use. Raises as :meth:`turn`, also where there is only a part."""
        turn = self.turn(provider, request, caller)
        if turn.ending == "length":
            raise ProviderFailed(_cut(request))
        return turn

    def turn(
        self,
        provider: ModelProvider,
        request: ModelRequest,
        caller: ToolCaller,
        deadline: float | None = None,
        sink: Sink | None = None,
    ) -> ModelTurn:
        """One turn in which something is said. Raises as :meth:`_asked`, also where nothing is."""
        return _said(self._asked(provider, request, caller, deadline, sink), request)

    def _asked(
        self,
        provider: ModelProvider,
        request: ModelRequest,
        caller: ToolCaller,
        deadline: float | None = None,
        sink: Sink | None = None,
    ) -> ModelTurn:
        """One turn within the limits and the time that is left, tried again while the provider is busy.

        :raises ProviderFailed: there is none, or the model declined.
        """
        deadline = deadline or time.monotonic() + self._settings.timeout_seconds
        refusal = self._limits.refusal(caller.principal, caller.project_id)
        if refusal is not None:
            raise ProviderFailed(refusal)
        last = ""
        for attempt in range(self._settings.retries + 1):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                return _willing(self._try(provider, replace(request, seconds=left), caller, left, sink))
            except ProviderError as error:
                last = error.reason
                pause = max(error.after or 0.0, _FIRST_PAUSE * 2**attempt)
                if attempt == self._settings.retries or pause >= deadline - time.monotonic():
                    break
                time.sleep(pause)
                if sink is not None:
                    sink.restart(last)
        self._calls.note_failure(provider.id)
        raise ProviderFailed(last or f"no answer within {self._settings.timeout_seconds:g} seconds")

    def _try(
        self, provider: ModelProvider, request: ModelRequest, caller: ToolCaller, seconds: float, sink: Sink | None
    ) -> ModelTurn:
        wanted = True
        speech = Speech(sink.text) if sink is not None and sink.is_heard else None

        def on_text(text: str) -> None:
            # NOTE: a call that was given up must not speak into what came after it, nor go on for nothing.
            if not wanted:
                raise ProviderError("the answer was given up")
            if speech is not None:
                speech.add(text)

        def work() -> ModelTurn:
            try:
                turn = provider.turn(replace(request, on_text=on_text))
            except ProviderError as error:
                if error.usage is not None:
                    self._record(provider, caller, error.usage, wanted=wanted)
                raise
            if _is_turn(turn):
                self._record(provider, caller, _counted(request, turn), wanted=wanted)
            return turn

        try:
            turn = self._calls.run(provider.id, work, _is_turn, seconds)
        finally:
            wanted = False
        if speech is not None:
            speech.end()
        return replace(turn, text=legible(turn.text))

    def _record(self, provider: ModelProvider, caller: ToolCaller, usage: Usage, *, wanted: bool) -> None:
        """Count what a turn took, whether or not anybody waited for its end: the provider charges it all the same."""
        with nullcontext() if wanted else own_bookkeeping():
            self._limits.record(caller.principal, caller.project_id, provider.id, usage)

    def _plan(
        self, provider: ModelProvider, question: Question, caller: ToolCaller, deadline: float
    ) -> Iterator[ToolOutcome]:
        most = self._settings.tool_calls
        tools = self._toolbox.offered(caller, question.message) if most else []
        if not tools:
            return
        # NOTE: a model that says nothing, or ran out of tokens before it did, needs no tool.
        turn = self._asked(provider, prompts.planning(question, specs(tools)), caller, deadline)
        names = {tool.name for tool in tools}
        for number, call in enumerate(turn.calls):
            if number >= most or call.name not in names:
                self._toolbox.refuse(caller, call.name)
                reason = "too many calls for one answer" if call.name in names else "there is no such tool here"
                yield ToolOutcome(plain_name(call.name), {"error": reason})
                continue
            yield self._call(caller, call.name, call.arguments)

    def _call(self, caller: ToolCaller, name: str, arguments: Any) -> ToolOutcome:
        try:
            result = self._toolbox.call(caller, name, arguments)
        except StudioError as error:
            return ToolOutcome(name, {"error": str(error.details.get("error") or error.message)})
        except Exception:
            # NOTE: a tool may be another package's; it costs its own result and not the answer.
            _log.exception("the AI tool %s failed", name)
            return ToolOutcome(name, {"error": "the tool failed"})
        return ToolOutcome(name, without_orders(dict(result.facts)), result.sources)


def _is_turn(turn: ModelTurn) -> bool:
    return isinstance(turn, ModelTurn) and isinstance(turn.text, str) and isinstance(turn.usage, Usage)


def _willing(turn: ModelTurn) -> ModelTurn:
    if turn.ending == "refusal":
        raise ProviderFailed("the model declined to answer")
    return turn


def _said(turn: ModelTurn, request: ModelRequest) -> ModelTurn:
    if turn.text.strip() or turn.calls:
        return turn
    raise ProviderFailed(_cut(request) if turn.ending == "length" else "the provider gave no usable answer")


def _cut(request: ModelRequest) -> str:
    return f"the provider's answer was cut off: it needs more than {request.most_tokens} tokens"


def _counted(request: ModelRequest, turn: ModelTurn) -> Usage:
    """What a turn took; estimated where the provider doesn't say."""
    if turn.usage.input_tokens or turn.usage.output_tokens:
        return turn.usage
    return Usage(*estimated(request, turn.text), turn.usage.cost)


def _grounded(text: str, sources: Sequence[Source]) -> Reply:
    """A reply that names sources of its question, and names no others.

    :raises ProviderFailed: it names none.
    """
    known = {source.id for source in sources}
    cited = [id_ for match in _CITED.finditer(text) for id_ in _ID.findall(match.group(1)) if id_ in known]
    if not cited:
        raise ProviderFailed("the provider's answer names none of its sources")
    return Reply(harmless(_CITED.sub(lambda match: _only(match, known), text)), tuple(dict.fromkeys(cited)))


def _only(match: re.Match[str], known: set[str]) -> str:
    """A mark of sources without ids that the question doesn't have; other words in brackets stay."""
    ids = _ID.findall(match.group(1))
    kept = [id_ for id_ in ids if id_ in known]
    if kept:
        return f" [{', '.join(kept)}]"
    return "" if any("_" in id_ for id_ in ids) else match.group()

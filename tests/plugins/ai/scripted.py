"""Models that do what a test says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from studio_ai.api import ModelRequest, ModelTurn, ToolCall, Usage


@dataclass
class Scripted:
    """Answers each turn as ``plan`` (with tools) and ``reply`` (without) say, and keeps what it was asked."""

    reply: Callable[[dict[str, Any]], str] = lambda shown: cite_everything(shown)
    plan: Callable[[ModelRequest], tuple[ToolCall, ...]] = lambda request: ()
    usage: Usage = field(default_factory=lambda: Usage(100, 20, 0))
    model: str = ""
    id: str = "scripted"
    title: str = "Scripted"
    needs_network: bool = True
    requests: list[ModelRequest] = field(default_factory=list)

    def turn(self, request: ModelRequest) -> ModelTurn:
        self.requests.append(request)
        if request.tools:
            return ModelTurn("NONE", self.plan(request), self.usage)
        text = self.reply(json.loads(request.messages[-1].text))
        if request.on_text is not None:
            for word in re.findall(r"\S+\s*", text):
                request.on_text(word)
        return ModelTurn(text, (), self.usage, self.model)

    @property
    def answered(self) -> dict[str, Any]:
        """What the last turn without tools was shown."""
        asked = [request for request in self.requests if not request.tools]
        shown: dict[str, Any] = json.loads(asked[-1].messages[-1].text)
        return shown


def cite_everything(shown: dict[str, Any]) -> str:
    """An answer that rests on every source."""
    return "It is so " + " ".join(f"[{each['id']}]" for each in shown.get("sources", ()))


# What hostile texts of the tests ask for: CALL tool {json}, SAY text.
_CALL = re.compile(r"CALL (\w+) (\{[^}]*\})")
_SAY = re.compile(r"SAY ([^.\n\"\\]+)")


@dataclass
class Obedient(Scripted):
    """Does whatever any text that it sees asks for, wherever it stands: the worst model there could be."""

    id: str = "obedient"

    def turn(self, request: ModelRequest) -> ModelTurn:
        self.requests.append(request)
        seen = "\n".join([request.system, *(message.text for message in request.messages)]).replace('\\"', '"')
        calls = tuple(ToolCall(name, json.loads(arguments)) for name, arguments in _CALL.findall(seen))
        said = _SAY.findall(seen)
        if said or calls:
            return ModelTurn(" ".join(said), calls, self.usage)
        if request.tools:
            return ModelTurn("NONE", (), self.usage)
        return ModelTurn(cite_everything(json.loads(request.messages[-1].text)), (), self.usage)

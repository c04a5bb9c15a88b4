"""Answers that come in pieces: server-sent events (HTML Standard, section 9.2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event of a stream; ``data`` is its JSON, or its text where it isn't JSON."""

    event: str
    data: Any


class EventParser:
    """Puts events together from lines."""

    def __init__(self) -> None:
        self._event, self._data = "message", list[str]()

    def feed(self, line: str) -> ServerEvent | None:
        """Take a line; an event when it ends one."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            return self._end()
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        return None

    def _end(self) -> ServerEvent | None:
        text, event = "\n".join(self._data), self._event
        had = bool(self._data)
        self._event, self._data = "message", []
        if not had:
            return None
        try:
            return ServerEvent(event, json.loads(text))
        except ValueError:
            return ServerEvent(event, text)


def parse_events(lines: Iterable[str]) -> Iterator[ServerEvent]:
    """The events in lines of a stream."""
    parser = EventParser()
    for line in lines:
        event = parser.feed(line)
        if event is not None:
            yield event

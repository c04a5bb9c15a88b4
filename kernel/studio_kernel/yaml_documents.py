"""YAML files of definitions, read fast: every start of the platform reads thousands of texts. Imported where needed.

PERF: PyYAML scans in C but builds values in Python, from nodes and by generators. Definitions need little of that:
here their values are built straight from the scanner's events. Whatever asks for more (anchors, tags, merged tables,
several documents) is left to PyYAML as a whole.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# First characters of what may be something else than text when it stands without quotes.
_TELLING = frozenset(_LOADER.yaml_implicit_resolvers)


class _Elaborate(Exception):
    """The text uses more of YAML than is built here."""


def parse_yaml(text: str) -> Any:
    """The value of a YAML (or JSON) text, by PyYAML's safe rules. :raises yaml.YAMLError: it isn't YAML."""
    scanner = _LOADER(text)
    try:
        return _Builder(scanner).document()
    except _Elaborate:
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader
    except RecursionError as error:
        raise yaml.YAMLError("is nested too deeply") from error
    finally:
        scanner.dispose()


class _Builder:
    def __init__(self, scanner: Any) -> None:
        self._next = scanner.get_event
        self._plain: dict[str, Any] = {}

    def document(self) -> Any:
        self._next()  # the start of the stream
        if type(self._next()) is StreamEndEvent:
            return None
        value = self._value(self._next())
        self._next()  # the end of the document
        if type(self._next()) is not StreamEndEvent:
            raise _Elaborate
        return value

    def _value(self, event: Any) -> Any:
        kind = type(event)
        if kind is AliasEvent or event.anchor is not None or event.tag is not None:
            raise _Elaborate
        if kind is ScalarEvent:
            return self._unquoted(event.value) if event.implicit[0] else event.value
        return self._table() if kind is MappingStartEvent else self._list()

    def _unquoted(self, text: str) -> Any:
        """A text without quotes, which may be a number, a date or nothing."""
        if text == "<<":
            raise _Elaborate
        if text not in self._plain:
            self._plain[text] = yaml.load(text, Loader=_LOADER) if text[:1] in _TELLING else text  # noqa: S506
        return self._plain[text]

    def _list(self) -> list[Any]:
        values = []
        event = self._next()
        while type(event) is not SequenceEndEvent:
            values.append(self._value(event))
            event = self._next()
        return values

    def _table(self) -> dict[str, Any]:
        table = {}
        event = self._next()
        while type(event) is not MappingEndEvent:
            name = self._value(event)
            if not isinstance(name, str):
                raise _Elaborate
            table[name] = self._value(self._next())
            event = self._next()
        return table

"""What the API answers, as objects with typed attributes over the JSON as it came."""

from __future__ import annotations

import keyword
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any


class Model:
    """A JSON object. Its fields are attributes (``project.name``) and keys (``project["name"]``).

    Attributes have the annotated types: moments are :class:`datetime.datetime`, inner objects are models. Keys give
    the JSON value. A field that a newer platform adds is there at once, untyped. A field that is a word of Python's,
    such as ``from``, has a ``_`` behind its name.
    """

    __slots__ = ("_json",)

    def __init__(self, json: Mapping[str, Any]) -> None:
        self._json = dict(json)

    def __getattr__(self, name: str) -> Any:
        field = name[:-1] if name.endswith("_") and keyword.iskeyword(name[:-1]) else name
        if name == "_json" or (field not in self._json and name not in _hints(type(self))):
            raise AttributeError(f"{type(self).__name__} has no field {name!r}")
        return _typed(_hints(type(self)).get(name, Any), self._json.get(field))

    def __getitem__(self, name: str) -> Any:
        return self._json[name]

    def __contains__(self, name: object) -> bool:
        return name in self._json

    def __iter__(self) -> Iterator[str]:
        return iter(self._json)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and other._json == self._json

    def __hash__(self) -> int:
        return hash((type(self), self._json.get("id")))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={self._json[name]!r}" for name in ("id", "name", "title") if name in self._json)
        return f"{type(self).__name__}({shown})"

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as it came."""
        return dict(self._json)


_KNOWN_HINTS: dict[type[Model], dict[str, Any]] = {}


def _hints(kind: type[Model]) -> dict[str, Any]:
    found = _KNOWN_HINTS.get(kind)
    if found is None:
        found = _KNOWN_HINTS[kind] = typing.get_type_hints(kind)
    return found


def _typed(hint: Any, value: Any) -> Any:
    """A JSON value as the annotation promises; one that doesn't fit stays as it is."""
    if value is None:
        return None
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [each for each in typing.get_args(hint) if each is not type(None)]
        return _typed(inner[0], value) if len(inner) == 1 else value
    if origin is list and isinstance(value, list):
        return [_typed(typing.get_args(hint)[0], each) for each in value]
    if origin is dict and isinstance(value, dict):
        return {name: _typed(typing.get_args(hint)[1], each) for name, each in value.items()}
    if hint is datetime and isinstance(value, str):
        return datetime.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, Model) and isinstance(value, dict):
        return hint(value)
    return value

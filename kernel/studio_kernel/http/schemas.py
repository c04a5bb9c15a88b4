"""Fields and the base schema of what comes in and goes out, on marshmallow.

marshmallow checks what comes in. What goes out is described by the same schemas, for OpenAPI and the tests, but
written by services as plain rows (PERF: dumping 20 rows through marshmallow costs 25 times the JSON encoding).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any

import marshmallow
from marshmallow import fields, validate

from studio_kernel.clock import parse_rfc3339, to_text
from studio_kernel.errors import ValidationFailed
from studio_kernel.plugins import closest

YEARS = "^(19[0-9]{2}|[2-8][0-9]{3}|9([0-8][0-9]{2}|9([0-8][0-9]|9[0-8])))-"
"""The years that a moment may have (see :func:`studio_kernel.clock.parse_rfc3339`), as a pattern."""


_MOST_TOLD = 100
_LONGEST_NAME = 100


class Schema(marshmallow.Schema):
    """Base of all schemas: unknown fields are refused, order is kept."""

    class Meta:
        unknown = marshmallow.RAISE


class Text(fields.String):
    """Text without control characters; ``maximum`` and ``minimum`` are lengths in characters.

    ``lines`` allows line breaks and tabs. Surrounding blanks are removed.
    """

    def __init__(self, *, minimum: int = 0, maximum: int = 200, lines: bool = False, **options: Any) -> None:
        checks = options.pop("validate", None) or []
        checks = list(checks) if isinstance(checks, list | tuple) else [checks]
        super().__init__(**options, validate=[validate.Length(min=minimum, max=maximum), *checks])
        self._forbidden = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]" if lines else r"[\x00-\x1f\x7f]")
        self._minimum = minimum

    @property
    def described(self) -> dict[str, Any]:
        """What JSON Schema says of such a text beyond its length: no control characters, not only blanks."""
        allowed = f"[^{self._forbidden.pattern[1:-1]}]*"
        return {"pattern": f"^{allowed}$" if self._minimum == 0 else rf"^{allowed}[^\s\x00-\x1f\x7f]{allowed}$"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise marshmallow.ValidationError("Not a valid string.")
        value = value.strip()
        if self._forbidden.search(value):
            raise marshmallow.ValidationError("Must not contain control characters.")
        return value


class Identifier(Text):
    """An id of one kind, by its prefix."""

    def __init__(self, prefix: str, **options: Any) -> None:
        self._pattern = rf"{prefix}_[0-9a-zA-Z]{{1,64}}"
        pattern = rf"{self._pattern}\Z"
        check = validate.Regexp(pattern, error=f"Not a valid id: it must begin with {prefix}_.")
        super().__init__(maximum=80, validate=check, **options)

    @property
    def described(self) -> dict[str, Any]:
        """The form of the id in JSON Schema."""
        return {"pattern": f"^{self._pattern}$"}


class Time(fields.Field[str]):
    """A moment: RFC 3339 with an offset; kept in the platform's UTC text form."""

    @property
    def described(self) -> dict[str, Any]:
        """A date-time in JSON Schema, of the years that the platform takes."""
        kind = ["string", "null"] if self.allow_none else "string"
        return {"type": kind, "format": "date-time", "pattern": YEARS}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise marshmallow.ValidationError("Not a valid date-time: text in RFC 3339 is needed")
        try:
            return to_text(parse_rfc3339(value))
        except ValueError as error:
            raise marshmallow.ValidationError(str(error)) from error


class Whole(fields.Integer):
    """A whole number; no text, no fraction."""

    def __init__(self, *, minimum: int = -(2**53), maximum: int = 2**53, **options: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=minimum, max=maximum), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str | bool):
            raise marshmallow.ValidationError("Not a valid integer.")
        if isinstance(value, float) and value.is_integer():
            # NOTE: 80.0 is an integer in JSON Schema, and what some JSON writers make of 80.
            value = int(value)
        return super()._deserialize(value, attr, data, **kwargs)


class Flag(fields.Boolean):
    """True or false, as JSON writes them."""

    truthy = {True}  # noqa: RUF012 - marshmallow reads the attribute
    falsy = {False}  # noqa: RUF012


class QueryFlag(fields.Boolean):
    """``true`` or ``false`` in a query."""

    truthy = {"true"}  # noqa: RUF012
    falsy = {"false"}  # noqa: RUF012


class Choice(Text):
    """One of a few words."""

    def __init__(self, *choices: str, **options: Any) -> None:
        self.choices = choices
        error = f"Must be one of: {', '.join(choices)}."
        super().__init__(validate=validate.OneOf(choices, error=error), **options)

    @property
    def described(self) -> dict[str, Any]:
        """Nothing: the choices say it all."""
        return {}


class Anything(fields.Raw):
    """A value of any shape, in answers whose form depends on the case."""


def flatten(messages: Any, known: Mapping[str, Any], place: str = "") -> list[tuple[str, str]]:
    """marshmallow's nested messages as (path, text) pairs; unknown names say what may have been meant.

    APPSEC: of each object the first hundred are told: a look for what was meant costs more than sending a name.
    """
    if isinstance(messages, Mapping):
        pairs: list[tuple[str, str]] = []
        for name, inner in itertools.islice(messages.items(), _MOST_TOLD):
            name = str(name)[:_LONGEST_NAME]
            here = name if not place else f"{place}.{name}"
            if name == "_schema":
                here = place or "body"
            if inner == ["Unknown field."] and not place:
                inner = [f"Unknown field{closest(name, known)}"]
            pairs += flatten(inner, known, here)
        return pairs
    if isinstance(messages, list):
        return [pair for message in messages for pair in flatten(message, known, place)]
    return [(place or "body", str(messages))]


def load(schema: marshmallow.Schema, value: Any) -> dict[str, Any]:
    """Check ``value`` and give back what the service gets; :class:`ValidationFailed` names what is wrong."""
    try:
        loaded: dict[str, Any] = schema.load(value)
    except marshmallow.ValidationError as error:
        names = [field.data_key or name for name, field in schema.fields.items()]
        raise ValidationFailed.of(flatten(error.messages, dict.fromkeys(names))) from error
    return loaded

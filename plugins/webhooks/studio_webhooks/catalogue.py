"""The event catalogue: every event that a webhook can subscribe to, and what its data looks like."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from studio_kernel.errors import ValidationFailed
from studio_kernel.events import EventType
from studio_kernel.http.schemas import Time
from studio_kernel.plugins import closest

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PLACE = "#/components/schemas/"


def check_patterns(patterns: Sequence[str], known: Mapping[str, EventType]) -> list[str]:
    """The patterns without repetitions. Refuses names and wildcards that fit no declared event."""
    problems = [
        (f"events.{number}", _unknown(pattern, known))
        for number, pattern in enumerate(patterns)
        if not _fits(pattern, known)
    ]
    if problems:
        raise ValidationFailed.of(problems)
    return list(dict.fromkeys(patterns))


def _fits(pattern: str, known: Mapping[str, EventType]) -> bool:
    if pattern == "*" or pattern in known:
        return True
    return pattern.endswith(".*") and any(name.startswith(pattern[:-1]) for name in known)


def _unknown(pattern: str, known: Mapping[str, EventType]) -> str:
    groups = {f"{name.partition('.')[0]}.*" for name in known}
    hint = closest(pattern, sorted({*known, *groups}))
    return f"Unknown event{hint}" if hint else "Unknown event; GET /api/v1/webhooks/events lists them"


def describe(types: Mapping[str, EventType]) -> list[dict[str, Any]]:
    """Each event type as the API shows it, by name."""
    return [
        {
            "name": kind.name,
            "version": kind.version,
            "summary": kind.summary,
            "schema": json_schema(kind),
            "example": dict(kind.example),
        }
        for _, kind in sorted(types.items())
    ]


def json_schema(kind: EventType) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an event's ``data``, complete in itself."""
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(title="events", version="1", openapi_version="3.1.0", plugins=[plugin])
    plugin.converter.add_attribute_function(_describe_time)  # type: ignore[union-attr]
    with warnings.catch_warnings():
        # NOTE: apispec warns when one schema is used with and without modifiers; each gets its own name.
        warnings.simplefilter("ignore")
        spec.components.schema("Data", schema=kind.schema)
    found = _adapted(spec.to_dict()["components"]["schemas"])
    schema: dict[str, Any] = {"$schema": _DIALECT, "title": kind.name, **found.pop("Data")}
    return {**schema, "$defs": found} if found else schema


def _schema_name(schema: Any) -> str:
    return (schema if isinstance(schema, type) else type(schema)).__name__


def _describe_time(self: Any, field: Any, **_: Any) -> dict[str, Any]:
    if not isinstance(field, Time):
        return {}
    return {"type": ["string", "null"] if field.allow_none else "string", "format": "date-time"}


def _adapted(value: Any) -> Any:
    """References made local, and further fields allowed: an event may gain some within its version."""
    if isinstance(value, list):
        return [_adapted(each) for each in value]
    if not isinstance(value, dict):
        return value
    adapted = {name: _adapted(inner) for name, inner in value.items() if name != "additionalProperties" or inner}
    reference = adapted.get("$ref")
    if isinstance(reference, str):
        adapted["$ref"] = reference.replace(_PLACE, "#/$defs/")
    return adapted

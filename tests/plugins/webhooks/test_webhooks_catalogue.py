"""The event catalogue: complete, and its schemas are true of the examples."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from jsonschema import Draft202012Validator
from marshmallow import fields

from studio_kernel.events import EventType
from studio_kernel.http.schemas import Schema, Time
from studio_kernel.plugins import installed_plugins
from studio_webhooks.catalogue import json_schema
from studio_webhooks.events import EVENT_TYPES

from .conftest import Stage


def declared() -> list[EventType]:
    """The event types of every installed plugin."""
    found: list[EventType] = []
    for each in installed_plugins():
        module: Any = each.load()
        if hasattr(module, "studio_event_types"):
            found += module.studio_event_types()
    return found


class Inner(Schema):
    """A part of an event's data."""

    at = Time(required=True, allow_none=True)


class Outer(Schema):
    """An event's data with parts in parts."""

    one = fields.Nested(Inner, required=True)
    many = fields.List(fields.Nested(Inner))
    maybe = fields.Nested(Inner, allow_none=True)


def test_the_catalogue_lists_every_declared_event(stage: Stage) -> None:
    answer = stage.admin.get("/api/v1/webhooks/events")
    assert answer.status_code == 200
    entries = answer.json()["data"]["events"]
    assert [entry["name"] for entry in entries] == sorted(stage.platform.events.types)
    for entry in entries:
        assert set(entry) == {"name", "version", "summary", "schema", "example"}
        Draft202012Validator.check_schema(entry["schema"])
        jsonschema.validate(entry["example"], entry["schema"])


def test_the_examples_of_all_installed_plugins_fit_their_schemas() -> None:
    types = declared()
    assert {kind.name for kind in EVENT_TYPES} <= {kind.name for kind in types}
    for kind in types:
        schema = json_schema(kind)
        Draft202012Validator.check_schema(schema)
        jsonschema.validate(dict(kind.example), schema)
        assert kind.schema().validate(dict(kind.example)) == {}, kind.name


def test_a_schema_is_complete_in_itself_and_lets_events_grow() -> None:
    schema = json_schema(EventType("a.b", "Something", Outer, {}))
    sample = {"one": {"at": None}, "many": [{"at": "2024-01-15T10:30:00Z"}], "maybe": None, "new": 1}
    jsonschema.validate(sample, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"one": {}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"one": {"at": 7}}, schema)

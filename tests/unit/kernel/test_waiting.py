"""Calls that wait for the outside world hold up nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from marshmallow import fields

from studio_kernel.hookspecs import hookimpl
from studio_kernel.http.operations import Call, Operation, StreamAnswer, operation, operations_of
from studio_kernel.http.schemas import Schema
from studio_kernel.plugins import PluginInfo
from studio_kernel.security.permissions import PUBLIC

PLACES = 2


class Nothing(Schema):
    """No fields."""


class Said(Schema):
    """Whether it was waited for."""

    waited = fields.Boolean(required=True)


class Resource:
    """Waits until it is let go."""

    def __init__(self) -> None:
        self.inside, self.go = threading.Semaphore(0), threading.Event()

    def wait(self) -> None:
        self.inside.release()
        assert self.go.wait(20)

    @operation(
        "wait.say", "POST", "/api/v1/waits", summary="Say after a while", permission=PUBLIC, body=Nothing,
        response=Said, slow=True, events=True,
    )  # fmt: skip
    def say(self, call: Call) -> dict[str, Any] | StreamAnswer:
        """At once, or as events."""
        if call.wants_events:
            return StreamAnswer(self._events())
        self.wait()
        return {"waited": True}

    def _events(self) -> Iterator[bytes]:
        self.wait()
        yield b"data: done\n\n"

    @operation(
        "wait.change", "PUT", "/api/v1/waits", summary="Change after a look", permission=PUBLIC, body=Nothing,
        response=Said, prepare=lambda self, call: self.wait(),
    )  # fmt: skip
    def change(self, call: Call) -> dict[str, Any]:
        """After its preparation."""
        return {"waited": True}

    @operation("wait.not", "GET", "/api/v1/waits", summary="Say", permission=PUBLIC, response=Said)
    def at_once(self, call: Call) -> dict[str, Any]:
        """Without waiting."""
        return {"waited": False}


class Plugin:
    info = PluginInfo(name="waiting", version="1")

    def __init__(self) -> None:
        self.resource = Resource()

    @hookimpl
    def studio_operations(self, platform: Any) -> Sequence[Operation]:
        return operations_of(self.resource)


@pytest.mark.parametrize("how", ["whole", "events", "prepared"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_calls_that_wait_leave_their_places_to_others(
    make_studio: Callable[..., Any], request: pytest.FixtureRequest, database: str, how: str
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    plugin, answers = Plugin(), []
    studio = make_studio(plugins=[], extra=[plugin], overrides={"threads": PLACES}, database_url=url)
    headers = {"Accept": "text/event-stream"} if how == "events" else {}
    method = "PUT" if how == "prepared" else "POST"

    def call() -> None:
        answers.append(studio.anonymous.request(method, "/api/v1/waits", json={}, headers=headers).status_code)

    callers = [threading.Thread(target=call) for _ in range(PLACES + 1)]
    for each in callers:
        each.start()
    other = threading.Thread(target=lambda: answers.append(studio.anonymous.get("/api/v1/waits").json()["data"]))
    try:
        assert all(plugin.resource.inside.acquire(timeout=10) for _ in callers), "all of them wait at once"
        other.start()
        other.join(10)
        assert answers == [{"waited": False}], "while they wait, others are answered"
    finally:
        plugin.resource.go.set()
        for each in callers:
            each.join(20)
    assert answers[1:] == [200] * len(callers)

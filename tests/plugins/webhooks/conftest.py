"""What the tests of webhooks share: the kernel with this plugin alone, a sign-in for tests, and a receiver."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from marshmallow import fields

from studio_kernel.app import Platform
from studio_kernel.events import Event, EventType
from studio_kernel.hookspecs import hookimpl
from studio_kernel.http.schemas import Schema
from studio_kernel.plugins import PluginInfo
from studio_kernel.security.principal import Credentials, Principal
from studio_kernel.testing.app import Client, StudioApp
from studio_webhooks.sender import Outcome, Sender
from studio_webhooks.testing import Receiver


class ParcelEvent(Schema):
    """Data of the events of a sample plugin."""

    parcel = fields.Dict(required=True)


class AccountEvent(Schema):
    """Data of an account's events, as far as webhooks read them."""

    status = fields.String(required=True)
    role = fields.String(required=True)


PARCEL_SENT = EventType("parcel.sent", "A parcel left", ParcelEvent, {"parcel": {"id": "par_1"}})
PARCEL_LOST = EventType("parcel.lost", "A parcel was lost", ParcelEvent, {"parcel": {"id": "par_1"}})
ACCOUNT_CHANGED = EventType("user.updated", "An account changed", AccountEvent, {"status": "active", "role": "admin"})


class SamplePlugin:
    """Signs in whoever names a role in a header, and has events to publish."""

    info = PluginInfo(name="sample", version="1.0")

    def __init__(self) -> None:
        self.hidden: set[tuple[str, str]] = set()

    @hookimpl
    def studio_authenticate(self, platform: Platform, credentials: Credentials) -> Principal | None:
        role = credentials.headers.get("x-test-role", "")
        scopes = credentials.headers.get("x-test-scopes", "read write admin")
        user = credentials.headers.get("x-test-user", "user_boss")
        return Principal("user", user, user, role, frozenset(scopes.split())) if role else None

    @hookimpl
    def studio_event_visibility(
        self, platform: Platform, readers: Sequence[tuple[str, str]]
    ) -> Sequence[tuple[str, str]]:
        return [pair for pair in readers if pair not in self.hidden]

    @hookimpl
    def studio_event_types(self) -> Sequence[EventType]:
        return (PARCEL_SENT, PARCEL_LOST, ACCOUNT_CHANGED)


class Stage:
    """A platform with webhooks alone, and what tests do with it."""

    def __init__(self, app: StudioApp, sample: SamplePlugin) -> None:
        self.app = app
        self.sample = sample
        self.platform = app.platform
        self.admin = self.client("admin")

    def client(self, role: str, **headers: str) -> Client:
        return Client(self.app, {"X-Test-Role": role, **headers})

    def create(self, url: str, events: Sequence[str] = ("parcel.sent",), **more: Any) -> dict[str, Any]:
        answer = self.admin.post("/api/v1/webhooks", json={"url": url, "events": list(events), **more})
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()["data"]
        return created

    def publish(
        self,
        kind: EventType = PARCEL_SENT,
        resource_id: str = "par_1",
        data: Mapping[str, Any] | None = None,
        project_id: str = "",
    ) -> Event:
        with self.platform.database.transaction():
            return self.platform.events.publish(
                kind, resource_id=resource_id, data=data or {"parcel": {"id": resource_id}}, project_id=project_id
            )

    def deliveries(self, webhook_id: str, **params: Any) -> list[dict[str, Any]]:
        answer = self.admin.get(f"/api/v1/webhooks/{webhook_id}/deliveries", params={"order": "asc", **params})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]["deliveries"]
        return found

    def work(self, after: float = 0.0) -> None:
        """Let time pass and do what is due then."""
        self.app.clock.advance(after)
        self.app.run_jobs()


def sent(sender: Sender, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Outcome:
    """One attempt, on a loop of its own."""

    async def send() -> Outcome:
        try:
            return await sender.send(url, headers, body, now)
        finally:
            await sender.close()

    return asyncio.run(send())


MakeStage = Callable[..., Stage]


@pytest.fixture
def make_stage(make_studio: Callable[..., StudioApp]) -> MakeStage:
    """A stage with settings of one's own; loopback is allowed unless they say otherwise."""

    def make(
        *, database_url: str = "", home: Path | None = None, kernel: Mapping[str, Any] | None = None, **settings: Any
    ) -> Stage:
        wanted = {"allowed_networks": ["127.0.0.0/8"], "timeout_seconds": 2.0, **settings}
        overrides = {f"webhooks.{name}": value for name, value in wanted.items()} | dict(kernel or {})
        sample = SamplePlugin()
        app = make_studio(
            plugins=["webhooks"], extra=[sample], overrides=overrides, database_url=database_url, home=home
        )
        return Stage(app, sample)

    return make


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """The usual stage."""
    return make_stage()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on loopback."""
    with Receiver() as running:
        yield running

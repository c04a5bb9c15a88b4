"""Server and workers are killed at random while people change things and receivers misbehave: every event that was
committed reaches every receiver, in order for each resource, and counts once.

``STUDIO_TEST_KILLS`` sets how many kills there are in all.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import redis
from support.fleet import Fleet
from support.misbehaving import Receivers

from studio_kernel.app import Platform
from studio_kernel.storage.sql import Statement
from studio_kernel.testing.services import RedisServer

KILLS = int(os.environ.get("STUDIO_TEST_KILLS", "200"))
PEOPLE = 3
SETTINGS = {
    "plugins": ["auth", "projects", "webhooks"],
    "webhooks.allowed_networks": ["127.0.0.0/8"],
    "webhooks.timeout_seconds": 0.3,
    "webhooks.retry_seconds": [0.05] * 20,
    "webhooks.retry_after_limit": 0.0,
}
EVENTS = ("project.*", "milestone.*")
PATIENCE = 60.0

_COMMITTED = Statement("SELECT id, position, resource_id, data FROM events WHERE name IN :names AND position > :first")
_DELIVERED = Statement("SELECT event_id, message_id, state FROM webhook_deliveries WHERE webhook_id = :webhook")
_UNDELIVERED = Statement("SELECT COUNT(*) FROM webhook_deliveries WHERE state <> 'succeeded'")
_UNFINISHED = Statement(
    "SELECT COUNT(*) FROM jobs WHERE kind IN ('event:webhooks.fanout', 'webhooks.deliver') "
    "AND state IN ('queued', 'waiting', 'running')"
)


class Person:
    """Somebody who goes on changing one project, whatever happens to the servers; what was acknowledged is kept."""

    def __init__(self, base: str, token: str, number: int, stop: threading.Event) -> None:
        self.acknowledged: list[str] = []
        self.error: BaseException | None = None
        self._number = number
        self._stop = stop
        self._http = httpx.Client(base_url=base, timeout=10, headers={"Authorization": f"Bearer {token}"})
        self.thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        try:
            with self._http:
                project = self._send("POST", "/api/v1/projects", name=f"P{self._number}", framework="tiny")
                path = f"/api/v1/projects/{project['id']}"
                for step in range(10**6):
                    if self._stop.is_set():
                        return
                    self._change(path, f"{self._number}-{step}", step)
                    time.sleep(0.08)
        except BaseException as error:
            self.error = error

    def _change(self, path: str, mark: str, step: int) -> None:
        if step % 4:
            self._send("PATCH", path, description=mark)
        else:
            self._send("POST", f"{path}/milestones", name=mark, due_date="2031-01-01T00:00:00Z")
        self.acknowledged.append(mark)

    def _send(self, method: str, path: str, **body: Any) -> Any:
        """Send until it is answered; a change whose answer was lost may be made twice."""
        while True:
            try:
                answer = self._http.request(method, path, json=body)
            except httpx.TransportError:
                continue
            if answer.status_code == 503:
                time.sleep(0.02)
                continue
            assert answer.is_success, answer.text
            return answer.json()["data"]


def _killing(fleet: Fleet, kills: int, chance: random.Random) -> Iterator[int]:
    """Kill the server or one of two workers after a random while; yields how many there were so far."""
    running = [
        ("server", fleet.started("server")),
        ("worker", fleet.started("worker")),
        ("worker", fleet.start("worker")),
    ]
    for done in range(1, kills + 1):
        time.sleep(chance.expovariate(1 / 0.2))
        kind, pid = running.pop(chance.randrange(len(running)))
        fleet.kill(pid)
        running.append((kind, fleet.start(kind)))
        yield done
    fleet.started("worker")


def _subscribe(platform: Platform, owner: str, receivers: Receivers) -> dict[str, str]:
    from studio_webhooks.service import Webhooks

    service = Webhooks(platform)
    fields = {"events": list(EVENTS), "secret": "a secret of the tests"}
    return {name: service.create(owner, {**fields, "url": receivers.url(name)})["id"] for name in Receivers.names}


def _settled(platform: Platform) -> bool:
    return not platform.database.value(_UNFINISHED) and not platform.database.value(_UNDELIVERED)


def _check(platform: Platform, webhooks: dict[str, str], receivers: Receivers, first: int) -> int:
    """Everything that was committed has come, in order, and nothing else; how many events there were."""
    names = [name for name in platform.events.types if name.startswith(("project.", "milestone."))]
    events = {row[0]: row[1:] for row in platform.database.rows(_COMMITTED, names=names, first=first)}
    for name, webhook_id in webhooks.items():
        rows = platform.database.rows(_DELIVERED, webhook=webhook_id)
        event_of = {message_id: event_id for event_id, message_id, _ in rows}
        assert sorted(event_of.values()) == sorted(events), "one delivery for each event"
        bodies: dict[str, bytes] = {}
        order: dict[str, list[int]] = defaultdict(list)
        for accepted in (each for each in receivers.accepted if each.receiver == name):
            known = bodies.setdefault(accepted.message_id, accepted.body)
            assert known == accepted.body, "the same bytes in every attempt"
            position, resource_id, data = events[event_of[accepted.message_id]]
            assert json.loads(accepted.body)["data"] == json.loads(data)
            if position not in order[resource_id]:
                order[resource_id].append(position)
        assert set(bodies) == set(event_of), f"{name} got them all"
        assert all(positions == sorted(positions) for positions in order.values()), f"{name} got them in order"
    return len(events)


def _upset_redis(server: RedisServer, done: int) -> None:
    """Flush now and then, and stop for a while."""
    if done % 8 == 0:
        with redis.Redis.from_url(server.url) as client:
            client.flushall()
    if done % 24 == 0:
        server.stop()
        time.sleep(0.3)
        server.start()


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("engine", "share"), [("sqlite", 0.65), ("postgresql and valkey", 0.35)])
def test_every_event_reaches_every_receiver_whatever_dies(
    make_scene: Any, request: pytest.FixtureRequest, engine: str, share: float
) -> None:
    settings: dict[str, Any] = dict(SETTINGS)
    valkey: RedisServer | None = None
    if engine != "sqlite":
        valkey = RedisServer()
        request.addfinalizer(valkey.close)
        settings |= {"database_url": request.getfixturevalue("postgres_url"), "redis_url": valkey.url}
    scene = make_scene(**settings)
    platform, kills, stop = scene.platform, round(KILLS * share), threading.Event()
    with Receivers() as receivers, Fleet(scene.settings) as fleet:
        first = platform.events.latest()
        webhooks = _subscribe(platform, scene.uploader, receivers)
        people = [Person(fleet.base, scene.token(scene.uploader), number, stop) for number in range(PEOPLE)]
        for person in people:
            person.thread.start()
        try:
            for done in _killing(fleet, kills, random.Random(2025)):
                if valkey is not None:
                    _upset_redis(valkey, done)
                assert all(person.thread.is_alive() for person in people), [person.error for person in people]
            fleet.started("server")
        finally:
            stop.set()
            for person in people:
                person.thread.join(60)
        assert [person.error for person in people if person.error is not None] == []
        misbehaved = receivers.misbehaved
        deadline = time.monotonic() + PATIENCE
        while not _settled(platform):
            assert time.monotonic() < deadline, fleet.complaints
            time.sleep(0.1)
        count = _check(platform, webhooks, receivers, first)
        published = "".join(str(row[0]) for row in platform.database.rows(Statement("SELECT data FROM events")))
        assert [mark for each in people for mark in each.acknowledged if f'"{mark}"' not in published] == []
    repeats = len(receivers.accepted) - count * len(webhooks)
    told = f"{kills} kills, {count} events to {len(webhooks)} receivers, {repeats} repeated, {misbehaved} mishaps"
    sys.stdout.write(f"{engine}: {told} while processes died\n")
    assert misbehaved > kills / 4, "hardly a receiver misbehaved meanwhile"

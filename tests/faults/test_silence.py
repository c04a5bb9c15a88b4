"""Engines that hang: they break no connection, refuse none, and say nothing. Nobody waits for them for long."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from studio_kernel.storage import files_s3
from studio_kernel.storage.database import open_database
from studio_kernel.storage.sql import Statement
from studio_kernel.testing.services import PostgresServer, RedisServer, S3Server, Server

# Seconds: far above what is promised, for a machine that is busy, and far below for ever.
BOUND = 60.0


@contextlib.contextmanager
def frozen(server: Server) -> Iterator[None]:
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


def together(*calls: Callable[[], Any]) -> list[int]:
    """The statuses of calls made at once, each of which ended within the bound."""
    with ThreadPoolExecutor(len(calls)) as pool:
        begun = time.monotonic()
        statuses = [each.result().status_code for each in [pool.submit(call) for call in calls]]
    assert time.monotonic() - begun < BOUND
    return statuses


def recovers(call: Callable[[], Any], status: int = 200) -> None:
    deadline = time.monotonic() + BOUND
    while call().status_code != status:
        assert time.monotonic() < deadline, "it never came back"
        time.sleep(0.2)


class Calls:
    """Calls of somebody who is signed in."""

    def __init__(self, studio: Any) -> None:
        self.client = studio.client("admin")

    def metrics(self) -> Any:
        return self.client.get("/metrics")

    def read(self) -> Any:
        return self.client.get("/api/v1/users/me")

    def write(self) -> Any:
        return self.client.post("/api/v1/api-keys", json={"name": "Key", "scopes": ["read"]})

    def project(self) -> Any:
        body = {"name": "Assessment", "description": "", "framework": "soc2"}
        return self.client.post("/api/v1/projects", json=body)

    def upload(self, project: str, control: str) -> Any:
        fields = {"title": "Policy", "project_id": project, "control_id": control}
        files = {"file": ("policy.txt", f"written {time.monotonic()}".encode(), "text/plain")}
        return self.client.post("/api/v1/evidence", data=fields, files=files)


def test_a_silent_postgresql_holds_up_nobody_for_long(make_studio: Any) -> None:
    with PostgresServer() as server:
        calls = Calls(make_studio(plugins=["auth"], database_url=server.url, overrides={"database_timeout": 2.0}))
        assert together(calls.read, calls.write, calls.read) == [200, 201, 200]
        assert 'studio_jobs{state="queued"}' in calls.metrics().text
        with frozen(server):
            assert set(together(*[calls.read, calls.write] * 6)) == {503}
            told = calls.metrics()
            assert told.status_code == 200
            assert 'status="503"}' in told.text, "what is refused shows while it is refused"
            assert "studio_jobs{" not in told.text
            assert "studio_audit_unsealed NaN" in told.text
            begun = time.monotonic()
            assert calls.read().status_code == 503
            assert time.monotonic() - begun < 2.0, "what is known to be silent isn't waited for again"
        recovers(calls.read)
        assert together(calls.write, calls.read) == [201, 200]


def test_a_postgresql_that_is_only_slow_is_waited_for(postgres_url: str) -> None:
    database = open_database(postgres_url, timeout=0.5)
    assert database.value(Statement("SELECT 'done' FROM (SELECT pg_sleep(2)) slept")) == "done"
    database.close()


def test_a_silent_redis_is_done_without(make_studio: Any) -> None:
    with RedisServer() as server:
        studio = make_studio(plugins=["auth"], overrides={"redis_url": server.url})
        calls = Calls(studio)
        assert together(calls.read, calls.write) == [200, 201]
        with frozen(server):
            assert set(together(*[calls.read, calls.write] * 6)) == {200, 201}
        studio.platform.cache.set("key", b"value", 10.0)
        assert together(calls.read, calls.write) == [200, 201]


def test_a_silent_file_store_holds_up_only_who_needs_it(make_studio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_s3, "_ANSWER_TIMEOUT", 2)
    with S3Server() as server:
        calls = Calls(make_studio(overrides={"files_url": server.create("hangs")}))
        project = calls.project().json()["data"]["id"]
        control = calls.client.get(f"/api/v1/projects/{project}").json()["data"]["controls"][0]["id"]
        upload = lambda: calls.upload(project, control)  # noqa: E731
        assert upload().status_code == 201
        with frozen(server):
            assert together(upload, calls.read, calls.write, upload) == [503, 200, 201, 503]
        recovers(upload, 201)

"""An application for tests: the real pipeline and a real database, without a server process.

``StudioApp`` builds a platform in a folder of its own and sends requests through its ASGI application. Background
work waits until :meth:`StudioApp.run_jobs` does it in the caller's thread, so that tests decide when.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx
import orjson

from studio_kernel.app import Platform, build_platform, make_worker
from studio_kernel.events import Event, EventType
from studio_kernel.job_worker import drain
from studio_kernel.plugins import Found, installed_plugins

_PASSWORD = "correct horse battery staple"


class Clock:
    """The present moment, moved forward at will."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        """Let that much time pass at once."""
        self._ahead += timedelta(seconds=seconds)


class Client:
    """Sends requests as one caller; each method answers an ``httpx.Response``."""

    def __init__(self, app: StudioApp, headers: Mapping[str, str] | None = None, user_id: str = "") -> None:
        self._app = app
        self.headers = dict(headers or {})
        self.user_id = user_id

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any request; ``options`` are those of ``httpx.Client.request``."""
        headers = {**self.headers, **(options.pop("headers", None) or {})}
        return self._app.send(method, path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> httpx.Response:
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", path, **options)


class StudioApp:
    """One platform under test. ``extra`` are plugin modules or objects that are not installed.

    One of ``extra`` that the platform leaves out fails the test with the reason, unless ``may_leave_out`` is set.
    """

    def __init__(
        self,
        home: Path,
        *,
        plugins: Sequence[str] | None = None,
        extra: Sequence[Any] = (),
        overrides: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        may_leave_out: bool = False,
    ) -> None:
        found = [each for each in installed_plugins() if plugins is None or each.name in plugins]
        found += [_found(each) for each in extra]
        self.clock = Clock()
        self.platform: Platform = build_platform(
            found=found,
            environment=environment or {},
            overrides={"home": str(home), **_quick(), **(overrides or {})},
            clock=self.clock,
        )
        if not may_leave_out:
            _insist_on({each.info.name for each in extra}, self.platform)
        self.platform.events.on_publish = conforms
        self._worker = make_worker(self.platform)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="studio-test-loop", daemon=True)
        self._thread.start()
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.platform.asgi(), client=("127.0.0.1", 50000)),
            base_url="http://studio.test",
        )
        self._numbers = itertools.count(1)
        self.platform.start(with_worker=False)
        self.platform.jobs.send = None

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request through the ASGI application."""
        # NOTE: callers share no cookies: whoever wants one sends it.
        self._http.cookies.clear()
        future = asyncio.run_coroutine_threadsafe(self._http.request(method, path, **options), self._loop)
        return future.result(120)

    @property
    def anonymous(self) -> Client:
        """A caller without credentials."""
        return Client(self)

    def client(self, role: str = "admin", *, email: str = "", name: str = "") -> Client:
        """A fresh account of that role, signed in. Needs the plugin ``auth``."""
        from studio_auth.api import Accounts

        number = next(self._numbers)
        accounts = Accounts(self.platform)
        user_id = accounts.create(
            email or f"{role}{number}@example.org", name or f"{role.title()} {number}", role, _PASSWORD
        )
        token = accounts.issue_tokens(user_id)
        return Client(self, {"Authorization": f"Bearer {token}"}, user_id)

    def run_jobs(self) -> int:
        """Do all background work that is due; how many jobs there were."""
        return drain(self._worker)

    @contextlib.contextmanager
    def count_queries(self) -> Iterator[list[str]]:
        """Collects the SQL of every statement that runs meanwhile, the audit log's own left out."""
        seen: list[str] = []

        def note(text: str) -> None:
            if '"audit_log"' not in text and threading.current_thread().name != "studio-audit":
                seen.append(text)

        self.platform.database.count_query = note
        try:
            yield seen
        finally:
            self.platform.database.count_query = None

    def close(self) -> None:
        """Stop everything; files in ``home`` stay."""
        asyncio.run_coroutine_threadsafe(self._http.aclose(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self.platform.stop()
        self.platform.close()


class MakeStudio(Protocol):
    """The fixture ``make_studio``; options are those of :class:`StudioApp`, and a database's URL."""

    def __call__(
        self,
        *,
        plugins: Sequence[str] | None = None,
        extra: Sequence[Any] = (),
        overrides: dict[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        database_url: str = "",
        home: Path | None = None,
        may_leave_out: bool = False,
    ) -> StudioApp: ...


def conforms(kind: EventType, event: Event) -> None:
    """Refuse an event that its own schema doesn't describe: receivers rely on what the catalogue says."""
    problems = kind.schema().validate(orjson.loads(orjson.dumps(event.data)))
    if problems:
        raise AssertionError(f"{kind.name} was published with data that its schema doesn't allow: {problems}")


def _found(plugin: Any) -> Found:
    return Found(plugin.info.name, f"test-{plugin.info.name}", lambda: plugin)


def _insist_on(names: Collection[str], platform: Platform) -> None:
    lines = [
        f"the plugin {each.name!r} was left out: {each.reason}"
        for each in platform.plugins.records
        if each.state == "left out" and each.name in names
    ]
    if lines:
        platform.close()
        raise AssertionError("\n".join(lines))


def _quick() -> dict[str, Any]:
    """Settings that make tests fast without changing what they show."""
    limits = ("rate_limit_user", "rate_limit_api_key", "rate_limit_client", "rate_limit_anonymous")
    hashing = {"auth.argon2_time_cost": 1, "auth.argon2_memory_kib": 8}
    return dict.fromkeys(limits, "1000000/hour") | hashing

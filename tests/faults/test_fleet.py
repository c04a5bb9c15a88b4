"""Two API processes and two workers on PostgreSQL, Redis, a graph and S3, behind nginx: what must hold while parts of
it are replaced, die, or lose an engine. ``make fleet`` runs the same for as long as one likes.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fleet.balancer import nginx_program
from fleet.calls import ADMIN, Caller, Tally
from fleet.engines import KINDS
from fleet.fleet import DRAIN_SECONDS, Fleet
from fleet.members import wait_until
from fleet.mischief import replace
from fleet.people import Guard
from fleet.verdict import Verdict

# Seconds in which an API that lacks an engine must have said so.
IN_TIME = 8.0
LIMIT = 6
COUNTED = "compliance.framework_schema"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    limits = {"STUDIO_RATE_LIMIT_ROUTES": json.dumps({COUNTED: f"{LIMIT}/hour"})}
    with Fleet(tmp_path_factory.mktemp("fleet") / "all", assessors=2, more=limits) as running:
        yield running


@pytest.fixture
def admin(fleet: Fleet) -> Iterator[Caller]:
    caller = Caller(fleet.base, Tally())
    caller.log_in(ADMIN)
    yield caller
    caller.close()


@contextlib.contextmanager
def at_work(fleet: Fleet) -> Iterator[None]:
    """People work meanwhile, and none of them sees a broken promise."""
    fleet.load(0.2)
    try:
        yield
    finally:
        fleet.rest()
    assert fleet.errors() == []


@pytest.mark.timeout(240)
def test_a_rate_limit_is_one_for_all_processes(fleet: Fleet, admin: Caller) -> None:
    def asked(number: int) -> int:
        base = fleet.apis[number % 2].base
        return httpx.get(f"{base}/api/v1/compliance/framework-schema", headers=admin.headers, timeout=30).status_code

    assert [asked(number) for number in range(LIMIT + 4)] == [200] * LIMIT + [429] * 4


@pytest.mark.timeout(240)
@pytest.mark.parametrize("what", ["end_session", "delete_key", "remove_member"])
def test_what_is_taken_away_at_one_process_is_gone_at_all(fleet: Fleet, what: str) -> None:
    guard = Guard(fleet.base, Tally(), 0, threading.Event(), 0, [api.base for api in fleet.apis])
    guard.begin()
    for _ in range(3):
        getattr(guard, what)()
    guard.caller.close()
    # NOTE: a right that hangs on membership is looked up each time; a verified credential is kept for a moment.
    assert guard.slowest == 0 if what == "remove_member" else guard.slowest <= 1


@pytest.mark.timeout(240)
def test_periodic_work_is_done_once_however_many_workers_there_are(fleet: Fleet) -> None:
    first = len(fleet.trace.read_text().splitlines())
    wait_until(lambda: len(fleet.trace.read_text().splitlines()) >= first + 4, "four periods")
    runs = Counter(line.split()[0] for line in fleet.trace.read_text().splitlines()[first:])
    assert set(runs.values()) == {1}


@pytest.mark.timeout(240)
def test_a_process_that_is_told_to_end_says_so_first_and_goes_on_answering(fleet: Fleet, admin: Caller) -> None:
    api = fleet.apis[1]
    api.tell(signal.SIGTERM)
    began = time.monotonic()
    wait_until(lambda: httpx.get(f"{api.base}/ready", timeout=5).status_code == 503, "not ready", DRAIN_SECONDS)
    answer = httpx.get(f"{api.base}/api/v1/users/me", headers=admin.headers, timeout=5)
    assert (answer.status_code, answer.headers["connection"]) == (200, "close")
    assert httpx.get(f"{api.base}/health", timeout=5).status_code == 200
    # NOTE: uvicorn ends by the signal that it was sent, once everything is done.
    assert api.gone() == -signal.SIGTERM
    assert time.monotonic() - began >= DRAIN_SECONDS
    api.start()
    api.wait()


@pytest.mark.skipif(nginx_program() is None, reason="there is no nginx on this machine (Debian: nginx-light)")
@pytest.mark.timeout(240)
def test_a_rolling_restart_under_load_fails_no_request(fleet: Fleet) -> None:
    before = len(fleet.tally.troubles), fleet.tally.answered
    with at_work(fleet):
        for member in (*fleet.apis, fleet.workers[0]):
            replace(member)
    assert fleet.tally.troubles[before[0] :] == []
    assert fleet.tally.answered > before[1] + 50


# What is asked while an engine is away: method, path, and the answer without it.
GONE: dict[str, list[tuple[str, str, int]]] = {
    "postgres": [("GET", "/health", 200), ("GET", "/ready", 503), ("GET", "/api/v1/projects", 503)],
    "s3": [
        ("GET", "/health", 200), ("GET", "/ready", 503), ("GET", "/api/v1/projects", 200),
        ("POST", "/api/v1/evidence", 503),
    ],
    "redis": [
        ("GET", "/health", 200), ("GET", "/ready", 200), ("GET", "/api/v1/projects", 200),
        ("POST", "/api/v1/evidence", 201),
    ],
    "graph": [
        ("GET", "/health", 200), ("GET", "/ready", 200), ("GET", "/api/v1/projects", 200),
        ("POST", "/api/v1/evidence", 201), ("GET", "/api/v1/compliance/graph?node=soc2", 503),
    ],
}  # fmt: skip
CHECK = {"postgres": "database", "s3": "files", "redis": "cache", "graph": "graph"}


def _ask(base: str, admin: Caller, project_id: str, method: str, path: str) -> tuple[int, float]:
    """The status of the answer, and after how many seconds it came."""
    form = {"data": {"title": "Meanwhile", "project_id": project_id}, "files": {"file": ("a.txt", b"text")}}
    began = time.monotonic()
    options = form if method == "POST" else {}
    answer = httpx.request(method, base + path, headers=admin.headers, timeout=60, **options)  # type: ignore[arg-type]
    return answer.status_code, time.monotonic() - began


def _state(base: str, name: str) -> bool:
    checks = httpx.get(f"{base}/ready", timeout=30).json()["checks"]
    return next(bool(each["ok"]) for each in checks if each["name"] == name)


@pytest.mark.timeout(300)
def test_each_engine_goes_and_comes_back_under_load_and_nothing_is_lost(fleet: Fleet, admin: Caller) -> None:
    verdict = Verdict(fleet)
    project_id = admin.data("POST", "/api/v1/projects", json={"name": "Meanwhile", "framework": "soc2"})["id"]
    with at_work(fleet):
        for kind in KINDS:
            _without(fleet, kind, lambda base, what: _ask(base, admin, project_id, *what))
        for member in (fleet.apis[0], fleet.workers[1]):
            time.sleep(0.5)
            member.kill()
            member.start()
        for member in fleet.members:
            member.wait()
    verdict.settle()
    problems = verdict.problems()
    verdict.close()
    sys.stdout.write(f"{dict(verdict.numbers)}, repeated: {dict(fleet.tally.outcomes)}\n")
    assert problems == []


def _without(fleet: Fleet, kind: str, ask: Callable[[str, tuple[str, str]], tuple[int, float]]) -> None:
    """Stop an engine, hold every process to what it does without it, start it, and wait until all know."""
    fleet.engines.stop(kind)
    try:
        for api in fleet.apis:
            for method, path, status in GONE[kind]:
                shown, seconds = ask(api.base, (method, path))
                assert shown == status, f"{method} {path} without {kind}"
                assert seconds < IN_TIME, f"{method} {path} without {kind} took {seconds:.1f} s"
            assert not _state(api.base, CHECK[kind]), f"/ready doesn't say that {kind} is gone"
    finally:
        fleet.engines.start(kind)
    for api in fleet.apis:
        wait_until(lambda api=api: _state(api.base, CHECK[kind]) and api.ready(), f"{kind} is back", 20)  # type: ignore[misc]


def test_the_configuration_of_nginx_is_the_deployed_one() -> None:
    from fleet.balancer import CONFIGURATION

    assert Path(__file__).parents[2] / "deploy" / "nginx" / "nginx.conf" == CONFIGURATION.resolve()

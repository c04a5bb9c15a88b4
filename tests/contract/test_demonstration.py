"""What ``make run`` does when its first start is broken off, and when it is told to end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import demo
import psutil
import pytest
from demo import REVIEWER, Api, fill
from support.server import EMAIL, PASSWORD, Server, free_port, serve, wait_until

ROOT = Path(__file__).parents[2]


class BrokenOff(Exception):
    """The connection is gone, as when somebody presses Ctrl+C."""


class Impatient(Api):
    """Makes so many calls that change something, and no more."""

    def __init__(self, base: str, changes: int) -> None:
        super().__init__(base)
        self._left = changes

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = super().call(method, path, body, **more)
        if method != "GET" and not path.endswith("/login"):
            self._left -= 1
            if self._left < 0:
                raise BrokenOff
        return answer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serve(tmp_path / "home") as running:
        yield running


def test_filling_goes_on_where_it_was_broken_off(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "EMAIL", EMAIL)
    # The reviewer, the project, some evidence, some reviews: each start gets a little further.
    for changes in (0, 0, 3, 9, 4):
        with pytest.raises(BrokenOff):
            fill(Impatient(server.base, changes), PASSWORD)
    project = fill(Api(server.base), PASSWORD)
    assert fill(Impatient(server.base, 0), PASSWORD) == project
    api = Api(server.base)
    api.sign_in(EMAIL, PASSWORD)
    assert [each["id"] for each in api.call("GET", "/api/v1/projects")["data"]["projects"]] == [project]
    found = api.call("GET", f"/api/v1/evidence?project_id={project}&limit=100")["data"]["evidence"]
    assert len(found) == len({each["title"] for each in found}) == 12
    assert sorted(each["status"] for each in found) == ["approved"] * 9 + ["pending"] * 3
    assert {each["email"] for each in api.call("GET", "/api/v1/users")["data"]["users"]} == {EMAIL, REVIEWER}


def test_the_demonstration_takes_its_server_with_it(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}
    environment["STUDIO_HOME"] = str(tmp_path / "home")
    port = free_port()
    command = [sys.executable, str(ROOT / "tools" / "demo.py"), "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    children: list[psutil.Process] = []

    def serves() -> bool:
        children[:] = [each for each in psutil.Process(process.pid).children() if "serve" in each.cmdline()]
        return bool(children)

    try:
        wait_until(serves, 60)
        assert children[0].environ()["STUDIO_PUBLIC_URL"] == f"http://127.0.0.1:{port}"
        process.terminate()
        assert process.wait(30) == 0
        assert not any(each.is_running() for each in children)
    finally:
        for each in children:
            if each.is_running():
                each.kill()

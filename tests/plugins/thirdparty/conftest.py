"""Wheels of everything, and fresh environments that they are installed into."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio_kernel.testing.services import free_port

ROOT = Path(__file__).parents[3]
EMAIL, PASSWORD = "admin@example.org", "correct horse battery staple"

# Builds a wheel of each folder, all in one process: starting one each would take most of the time.
_BUILD = """
import os, sys
from hatchling.build import build_wheel
for folder in sys.argv[2:]:
    os.chdir(folder)
    build_wheel(sys.argv[1])
"""


def run(*command: Any, env: dict[str, str] | None = None, fails: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; with ``fails`` its exit code may be anything."""
    done = subprocess.run([str(part) for part in command], env=env, capture_output=True, text=True, timeout=120)
    assert fails or done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def build(target: Path, *folders: Path) -> list[Path]:
    """Wheels of the projects in ``folders``, in ``target``."""
    target.mkdir(parents=True, exist_ok=True)
    run(sys.executable, "-c", _BUILD, target, *folders)
    return sorted(target.glob("*.whl"))


def _pip(*arguments: Any) -> None:
    run(sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)


class Server:
    """A running ``studio serve``."""

    def __init__(self, process: subprocess.Popen[str], url: str, log: Path) -> None:
        self.process = process
        self.log = log
        self.http = httpx.Client(base_url=url, timeout=20)

    def login(self) -> None:
        """Go on as the administrator."""
        answer = self.http.post("/api/v1/auth/login", json={"email": EMAIL, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.http.headers["Authorization"] = f"Bearer {answer.json()['data']['tokens']['access_token']}"

    def data(self, method: str, path: str, **options: Any) -> Any:
        """The data of an answer that must be a success."""
        answer = self.http.request(method, path, **options)
        assert answer.is_success, answer.text
        return answer.json()["data"]


class Install:
    """A virtual environment with a home of its own. ``extra`` are folders with further installed packages."""

    def __init__(self, python: Path, home: Path, extra: Sequence[Path] = (), **settings: str) -> None:
        self.python = python
        self.home = home
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("STUDIO_", "PYTHON"))}
        self.env = {**kept, "STUDIO_HOME": str(home), **settings}
        if extra:
            self.env["PYTHONPATH"] = os.pathsep.join(map(str, extra))

    def studio(self, *arguments: Any, fails: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the installed command."""
        return run(self.python.parent / "studio", *arguments, env=self.env, fails=fails)

    def plugins(self) -> dict[str, dict[str, Any]]:
        """What ``studio plugins list`` says, by name."""
        return {row["name"]: row for row in json.loads(self.studio("plugins", "list", "--json").stdout)}

    def init(self) -> None:
        """Make the first administrator."""
        self.studio("init", "--admin-email", EMAIL, "--admin-password", PASSWORD)

    @contextlib.contextmanager
    def serve(self) -> Iterator[Server]:
        """``studio serve`` on a port of its own, until the end of the block."""
        port = free_port()
        log = self.home.parent / "serve.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [str(self.python.parent / "studio"), "serve", "--port", str(port)],
                env=self.env,
                stdout=output,
                stderr=output,
                text=True,
            )
        server = Server(process, f"http://127.0.0.1:{port}", log)
        try:
            _wait_until_it_listens(server)
            yield server
        finally:
            server.http.close()
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


def _wait_until_it_listens(server: Server) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            server.http.get("/health").raise_for_status()
            return
        except httpx.HTTPError:
            ended = server.process.poll() is not None
            assert not ended and time.monotonic() < deadline, server.log.read_text()  # noqa: PT018
            time.sleep(0.05)


@pytest.fixture(scope="session")
def build_wheels() -> Any:
    """The function :func:`build`."""
    return build


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The platform and the examples, by distribution's module name."""
    folders = [ROOT, ROOT / "kernel", *ROOT.glob("plugins/*"), *ROOT.glob("examples/plugins/*")]
    projects = [folder for folder in folders if (folder / "pyproject.toml").exists()]
    return {wheel.name.split("-")[0]: wheel for wheel in build(tmp_path_factory.mktemp("dist"), *projects)}


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A function that makes a fresh virtual environment and installs wheels; its interpreter."""

    def make(*install: Sequence[Any]) -> Path:
        folder = tmp_path_factory.mktemp("venv")
        run(sys.executable, "-m", "venv", "--without-pip", folder)
        python = folder / "bin" / "python"
        for arguments in install:
            _pip("--python", python, "install", "--no-compile", "-c", ROOT / "constraints.txt", *arguments)
        return python

    return make


@pytest.fixture(scope="session")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A function that installs wheels into a folder of their own, which an install then sees beside its packages."""

    def make(*packages: Path) -> Path:
        folder = tmp_path_factory.mktemp("beside")
        _pip("install", "--no-deps", "--no-compile", "--target", folder, *packages)
        return folder

    return make


@pytest.fixture(scope="session")
def everything(wheels: dict[str, Path], environment: Any) -> Path:
    """The interpreter of an environment with the platform and all the examples."""
    return Path(environment(list(wheels.values())))


@pytest.fixture(scope="session")
def install_at(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A function that gives an environment a home; see :class:`Install`."""

    def make(python: Path, *extra: Path, **settings: str) -> Install:
        return Install(python, tmp_path_factory.mktemp("install") / "home", extra, **settings)

    return make

"""Processes of the platform as an operator runs them: ``studio serve`` and ``studio worker``."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from studio_kernel.testing.services import free_port

PATIENCE = 60.0


def wait_until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait for something that happens elsewhere; ``AssertionError`` when it doesn't."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.TransportError):
            if condition():
                return
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.05)


class Member:
    """One process that can be ended, killed and started again at the same place."""

    def __init__(self, name: str, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self._arguments = arguments
        self._environment = environment
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it; :meth:`wait` tells when it is at work."""
        command = [sys.executable, "-m", "studio_kernel", *self._arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def ready(self) -> bool:
        """Whether it is at work."""
        raise NotImplementedError

    def wait(self) -> None:
        """Until it is at work; ``AssertionError`` when it ends instead."""

        def there() -> bool:
            assert self._process is not None
            assert self._process.poll() is None, f"{self.name} ended by itself: {self.log.read_text()[-2000:]}"
            return self.ready()

        wait_until(there, f"{self.name} at work")

    def kill(self) -> None:
        """SIGKILL: no last words."""
        self.tell(signal.SIGKILL)
        self.gone()

    def end(self) -> int:
        """SIGTERM, as an orchestrator does; its exit code."""
        self.tell(signal.SIGTERM)
        return self.gone()

    def tell(self, what: signal.Signals) -> None:
        """Send a signal, where there is a process."""
        if self._process is not None:
            self._process.send_signal(what)

    def gone(self) -> int:
        """Wait for its end; its exit code, negative for a signal."""
        process, self._process = self._process, None
        if process is None:
            return 0
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{self.name} doesn't come to an end") from None


class Api(Member):
    """``studio serve``, always at the same port."""

    def __init__(self, number: int, environment: dict[str, str], folder: Path) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        arguments = ["serve", "--host", "127.0.0.1", "--port", str(self.port)]
        super().__init__(f"api-{number}", arguments, environment, folder / f"api-{number}.log")

    def ready(self) -> bool:
        return httpx.get(f"{self.base}/ready", timeout=10).status_code == 200


class Worker(Member):
    """``studio worker``."""

    def __init__(self, number: int, environment: dict[str, str], folder: Path) -> None:
        super().__init__(f"worker-{number}", ["worker"], environment, folder / f"worker-{number}.log")
        self._told = 0

    def start(self) -> None:
        self._told = self._count()
        super().start()

    def ready(self) -> bool:
        return self._count() > self._told

    def _count(self) -> int:
        return self.log.read_bytes().count(b"Worker started") if self.log.exists() else 0


def studio(environment: dict[str, str], *arguments: str) -> str:
    """Run a command of the platform to its end; what it prints."""
    command = [sys.executable, "-m", "studio_kernel", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def clean_environment() -> dict[str, str]:
    """This process's environment without settings of the platform."""
    return {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}

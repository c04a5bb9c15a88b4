"""Server processes: started on one core, waited for, parked while another one is measured, stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 10.0
LOG_TAIL = 2_000
"""How much of a failed server's output an error shows, in characters."""


class ServerError(RuntimeError):
    """A server did not start or stopped on its own; the text holds the end of its output."""


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Run the block, and the processes started in it, on `core`, where pinning is available."""
    if core is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cores() -> tuple[int | None, int | None]:
    """Return the core for servers and the one for the load; (None, None) without pinning or a second core."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    free = sorted(os.sched_getaffinity(0))
    return (free[0], free[1]) if len(free) > 1 else (None, None)


def free_port() -> int:
    """Return a TCP port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def inherited() -> dict[str, str]:
    """Return this process's environment for a server, without STUDIO_*: nobody's settings leak in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}
    return {**kept, "PYTHONPATH": python_path(ROOT)}


def python_path(*folders: Path) -> str:
    """Return PYTHONPATH with `folders` in front."""
    return os.pathsep.join([*map(str, folders), *filter(None, [os.environ.get("PYTHONPATH")])])


class Server:
    """One server program in a process group of its own."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        """Prepare `command`, in which `{port}` stands for the port that is chosen at the start."""
        self.name = name
        self.port = free_port()
        self.command = [part.replace("{port}", str(self.port)) for part in command]
        self.environment = {**inherited(), **environment}
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, core: int | None) -> None:
        """Start the program on `core` and return as soon as it accepts connections.

        :raises ServerError: it ended, or did not listen within START_SECONDS.
        """
        with pinned(core), self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._listening():
            if self.process.poll() is not None:
                raise ServerError(f"{self.name} ended with code {self.process.returncode}:\n{self.output()}")
            if time.monotonic() > deadline:
                raise ServerError(f"{self.name} did not listen within {START_SECONDS:.0f} s:\n{self.output()}")
            time.sleep(0.05)

    def _listening(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((HOST, self.port)) == 0

    def output(self) -> str:
        """Return the end of what the program printed."""
        return self.log.read_text(errors="replace")[-LOG_TAIL:] if self.log.exists() else ""

    def spent(self) -> float:
        """Processor seconds that the program and its children have used; 0 where `/proc` can't be read."""
        return 0.0 if self.process is None else processor_seconds(self.process.pid)

    def park(self) -> None:
        """Halt the program: its background work then takes no time from the one being measured."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a parked program run again.

        :raises ServerError: it has ended meanwhile.
        """
        if self.process is None or self.process.poll() is not None:
            raise ServerError(f"{self.name} is not running:\n{self.output()}")
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the program, in good order if it obeys within STOP_SECONDS."""
        if self.process is None:
            return
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)


def processor_seconds(group: int) -> float:
    """User and system time of the processes of a process group (proc(5), `stat`); 0 where that can't be read."""
    ticks = os.sysconf("SC_CLK_TCK")
    used = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if fields and int(fields[2]) == group:
            used += int(fields[11]) + int(fields[12])
    return used / ticks


def uvicorn(application: str) -> list[str]:
    """Return the command that serves an ASGI application with the fastest set-up that uvicorn has."""
    options = "--loop uvloop --http httptools --no-access-log --no-server-header --log-level warning"
    return [
        sys.executable,
        "-m",
        "uvicorn",
        application,
        "--host",
        HOST,
        "--port",
        "{port}",
        *options.split(),
    ]


def gunicorn(application: str, threads: int) -> list[str]:
    """Return the command that serves a WSGI application in one process with keep-alive and `threads` threads.

    NOTE: `--timeout 0`, because a parked worker would count as hung.
    """
    options = f"--workers 1 --worker-class gthread --threads {threads} --keep-alive 30 --timeout 0"
    return [
        sys.executable,
        "-m",
        "gunicorn",
        application,
        "--bind",
        f"{HOST}:{{port}}",
        *options.split(),
        "--log-level",
        "warning",
    ]

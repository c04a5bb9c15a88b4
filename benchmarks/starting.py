"""How long commands take to start: `studio --help` beside `import click`, and `studio serve` to its first answer."""

import dataclasses
import os
import resource
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import servers
from benchmarks.figures import Bound, Figure, figure

HELP = Bound(1.5)
FIRST_ANSWER = Bound(2.0, " s")
PATIENCE = 60.0


@dataclass(frozen=True)
class Taken:
    """Seconds of one run: by the clock, and of processor time."""

    clock: float
    processor: float


def measure(home: Path, rounds: int) -> list[Figure]:
    """Both rows, on an install in the empty folder `home`."""
    environment = {**servers.inherited(), "STUDIO_HOME": str(home), "STUDIO_LOG_LEVEL": "warning"}
    studio = [sys.executable, "-m", "studio_kernel"]
    account = ("--admin-email", "admin@bench.example", "--admin-password", "Measured-9-times-over")
    subprocess.run([*studio, "init", *account], env=environment, check=True, stdout=subprocess.DEVNULL)
    return [_help(studio, environment, 4 * rounds), _serve(studio, environment, rounds)]


def _help(studio: Sequence[str], environment: Mapping[str, str], rounds: int) -> Figure:
    """Beside each other, in turn; the first run, which has to find the plugins' commands, doesn't count."""
    _run([*studio, "--help"], environment)
    pairs = [
        (_run([*studio, "--help"], environment), _run([sys.executable, "-c", "import click"], environment))
        for _ in range(rounds)
    ]
    clock = [mine.clock / other.clock for mine, other in pairs]
    by_processor = sum(mine.processor for mine, _ in pairs) / sum(other.processor for _, other in pairs)
    row = "start: studio --help / import click"
    return figure(row, "no database", clock, HELP, processor=f"{by_processor:.3g}×")


def _run(command: Sequence[str], environment: Mapping[str, str]) -> Taken:
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=dict(environment), check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(time.perf_counter() - begin, used)


def _serve(studio: Sequence[str], environment: Mapping[str, str], rounds: int) -> Figure:
    taken = [_first_answer(studio, environment) for _ in range(rounds)]
    by_processor = min(each.processor for each in taken)
    found = figure(
        "start: studio serve to its first answer",
        "sqlite",
        [each.clock for each in taken],
        FIRST_ANSWER,
        processor=f"{by_processor:.3g} s",
    )
    if found.missed and FIRST_ANSWER.holds(by_processor):
        return dataclasses.replace(found, note="with a core to itself it would be met: see its processor time")
    return found


def _first_answer(studio: Sequence[str], environment: Mapping[str, str]) -> Taken:
    """From the start of the program to the answer to a request."""
    port = servers.free_port()
    begin = time.perf_counter()
    process = subprocess.Popen(
        [*studio, "serve", "--port", str(port)],
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - begin > PATIENCE:
                raise servers.ServerError("studio serve did not answer")
            time.sleep(0.01)
        return Taken(time.perf_counter() - begin, servers.processor_seconds(os.getpgid(process.pid)))
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{servers.HOST}:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False

"""``python -m fleet.soak --minutes 30``: does a process grow while it works? Memory and open files, fitted by a line.

Nothing is killed here. The first third warms up: caches fill, pools open, the allocator finds its size. What counts is
the growth that the fitted line has over the rest.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from fleet.fleet import Fleet
from fleet.verdict import Verdict
from studio_kernel.telemetry import configure_logging

MIB = 1024 * 1024
# What a process may seem to grow by in the measured time and still count as flat: noise of allocator and load.
MEMORY_BOUND = 8 * MIB
FILES_BOUND = 3.0


@dataclass
class Series:
    """What was measured of one process: seconds, bytes, open files and sockets."""

    at: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    files: list[float] = field(default_factory=list)

    def add(self, at: float, process: psutil.Process) -> None:
        """Measure once."""
        self.at.append(at)
        self.memory.append(float(process.memory_info().rss))
        self.files.append(float(process.num_fds()))

    def after(self, seconds: float) -> Series:
        """What was measured from then on."""
        first = next((number for number, at in enumerate(self.at) if at >= seconds), 0)
        return Series(self.at[first:], self.memory[first:], self.files[first:])


def slope(at: Sequence[float], values: Sequence[float]) -> float:
    """The slope of the line that fits best, a second."""
    middle, mean = sum(at) / len(at), sum(values) / len(values)
    spread = sum((each - middle) ** 2 for each in at)
    if not spread:
        return 0.0
    return sum((x - middle) * (y - mean) for x, y in zip(at, values, strict=True)) / spread


def judged(name: str, series: Series) -> dict[str, object]:
    """A line of the report."""
    seconds = series.at[-1] - series.at[0]
    memory, files = slope(series.at, series.memory), slope(series.at, series.files)
    return {
        "process": name,
        "minutes": round(seconds / 60, 1),
        "mib_first": round(series.memory[0] / MIB, 1),
        "mib_last": round(series.memory[-1] / MIB, 1),
        "mib_grown": round(memory * seconds / MIB, 2),
        "mib_an_hour": round(memory * 3600 / MIB, 2),
        "files_first": series.files[0],
        "files_most": max(series.files),
        "files_grown": round(files * seconds, 2),
        "flat": memory * seconds <= MEMORY_BOUND and files * seconds <= FILES_BOUND,
    }


def main() -> int:
    """0 when every process was flat and every promise kept, else 1."""
    parser = argparse.ArgumentParser(prog="fleet.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds that people rest between two things")
    parser.add_argument("--every", type=float, default=2.0, help="seconds between two looks")
    options = parser.parse_args()
    configure_logging("error", "auto")
    with tempfile.TemporaryDirectory(prefix="studio-soak-") as temporary, Fleet(Path(temporary) / "fleet") as fleet:
        verdict = Verdict(fleet)
        series = _watched(fleet, 60 * options.minutes, options.pause, options.every)
        lines = [judged(name, each.after(20 * options.minutes)) for name, each in series.items()]
        verdict.settle()
        problems = fleet.errors() + verdict.problems()
        verdict.close()
        for line in lines:
            print(json.dumps(line))
        calls = f"{fleet.tally.answered} calls, {verdict.numbers['events']} events"
        print(f"{calls}, repeated {dict(fleet.tally.outcomes)}, broken promises: {problems}")
    return 0 if all(line["flat"] for line in lines) and not problems else 1


def _watched(fleet: Fleet, seconds: float, pause: float, every: float) -> dict[str, Series]:
    processes = {member.name: psutil.Process(member.pid) for member in fleet.members}
    series = {name: Series() for name in processes}
    fleet.load(pause)
    began = time.monotonic()
    while (at := time.monotonic() - began) < seconds and not fleet.errors():
        for name, process in processes.items():
            series[name].add(at, process)
        time.sleep(every)
    fleet.rest()
    return series


if __name__ == "__main__":
    sys.exit(main())

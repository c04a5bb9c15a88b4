"""`python -m benchmarks`: measure the platform beside its ceiling and its peers, and print what came out."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import (
    databases,
    dataset,
    deliveries,
    figures,
    further,
    platform,
    report,
    scenarios,
    servers,
    shapes,
    targets,
)  # fmt: skip
from benchmarks.cloning import CloneError
from benchmarks.load import LoadError
from benchmarks.shapes import ShapeError

ENGINES = ("sqlite", "postgresql")
_SIZES = (
    ("rounds", 5, 3), ("seconds", 2.0, 0.7), ("rows", 10_000, 2_000), ("events", 1_000, 300),
    ("evidence", 1_000_000, 100_000),
)  # fmt: skip
"""What is measured how much of: usually, and with --quick."""


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = [*(scenario.name for scenario in scenarios.SCENARIOS), *deliveries.NAMES, *further.NAMES]
    parser.add_argument("--quick", action="store_true", help="less of everything: a look, not a verdict")
    parser.add_argument("--rounds", type=int, help="alternating rounds (default 5; quick 3)")
    parser.add_argument("--seconds", type=float, help="of each measurement (default 2; quick 0.7)")
    parser.add_argument("--warmup", type=float, default=0.4, help="seconds before each one (default %(default)s)")
    parser.add_argument("--connections", type=int, default=16, help="kept alive (default %(default)s)")
    parser.add_argument("--rows", type=int, help="projects in each database (default 10,000; quick 2,000)")
    parser.add_argument("--events", type=int, help="for webhooks (default 1,000; quick 300)")
    parser.add_argument("--evidence", type=int, help="pieces in the large list (default 1,000,000; quick 100,000)")
    parser.add_argument("--database", choices=(*ENGINES, "both"), default="both")
    parser.add_argument("--only", action="append", choices=names, help="may be given several times")
    parser.add_argument("--json", action="store_true", help="one JSON document in place of the tables")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a goal is missed")
    parser.add_argument("--peers-only", action="store_true", help="leave the platform out")
    chosen = parser.parse_args(given)
    for name, usual, quick in _SIZES:
        if getattr(chosen, name) is None:
            setattr(chosen, name, quick if chosen.quick else usual)
    if chosen.rows < dataset.SMALLEST:
        parser.error(f"--rows: at least {dataset.SMALLEST}")
    if min(chosen.rounds, chosen.connections, chosen.seconds, chosen.events) <= 0 or chosen.warmup < 0:
        parser.error("--rounds, --connections, --seconds and --events must be above zero, --warmup not below")
    return chosen


class Bench:
    """One run: what was asked for, where the processes go, and what came out so far."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.effort = scenarios.Effort(options.rounds, options.seconds, options.warmup, options.connections)
        self.wanted = shapes.expected(options.rows)
        self.cores = servers.cores()
        self.outcomes: list[scenarios.Outcome] = []
        self.figures: list[figures.Figure] = []
        self.problems: list[str] = []

    def run(self) -> int:
        """Measure on each database; return the exit code."""
        chosen = ENGINES if self.options.database == "both" else (self.options.database,)
        self.say(report.heading(self.effort, self.options.rows, self.cores))
        with servers.pinned(self.cores[1]):
            for number, engine in enumerate(chosen):
                self.on(engine, first=number == 0)
                self.deliver(engine)
        for number, engine in enumerate(chosen):
            self.further(engine, first=number == 0)
        if not self.options.only:
            self.figures.append(further.TESTS)
        self.say(figures.text(self.figures, report.table))
        if self.options.json:
            print(report.as_json(self.outcomes, self.figures, self.effort, self.options.rows, self.problems))
        missed = any(each.missed for each in self.figures)
        return 1 if self.problems or (missed and self.options.strict) else 0

    def took(self, outcome: scenarios.Outcome, notes: Sequence[str]) -> None:
        """Keep what a scenario gave, and show it."""
        self.outcomes.append(outcome)
        self.figures += figures.of_outcome(outcome)
        self.say(report.text(outcome, notes))

    def failed(self, name: str, engine: str, error: Exception) -> None:
        """Go on without a scenario, and say why it is missing."""
        self.problems.append(f"{name} on {engine}: {error}")
        self.figures.append(figures.absent(name, engine, "", " ".join(str(error).split())[:300]))

    def further(self, engine: str, *, first: bool) -> None:
        """Measure what compares the platform with itself, on all cores: some of it only once."""
        names = [*further.EACH_DATABASE, *(further.ONCE if first else ())]
        asked = further.Asked(engine, self.effort, self.options, self.cores[0])
        for name in () if self.options.peers_only else further.chosen(self.options.only, names):
            print(f"  {engine} {name}", file=sys.stderr, flush=True)
            self.figures += further.measured(name, asked)

    def on(self, engine: str, *, first: bool) -> None:
        """Measure the chosen scenarios on one database; those without a database only on the first."""
        picked = [
            scenario
            for scenario in scenarios.SCENARIOS
            if (not self.options.only or scenario.name in self.options.only) and (first or scenario.needs_database)
        ]
        if not picked:
            return
        with self.running(engine) as present:
            for scenario in picked:
                try:
                    outcome = scenarios.measure(scenario, engine, present, self.effort, self.options.rows)
                except (LoadError, ShapeError) as error:
                    self.failed(scenario.name, engine, error)
                    continue
                self.took(outcome, platform.NOTES.get(scenario.name, ()) if "platform" in present else ())

    def deliver(self, engine: str) -> None:
        """Measure what has to do with webhooks."""
        picked = [name for name in deliveries.NAMES if not self.options.only or name in self.options.only]
        if self.options.peers_only:
            return
        for name in picked:
            with ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="studio-bench-")))
                place = deliveries.Place(
                    stack.enter_context(databases.engine(engine, folder, self.cores[1])),
                    folder,
                    self.cores[0],
                    self.effort.connections,
                )
                outcome, notes = deliveries.SCENARIOS[name](place, self.effort, self.options.events)
            self.took(outcome, notes)

    @contextmanager
    def running(self, engine: str) -> Iterator[dict[str, targets.Target]]:
        """Seed and start all targets on one database, each parked; stop them at the end."""
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="studio-bench-")))
            place = stack.enter_context(databases.engine(engine, folder, self.cores[1]))
            present: dict[str, targets.Target] = {}
            for target in self.peers(place, folder):
                stack.callback(target.server.stop)
                target.server.start(self.cores[0])
                target.server.park()
                present[target.name] = target
            if not self.options.peers_only:
                self.add_platform(place, folder, present, stack)
            yield present

    def peers(self, engine: databases.Engine, folder: Path) -> Iterator[targets.Target]:
        """Seed the ceiling and the peers, one after the other."""
        rows, wanted = self.options.rows, self.wanted
        yield targets.falcon(folder, wanted)
        yield targets.peer("fastapi", targets.fastapi_command(), engine, folder, rows, wanted)
        yield targets.peer("django", targets.django_command(engine.name), engine, folder, rows, wanted)

    def add_platform(
        self, engine: databases.Engine, folder: Path, present: dict[str, targets.Target], stack: ExitStack
    ) -> None:
        """Seed and start the platform; when that fails, say why and measure the others all the same."""
        place = platform.Place(engine, folder, self.options.rows, self.cores[0])
        try:
            for target in platform.started(place, self.wanted, stack):
                target.server.park()
                present[target.name] = target
            target = platform.evidence(place, stack)
            target.server.park()
            present[target.name] = target
        except (platform.PlatformError, CloneError, servers.ServerError, LoadError, ShapeError) as error:
            self.problems.append(f"platform on {engine.name}: {error}")
            print(f"The platform is not measured on {engine.name}: {error}", file=sys.stderr)

    def say(self, words: str) -> None:
        """Print a part of the report, unless JSON is asked for."""
        if not self.options.json:
            print(words, flush=True)


def main(given: Sequence[str] | None = None) -> int:
    """Run the benchmark; return the exit code: 0 measured, 1 something could not be, 130 interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return Bench(arguments(given)).run()
    except (LoadError, ShapeError, servers.ServerError) as error:
        print(f"The run stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

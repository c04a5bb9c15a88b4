"""Rows of the table that compare the platform with itself: sizes, memory, processes, and starting.

Each function gets what a run was asked for and returns its rows; whatever goes wrong becomes a row that says so.
"""

import argparse
import dataclasses
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import databases, platform, processes, servers, starting, transfers
from benchmarks.figures import NOT_MEASURED, Bound, Figure, absent, figure
from benchmarks.scenarios import Effort

TESTS = absent("tests: make test on two cores", "both", "≤ 10 min", "run `make test`: it prints how long it took")


@dataclass(frozen=True)
class Asked:
    """What one run is to measure, on one database."""

    engine: str
    effort: Effort
    options: argparse.Namespace
    core: int | None


@contextmanager
def _place(engine: str) -> Iterator[tuple[databases.Engine, Path]]:
    with (
        tempfile.TemporaryDirectory(prefix="studio-bench-") as folder,
        databases.engine(engine, Path(folder), None) as place,
    ):
        yield place, Path(folder)


def pages(asked: Asked) -> list[Figure]:
    """A page of a large list beside a page of a small one: the worst of all orders and filters counts."""
    from benchmarks import evidence_pages

    most, rows = Bound(evidence_pages.MOST), asked.options.evidence
    found = evidence_pages.measure(asked.engine, (10_000, rows), 12 * asked.effort.rounds)
    figures = []
    for kind in dict.fromkeys(each.page for each in found):
        ratios = {each.case: each.ratio for each in found if each.page == kind}
        worst = max(ratios.values())
        over = sorted(case for case, ratio in ratios.items() if not most.holds(ratio))
        note = f"over the goal: {'; '.join(over)}" if over else ""
        made = figure(f"pages: {kind}, of {rows:,} / of 10,000", asked.engine, [worst], most, note=note)
        spread = f"{min(ratios.values()):.3g}–{worst:.3g}"
        figures.append(dataclasses.replace(made, rounds=spread))
    return figures


def score(asked: Asked) -> list[Figure]:
    """The score after a change in a large project beside a small one."""
    from benchmarks import score as scores

    figures = []
    with _place(asked.engine) as (engine, folder):
        house = scores.House(engine.create("score"), folder / "home")
        try:
            changes = {"a review": house.review, "a control's state": house.decide}
            for what, change in changes.items():
                steps, ratios = [change, house.read], []
                for _ in range(asked.effort.rounds):
                    small, large = scores.measure(house, steps, 20)
                    ratios.append(large / small)
                figures.append(figure(f"score: after {what}, large / small", asked.engine, ratios, Bound(scores.MOST)))
        finally:
            house.app.close()
    return figures


def frameworks(asked: Asked) -> list[Figure]:
    """Creating a project on a large framework."""
    from benchmarks import frameworks as large

    with _place(asked.engine) as (engine, folder):
        turns = 4 * asked.effort.rounds
        return [large.measure(asked.engine, engine.create("frameworks"), folder / "home", turns)]


def files(asked: Asked) -> list[Figure]:
    """Memory of a large file; only on SQLite, because files are no matter of the database."""
    with _place("sqlite") as (engine, folder):
        place = platform.Place(engine, folder, asked.options.rows, asked.core)
        platform.install_plugin(folder / "site")
        environment = platform.settings(folder, "files", engine.create("files"), {})
        account = ("--admin-email", platform.ADMIN, "--admin-password", platform.PASSWORD)
        platform.command("init", *account, environment=environment)
        server = platform.serve(place, "files", environment)
        server.start(asked.core)
        try:
            token = platform.login((servers.HOST, server.port), platform.ADMIN)
            project, control = platform.first_project((servers.HOST, server.port), token)
            return transfers.measure(server, token, project, control, min(3, asked.effort.rounds))
        finally:
            server.stop()


def start(asked: Asked) -> list[Figure]:
    """How long commands take to start."""
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder:
        return starting.measure(Path(folder) / "home", asked.effort.rounds)


def several(asked: Asked) -> list[Figure]:
    """Two processes beside one."""
    free = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder:
        return [processes.measure(Path(folder), asked.effort, asked.options.rows, free)]


Measuring = Callable[[Asked], list[Figure]]

EACH_DATABASE: dict[str, Measuring] = {"pages": pages, "score": score, "frameworks": frameworks}
ONCE: dict[str, Measuring] = {"files": files, "start": start, "processes": several}
NAMES = (*EACH_DATABASE, *ONCE)


def measured(name: str, asked: Asked) -> list[Figure]:
    """The rows of that name; when it fails, one row that tells why."""
    measuring = EACH_DATABASE.get(name) or ONCE[name]
    try:
        return measuring(asked)
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return [Figure(name, asked.engine, "", "", NOT_MEASURED, note=reason)]


def chosen(names: Sequence[str] | None, among: Sequence[str]) -> list[str]:
    """Those that were asked for; all where nothing was."""
    return [name for name in among if not names or name in names]

"""`python -m benchmarks.load_model`: what a piece of evidence costs, in bytes and in CPU, at three sizes.

One project with 100 pieces is made through the API, with all its background work; whole projects are then copied, row
by row and table by table, until there are 1,000, 10,000 and 100,000 pieces. The model says that bytes grow with the
pieces and that the CPU of an operation doesn't; both are learned at the smallest size, and compared with what is
measured at the larger ones. PostgreSQL; the CPU is that of the platform and of the database, apart.
"""

import argparse
import contextlib
import io
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg2

from studio_kernel.testing.app import StudioApp
from studio_kernel.testing.services import PostgresServer

SIZES = (1_000, 10_000, 100_000)
PIECES = 100
"""Pieces of evidence in a project."""
TEXT = "Access to production is granted by the owner, reviewed every quarter, and taken away on the last day. " * 40
_FIGURES = "0123456789abcdefghjkmnpqrstvwxyz"
# Ids that stay as they are in a copy: people and controls are shared.
_SHARED = ("user", "ctrl", "wh")
_ID = re.compile(rf"\b(?!(?:{'|'.join(_SHARED)})_)([a-z]+_[0-9a-z]{{20}})[0-9a-z]{{6}}\b")
_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
# Columns that count up by themselves and those that the database computes are not copied.
_COLUMNS = """
    SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'
    AND COALESCE(column_default, '') NOT LIKE 'nextval%%' AND is_identity = 'NO' AND is_generated = 'NEVER'
"""
_BYTES = """
    SELECT relname, pg_total_relation_size(oid), pg_relation_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


def data(answer: Any) -> Any:
    """What an answer holds; anything but success stops the run."""
    if not answer.is_success:
        raise SystemExit(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}")
    return answer.json()["data"]


@dataclass
class Measured:
    """One size: bytes of each table with its indexes, and milliseconds of CPU by operation (platform, database)."""

    pieces: int
    tables: dict[str, int] = field(default_factory=dict)
    cpu: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """All tables with their indexes."""
        return sum(self.tables.values())


class House:
    """A platform with one project, and people: one uploads, the other reviews, a third sees few projects."""

    def __init__(self, url: str, home: Path, *, ai: bool) -> None:
        plugins = None if ai else ["auth", "projects", "evidence", "compliance", "webhooks"]
        self.app = StudioApp(home, plugins=plugins, overrides={"database_url": url, "vectors_url": "pgvector://"})
        self.admin, self.reviewer = self.app.client("admin"), self.app.client("admin")
        self.database = psycopg2.connect(url)
        self.database.autocommit = True
        self.empty = self.bytes()
        body = {"name": "A project", "framework": "soc2"}
        self.project = data(self.admin.post("/api/v1/projects", json=body))["id"]
        path = f"/api/v1/projects/{self.project}"
        self.controls = [each["id"] for each in data(self.admin.get(path))["controls"]]
        self.pieces = [self.upload(number) for number in range(PIECES)]
        self.app.run_jobs()
        for piece in self.pieces[: PIECES * 2 // 3]:
            self.review(piece)
        self.app.run_jobs()
        self.copied = 1
        self._seeds = {table: self._seed(table) for table in self._names()}

    def upload(self, number: int) -> str:
        """One more piece; its id."""
        fields = {"title": f"Piece {number}", "project_id": self.project, "tags": '["policy"]'}
        fields["control_id"] = self.controls[number % len(self.controls)]
        files = {"file": (f"piece-{number}.md", f"# Piece {number}\n\n{TEXT}".encode(), "text/markdown")}
        return str(data(self.admin.post("/api/v1/evidence", data=fields, files=files))["id"])

    def review(self, piece: str) -> None:
        """Approve it."""
        body = {"decision": "approve", "score": 85, "comment": "As it should be."}
        data(self.reviewer.post(f"/api/v1/evidence/{piece}/reviews", json=body))

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.database.cursor() as cursor:
            cursor.execute(query, values or None)
            return list(cursor.fetchall())

    def _names(self) -> list[str]:
        return [name for (name,) in self._rows(_TABLES)]

    def _seed(self, table: str) -> tuple[str, str]:
        """The columns of a table, and its rows that belong to the project, as COPY writes them."""
        columns = ", ".join(f'"{name}"' for (name,) in self._rows(_COLUMNS, table))
        text = io.StringIO()
        with self.database.cursor() as cursor:
            cursor.copy_expert(f'COPY (SELECT {columns} FROM "{table}" t) TO STDOUT', text)
        ours = (self.project, *self.pieces)
        known = re.compile("|".join(ours))
        return columns, "".join(line for line in text.getvalue().splitlines(True) if known.search(line))

    def grow(self, projects: int) -> None:
        """Copy the project until there are so many."""
        with self.database.cursor() as cursor:
            for number in range(self.copied, projects):
                tail = "".join(_FIGURES[number // 32**place % 32] for place in range(5, -1, -1))
                for table, (columns, text) in self._seeds.items():
                    if text:
                        copied = _ID.sub(rf"\g<1>{tail}", text)
                        cursor.copy_expert(f'COPY "{table}" ({columns}) FROM STDIN', io.StringIO(copied))
            cursor.execute("ANALYZE")
        self.copied = projects

    def bytes(self) -> dict[str, int]:
        """What each table takes, with indexes."""
        return {name: int(size) for name, size, _ in self._rows(_BYTES)}

    def close(self) -> None:
        """Let go."""
        self.database.close()
        self.app.close()


def steps(house: House) -> Iterator[tuple[str, Callable[[int], object]]]:
    """What is measured, by name."""
    admin, project = house.admin, house.project
    fresh: list[str] = []

    def get(path: str) -> Callable[[int], object]:
        return lambda turn: data(admin.get(path))

    yield "evidence list, by cursor", get("/api/v1/evidence?limit=20&cursor=")
    yield "evidence list of a project, with total", get(f"/api/v1/evidence?limit=20&project_id={project}")
    yield "projects list, by cursor", get("/api/v1/projects?limit=20&cursor=")
    yield "a project with its controls", get(f"/api/v1/projects/{project}")
    yield "a piece of evidence", lambda turn: data(admin.get(f"/api/v1/evidence/{house.pieces[turn % PIECES]}"))
    yield "score", get(f"/api/v1/compliance/score?project_id={project}")
    yield "upload of 4 KB", lambda turn: fresh.append(house.upload(10_000 + turn))
    yield "background work of an upload", lambda turn: house.app.run_jobs() if turn == 0 else None
    yield "review", lambda turn: house.review(fresh[turn % len(fresh)])
    yield "background work of a review", lambda turn: house.app.run_jobs() if turn == 0 else None
    yield (
        "a control's state",
        lambda turn: data(
            admin.patch(
                f"/api/v1/projects/{project}/controls/{house.controls[turn % 20]}",
                json={"status": ("complete", "in_progress")[turn % 2], "reason": "Measured"},
            )
        ),
    )


def _cpu(server: PostgresServer) -> tuple[float, float]:
    """Seconds of CPU so far: this process, and the database."""
    total = 0.0
    for each in psutil.Process(server._process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            total += times.user + times.system
    return time.process_time(), total


def measure(house: House, server: PostgresServer, turns: int) -> dict[str, tuple[float, float]]:
    """Milliseconds of CPU for each operation; the test client's own part, that of ``/health``, is taken off."""
    for _ in range(20):
        house.app.anonymous.get("/health")
    before = _cpu(server)
    for _ in range(200):
        house.app.anonymous.get("/health")
    client = (_cpu(server)[0] - before[0]) / 200
    found = {}
    for name, step in steps(house):
        background = name.startswith("background")
        if not background:
            step(turns + 1)
        before = _cpu(server)
        for turn in range(turns):
            step(turn)
        after = _cpu(server)
        ours = (after[0] - before[0]) / turns - (0 if background else client)
        found[name] = (1000 * ours, 1000 * (after[1] - before[1]) / turns)
    return found


def run(
    sizes: tuple[int, ...], turns: int, tell: Callable[[str], None], *, ai: bool
) -> tuple[dict[str, int], list[Measured]]:
    """Bytes of the empty database, and what was measured at each size."""
    taken = []
    with tempfile.TemporaryDirectory(prefix="studio-model-") as folder, PostgresServer() as server:
        house = House(server.url, Path(folder), ai=ai)
        try:
            for pieces in sizes:
                house.grow(pieces // PIECES)
                one = Measured(pieces, house.bytes())
                tell(f"{pieces:,} pieces: {one.bytes / 1e6:,.0f} MB")
                one.cpu = measure(house, server, turns)
                tell(json.dumps({"pieces": pieces, "tables": one.tables, "cpu": one.cpu}))
                taken.append(one)
        finally:
            house.close()
        return house.empty, taken


def report(empty: dict[str, int], taken: list[Measured]) -> None:
    """The tables of docs/scaling.md."""
    least, base = taken[0], sum(empty.values())
    each = (least.bytes - base) / least.pieces
    print(f"\nBytes: {base / 1e6:.1f} MB empty, {each:,.0f} a piece as learned at {least.pieces:,}\n")
    print("| pieces | predicted MB | measured MB | predicted / measured |\n|---|---|---|---|")
    for one in taken:
        predicted = base + each * one.pieces
        ratio = predicted / one.bytes
        print(f"| {one.pieces:,} | {predicted / 1e6:,.0f} | {one.bytes / 1e6:,.0f} | {ratio:.2f} |")
    last = taken[-1]
    print(f"\nThe largest tables at {last.pieces:,}: bytes a piece, indexes included\n")
    print("| table | bytes a piece |\n|---|---|")
    for name, size in sorted(last.tables.items(), key=lambda pair: -pair[1])[:12]:
        print(f"| `{name}` | {(size - empty.get(name, 0)) / last.pieces:,.0f} |")
    print("\nMilliseconds of CPU (platform + database), and against the smallest size\n")
    print("| operation | " + " | ".join(f"{one.pieces:,}" for one in taken) + " | ratios |")
    print("|---|" + "---|" * (len(taken) + 1))
    for name in least.cpu:
        cells = [f"{one.cpu[name][0]:.1f} + {one.cpu[name][1]:.1f}" for one in taken]
        ratios = [f"{sum(one.cpu[name]) / max(0.05, sum(least.cpu[name])):.2f}" for one in taken[1:]]
        print(f"| {name} | " + " | ".join(cells) + " | " + ", ".join(ratios) + " |")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load_model", description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="pieces of evidence, each a whole 100")
    parser.add_argument("--turns", type=int, default=60, help="calls of each operation")
    parser.add_argument("--ai", action="store_true", help="with passages and vectors, whose indexes are slow to fill")
    options = parser.parse_args()
    sizes = tuple(int(text) for text in options.sizes.split(","))
    empty, taken = run(sizes, options.turns, lambda text: print(text, file=sys.stderr, flush=True), ai=options.ai)
    report(empty, taken)
    return 0


if __name__ == "__main__":
    sys.exit(main())

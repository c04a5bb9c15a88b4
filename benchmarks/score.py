"""`python -m benchmarks.score`: the score after a change, in a small project and in a large one, in turn.

The platform runs in this process, whole: requests go through its ASGI application into a real database. Each turn
changes something and reads the score, in one project and then in the other; what counts is the ratio of the medians.
"""

import argparse
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import databases
from studio_compliance.scorekeeper import Scorekeeper
from studio_evidence.models import ControlLinkRow, EvidenceRow
from studio_kernel.frameworks import Category, Control, Framework
from studio_kernel.hookspecs import hookimpl
from studio_kernel.ids import new_id
from studio_kernel.plugins import PluginInfo
from studio_kernel.storage.sql import Statement
from studio_kernel.testing.app import StudioApp

SIZES = ((60, 500), (1_200, 50_000))
"""Controls and pieces of evidence of the two projects."""
MOST = 2.0
PRIORITIES = ("critical", "high", "medium", "low")
PLUGINS = ["auth", "projects", "evidence", "compliance"]
FAR = "2099-01-01T00:00:00.000000Z"

_PATTERN = Statement("SELECT " + ", ".join(f'"{name}"' for name in EvidenceRow._meta.columns) + " FROM evidence")
_COMPLETE = Statement(
    "UPDATE project_controls SET derived_status = 'complete', evidence_count = 1 "
    "WHERE project_id = :id AND position > 1"
)
_ANALYZE = Statement("ANALYZE")


def framework(controls: int) -> Framework:
    """A framework of so many controls in twelve categories."""
    name = f"bench{controls}"
    categories = tuple(Category(f"c{number}", f"Category {number}") for number in range(12))
    made = (
        Control(name, str(number), f"Control {number}", "Is measured.", f"c{number % 12}", PRIORITIES[number % 4])
        for number in range(controls)
    )
    return Framework(name, name, "1", "For measuring only.", categories, tuple(made))


class Frameworks:
    """The plugin that brings both."""

    info = PluginInfo(name="bench-score", version="1.0")

    @hookimpl
    def studio_frameworks(self) -> Sequence[Framework]:
        """One for each project."""
        return [framework(controls) for controls, _ in SIZES]


@dataclass(frozen=True)
class Project:
    """A filled project: its id, a piece of evidence that is judged in turn, and a control that is decided on."""

    id: str
    evidence: str
    control: str


class House:
    """A platform with both projects, and two people: one uploads, the other reviews."""

    def __init__(self, url: str, home: Path) -> None:
        self.app = StudioApp(home, plugins=PLUGINS, extra=[Frameworks()], overrides={"database_url": url})
        self.admin, self.reviewer = self.app.client("admin"), self.app.client("admin")
        self.projects = [self.fill(controls, pieces) for controls, pieces in SIZES]
        self.app.platform.database.execute(_ANALYZE)

    def fill(self, controls: int, pieces: int) -> Project:
        """A project with its evidence; the rows are copies of one that the platform wrote itself."""
        made = framework(controls)
        body = {"name": f"Of {controls} controls", "framework": made.id}
        project = data(self.admin.post("/api/v1/projects", json=body))["id"]
        first, second = made.controls[0].id, made.controls[1].id
        files = {"file": ("policy.md", b"# Policy\n\nEverybody must.\n", "text/markdown")}
        fields = {"title": "Policy", "project_id": project, "control_id": first}
        piece = data(self.admin.post("/api/v1/evidence", data=fields, files=files))["id"]
        database = self.app.platform.database
        rows = database.rows(_PATTERN)
        pattern = next(row for row in rows if piece in row)
        columns = dict(zip(EvidenceRow._meta.columns, pattern, strict=True))
        copies = [copy(columns, made.controls[2 + number % (controls - 2)].id, number) for number in range(pieces - 1)]
        links = [
            {
                "evidence_id": row["id"],
                "control_id": row["control_id"],
                "project_id": project,
                "linked_by": row["uploaded_by"],
                "linked_at": row["uploaded_at"],
            }
            for row in copies
        ]
        with database.transaction():
            database.insert_many(EvidenceRow, copies)
            database.insert_many(ControlLinkRow, links)
            database.execute(_COMPLETE, id=project)
            Scorekeeper(self.app.platform).recompute(project)
        return Project(project, piece, second)

    def review(self, project: Project, turn: int) -> None:
        """Approve a piece, or send it back."""
        body = {"decision": "approve" if turn % 2 else "reject", "score": 70 + turn % 20}
        data(self.reviewer.post(f"/api/v1/evidence/{project.evidence}/reviews", json=body))

    def decide(self, project: Project, turn: int) -> None:
        """Say another word of a control."""
        body = {"status": "complete" if turn % 2 else "in_progress", "reason": "Measured"}
        data(self.admin.patch(f"/api/v1/projects/{project.id}/controls/{project.control}", json=body))

    def read(self, project: Project, turn: int) -> None:
        """The score."""
        data(self.admin.get("/api/v1/compliance/score", params={"project_id": project.id}))


def copy(columns: dict[str, Any], control: str, number: int) -> dict[str, Any]:
    """One more piece: two of three are approved and current."""
    approved = number % 3 > 0
    return {
        **columns,
        "id": new_id("ev"),
        "control_id": control,
        "control_ids": f'["{control}"]',
        "status": "approved" if approved else "pending",
        "quality_score": 50 + number % 50,
        "approved_at": columns["uploaded_at"] if approved else None,
        "expires_at": FAR if approved else None,
    }


def data(answer: Any) -> Any:
    """What an answer holds; anything but success stops the run."""
    if answer.status_code not in (200, 201):
        raise SystemExit(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}")
    return answer.json()["data"]


def measure(house: House, steps: Sequence[Callable[[Project, int], None]], turns: int) -> list[float]:
    """The median time of all steps in each project, in milliseconds, turn by turn."""
    taken: list[list[float]] = [[] for _ in house.projects]
    for turn, (number, project) in itertools.product(range(turns), enumerate(house.projects)):
        begin = time.perf_counter()
        for step in steps:
            step(project, turn)
        taken[number].append((time.perf_counter() - begin) * 1000)
    return [statistics.median(each) for each in taken]


def report(engine: str, house: House, turns: int) -> bool:
    """Print a row for each kind of change; whether each is within the goal."""
    met = True
    changes = (("a review", [house.review, house.read]), ("a control's state", [house.decide, house.read]))
    for what, steps in (*changes, ("nothing: only read", [house.read])):
        small, large = measure(house, steps, turns)
        ratio = large / small
        met = met and ratio <= MOST
        verdict = "met" if ratio <= MOST else "missed"
        print(f"{engine:<11} {what:<20} {small:9.2f} {large:9.2f} {ratio:7.2f}   ≤ {MOST:g} {verdict}", flush=True)
    return met


def main(given: Sequence[str] | None = None) -> int:
    """Measure on each database; the exit code is 1 with `--strict` when the goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.score", description=__doc__)
    parser.add_argument("--turns", type=int, default=100, help="changes of each kind (default %(default)s)")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when the goal is missed")
    options = parser.parse_args(given)
    (small, few), (large, many) = SIZES
    print(f"\nScore after a change, with {large:,} controls and {many:,} pieces of evidence vs {small} and {few}\n")
    print(f"{'database':<11} {'change':<20} {'small ms':>9} {'large ms':>9} {'ratio':>7}   goal")
    chosen = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    met = [run(engine, options.turns) for engine in chosen]
    return 1 if options.strict and not all(met) else 0


def run(engine: str, turns: int) -> bool:
    """Fill a fresh database and measure."""
    with (
        tempfile.TemporaryDirectory(prefix="studio-bench-") as folder,
        databases.engine(engine, Path(folder), None) as place,
    ):
        house = House(place.create("score"), Path(folder) / "home")
        try:
            return report(engine, house, turns)
        finally:
            house.app.close()


if __name__ == "__main__":
    sys.exit(main())

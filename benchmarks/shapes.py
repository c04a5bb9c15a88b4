"""What an answer must look like; checked once for each target and operation before anything is measured."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks import dataset

LIMIT = 20
PROJECT = {
    "id": str,
    "name": str,
    "description": str,
    "status": str,
    "framework": str,
    "compliance_score": int,
    "created_at": str,
    "updated_at": str,
}
TEAM = [{"user_id": str, "role": str, "joined_at": str}]
LIST = {"success": bool, "data": {"projects": [{**PROJECT, "team_members": TEAM}], "pagination": dict}}
PAGINATION = {"page": int, "limit": int, "total": int, "pages": int}
CREATED = {"success": bool, "data": PROJECT}
OK = {"success": bool}

Check = Callable[[Any], None]


class ShapeError(AssertionError):
    """An answer misses a field or holds other rows than it must."""


def expect(value: Any, shape: Any, where: str = "answer") -> None:
    """Check that `value` has at least the fields of `shape`, with their types; lists may not be empty.

    :raises ShapeError: it names the first field that is missing or of another type.
    """
    if isinstance(shape, dict):
        for name, inner in shape.items():
            if not isinstance(value, dict) or name not in value:
                raise ShapeError(f"{where} has no {name}: {str(value)[:300]}")
            expect(value[name], inner, f"{where}.{name}")
    elif isinstance(shape, list):
        if not isinstance(value, list) or not value:
            raise ShapeError(f"{where} is not a list with something in it: {str(value)[:300]}")
        for number, item in enumerate(value):
            expect(item, shape[0], f"{where}[{number}]")
    elif not isinstance(value, shape):
        raise ShapeError(f"{where} is not {shape.__name__}: {str(value)[:300]}")


def ok(answer: Any) -> None:
    """Check an answer whose content does not matter."""
    expect(answer, OK)


def created(answer: Any) -> None:
    """Check the answer to a create."""
    expect(answer, CREATED)


def evidence(answer: Any) -> None:
    """Check a page of evidence: full, with what every item shows."""
    item = {"id": str, "title": str, "status": str, "project_id": str, "uploaded_at": str}
    expect(answer, {"success": bool, "data": {"evidence": [item], "pagination": dict}})
    if len(answer["data"]["evidence"]) != LIMIT:
        raise ShapeError(f"{len(answer['data']['evidence'])} pieces of evidence, not {LIMIT}")


@dataclass(frozen=True)
class Expected:
    """The active projects of the user whom the benchmark signs in as, newest first."""

    projects: list[dataset.Project]
    teams: dict[str, list[dataset.Member]]

    def check_list(self, answer: Any) -> None:
        """Check the first page of the list: shape, rows, their order and teams, and the exact total."""
        self.check_rows(answer, 1)
        pagination = answer["data"]["pagination"]
        expect(pagination, PAGINATION, "pagination")
        if pagination["total"] != len(self.projects):
            raise ShapeError(f"total is {pagination['total']}, not {len(self.projects)}")

    def check_rows(self, answer: Any, page: int) -> None:
        """Check the rows of a page, however it was asked for."""
        expect(answer, LIST)
        rows, wanted = answer["data"]["projects"], self.page(page)
        if [row["name"] for row in rows] != [project[1] for project in wanted]:
            raise ShapeError(f"page {page} holds other projects: {[row['name'] for row in rows]}")
        for row, project in zip(rows, wanted, strict=True):
            team = sorted(member["role"] for member in row["team_members"])
            if team != sorted(member[2] for member in self.teams[project[0]]):
                raise ShapeError(f"{row['name']} has another team: {team}")

    def page(self, number: int) -> list[dataset.Project]:
        """Return the projects of page `number`."""
        return self.projects[(number - 1) * LIMIT : number * LIMIT]

    def body(self) -> bytes:
        """Return the first page as the API answers it: the constant bytes of the ceiling."""
        total = len(self.projects)
        numbers = {"page": 1, "limit": LIMIT, "total": total, "pages": -(-total // LIMIT)}
        projects = [self._project(project) for project in self.page(1)]
        answer = {"success": True, "data": {"projects": projects, "pagination": numbers}}
        return json.dumps(answer, separators=(",", ":")).encode()

    def _project(self, project: dataset.Project) -> dict[str, Any]:
        values = [_wire(value) for value in project]
        team = [
            {"user_id": user, "role": role, "joined_at": _wire(joined)}
            for _, user, role, joined in self.teams[project[0]]
        ]
        return {**dict(zip(PROJECT, values, strict=True)), "team_members": team}


def _wire(value: Any) -> Any:
    return value if isinstance(value, str | int) else value.strftime("%Y-%m-%dT%H:%M:%SZ")


def expected(rows: int) -> Expected:
    """Derive from the data set of `rows` projects what user 0 must see."""
    mine = {member[0] for member in dataset.members(rows) if member[1] == dataset.user_id(0)}
    projects = [row for row in dataset.projects(rows) if row[0] in mine and row[3] == "active"]
    projects.sort(key=lambda row: (row[6], row[0]), reverse=True)
    wanted = {row[0] for row in projects}
    members = (member for member in dataset.members(rows) if member[0] in wanted)
    teams = {key: list(group) for key, group in itertools.groupby(members, key=lambda member: member[0])}
    return Expected(projects, teams)

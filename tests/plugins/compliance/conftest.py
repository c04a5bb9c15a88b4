"""A platform with small frameworks, and projects to score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from studio_compliance.scorekeeper import Scorekeeper
from studio_kernel.frameworks import Category, Control, ExpectedEvidence, Framework
from studio_kernel.hookspecs import hookimpl
from studio_kernel.mappings import Mapping, MappingSet
from studio_kernel.plugins import PluginInfo
from studio_kernel.storage.sql import Statement
from studio_kernel.testing.app import Client, StudioApp

PLUGINS = ["auth", "projects", "evidence", "compliance"]
PRIORITIES = ("critical", "high", "medium", "low")
EXPECTED = (
    ExpectedEvidence("Access Control Policy", "Who may have access."),
    ExpectedEvidence("Access Reviews", "Results of the reviews of each quarter."),
)


def framework(framework_id: str, controls: int) -> Framework:
    """A framework whose controls go round the priorities; the first two of four are in the category ``a``."""
    return Framework(
        framework_id,
        framework_id.title(),
        "1",
        "For tests.",
        (Category("a", "A"), Category("b", "B"), Category("empty", "Empty")),
        tuple(
            Control(
                framework_id,
                f"{number:03d}",
                f"Control {number}",
                "What is asked for.",
                "a" if number % 4 < 2 else "b",
                PRIORITIES[number % 4],
                expected_evidence=EXPECTED,
            )
            for number in range(controls)
        ),
    )


ODD = Framework("odd", "Odd", "1", "", (Category("a", "A"),), (Control("odd", "1", "One", "", "a", priority="urgent"),))
FOUR, TEN, SIXTY, OTHER = framework("four", 4), framework("ten", 10), framework("sixty", 60), framework("other", 4)
CRITICAL, HIGH, MEDIUM, LOW = (control.id for control in FOUR.controls)
OTHERS = [control.id for control in OTHER.controls]


def mapped(near: str, far: str, *entries: tuple[str, str, str]) -> MappingSet:
    """Mappings from one framework to another: number, relation, number."""
    mappings = tuple(Mapping(near, one, far, two, relation, "As it is.", "us") for one, relation, two in entries)
    return MappingSet(near, far, "us", mappings)


MAPPINGS = (
    mapped("four", "other", ("000", "superset", "000"), ("001", "intersects", "001"), ("002", "equal", "002")),
    mapped("other", "ten", ("002", "superset", "003"), ("001", "intersects", "005")),
)


class SamplePlugin:
    """A plugin that brings the frameworks, and how they relate."""

    info = PluginInfo(name="samples", version="1")

    @hookimpl
    def studio_frameworks(self) -> tuple[Framework, ...]:
        return (FOUR, TEN, SIXTY, ODD, OTHER)

    @hookimpl
    def studio_mappings(self) -> tuple[MappingSet, ...]:
        return MAPPINGS


class House:
    """A project, its manager, and a reviewer."""

    def __init__(self, app: StudioApp, framework_id: str = "four", **fields: Any) -> None:
        self.app = app
        self.admin = app.client("admin")
        self.reviewer = app.client("auditor")
        self.project_id = self.project(framework_id, **fields)

    def project(self, framework_id: str = "four", **fields: Any) -> str:
        team = [{"user_id": self.reviewer.user_id, "role": "auditor"}]
        body = {"name": "Assessment", "framework": framework_id, "team_members": team, **fields}
        answer = self.admin.post("/api/v1/projects", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["id"])

    def get(self, what: str, *, by: Client | None = None, **params: Any) -> Any:
        """The data of an endpoint of compliance for the project."""
        params = {"project_id": self.project_id, **params}
        answer = (by or self.admin).get(f"/api/v1/compliance/{what}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def score(self, **params: Any) -> int:
        return int(self.get("score", **params)["overall_score"])

    def listed_score(self) -> int:
        """The score that the project itself shows."""
        return int(self.admin.get(f"/api/v1/projects/{self.project_id}").json()["data"]["compliance_score"])

    def control(self, control_id: str) -> Any:
        """A control as the project shows it."""
        answer = self.admin.get(f"/api/v1/projects/{self.project_id}/controls/{control_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def kept(self) -> list[Any]:
        """Everything that is kept of the project's score, in order, without times."""
        database = self.app.platform.database
        return [sorted(database.rows(statement, id=self.project_id)) for statement in KEPT]

    def recompute(self) -> None:
        """Make what is kept again from nothing."""
        with self.app.platform.database.transaction():
            Scorekeeper(self.app.platform).recompute(self.project_id)

    def set_control(self, control_id: str, **changes: Any) -> None:
        if changes.get("status") or changes.get("applicable") is False:
            changes["reason"] = "As decided"
        answer = self.admin.patch(f"/api/v1/projects/{self.project_id}/controls/{control_id}", json=changes)
        assert answer.status_code == 200, answer.text

    def pass_days(self, days: int) -> None:
        """Let days pass one by one, with the background work of each; sign in again."""
        for _ in range(days):
            self.app.clock.advance(86_400)
            self.app.platform.jobs.sweep()
            self.app.run_jobs()
        self.admin = self.app.client("admin")

    def upload(self, title: str = "Policy", control_id: str = CRITICAL) -> str:
        answer = self.admin.post(
            "/api/v1/evidence",
            data={"title": title, "project_id": self.project_id, "control_id": control_id},
            files={"file": ("policy.md", b"# Policy\n\nEverybody must.\n", "text/markdown")},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["id"])

    def approve(self, evidence_id: str, score: int) -> None:
        body = {"decision": "approve", "score": score}
        answer = self.reviewer.post(f"/api/v1/evidence/{evidence_id}/reviews", json=body)
        assert answer.status_code == 201, answer.text


KEPT = (
    Statement("SELECT overall, parts FROM compliance_scores WHERE project_id = :id"),
    Statement("SELECT compliance_score FROM projects WHERE id = :id"),
    Statement("SELECT control_id, status, via FROM project_controls_mapped WHERE project_id = :id"),
    Statement(
        "SELECT evidence_id, quality, approved, counted, controls, scopes FROM compliance_holdings "
        "WHERE project_id = :id"
    ),
    Statement(
        "SELECT scope, pieces, high, good, approved, counted, quality_sum FROM compliance_holding_totals "
        "WHERE project_id = :id"
    ),
)

MakeHouse = Callable[..., House]


@pytest.fixture
def make_house(make_studio: Any) -> MakeHouse:
    """A function that builds a :class:`House`; options are those of ``make_studio``."""
    return lambda **options: House(make_studio(plugins=PLUGINS, extra=[SamplePlugin()], **options))


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    """On SQLite."""
    return make_house()

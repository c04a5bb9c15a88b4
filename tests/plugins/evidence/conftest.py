"""A platform with evidence and a small framework, and people around one project."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from studio_kernel.frameworks import Category, Control, Framework
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo
from studio_kernel.testing.app import Client, StudioApp

YEARLY = Control("tiny", "A.1", "Policies", "", "policy", "high", renewal_days=365)
QUARTERLY = Control("tiny", "A.2", "Access reviews", "", "access", "medium", renewal_days=90)
FRAMEWORK = Framework(
    "tiny", "Tiny", "1", "", (Category("policy", "Policy"), Category("access", "Access")), (YEARLY, QUARTERLY)
)
PLUGINS = ["auth", "projects", "evidence"]


class TinyPlugin:
    """A plugin that brings the framework ``tiny``."""

    info = PluginInfo(name="tiny", version="1", summary="A framework for tests")

    @hookimpl
    def studio_frameworks(self) -> tuple[Framework, ...]:
        return (FRAMEWORK,)


@dataclass
class House:
    """A project ``tiny`` with a caller for each project role, an administrator and a stranger.

    Evidence for the control ``yearly`` is renewed each year, for ``quarterly`` every 90 days.
    """

    app: StudioApp
    project_id: str
    admin: Client
    manager: Client
    lead: Client
    member: Client
    auditor: Client
    viewer: Client
    stranger: Client
    yearly: str = YEARLY.id
    quarterly: str = QUARTERLY.id

    def upload(
        self,
        content: bytes = b"# Policy\n",
        name: str = "policy.md",
        *,
        by: Client | None = None,
        **given: Any,
    ) -> Any:
        """The response to an upload."""
        fields = {"title": "Policy", "project_id": self.project_id, "control_id": YEARLY.id, **given}
        fields = {key: value for key, value in fields.items() if value is not None}
        return (by or self.member).post(
            "/api/v1/evidence", data=fields, files={"file": (name, content, "application/octet-stream")}
        )

    def piece(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Uploaded evidence."""
        response = self.upload(*arguments, **options)
        assert response.status_code == 201, response.text
        data: dict[str, Any] = response.json()["data"]
        return data

    def review(self, evidence_id: str, decision: str = "approve", *, by: Client | None = None, **more: Any) -> Any:
        """The response to a review."""
        body = {"decision": decision, **more}
        return (by or self.auditor).post(f"/api/v1/evidence/{evidence_id}/reviews", json=body)

    def show(self, evidence_id: str) -> dict[str, Any]:
        """Evidence as it is now."""
        data: dict[str, Any] = self.admin.get(f"/api/v1/evidence/{evidence_id}").json()["data"]
        return data

    def control(self, control_id: str = YEARLY.id) -> tuple[str, int]:
        """Status and evidence count of a control in the project."""
        from studio_projects.api import Projects

        state = Projects(self.app.platform).control(self.project_id, control_id)
        return state.status, state.evidence_count

    def events(self, name: str) -> list[Mapping[str, Any]]:
        """The data of all events of that name, in order."""
        import orjson

        from studio_kernel.storage.sql import Statement

        statement = Statement("SELECT data FROM events WHERE name = :name ORDER BY position")
        return [orjson.loads(row[0]) for row in self.app.platform.database.rows(statement, name=name)]

    def kept(self) -> set[str]:
        """The hashes of all files in the store."""
        from datetime import timedelta

        return set(self.app.platform.files.digests(self.app.clock() + timedelta(days=1)))


MakeHouse = Callable[..., House]


def inhabit(app: StudioApp) -> House:
    """A project with somebody in each role."""
    admin = app.client("admin")
    people = {role: app.client("customer") for role in ("lead", "member", "auditor", "viewer")}
    manager = app.client("manager")
    roles = {"lead": "compliance_lead", "member": "team_member", "auditor": "auditor", "viewer": "viewer"}
    team = [{"user_id": manager.user_id, "role": "manager"}]
    team += [{"user_id": people[who].user_id, "role": role} for who, role in roles.items()]
    body = {"name": "Tiny", "framework": "tiny", "team_members": team}
    response = admin.post("/api/v1/projects", json=body)
    assert response.status_code == 201, response.text
    return House(app, response.json()["data"]["id"], admin, manager, stranger=app.client("customer"), **people)


@pytest.fixture
def make_house(make_studio: Any) -> MakeHouse:
    """A function that builds a :class:`House`; ``overrides`` are settings."""

    def make(**options: Any) -> House:
        return inhabit(make_studio(plugins=PLUGINS, extra=[TinyPlugin()], **options))

    return make


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    """The usual platform, on SQLite."""
    return make_house()


@pytest.fixture(scope="module")
def module_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One platform for all tests of a module that leave each other's evidence alone."""
    app = StudioApp(tmp_path_factory.mktemp("home"), plugins=PLUGINS, extra=[TinyPlugin()])
    yield inhabit(app)
    app.close()


@pytest.fixture(scope="module")
def module_platform(module_house: House) -> Any:
    """Its platform."""
    return module_house.app.platform

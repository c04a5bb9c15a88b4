"""Another project's text never appears: generated over roles, ways in, and providers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import documents

from studio_kernel.security.permissions import ACCOUNT_ROLES, PROJECT_ROLES
from studio_kernel.testing.app import Client, StudioApp

from .conftest import ACCESS, PLUGINS, SamplePlugin, new_project, upload_text
from .scripted import Obedient, Scripted

WORD = {project: f"quagga{number}" for number, project in enumerate(("first", "second", "third"))}


WAYS = (
    "chat",
    "control",
    "model",
    "no project",
    "search",
    "piece",
    "stolen",
    "evidence",
    "gaps",
    "paper",
    "paper stolen",
)


class World:
    """Three projects with a word of their own each, and an account for each role and membership."""

    def __init__(self, home: Any) -> None:
        models = SamplePlugin((Scripted(), Obedient()))
        self.app = StudioApp(home, plugins=PLUGINS, extra=[models], overrides={"ai.tool_calls": 4})
        self.admin = self.app.client("super_admin")
        self.projects = {name: new_project(self.admin, name=name) for name in WORD}
        self.evidence = {
            name: upload_text(
                self.admin, project, f"Title {WORD[name]}", f"Access rules: {WORD[name]} opens the vault."
            )
            for name, project in self.projects.items()
        }
        self.papers = {name: self._paper(name, project) for name, project in self.projects.items()}
        self.app.run_jobs()
        self.people: dict[tuple[str, str], Client] = {}

    def _paper(self, name: str, project: str) -> str:
        """The same said in files whose text is read out of them."""
        text, title = f"Access rules: {WORD[name]} opens the vault on paper.", f"Title {WORD[name]}"
        upload_text(
            self.admin, project, title, documents.word(("Normal", text)), file_name="a.docx", media_type=documents.DOCX
        )
        return upload_text(self.admin, project, title, documents.pdf(text), file_name="a.pdf", media_type=documents.PDF)

    def person(self, account: str, role: str) -> Client:
        """Somebody with that account role who is in the first project with that project role."""
        known = self.people.get((account, role))
        if known is None:
            known = self.people[account, role] = self.app.client(account)
            body = {"user_id": known.user_id, "role": role}
            path = f"/api/v1/projects/{self.projects['first']}/members"
            assert self.admin.post(path, json=body).status_code == 201
        return known


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("reach"))
    yield world
    world.app.close()


def ways_in(world: World, project: str, provider: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Requests that could show text of a project."""
    project_id, piece = world.projects[project], world.evidence[project]
    call = f'CALL search_evidence {{"project_id": "{project_id}", "query": "{WORD[project]}"}}'
    context = {"project_id": project_id}
    return {
        "chat": ("/api/v1/ai/chat", {"message": f"Who opens the vault? {call}", "context": context}),
        "control": ("/api/v1/ai/chat", {"message": "X1.1?", "context": {**context, "control_id": ACCESS.id}}),
        "model": ("/api/v1/ai/chat", {"message": f"Vault? {call}", "context": context, "provider": provider}),
        "no project": ("/api/v1/ai/chat", {"message": f"{WORD[project]} vault? {call}", "provider": provider}),
        "search": ("/api/v1/ai/search", {"project_id": project_id, "query": f"vault {WORD[project]}"}),
        "piece": ("/api/v1/ai/search", {"project_id": project_id, "query": "vault", "evidence_id": piece}),
        "stolen": (
            "/api/v1/ai/search",
            {"project_id": world.projects["first"], "query": f"vault {WORD[project]}", "evidence_id": piece},
        ),
        "paper": (
            "/api/v1/ai/search",
            {"project_id": project_id, "query": "vault", "evidence_id": world.papers[project]},
        ),
        "paper stolen": (
            "/api/v1/ai/search",
            {"project_id": world.projects["first"], "query": "vault paper", "evidence_id": world.papers[project]},
        ),
        "evidence": (f"/api/v1/ai/analyze/evidence/{piece}", {}),
        "gaps": ("/api/v1/ai/analyze/gaps", {"project_id": project_id}),
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    account=st.sampled_from([role for role in ACCOUNT_ROLES if role not in ("super_admin", "admin")]),
    role=st.sampled_from(PROJECT_ROLES),
    project=st.sampled_from(sorted(WORD)),
    way=st.sampled_from(WAYS),
    stream=st.booleans(),
)
def test_only_text_of_ones_own_projects_is_told(
    world: World, account: str, role: str, project: str, way: str, stream: bool
) -> None:
    person = world.person(account, role)
    provider = "obedient" if account == "manager" else "offline"
    path, body = ways_in(world, project, provider)[way]
    headers = {"Accept": "text/event-stream"} if stream and path.endswith("chat") else {}
    answer = person.post(path, json=body, headers=headers)
    foreign = {name: word for name, word in WORD.items() if name != "first"}
    asked = json.dumps(body)
    for word in foreign.values():
        told = answer.text.replace(json.dumps(body.get("message", ""))[1:-1], "")
        assert word not in told or (word in asked and "opens the vault" not in told), (way, answer.text)
        assert f"Title {word}" not in told
    if project != "first" and way not in ("no project", "stolen", "paper stolen"):
        assert answer.status_code == 404, answer.text
    elif project == "first" and way in ("search", "piece", "paper"):
        assert WORD["first"] in answer.text


def test_administrators_see_every_project(world: World) -> None:
    admin = world.app.client("admin")
    for name in WORD:
        body = {"project_id": world.projects[name], "query": "vault"}
        assert WORD[name] in admin.post("/api/v1/ai/search", json=body).text


def test_a_key_without_the_scope_of_evidence_searches_nothing(world: World) -> None:
    person = world.person("manager", "manager")
    key = person.post("/api/v1/api-keys", json={"name": "k", "scopes": ["projects:read"]}).json()["api_key"]
    client = Client(world.app, {"X-API-Key": key})
    body = {"project_id": world.projects["first"], "query": "vault"}
    assert client.post("/api/v1/ai/search", json=body).status_code == 403

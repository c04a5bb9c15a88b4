"""Each role in a project does exactly what the product's table says, in every operation on projects and evidence."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

PLUGINS = ["auth", "projects", "evidence", "compliance"]
EVERYBODY = {"manager", "compliance_lead", "team_member", "auditor", "viewer"}
LEADS, MANAGERS = {"manager", "compliance_lead"}, {"manager"}
UPLOADERS, REVIEWERS = LEADS | {"team_member"}, LEADS | {"auditor"}


class Stage:
    """A project with somebody in each role, an administrator, and somebody who doesn't belong."""

    def __init__(self, studio: Any) -> None:
        self.admin = studio.client("admin")
        self.people = {role: studio.client("customer") for role in sorted(EVERYBODY)}
        self.stranger = studio.client("manager")
        self.second_manager = studio.client("customer")
        team = [{"user_id": person.user_id, "role": role} for role, person in self.people.items()]
        team.append({"user_id": self.second_manager.user_id, "role": "manager"})
        self.project = self.make(team)
        self.path = f"/api/v1/projects/{self.project}"
        self.control = self.admin.get(f"{self.path}/controls?limit=1").json()["data"]["controls"][0]["id"]
        self.numbers = itertools.count()
        self.new_person = lambda: studio.client("viewer").user_id

    def make(self, team: list[dict[str, str]]) -> str:
        body = {"name": "Matrix", "framework": "soc2", "team_members": team}
        answer = self.admin.post("/api/v1/projects", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["id"])

    def milestone(self) -> str:
        """The path of a fresh one."""
        body = {"name": "First", "due_date": "2030-01-01T00:00:00Z"}
        return str(self.admin.post(f"{self.path}/milestones", json=body).headers["location"])

    def member(self) -> str:
        """The path of a fresh one."""
        body = {"user_id": self.new_person(), "role": "viewer"}
        return str(self.admin.post(f"{self.path}/members", json=body).headers["location"])

    def attached(self) -> str:
        """The path of a second framework, attached now."""
        self.admin.post(f"{self.path}/frameworks", json={"framework": "iso27001"})
        return f"{self.path}/frameworks/iso27001"

    def detached(self) -> str:
        """The path of the frameworks, without a second one now."""
        self.admin.delete(f"{self.path}/frameworks/iso27001?discard=true")
        return f"{self.path}/frameworks"

    def piece(self) -> str:
        """The path of a fresh piece of evidence, uploaded by the administrator."""
        body = {"title": "Note", "project_id": self.project, "text": f"Seen {next(self.numbers)}"}
        return str(self.admin.post("/api/v1/evidence/notes", json=body).headers["location"])

    def file(self) -> dict[str, Any]:
        """A file to send."""
        return {"file": ("a.txt", f"text {next(self.numbers)}".encode())}

    def fields(self) -> dict[str, str]:
        """What goes with new evidence."""
        return {"title": "Policy", "project_id": self.project}


Act = Callable[[Stage, Any], Any]
_DUE = {"name": "First", "due_date": "2030-01-01T00:00:00Z"}
TABLE: dict[str, tuple[set[str], Act]] = {
    "projects.read": (EVERYBODY, lambda s, who: who.get(s.path)),
    "projects.activity": (EVERYBODY, lambda s, who: who.get(f"{s.path}/activity")),
    "projects.replace": (LEADS, lambda s, who: who.put(s.path, json={"name": "Matrix"})),
    "projects.update": (LEADS, lambda s, who: who.patch(s.path, json={"description": "x"})),
    "projects.members.list": (EVERYBODY, lambda s, who: who.get(f"{s.path}/members")),
    "projects.members.read": (EVERYBODY, lambda s, who: who.get(s.member())),
    "projects.members.add": (
        MANAGERS,
        lambda s, who: who.post(f"{s.path}/members", json={"user_id": s.new_person(), "role": "viewer"}),
    ),
    "projects.members.update": (MANAGERS, lambda s, who: who.put(s.member(), json={"role": "auditor"})),
    "projects.members.remove": (MANAGERS, lambda s, who: who.delete(s.member())),
    "projects.milestones.list": (EVERYBODY, lambda s, who: who.get(f"{s.path}/milestones")),
    "projects.milestones.read": (EVERYBODY, lambda s, who: who.get(s.milestone())),
    "projects.milestones.create": (LEADS, lambda s, who: who.post(f"{s.path}/milestones", json=_DUE)),
    "projects.milestones.replace": (LEADS, lambda s, who: who.put(s.milestone(), json=_DUE)),
    "projects.milestones.update": (LEADS, lambda s, who: who.patch(s.milestone(), json={"name": "Other"})),
    "projects.milestones.delete": (LEADS, lambda s, who: who.delete(s.milestone())),
    "projects.controls.list": (EVERYBODY, lambda s, who: who.get(f"{s.path}/controls")),
    "projects.controls.read": (EVERYBODY, lambda s, who: who.get(f"{s.path}/controls/{s.control}")),
    "projects.controls.update": (
        LEADS,
        lambda s, who: who.patch(f"{s.path}/controls/{s.control}", json={"due_date": None}),
    ),
    "projects.controls.bulk_update": (
        LEADS,
        lambda s, who: who.post(f"{s.path}/controls/bulk", json={"controls": [{"id": s.control, "due_date": None}]}),
    ),
    "projects.frameworks.list": (EVERYBODY, lambda s, who: who.get(f"{s.path}/frameworks")),
    "projects.frameworks.read": (EVERYBODY, lambda s, who: who.get(f"{s.path}/frameworks/soc2")),
    "projects.frameworks.attach": (LEADS, lambda s, who: who.post(s.detached(), json={"framework": "iso27001"})),
    "projects.frameworks.detach": (LEADS, lambda s, who: who.delete(s.attached())),
    "evidence.upload": (
        UPLOADERS,
        lambda s, who: who.post("/api/v1/evidence", data=s.fields(), files=s.file()),
    ),
    "evidence.links.create": (
        UPLOADERS,
        lambda s, who: who.post("/api/v1/evidence/links", json={**s.fields(), "url": "https://example.org"}),
    ),
    "evidence.notes.create": (
        UPLOADERS,
        lambda s, who: who.post("/api/v1/evidence/notes", json={**s.fields(), "text": "Seen"}),
    ),
    "evidence.read": (EVERYBODY, lambda s, who: who.get(s.piece())),
    "evidence.file": (EVERYBODY, lambda s, who: who.get(f"{s.piece()}/file")),
    "evidence.versions.list": (EVERYBODY, lambda s, who: who.get(f"{s.piece()}/versions")),
    "evidence.versions.create": (UPLOADERS, lambda s, who: who.post(f"{s.piece()}/versions", files=s.file())),
    "evidence.versions.link": (
        UPLOADERS,
        lambda s, who: who.post(f"{s.piece()}/versions/links", json={"url": "https://example.org"}),
    ),
    "evidence.versions.note": (
        UPLOADERS,
        lambda s, who: who.post(f"{s.piece()}/versions/notes", json={"text": "Seen"}),
    ),
    "evidence.replace": (UPLOADERS, lambda s, who: who.put(s.piece(), json={"title": "Other"})),
    "evidence.update": (UPLOADERS, lambda s, who: who.patch(s.piece(), json={"title": "Other"})),
    "evidence.link": (UPLOADERS, lambda s, who: who.put(f"{s.piece()}/controls/{s.control}")),
    "evidence.reviews.list": (EVERYBODY, lambda s, who: who.get(f"{s.piece()}/reviews")),
    "evidence.reviews.create": (
        REVIEWERS,
        lambda s, who: who.post(f"{s.piece()}/reviews", json={"decision": "approve"}),
    ),
    "evidence.delete": (LEADS, lambda s, who: who.delete(s.piece())),
    "projects.delete": (
        MANAGERS,
        lambda s, who: who.delete(
            f"/api/v1/projects/{s.make([{'user_id': s.people[r].user_id, 'role': r} for r in s.people])}"
        ),
    ),
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    from studio_kernel.testing.app import StudioApp

    app = StudioApp(tmp_path_factory.mktemp("home"), plugins=PLUGINS)
    yield Stage(app)
    app.close()


@pytest.mark.parametrize("operation", TABLE)
def test_each_role_may_do_what_the_table_says(stage: Stage, operation: str) -> None:
    allowed, act = TABLE[operation]
    for role, person in stage.people.items():
        answer = act(stage, person)
        if role in allowed:
            assert answer.status_code in (200, 201), (role, answer.text)
        else:
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN"), role


@pytest.mark.parametrize("operation", TABLE)
def test_somebody_who_does_not_belong_sees_nothing(stage: Stage, operation: str) -> None:
    _, act = TABLE[operation]
    assert act(stage, stage.stranger).status_code == 404
    if operation != "evidence.reviews.create":
        assert act(stage, stage.admin).status_code in (200, 201)


def test_nobody_reviews_their_own_whatever_their_role(stage: Stage) -> None:
    for role in sorted(UPLOADERS & REVIEWERS):
        person = stage.people[role]
        path = person.post("/api/v1/evidence/notes", json={**stage.fields(), "text": role}).headers["location"]
        assert person.post(f"{path}/reviews", json={"decision": "approve"}).status_code == 403
    path = stage.piece()
    assert stage.admin.post(f"{path}/reviews", json={"decision": "approve"}).status_code == 403

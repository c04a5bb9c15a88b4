"""Policies as documents and as evidence, and proposals that a person decides about."""

from __future__ import annotations

import io
from typing import Any

import docx
import pytest

from studio_ai.documents import render
from studio_kernel.testing.app import Client, StudioApp

from .conftest import ACCESS, MakeAssistant, chat, new_project
from .scripted import Scripted

HOSTILE = "# T\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![p](http://evil/p.png)\n\n- **bold** *it*\n"


@pytest.fixture
def app(shared_app: StudioApp) -> StudioApp:
    """Tests here make projects of their own, or none."""
    return shared_app


@pytest.fixture
def studio(shared_studio: StudioApp) -> StudioApp:
    """They only read from it."""
    return shared_studio


def draft(client: Client) -> dict[str, Any]:
    body = {"type": "backup_policy", "company_name": "Acme", "framework": "soc2"}
    data: dict[str, Any] = client.post("/api/v1/ai/generate/policy", json=body).json()["data"]
    return data


def test_every_policy_can_be_drafted(studio: StudioApp) -> None:
    client = studio.client("viewer")
    kinds = client.get("/api/v1/ai/policies").json()["data"]["policies"]
    assert len(kinds) >= 15
    for kind in kinds:
        body = {"type": kind["id"], "company_name": "Acme", "industry": "health", "framework": "soc2"}
        data = client.post("/api/v1/ai/generate/policy", json=body).json()["data"]
        assert data["quality_score"] >= 90, kind["id"]
        assert "| Version | Date |" in data["content"]
        assert "at least every 12 months" in data["content"]


def test_a_policy_becomes_a_word_file(studio: StudioApp) -> None:
    client = studio.client("viewer")
    body = {"title": "Backup Policy", "content": draft(client)["content"], "format": "docx"}
    answer = client.post("/api/v1/ai/policies/export", json=body)
    assert answer.headers["content-disposition"] == 'attachment; filename="backup-policy.docx"'
    document = docx.Document(io.BytesIO(answer.content))
    texts = [paragraph.text for paragraph in document.paragraphs]
    styles = {paragraph.text: paragraph.style.name for paragraph in document.paragraphs}
    assert styles["Backup Policy"] == "Title"
    assert styles["1. Purpose"] == "Heading 1"
    assert any(text.startswith("At least 3 copies must exist") for text in texts)
    assert [cell.text for cell in document.tables[0].rows[0].cells] == ["Role", "Responsibility"]
    assert len(document.tables) == 2


def test_a_policy_becomes_a_page(studio: StudioApp) -> None:
    client = studio.client("viewer")
    body = {"title": "Backup Policy", "content": draft(client)["content"], "format": "html"}
    answer = client.post("/api/v1/ai/policies/export", json=body)
    assert answer.headers["content-type"] == "text/html"
    assert "<h2>1. Purpose</h2>" in answer.text
    assert "<th>Role</th>" in answer.text


def test_nothing_in_a_policy_becomes_active() -> None:
    page = render("<b>T</b>", HOSTILE, "html").body.decode()
    assert "<script" not in page
    assert "href" not in page
    assert "<img" not in page
    assert "<title>&lt;b&gt;T&lt;/b&gt;</title>" in page
    document = docx.Document(io.BytesIO(render("T", HOSTILE, "docx").body))
    assert "<script>alert(1)</script>" in [paragraph.text for paragraph in document.paragraphs]


@pytest.mark.parametrize(
    "content",
    [
        "- a\n" * 10_001,
        "*a* " * 10_001,
        "```\na\n```\n" * 10_001,
        "|a|b|\n|-|-|\n" + "|a|b|\n" * 10_001,
        f"|{'a|' * 200}\n|{'-|' * 200}\n" + "|\n" * 200,
    ],
    ids=["list", "emphasis", "code", "table", "padded table"],
)
def test_a_word_file_that_would_take_minutes_is_refused(studio: StudioApp, content: str) -> None:
    answer = studio.client("viewer").post("/api/v1/ai/policies/export", json={"title": "T", "content": content})
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "content")


def test_characters_that_no_document_takes_are_left_out(studio: StudioApp) -> None:
    content = "Acc\uffffess &#12;is `gran\ufffeted`\n\n    by need\uffff\n"
    body = {"title": "Rules\uffff", "content": content, "format": "docx"}
    answer = studio.client("viewer").post("/api/v1/ai/policies/export", json=body)
    assert answer.status_code == 200
    word = docx.Document(io.BytesIO(answer.content))
    assert [each.text.strip() for each in word.paragraphs] == ["Access is granted", "by need"]
    assert word.core_properties.title == "Rules"


@pytest.mark.parametrize("form", ["markdown", "docx"])
def test_a_policy_is_saved_as_evidence(app: StudioApp, client: Client, form: str) -> None:
    project_id = new_project(client)
    body = {"title": "Access Policy", "content": "# Access\n\nEverybody must.\n", "format": form}
    saved = client.post("/api/v1/ai/policies/save", json={**body, "project_id": project_id, "control_id": ACCESS.id})
    assert saved.status_code == 201, saved.text
    piece = client.get(saved.headers["Location"]).json()["data"]
    assert (piece["title"], piece["control_id"], piece["status"]) == ("Access Policy", ACCESS.id, "pending")
    assert piece["tags"] == ["policy"]
    exported = client.post("/api/v1/ai/policies/export", json=body)
    if form != "docx":
        assert client.get(f"/api/v1/evidence/{piece['id']}/file").content == exported.content


def test_saving_needs_the_right_to_upload(app: StudioApp, client: Client) -> None:
    viewer = app.client("customer")
    project_id = new_project(client, team_members=[{"user_id": viewer.user_id, "role": "viewer"}])
    body = {"title": "T", "content": "# T\n", "project_id": project_id}
    assert viewer.post("/api/v1/ai/policies/save", json=body).status_code == 403
    assert app.client("customer").post("/api/v1/ai/policies/save", json=body).status_code == 404


def proposing(make_assistant: MakeAssistant) -> tuple[StudioApp, Client, str, dict[str, Any]]:
    """An application in which a model proposed a policy for a person who asked for it."""
    from studio_ai.api import ToolCall

    given = {"type": "access_control_policy", "company_name": "Acme", "control_id": ACCESS.id}
    app = make_assistant(Scripted(plan=lambda request: (ToolCall("propose_policy", given),)))
    client = app.client("manager")
    team = [{"user_id": client.user_id, "role": "manager"}]
    project_id = new_project(app.client("admin"), team_members=team)
    data = chat(client, "Please draft an access control policy for X1.1", "scripted", project_id=project_id)
    return app, client, project_id, data


def test_a_proposal_becomes_evidence_when_a_person_confirms_it(make_assistant: MakeAssistant) -> None:
    _, client, project_id, data = proposing(make_assistant)
    (proposal,) = client.get(f"/api/v1/ai/proposals?project_id={project_id}").json()["data"]["proposals"]
    assert (proposal["state"], proposal["control_id"]) == ("proposed", ACCESS.id)
    assert client.get(f"/api/v1/evidence?project_id={project_id}").json()["data"]["evidence"] == []
    (suggested,) = [each for each in data["suggestions"] if each["type"] == "proposal"]
    request = suggested["request"]
    answer = client.request(request["method"], request["path"], json=request["body"])
    assert answer.json()["data"]["state"] == "confirmed"
    piece = client.get(f"/api/v1/evidence/{answer.json()['data']['evidence_id']}").json()["data"]
    assert (piece["uploaded_by"], piece["control_id"]) == (client.user_id, ACCESS.id)
    assert client.request(request["method"], request["path"], json=request["body"]).status_code == 409


def test_a_proposal_can_be_turned_down(make_assistant: MakeAssistant) -> None:
    app, client, project_id, _ = proposing(make_assistant)
    (proposal,) = client.get("/api/v1/ai/proposals").json()["data"]["proposals"]
    path = f"/api/v1/ai/proposals/{proposal['id']}"
    assert client.get(path).json()["data"]["content"].startswith("# Access Control Policy")
    stranger = app.client("manager")
    assert stranger.get(path).status_code == 404
    assert stranger.post(f"{path}/discard").status_code == 404
    for state, status in (("archived", 409), ("active", 200)):
        assert client.patch(f"/api/v1/projects/{project_id}", json={"status": state}).status_code == 200
        assert client.post(f"{path}/discard").status_code == status
    assert client.get(path).json()["data"]["state"] == "discarded"
    assert client.post(f"{path}/confirm", json={}).status_code == 409
    assert stranger.get("/api/v1/ai/proposals").json()["data"]["proposals"] == []

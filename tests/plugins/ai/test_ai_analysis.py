"""Evidence held against what its controls expect, and gaps against the evidence at hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studio_kernel.storage.sql import Statement
from studio_kernel.testing.app import Client, StudioApp

from .conftest import ACCESS, BARE, MakeAssistant, new_project, upload_text
from .scripted import Scripted

RULES = """# Access Control Policy

Access is granted by need and approved by the owner of the system. Rules for granting and removing access apply to all.

# Other

Lunch is at noon.
"""


def analysed(client: Client, piece: str, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/ai/analyze/evidence/{piece}", json=body)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def quality(client: Client, piece: str) -> dict[str, Any]:
    data: dict[str, Any] = client.get(f"/api/v1/evidence/{piece}/quality").json()["data"]
    return data


def first_passage_shows_it(shown: dict[str, Any]) -> str:
    """The judgement of a model to which everything is shown by the first passage."""
    cited = [shown["passages"][0]["id"]]
    rows = [
        {"expectation": each["id"], "shown": True, "passages": cited, "reason": "So."} for each in shown["expected"]
    ]
    return json.dumps({"judgements": rows})


def test_evidence_that_shows_what_is_expected_is_raised_with_the_passage(app: StudioApp, client: Client) -> None:
    reviewer = app.client("auditor")
    project_id = new_project(client, team_members=[{"user_id": reviewer.user_id, "role": "auditor"}])
    piece = upload_text(client, project_id, "Our rules", RULES)
    app.run_jobs()
    review = {"decision": "approve", "score": 80}
    assert reviewer.post(f"/api/v1/evidence/{piece}/reviews", json=review).status_code == 201
    data = analysed(client, piece)
    first, second = data["expectations"]
    assert (first["expected"], first["shown"]) == ("Access Control Policy", True)
    assert "granting and removing access" in first["passages"][0]["quote"]
    assert (second["expected"], second["shown"], second["passages"]) == ("Access Reviews", False, [])
    assert data["base_score"] == 80
    assert 80 < data["score"] == 80 + data["moved"] <= 95
    assert data["summary"] == "“Our rules” shows: Access Control Policy. Not shown: Access Reviews."
    assert analysed(client, piece) == data


def test_an_analysis_is_kept_beside_the_score_that_it_does_not_change(make_assistant: MakeAssistant) -> None:
    app = make_assistant(Scripted(reply=first_passage_shows_it, model="script-7"))
    admin, member, viewer = app.client("admin"), app.client("customer"), app.client("customer")
    team = [{"user_id": member.user_id, "role": "team_member"}, {"user_id": viewer.user_id, "role": "viewer"}]
    project_id = new_project(admin, team_members=team)
    piece = upload_text(member, project_id, "Our rules", RULES)
    assert not analysed(member, piece)["kept"], "nothing is refined before the rubric has judged"
    app.run_jobs()
    before = quality(viewer, piece)
    assert (before["refinements"], before["source"]) == ([], "analysis")

    # Who may only read it, by role or by key, leaves nothing behind.
    key = member.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]}).json()["api_key"]
    assert not analysed(viewer, piece)["kept"]
    assert not analysed(Client(app, {"X-API-Key": key}), piece)["kept"]
    assert quality(viewer, piece) == before

    told = analysed(admin, piece, provider="scripted")
    assert (told["kept"], told["model"]) == (True, "script-7")
    data = quality(viewer, piece)
    assert {**data, "refinements": []} == before
    (kept,) = data["refinements"]
    assert (kept["source"], kept["provider"], kept["model"]) == ("assistant", "scripted", "script-7")
    assert (kept["base_score"], kept["score"], kept["outdated"]) == (data["quality_score"], told["score"], False)
    cited = {each["id"]: each["quote"] for row in told["expectations"] for each in row["passages"]}
    assert {each["passage_id"]: each["quote"] for each in kept["citations"]} == cited

    # The last one counts, until the score or the version is another, and goes with the evidence.
    assert analysed(member, piece)["kept"]
    (kept,) = quality(viewer, piece)["refinements"]
    assert (kept["provider"], kept["model"]) == ("offline", "")
    review = {"decision": "approve", "score": 99}
    assert admin.post(f"/api/v1/evidence/{piece}/reviews", json=review).status_code == 201
    assert [each["outdated"] for each in quality(viewer, piece)["refinements"]] == [True]
    files = {"file": ("policy.md", b"Another text", "text/markdown")}
    assert member.post(f"/api/v1/evidence/{piece}/versions", files=files).status_code == 201
    assert quality(viewer, piece)["refinements"] == []
    assert admin.delete(f"/api/v1/evidence/{piece}").status_code == 200
    assert app.platform.database.value(Statement("SELECT COUNT(*) FROM ai_refinements")) == 0


def test_an_archived_project_keeps_no_analysis(app: StudioApp, client: Client) -> None:
    project_id = new_project(client)
    piece = upload_text(client, project_id, "Our rules", RULES)
    app.run_jobs()
    assert client.patch(f"/api/v1/projects/{project_id}", json={"status": "archived"}).status_code == 200
    assert not analysed(client, piece)["kept"]


def test_evidence_about_something_else_is_lowered(app: StudioApp, client: Client) -> None:
    project_id = new_project(client)
    piece = upload_text(client, project_id, "Menu", "Soup, fish and cake are served on Fridays.")
    app.run_jobs()
    data = analysed(client, piece)
    assert data["moved"] == -15
    assert [each["shown"] for each in data["expectations"]] == [False, False]
    assert data["summary"].startswith("Nothing in “Menu” comes close to what is expected")


@pytest.mark.parametrize("indexed", [True, False])
def test_evidence_without_text_is_not_lowered(app: StudioApp, client: Client, indexed: bool) -> None:
    """A picture has none, and that of new evidence isn't read yet: neither says anything about what it shows."""
    body = b"\x89PNG\r\n\x1a\n" + bytes(100) if indexed else RULES
    name, kind = ("screen.png", "image/png") if indexed else ("policy.md", "text/markdown")
    piece = upload_text(client, new_project(client), "Screen", body, file_name=name, media_type=kind)
    if indexed:
        app.run_jobs()
    data = analysed(client, piece)
    assert (data["moved"], data["score"], data["kept"]) == (0, data["base_score"], False)
    assert data["summary"].startswith("There is no text of “Screen” to hold against what is expected")


def test_a_new_version_is_not_judged_by_the_one_before(app: StudioApp, client: Client) -> None:
    piece = upload_text(client, new_project(client), "Our rules", RULES)
    app.run_jobs()
    files = {"file": ("policy.md", b"Soup is served on Fridays.", "text/markdown")}
    assert client.post(f"/api/v1/evidence/{piece}/versions", files=files).status_code == 201
    data = analysed(client, piece)
    assert (data["version"], data["moved"], data["kept"]) == (2, 0, False)
    assert "granting" not in json.dumps(data["expectations"][0]["passages"])


def test_evidence_of_no_control_is_not_judged(app: StudioApp, client: Client) -> None:
    piece = upload_text(client, new_project(client), "Menu", "Soup.", control_id=BARE.id)
    data = analysed(client, piece)
    assert (data["moved"], data["expectations"]) == (0, [])


def test_evidence_of_others_is_not_found(app: StudioApp, client: Client) -> None:
    piece = upload_text(client, new_project(client), "Menu", "Soup.")
    stranger = app.client("manager")
    assert stranger.post(f"/api/v1/ai/analyze/evidence/{piece}", json={}).status_code == 404


def test_gaps_name_evidence_at_hand_and_suggestions_work(app: StudioApp, client: Client) -> None:
    project_id = new_project(client)
    piece = upload_text(client, project_id, "Our rules", RULES, control_id=None)
    app.run_jobs()
    answer = client.post("/api/v1/ai/analyze/gaps", json={"project_id": project_id, "limit": 5})
    data = answer.json()["data"]
    assert data["total"] == 2
    gap = next(each for each in data["gaps"] if each["control_id"] == ACCESS.id)
    assert [each["evidence_id"] for each in gap["candidates"]] == [piece]
    assert gap["next_step"] == "Check whether “Our rules” serves this control, and link it."
    assert [each["type"] for each in gap["suggestions"]] == ["link_evidence", "policy_generation"]
    for request in (each["request"] for each in gap["suggestions"]):
        body = {"json": request["body"]} if "body" in request else {}
        assert client.request(request["method"], request["path"], **body).status_code == 200
    assert client.get(f"/api/v1/evidence/{piece}").json()["data"]["control_ids"] == [ACCESS.id]

"""Evidence held against what its controls expect, and gaps against the evidence at hand."""

from __future__ import annotations

from studio_kernel.testing.app import Client, StudioApp

from .conftest import ACCESS, BARE, new_project, upload_text

RULES = """# Access Control Policy

Access is granted by need and approved by the owner of the system. Rules for granting and removing access apply to all.

# Other

Lunch is at noon.
"""


def analysed(client: Client, piece: str) -> dict:
    answer = client.post(f"/api/v1/ai/analyze/evidence/{piece}", json={})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


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


def test_evidence_about_something_else_is_lowered(app: StudioApp, client: Client) -> None:
    project_id = new_project(client)
    piece = upload_text(client, project_id, "Menu", "Soup, fish and cake are served on Fridays.")
    app.run_jobs()
    data = analysed(client, piece)
    assert data["moved"] == -15
    assert [each["shown"] for each in data["expectations"]] == [False, False]
    assert data["summary"].startswith("Nothing in “Menu” comes close to what is expected")


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

"""Answers: grounded in definitions and in what the caller may see, without a network."""

from __future__ import annotations

from typing import Any

import pytest

from studio_kernel.testing.app import Client, StudioApp

from .conftest import ACCESS, BARE, OTHER, MakeAssistant, chat, new_project


@pytest.fixture
def app(shared_app: StudioApp) -> StudioApp:
    """Tests here make projects of their own, or none."""
    return shared_app


@pytest.fixture
def studio(shared_studio: StudioApp) -> StudioApp:
    """They only read from it."""
    return shared_studio


def upload(client: Client, project_id: str, title: str, control_id: str = ACCESS.id) -> str:
    answer = client.post(
        "/api/v1/evidence",
        data={"title": title, "project_id": project_id, "control_id": control_id},
        files={"file": ("policy.md", b"# Policy\n\nEverybody must.\n", "text/markdown")},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["id"])


@pytest.mark.parametrize(
    "message", ["What evidence do I need for SOC 2 control A1.1?", "soc2 a1.1", "Evidence for A1.1 (SOC 2 Type II)?"]
)
def test_soc2_a1_1_is_answered_from_its_definition(studio: StudioApp, message: str) -> None:
    soc2 = studio.platform.frameworks.get("soc2")
    assert soc2 is not None
    control = next(each for each in soc2.controls if each.number == "A1.1")
    data = chat(studio.client("viewer"), message)
    assert data["context"] == {"framework": "soc2", "control": "A1.1", "control_title": control.title}
    for number, expected in enumerate(control.expected_evidence, 1):
        assert f"{number}. {expected.title} - {expected.description}" in data["message"]
    assert data["citations"][-1]["id"] == control.id
    assert (data["provider"], data["fallback"], data["fallback_reason"]) == ("offline", False, None)


def test_the_control_of_the_context_is_answered(client: Client) -> None:
    data = chat(client, "What do I need?", control_id=ACCESS.id)
    assert data["message"].startswith("For Acme Standard Type II control X1.1 (Access to Systems), you'll need:\n\n1. ")
    assert "1. Access Control Policy - Rules for granting and removing access\n2. Access Reviews - " in data["message"]
    assert "every 180 days" in data["message"]
    assert data["message"].endswith("Would you like me to draft the Access Control Policy?")


def test_a_number_of_two_frameworks_is_told_apart_by_their_names(client: Client) -> None:
    assert chat(client, "X1.1 of ISO 99001?")["context"]["framework"] == "other"
    assert chat(client, "X1.1 in Acme Standard?")["context"]["framework"] == "acme"
    assert {each["id"] for each in chat(client, "X1.1?")["citations"]} == {ACCESS.id, OTHER.controls[0].id}


def test_a_number_of_two_frameworks_is_taken_from_the_projects_own(client: Client) -> None:
    project_id = new_project(client, "other")
    assert chat(client, "What about X1.1?", project_id=project_id)["context"]["framework"] == "other"


def test_the_state_of_the_project_is_told(client: Client, app: StudioApp) -> None:
    reviewer = app.client("auditor")
    project_id = new_project(client, team_members=[{"user_id": reviewer.user_id, "role": "auditor"}])
    empty = chat(client, "X1.1?", project_id=project_id)["message"]
    assert "this control is not started and has no evidence yet." in empty
    assert "Next step: upload “Access Control Policy” for this control." in empty

    piece = upload(client, project_id, "Our Access Control Policy")
    waiting = chat(client, "X1.1?", project_id=project_id)
    assert "has 1 piece of evidence:\n\n- Our Access Control Policy (waiting for review" in waiting["message"]
    assert "have “Our Access Control Policy” reviewed" in waiting["message"]
    cited = {"id": piece, "kind": "evidence", "title": "Our Access Control Policy", "evidence_id": piece, "quote": None}
    assert cited in waiting["citations"]

    review = {"decision": "approve", "score": 91}
    assert reviewer.post(f"/api/v1/evidence/{piece}/reviews", json=review).status_code == 201
    approved = chat(client, "X1.1?", project_id=project_id)["message"]
    assert "(approved, quality 91, until " in approved
    assert "Still missing: Access Reviews (" in approved


def test_a_number_is_looked_for_in_all_frameworks_of_the_project(client: Client) -> None:
    project_id = new_project(client, "soc2")
    attached = client.post(f"/api/v1/projects/{project_id}/frameworks", json={"framework": "other"})
    assert attached.status_code == 201, attached.text
    said = chat(client, "What about X1.1?", project_id=project_id)
    assert {each["id"] for each in said["citations"] if each["kind"] == "control"} == {OTHER.controls[0].id}
    said = chat(client, "Are there policies for everything?", project_id=project_id)
    assert OTHER.controls[0].id in {each["id"] for each in said["citations"]}


def test_of_much_evidence_the_telling_is_named(app: StudioApp, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question must not cost more the more evidence there is."""
    monkeypatch.setattr("studio_ai.grounding._MOST_NAMED", 2)
    reviewer = app.client("auditor")
    project_id = new_project(client, team_members=[{"user_id": reviewer.user_id, "role": "auditor"}])
    pieces = [upload(client, project_id, f"Piece {number}") for number in range(4)]
    review = {"decision": "approve", "score": 91}
    assert reviewer.post(f"/api/v1/evidence/{pieces[1]}/reviews", json=review).status_code == 201
    app.run_jobs()
    said = chat(client, "X1.1?", project_id=project_id)
    assert "has 4 pieces of evidence" in said["message"]
    assert "- and 2 more" in said["message"]
    assert [each["id"] for each in said["citations"] if each["kind"] == "evidence"] == [pieces[1], pieces[3]]
    # Passages come from any of them.
    assert {each["evidence_id"] for each in said["citations"] if each["kind"] == "passage"} - {pieces[1], pieces[3]}


def test_a_control_outside_the_project_is_answered_from_its_definition(client: Client) -> None:
    project_id = new_project(client, "other")
    data = chat(client, "And here?", project_id=project_id, control_id=ACCESS.id)
    assert "isn't assessed against Acme Standard Type II" in data["message"]


def test_a_control_out_of_scope_is_said_to_be(client: Client) -> None:
    project_id = new_project(client)
    path = f"/api/v1/projects/{project_id}/controls/{ACCESS.id}"
    assert client.patch(path, json={"applicable": False, "reason": "No systems"}).status_code == 200
    assert "not applicable" in chat(client, "X1.1?", project_id=project_id)["message"]


def test_a_control_without_expected_evidence_is_described(client: Client) -> None:
    message = chat(client, "X1.2?")["message"]
    assert "no list of expected evidence" in message
    assert BARE.description in message


def test_topics_lead_to_controls_with_close_titles(client: Client) -> None:
    data = chat(client, "How does the Acme Standard want physical entry to be controlled?")
    assert data["citations"][0]["id"] == BARE.id
    assert "names no control by its number" in data["message"]


def test_topics_are_also_found_in_descriptions(client: Client) -> None:
    data = chat(client, "Which part of the Acme Standard is about locked doors?")
    assert [each["id"] for each in data["citations"]] == [BARE.id]


def test_a_framework_alone_is_described(client: Client) -> None:
    data = chat(client, "Tell me about the Acme Standard")
    assert "It has 2 controls:\n\n- Security: 2 controls" in data["message"]
    assert data["context"] == {"framework": "acme", "control": None, "control_title": None}


def test_a_project_alone_tells_its_score(client: Client) -> None:
    project_id = new_project(client)
    data = chat(client, "Hello", project_id=project_id)
    assert "has a compliance score of 0 of 100" in data["message"]
    none = {"evidence_id": None, "quote": None}
    assert data["citations"] == [{"id": project_id, "kind": "project", "title": "Assessment", **none}]


def test_without_a_source_it_says_so(client: Client) -> None:
    data = chat(client, "Will it rain?")
    assert data["message"].startswith("I have no source for that.")
    assert (data["citations"], data["suggestions"]) == ([], [])


def test_suggestions_work_as_they_stand(client: Client) -> None:
    project_id = new_project(client)
    upload(client, project_id, "Rules of access")
    suggestions = chat(client, "X1.1?", project_id=project_id)["suggestions"]
    assert [(each["type"], each["title"]) for each in suggestions] == [
        ("policy_generation", "Generate Access Control Policy"),
        ("gap_analysis", "Analyze Gaps"),
        ("evidence_analysis", "Analyze “Rules of access”"),
        ("evidence_search", "Search for “Access to Systems”"),
    ]
    for request in (each["request"] for each in suggestions):
        body = {"json": request.get("body", {})} if request["method"] != "GET" else {}
        answer = client.request(request["method"], request["path"], **body)
        assert answer.status_code == 200, answer.text


def test_projects_of_others_are_not_found(client: Client, app: StudioApp) -> None:
    project_id = new_project(client)
    stranger = app.client("manager")
    for asked in (project_id, "proj_nothere"):
        body = {"message": "X1.1?", "context": {"project_id": asked}}
        assert stranger.post("/api/v1/ai/chat", json=body).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "message"),
        ({"message": "  "}, "message"),
        ({"message": "x" * 4001}, "message"),
        ({"message": "x\u0000"}, "message"),
        ({"message": "x", "context": {"control_id": "ctrl_nothere"}}, "context.control_id"),
        ({"message": "x", "context": {"control_id": "A1.1"}}, "context.control_id"),
        ({"message": "x", "context": {"project": "proj_1"}}, "context.project"),
        ({"message": "x", "context": []}, "context"),
        ({"message": "x", "provider": "oracle"}, "provider"),
        ({"message": "x", "stream": True}, "stream"),
    ],
)
def test_wrong_questions_name_the_field(client: Client, body: dict[str, Any], field: str) -> None:
    answer = client.post("/api/v1/ai/chat", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["details"]["field"].startswith(field)


def test_asking_needs_an_account(app: StudioApp) -> None:
    assert app.anonymous.post("/api/v1/ai/chat", json={"message": "x"}).status_code == 401


def test_questions_do_not_cost_more_queries_in_larger_projects(client: Client, app: StudioApp) -> None:
    def queries(project_id: str) -> int:
        def once() -> int:
            with app.count_queries() as seen:
                chat(client, "X1.1?", project_id=project_id)
            return len(seen)

        # The least of several: a caller is looked up again when the last look is a second old.
        return min(once() for _ in range(4))

    small, large = new_project(client), new_project(client)
    upload(client, small, "Evidence")
    for number in range(12):
        upload(client, large, f"Evidence {number}")
    assert queries(small) == queries(large)


def test_what_expires_soon_is_told_with_its_day_and_the_next_step(make_assistant: MakeAssistant) -> None:
    """``ai.expiring_days``"""
    app = make_assistant()
    client = app.client("admin")
    reviewer = app.client("auditor")
    project_id = new_project(client, team_members=[{"user_id": reviewer.user_id, "role": "auditor"}])
    pieces = [upload(client, project_id, title) for title in ("Access Control Policy", "Access Reviews")]
    for piece in pieces:
        review = {"decision": "approve", "score": 90}
        assert reviewer.post(f"/api/v1/evidence/{piece}/reviews", json=review).status_code == 201
    assert "Expiring soon" not in chat(client, "X1.1?", project_id=project_id)["message"]
    app.clock.advance((ACCESS.renewal_days - 20) * 86_400)
    later = app.client("admin")
    message = chat(later, "X1.1?", project_id=project_id)["message"]
    day = later.get(f"/api/v1/evidence/{pieces[0]}").json()["data"]["expires_at"][:10]
    assert f"Expiring soon: Access Control Policy on {day} [{pieces[0]}]; Access Reviews on {day}" in message
    assert f"Next step: upload a new version of “Access Control Policy” before {day}." in message


def test_frameworks_that_come_change_and_go_are_known_at_once(client: Client) -> None:
    def definition(version: str, description: str) -> dict[str, Any]:
        control = {"number": "H-7.1", "title": "Kitchen", "description": description, "category": "a"}
        head = {"studio_framework": 1, "id": "house", "name": "House Rules", "version": version}
        return {**head, "categories": [{"id": "a", "title": "A"}], "controls": [control]}

    def asked() -> dict[str, Any]:
        return chat(client, "What does H-7.1 ask for?")

    path = "/api/v1/compliance/frameworks"
    assert asked()["context"]["control"] is None
    assert client.post(path, json=definition("1", "Dishes are washed at night.")).status_code == 201
    first = asked()
    assert (first["context"]["framework"], first["context"]["control"]) == ("house", "H-7.1")
    assert "washed at night" in first["message"]
    upgraded = client.post(f"{path}/house/upgrade", json=definition("2", "Dishes are washed at once."))
    assert upgraded.status_code == 200
    assert "washed at once" in asked()["message"]
    assert client.post(f"{path}/house/rollback").status_code == 200
    assert "washed at night" in asked()["message"]
    assert client.delete(f"{path}/house").status_code == 200
    assert asked()["context"]["control"] is None

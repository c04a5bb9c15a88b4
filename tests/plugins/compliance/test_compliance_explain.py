"""The five changes that would raise a score most: made for real, each gives the score that was promised."""

from __future__ import annotations

from typing import Any

import pytest

from studio_compliance.changes import KINDS

from .conftest import CRITICAL, HIGH, LOW, MEDIUM, OTHERS, House


def changes(house: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = house.get("score", explain="true")["explanation"]["changes"]
    return found


def change(house: House, kind: str) -> dict[str, Any]:
    return next(each for each in changes(house) if each["kind"] == kind)


def make(house: House, wanted: dict[str, Any]) -> None:
    """Do what a change says."""
    if wanted["kind"] == "provide_evidence":
        house.approve(house.upload("New", wanted["id"]), wanted["assumed_quality"])
    elif wanted["kind"] in ("approve_evidence", "renew_evidence"):
        body = {"decision": "approve", "score": wanted["assumed_quality"]}
        assert house.reviewer.post(f"/api/v1/evidence/{wanted['id']}/reviews", json=body).status_code == 201
    elif wanted["kind"] == "improve_evidence":
        house.approve(wanted["id"], wanted["assumed_quality"])
    elif wanted["kind"] == "change_override":
        house.set_control(wanted["id"], status="complete")
    else:
        path = f"/api/v1/projects/{house.project_id}/milestones/{wanted['id']}"
        assert house.admin.patch(path, json={"status": "completed"}).status_code == 200


def check(house: House, wanted: dict[str, Any]) -> None:
    """A change that is made gives the score that it promised."""
    before = house.get("score", explain="true")["explanation"]["exact_score"]
    make(house, wanted)
    after = house.get("score", explain="true")
    assert after["overall_score"] == wanted["score_after"]
    assert after["explanation"]["exact_score"] == pytest.approx(before + wanted["gain"], abs=0.02)


def test_a_new_project_is_told_where_to_begin(house: House) -> None:
    first = changes(house)[0]
    assert (first["kind"], first["control"]["number"], first["assumed_quality"]) == ("provide_evidence", "000", 80)
    check(house, first)


def test_five_changes_are_told_the_best_first(house: House) -> None:
    house.project_id = house.project("sixty")
    gains = [each["gain"] for each in changes(house)]
    assert len(gains) == 5
    assert gains == sorted(gains, reverse=True)
    assert gains[-1] > 0


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_change_keeps_its_promise(house: House, kind: str) -> None:
    house.project_id = house.project("four", frameworks=["other"])
    old = house.upload("Old", control_id=LOW)
    house.approve(old, 60)
    if kind == "renew_evidence":
        house.app.clock.advance(366 * 86_400)
        house.admin, reviewer = house.app.client("admin"), house.app.client("auditor")
        body = {"user_id": reviewer.user_id, "role": "auditor"}
        assert house.admin.post(f"/api/v1/projects/{house.project_id}/members", json=body).status_code == 201
        house.reviewer = reviewer
        house.app.platform.jobs.sweep()
        house.app.run_jobs()
    if kind == "approve_evidence":
        house.upload("Waiting", control_id=CRITICAL)
    if kind == "complete_milestone":
        body = {"name": "Late", "due_date": "2020-01-01T00:00:00Z"}
        assert house.admin.post(f"/api/v1/projects/{house.project_id}/milestones", json=body).status_code == 201
    if kind not in ("provide_evidence", "approve_evidence"):
        for control in (CRITICAL, HIGH, MEDIUM, LOW, *OTHERS):
            house.set_control(control, status="complete")
    if kind == "change_override":
        house.set_control(CRITICAL, status="in_progress")
    if kind == "renew_evidence":
        house.set_control(LOW, status=None)
    check(house, change(house, kind))


def test_a_change_tells_what_else_it_moves(house: House) -> None:
    house.project_id = house.project("four", frameworks=["other"])
    first = changes(house)[0]
    assert [(each["framework"], each["number"]) for each in first["also_moves"]] == [("other", "000")]
    check(house, first)


def test_a_complete_project_is_told_nothing(house: House) -> None:
    for control in (CRITICAL, HIGH, MEDIUM, LOW):
        house.approve(house.upload(control_id=control), 100)
    assert changes(house) == []


def test_the_explanation_tells_every_weight(house: House) -> None:
    explained = house.get("score", explain="true")["explanation"]
    assert explained["priority_weights"] == {"critical": 4, "high": 3, "medium": 2, "low": 1}
    assert explained["severity_points"]["critical"] == 100
    assert explained["parts"][1]["inputs"] == {"has_evidence": 0, "current_pieces": 0}


def test_explaining_costs_the_same_queries_whatever_the_controls(house: House) -> None:
    def queries(framework_id: str) -> int:
        house.project_id = house.project(framework_id)
        house.get("score", explain="true")
        with house.app.count_queries() as seen:
            house.get("score", explain="true")
        return len(seen)

    assert queries("ten") == queries("sixty") <= 14

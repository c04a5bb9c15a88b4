"""Reviewing evidence, and what follows for its controls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

DAY = 86_400


def days_between(early: str, late: str) -> float:
    return (datetime.fromisoformat(late) - datetime.fromisoformat(early)) / timedelta(days=1)


def test_an_approval_completes_the_control_and_its_score_becomes_the_quality(house: Any) -> None:
    piece = house.piece()
    response = house.review(piece["id"], score=92, comment="Clear and complete")
    assert response.status_code == 201
    review = response.json()["data"]
    assert (review["decision"], review["score"], review["status"]) == ("approve", 92, "approved")
    assert review["reviewer_id"] == house.auditor.user_id
    shown = house.show(piece["id"])
    assert (shown["status"], shown["quality_score"], shown["is_current"]) == ("approved", 92, True)
    assert days_between(shown["approved_at"], shown["expires_at"]) == 365
    assert house.control() == ("complete", 1)
    [event] = house.events("evidence.reviewed")
    assert event["evidence"]["id"] == piece["id"]
    assert event["review"]["status"] == "approved"


@pytest.mark.parametrize(("decision", "status"), [("reject", "rejected"), ("request_changes", "in_review")])
def test_other_decisions_leave_the_control_in_progress(house: Any, decision: str, status: str) -> None:
    piece = house.piece()
    house.review(piece["id"])
    assert house.review(piece["id"], decision, score=30, comment="No date").status_code == 201
    shown = house.show(piece["id"])
    assert (shown["status"], shown["quality_score"], shown["expires_at"]) == (status, 0, None)
    assert house.control() == ("in_progress", 1)


def test_nobody_reviews_what_they_uploaded_administrators_included(house: Any) -> None:
    for uploader in (house.manager, house.admin):
        piece = house.piece(by=uploader)
        refusal = house.review(piece["id"], by=uploader)
        assert refusal.status_code == 403
        assert "uploaded themselves" in refusal.json()["error"]["message"]
        assert house.review(piece["id"], by=house.lead).status_code == 201


def test_whoever_uploaded_an_earlier_version_does_not_review_either(house: Any) -> None:
    piece = house.piece(by=house.lead)
    files = {"file": ("policy.md", b"# Two\n")}
    assert house.member.post(f"/api/v1/evidence/{piece['id']}/versions", files=files).status_code == 201
    assert house.review(piece["id"], by=house.lead).status_code == 403


def test_separation_of_duties_is_a_setting(make_house: Any) -> None:
    house = make_house(overrides={"evidence.separation_of_duties": False})
    piece = house.piece(by=house.manager)
    assert house.review(piece["id"], by=house.manager).status_code == 201


def test_a_review_of_a_version_that_is_no_longer_current_is_refused(house: Any) -> None:
    piece = house.piece()
    files = {"file": ("policy.md", b"# Two\n")}
    house.member.post(f"/api/v1/evidence/{piece['id']}/versions", files=files)
    refusal = house.review(piece["id"], version=1)
    assert (refusal.status_code, refusal.json()["error"]["details"]["version"]) == (409, 2)
    assert house.review(piece["id"], version=2).status_code == 201


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("decision", {}),
        ("decision", {"decision": "maybe"}),
        ("score", {"decision": "approve", "score": 101}),
        ("score", {"decision": "approve", "score": "92"}),
        ("score", {"decision": "approve", "score": 1.5}),
        ("comment", {"decision": "approve", "comment": "a\u0000b"}),
        ("note", {"decision": "approve", "note": "x"}),
    ],
)
def test_a_wrong_review_names_the_field(house: Any, field: str, body: dict[str, Any]) -> None:
    piece = house.piece()
    response = house.auditor.post(f"/api/v1/evidence/{piece['id']}/reviews", json=body)
    assert (response.status_code, response.json()["error"]["details"]["field"]) == (400, field)


def test_reviews_are_listed_the_latest_first(house: Any) -> None:
    piece = house.piece()
    house.review(piece["id"], "request_changes", comment="Sign it")
    house.review(piece["id"], "approve", score=80, by=house.lead)
    data = house.viewer.get(f"/api/v1/evidence/{piece['id']}/reviews").json()["data"]
    assert [each["decision"] for each in data["reviews"]] == ["approve", "request_changes"]
    assert data["reviews"][1]["comment"] == "Sign it"
    assert all(each["reviewer_name"] for each in data["reviews"])
    assert data["pagination"]["total"] == 2


def test_the_shortest_renewal_of_the_controls_decides_and_valid_until_bounds_it(house: Any) -> None:
    piece = house.piece()
    house.review(piece["id"])
    path = f"/api/v1/evidence/{piece['id']}"
    linked = house.member.put(f"{path}/controls/{house.quarterly}").json()["data"]
    assert days_between(linked["approved_at"], linked["expires_at"]) == 90
    until = house.app.clock() + timedelta(days=10)
    changed = house.member.patch(path, json={"valid_until": until.isoformat()}).json()["data"]
    assert changed["expires_at"] == changed["valid_until"]
    house.member.patch(path, json={"valid_until": None})
    house.member.delete(f"{path}/controls/{house.quarterly}")
    shown = house.show(piece["id"])
    assert days_between(shown["approved_at"], shown["expires_at"]) == 365


def test_evidence_that_is_no_longer_valid_cant_be_approved(house: Any) -> None:
    piece = house.piece(valid_until="2020-01-01T00:00:00Z")
    refusal = house.review(piece["id"])
    assert refusal.status_code == 409
    assert "valid until" in refusal.json()["error"]["message"]
    assert house.viewer.get(f"/api/v1/evidence/{piece['id']}/reviews").json()["data"]["reviews"] == []


def test_evidence_without_controls_expires_after_the_default(make_house: Any) -> None:
    house = make_house(overrides={"evidence.default_renewal_days": 30})
    piece = house.piece(control_id=None)
    house.review(piece["id"])
    shown = house.show(piece["id"])
    assert days_between(shown["approved_at"], shown["expires_at"]) == 30


def test_expiry_can_be_switched_off(make_house: Any) -> None:
    house = make_house(overrides={"evidence.expires": False})
    piece = house.piece()
    house.review(piece["id"])
    assert house.show(piece["id"])["expires_at"] is None


def test_the_quality_of_unjudged_evidence_is_told_honestly(house: Any) -> None:
    piece = house.piece()
    path = f"/api/v1/evidence/{piece['id']}/quality"
    data = house.viewer.get(path).json()["data"]
    assert (data["quality_score"], data["band"], data["source"], data["analyzed"]) == (0, None, "none", False)
    house.review(piece["id"], score=85)
    data = house.viewer.get(path).json()["data"]
    assert (data["quality_score"], data["band"], data["source"]) == (85, "good", "review")

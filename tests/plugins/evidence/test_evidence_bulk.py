"""Tags and links of many pieces at once: each is changed or refused by itself."""

from __future__ import annotations

from typing import Any

import pytest

from studio_evidence import schemas


@pytest.fixture(params=["sqlite", "postgresql"])
def house(make_house: Any, request: pytest.FixtureRequest) -> Any:
    return make_house(database_url=request.getfixturevalue("postgres_url") if request.param == "postgresql" else "")


def bulk(caller: Any, what: str, **body: Any) -> dict[str, Any]:
    answer = caller.post(f"/api/v1/evidence/bulk/{what}", json=body)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    assert schemas.BulkResults().validate(data) == {}
    return data


def test_many_pieces_are_tagged_at_once_with_a_result_for_each(house: Any) -> None:
    first, second = house.piece(b"1", "a.txt", tags="old,kept"), house.piece(b"2", "a.txt", tags="new")
    full = house.piece(b"3", "a.txt", tags=",".join(f"t{number}" for number in range(50)))
    other = house.admin.post("/api/v1/projects", json={"name": "Other", "framework": "tiny"}).json()["data"]["id"]
    hidden = house.piece(b"4", "a.txt", by=house.admin, project_id=other, control_id=None)
    ids = [first["id"], "ev_missing", second["id"], full["id"], hidden["id"]]
    data = bulk(house.member, "tags", evidence_ids=ids, add=["new"], remove=["old"])
    assert [each["id"] for each in data["results"]] == ids
    assert [each["ok"] for each in data["results"]] == [True, False, True, False, False]
    assert [each["changed"] for each in data["results"]] == [True, False, False, False, False]
    assert (data["changed"], data["failed"]) == (1, 3)
    codes = [each["error"]["code"] for each in data["results"] if not each["ok"]]
    assert codes == ["NOT_FOUND", "VALIDATION_ERROR", "NOT_FOUND"]
    assert other not in str(data)
    assert house.show(first["id"])["tags"] == ["kept", "new"]
    listed = house.viewer.get("/api/v1/evidence?tag=new").json()["data"]["evidence"]
    assert {each["id"] for each in listed} == {first["id"], second["id"]}
    assert [each["changed"] for each in house.events("evidence.updated")] == [["tags"]]


def test_many_pieces_are_linked_and_unlinked_at_once(house: Any) -> None:
    pieces = [house.piece(str(number).encode(), "a.txt") for number in range(3)]
    house.review(pieces[0]["id"])
    ids = [each["id"] for each in pieces]
    data = bulk(house.member, "controls", evidence_ids=[*ids, ids[0]], link=[house.quarterly], unlink=[house.yearly])
    assert [(each["id"], each["changed"]) for each in data["results"]] == [(each, True) for each in ids]
    assert (house.control(), house.control(house.quarterly)) == (("not_started", 0), ("complete", 3))
    assert data["results"][0]["evidence"]["control_ids"] == [house.quarterly]
    again = bulk(house.member, "controls", evidence_ids=ids, link=[house.quarterly])
    assert (again["changed"], again["failed"]) == (0, 0)
    assert len(house.events("evidence.linked")) == len(house.events("evidence.unlinked")) == 3


def test_a_piece_that_lacks_one_control_keeps_all_its_links(house: Any) -> None:
    piece = house.piece()
    data = bulk(
        house.member,
        "controls",
        evidence_ids=[piece["id"]],
        link=[house.quarterly, "ctrl_elsewhere"],
        unlink=[house.yearly],
    )
    assert (data["failed"], data["results"][0]["error"]["code"]) == (1, "NOT_FOUND")
    assert house.show(piece["id"]) == piece
    assert (house.control(), house.control(house.quarterly)) == (("in_progress", 1), ("not_started", 0))


def test_roles_and_the_archive_are_told_piece_by_piece(house: Any) -> None:
    piece = house.piece()
    for caller, code in ((house.viewer, "FORBIDDEN"), (house.auditor, "FORBIDDEN"), (house.stranger, "NOT_FOUND")):
        data = bulk(caller, "tags", evidence_ids=[piece["id"]], add=["x"])
        assert data["results"][0]["error"]["code"] == code
    house.manager.patch(f"/api/v1/projects/{house.project_id}", json={"status": "archived"})
    for what, change in (("tags", {"add": ["x"]}), ("controls", {"link": [house.quarterly]})):
        data = bulk(house.member, what, evidence_ids=[piece["id"]], **change)
        assert data["results"][0]["error"]["code"] == "CONFLICT"
    assert house.show(piece["id"]) == piece


def test_a_malformed_bulk_change_is_refused_as_a_whole(house: Any) -> None:
    piece = house.piece()["id"]
    for body, field in (
        ({"evidence_ids": []}, "evidence_ids"),
        ({"evidence_ids": ["x"]}, "evidence_ids.0"),
        ({"evidence_ids": [piece] * 201}, "evidence_ids"),
        ({"evidence_ids": [piece], "add": ["x" * 51]}, "add.0"),
        ({"evidence_ids": [piece], "tags": ["x"]}, "tags"),
    ):
        refusal = house.member.post("/api/v1/evidence/bulk/tags", json=body)
        assert (refusal.status_code, refusal.json()["error"]["details"]["field"]) == (400, field)

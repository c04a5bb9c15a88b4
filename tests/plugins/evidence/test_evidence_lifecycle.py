"""What happens to evidence with time, and with its project."""

from __future__ import annotations

from typing import Any

import pytest

from studio_kernel.storage.sql import Statement

DAY = 86_400
TABLES = ("evidence", "evidence_versions", "evidence_controls", "evidence_tags", "evidence_reviews")


def rows_in(house: Any) -> dict[str, int]:
    count = house.app.platform.database.value
    return {table: count(Statement(f"SELECT COUNT(*) FROM {table}")) for table in TABLES}


def test_approved_evidence_expires_and_its_control_is_no_longer_complete(house: Any) -> None:
    piece = house.piece()
    house.review(piece["id"], score=90)
    house.app.clock.advance(364 * DAY)
    house.app.platform.jobs.sweep()
    house.app.run_jobs()
    assert house.control() == ("complete", 1)
    house.app.clock.advance(2 * DAY)
    house.app.platform.jobs.sweep()
    house.app.run_jobs()
    assert house.control() == ("in_progress", 1)
    assert [each["evidence"]["id"] for each in house.events("evidence.expired")] == [piece["id"]]
    house.app.clock.advance(DAY)
    house.app.platform.jobs.sweep()
    house.app.run_jobs()
    assert len(house.events("evidence.expired")) == 1


def test_expired_evidence_can_be_approved_anew(house: Any) -> None:
    piece = house.piece()
    house.review(piece["id"])
    house.app.clock.advance(366 * DAY)
    house.app.platform.jobs.sweep()
    house.app.run_jobs()
    client = house.app.client("admin")
    assert client.get(f"/api/v1/evidence/{piece['id']}").json()["data"]["is_current"] is False
    assert house.review(piece["id"], by=client).status_code == 201
    assert house.control() == ("complete", 1)


def test_many_pieces_expire_in_one_run(house: Any) -> None:
    from studio_evidence.service.upkeep import Upkeep

    for number in range(5):
        house.review(house.piece(f"{number}".encode(), "a.txt")["id"])
    house.app.clock.advance(400 * DAY)
    assert Upkeep(house.app.platform).expire() == 5
    assert Upkeep(house.app.platform).expire() == 0


def test_the_sweep_deletes_only_old_files_that_no_version_refers_to(house: Any) -> None:
    from studio_evidence.service.upkeep import Upkeep

    platform = house.app.platform
    kept = house.piece(b"kept", "a.txt")
    gone = house.piece(b"gone", "a.txt")
    twice = house.piece(b"twice", "a.txt")
    other = house.piece(b"twice", "b.txt")
    with platform.files.stage() as staged:
        staged.write(b"its row was never committed")
        orphan = platform.files.keep(staged)
    for each in (gone, twice):
        assert house.lead.delete(f"/api/v1/evidence/{each['id']}").status_code == 200
    assert Upkeep(platform).sweep() == 0
    assert {orphan, gone["sha256"]} <= house.kept()
    house.app.clock.advance(2 * 3600)
    assert Upkeep(platform).sweep() == 2
    assert house.kept() == {kept["sha256"], other["sha256"]}


def test_the_sweep_and_the_expiry_run_by_themselves(house: Any) -> None:
    kinds = house.app.platform.jobs.types
    assert (kinds["evidence.sweep"].every, kinds["evidence.expire"].every) == (3600.0, 300.0)


def test_deleted_evidence_is_gone_and_its_control_starts_again(house: Any) -> None:
    piece = house.piece(tags="a,b")
    house.review(piece["id"])
    path = f"/api/v1/evidence/{piece['id']}"
    assert house.member.delete(path).status_code == 403
    response = house.lead.delete(path)
    assert response.json() == {"success": True, "message": "Evidence deleted successfully"}
    assert house.admin.get(path).status_code == 404
    assert house.control() == ("not_started", 0)
    assert set(rows_in(house).values()) == {0}
    assert [each["evidence"]["id"] for each in house.events("evidence.deleted")] == [piece["id"]]


def test_a_project_with_evidence_under_review_is_not_deleted(house: Any) -> None:
    piece = house.piece()
    patch = house.member.patch(f"/api/v1/evidence/{piece['id']}", json={"status": "in_review"})
    assert patch.json()["data"]["status"] == "in_review"
    refusal = house.manager.delete(f"/api/v1/projects/{house.project_id}")
    assert refusal.status_code == 409
    assert "under review" in refusal.text


def test_a_deleted_project_takes_its_evidence_and_later_the_files_with_it(house: Any) -> None:
    from studio_evidence.service.upkeep import Upkeep

    house.review(house.piece(tags="a,b")["id"])
    assert house.manager.delete(f"/api/v1/projects/{house.project_id}").status_code == 200
    assert set(rows_in(house).values()) == {0}
    house.app.clock.advance(2 * 3600)
    Upkeep(house.app.platform).sweep()
    assert house.kept() == set()


def test_an_archived_project_takes_no_changes_but_can_be_read(house: Any) -> None:
    piece = house.piece()
    path = f"/api/v1/evidence/{piece['id']}"
    archived = house.manager.patch(f"/api/v1/projects/{house.project_id}", json={"status": "archived"})
    assert archived.status_code == 200, archived.text
    attempts = [
        house.upload(),
        house.review(piece["id"]),
        house.member.patch(path, json={"title": "New"}),
        house.member.put(f"{path}/controls/{house.quarterly}"),
        house.member.delete(f"{path}/controls/{house.yearly}"),
        house.lead.delete(path),
        house.member.post(f"{path}/versions", files={"file": ("a.txt", b"x")}),
    ]
    assert [each.status_code for each in attempts] == [409] * len(attempts)
    assert house.viewer.get(f"{path}/file").status_code == 200
    assert house.show(piece["id"]) == piece


def test_what_fails_inside_the_transaction_leaves_no_row(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from studio_evidence.service.records import Records

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the process dies here")

    monkeypatch.setattr(Records, "publish", fail)
    assert house.upload().status_code == 500
    assert set(rows_in(house).values()) == {0}
    assert house.control() == ("not_started", 0)

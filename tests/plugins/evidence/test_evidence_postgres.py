"""The way of evidence on PostgreSQL, and several people at once on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

DAY = 86_400


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Any:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    # NOTE: asked for after the database, so that the application is closed before it.
    return request.getfixturevalue("make_house")(database_url=url)


def test_evidence_is_uploaded_reviewed_listed_changed_expired_and_deleted(place: Any) -> None:
    from studio_evidence.api import EvidenceLibrary
    from studio_evidence.service.upkeep import Upkeep

    piece = place.piece(tags='["ä", "b"]', description="Größe 100%")
    path = f"/api/v1/evidence/{piece['id']}"
    assert place.review(piece["id"], score=92).status_code == 201
    assert place.control() == ("complete", 1)
    query = {"project_id": place.project_id, "control_id": place.yearly, "tag": "ä", "search": "100%"}
    listed = place.viewer.get("/api/v1/evidence", params=query).json()["data"]
    assert [each["id"] for each in listed["evidence"]] == [piece["id"]]
    assert place.viewer.get(f"{path}/file").content == b"# Policy\n"
    assert place.member.put(f"{path}/controls/{place.quarterly}").status_code == 200
    assert EvidenceLibrary(place.app.platform).quality(place.project_id).mean_current_approved == 92
    place.app.clock.advance(91 * DAY)
    assert Upkeep(place.app.platform).expire() == 1
    assert place.control() == ("in_progress", 1)
    assert Upkeep(place.app.platform).sweep() == 0
    client = place.app.client("admin")
    assert client.delete(f"/api/v1/projects/{place.project_id}").status_code == 200
    assert Upkeep(place.app.platform).sweep() == 1


def test_uploads_at_the_same_time_are_all_counted(place: Any) -> None:
    def upload(number: int) -> int:
        return int(place.upload(f"{number}".encode(), "a.txt").status_code)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(upload, range(16))) == [201] * 16
    assert place.control() == ("in_progress", 16)


def test_links_set_at_the_same_time_are_all_kept(place: Any) -> None:
    piece = place.piece(control_id=None)
    path = f"/api/v1/evidence/{piece['id']}/controls"
    start = threading.Barrier(2)

    def link(control_id: str) -> int:
        start.wait(10)
        return int(place.member.put(f"{path}/{control_id}").status_code)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(link, [place.yearly, place.quarterly])) == [200, 200]
    assert set(place.show(piece["id"])["control_ids"]) == {place.yearly, place.quarterly}

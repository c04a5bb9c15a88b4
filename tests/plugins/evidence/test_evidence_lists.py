"""Listing and changing evidence, its links, and who may do what."""

from __future__ import annotations

from typing import Any

import pytest

ROOT = "/api/v1/evidence"


def titles(client: Any, **query: Any) -> list[str]:
    response = client.get(ROOT, params=query)
    assert response.status_code == 200, response.text
    return [each["title"] for each in response.json()["data"]["evidence"]]


@pytest.fixture
def shelf(house: Any) -> Any:
    """Three pieces, one approved, of different sizes, tags and controls."""
    house.piece(b"1", "a.txt", title="Alpha", tags="policy,old", description="first one")
    house.app.clock.advance(60)
    second = house.piece(b"22", "b.txt", title="beta 100%", tags="policy", control_id=house.quarterly)
    house.app.clock.advance(60)
    house.piece(b"333", "c.txt", title="Gamma", control_id=None)
    house.review(second["id"], score=88)
    return house


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Gamma", "beta 100%", "Alpha"]),
        ({"order": "asc"}, ["Alpha", "beta 100%", "Gamma"]),
        ({"sort": "created_at"}, ["Gamma", "beta 100%", "Alpha"]),
        ({"sort": "title", "order": "asc"}, ["Alpha", "Gamma", "beta 100%"]),
        ({"sort": "quality_score", "limit": 1}, ["beta 100%"]),
        ({"sort": "file_size"}, ["Gamma", "beta 100%", "Alpha"]),
        ({"status": "approved"}, ["beta 100%"]),
        ({"tag": "policy"}, ["beta 100%", "Alpha"]),
        ({"tag": "pol"}, []),
        ({"search": "FIRST"}, ["Alpha"]),
        ({"search": "100%"}, ["beta 100%"]),
        ({"search": "old", "search_fields": "tags"}, ["Alpha"]),
        ({"search": "first", "search_fields": "title"}, []),
        ({"page": 2, "limit": 2}, ["Alpha"]),
    ],
)
def test_a_list_is_filtered_sorted_and_searched(shelf: Any, query: dict[str, Any], expected: list[str]) -> None:
    found = titles(shelf.viewer, **query)
    if query.get("sort") == "title":
        assert sorted(found) == sorted(expected)
    else:
        assert found == expected


def test_a_list_is_filtered_by_project_control_and_time(shelf: Any) -> None:
    viewer = shelf.viewer
    assert titles(viewer, project_id=shelf.project_id, control_id=shelf.yearly) == ["Alpha"]
    assert titles(viewer, project_id="proj_elsewhere") == []
    [middle] = [each for each in viewer.get(ROOT).json()["data"]["evidence"] if each["title"] == "beta 100%"]
    assert titles(viewer, created_after=middle["uploaded_at"]) == ["Gamma"]
    assert titles(viewer, created_before=middle["uploaded_at"]) == ["Alpha"]


def test_a_cursor_walks_the_whole_list(shelf: Any) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        data = shelf.viewer.get(ROOT, params={"limit": 2, "cursor": cursor}).json()["data"]
        seen += [each["title"] for each in data["evidence"]]
        cursor = data["pagination"]["next_cursor"]
    assert seen == ["Gamma", "beta 100%", "Alpha"]


@pytest.mark.parametrize("query", [{"status": "done"}, {"sort": "sha256"}, {"colour": "red"}, {"limit": "0"}])
def test_a_wrong_query_is_refused_by_name(house: Any, query: dict[str, str]) -> None:
    response = house.viewer.get(ROOT, params=query)
    assert (response.status_code, response.json()["error"]["details"]["field"]) == (400, next(iter(query)))


def test_a_list_takes_one_query_whatever_its_length(house: Any) -> None:
    assert titles(house.viewer) == []
    counts = []
    for number in range(4):
        house.piece(tags="a,b,c", title=f"Number {number}")
        with house.app.count_queries() as seen:
            assert len(titles(house.viewer)) == number + 1
        counts.append(len(seen))
    assert counts == [1, 1, 1, 1]


def test_outsiders_see_nothing_and_learn_nothing(house: Any) -> None:
    piece = house.piece()
    path = f"{ROOT}/{piece['id']}"
    assert titles(house.stranger) == []
    attempts = [
        house.stranger.get(path),
        house.stranger.get(f"{path}/file"),
        house.stranger.get(f"{path}/quality"),
        house.stranger.get(f"{path}/versions"),
        house.stranger.get(f"{path}/reviews"),
        house.stranger.patch(path, json={"title": "Mine"}),
        house.stranger.put(path, json={"title": "Mine"}),
        house.stranger.delete(path),
        house.stranger.put(f"{path}/controls/{house.quarterly}"),
        house.stranger.delete(f"{path}/controls/{house.yearly}"),
        house.review(piece["id"], by=house.stranger),
        house.upload(by=house.stranger),
    ]
    assert [each.status_code for each in attempts] == [404] * len(attempts)
    assert all(house.project_id not in each.text for each in attempts[:-1])
    assert house.app.anonymous.get(path).status_code == 401


def test_each_project_role_may_do_what_the_table_says(house: Any) -> None:
    people = ("manager", "lead", "member", "auditor", "viewer")
    uploads = [house.upload(by=getattr(house, who)).status_code for who in people]
    assert uploads == [201, 201, 201, 403, 403]
    piece = house.piece(by=house.admin)
    reviews = [house.review(piece["id"], by=getattr(house, who)).status_code for who in people]
    assert reviews == [201, 201, 403, 201, 403]
    path = f"{ROOT}/{piece['id']}"
    changes = [getattr(house, who).patch(path, json={"title": who}).status_code for who in people]
    assert changes == [200, 200, 200, 403, 403]
    reads = [getattr(house, who).get(path).status_code for who in people]
    assert reads == [200] * 5


def test_patch_keeps_and_put_clears_what_is_not_given(house: Any) -> None:
    piece = house.piece(description="Text", tags="a,b", period_start="2024-01-01T00:00:00+01:00")
    path = f"{ROOT}/{piece['id']}"
    patched = house.member.patch(path, json={"title": "New", "tags": ["c"]}).json()["data"]
    assert (patched["title"], patched["tags"], patched["description"]) == ("New", ["c"], "Text")
    assert patched["period_start"] == "2023-12-31T23:00:00.000000Z"
    assert titles(house.viewer, tag="a") == []
    assert titles(house.viewer, tag="c") == ["New"]
    replaced = house.member.put(path, json={"title": "Newer"}).json()["data"]
    assert (replaced["description"], replaced["tags"], replaced["period_start"]) == ("", [], None)
    assert house.member.put(path, json={"description": "x"}).status_code == 400
    changed = [each["changed"] for each in house.events("evidence.updated")]
    assert changed == [["tags", "title"], ["description", "period_start", "tags", "title"]]


def test_a_change_to_what_is_already_so_is_no_event(house: Any) -> None:
    piece = house.piece(tags="a")
    response = house.member.patch(f"{ROOT}/{piece['id']}", json={"title": piece["title"], "tags": ["a"]})
    assert response.json()["data"] == piece
    assert house.events("evidence.updated") == []


def test_evidence_is_submitted_and_withdrawn_but_never_approved_by_a_change(house: Any) -> None:
    piece = house.piece()
    path = f"{ROOT}/{piece['id']}"
    assert house.member.patch(path, json={"status": "in_review"}).json()["data"]["status"] == "in_review"
    assert house.member.patch(path, json={"status": "pending"}).json()["data"]["status"] == "pending"
    assert house.member.patch(path, json={"status": "approved"}).status_code == 400
    house.review(piece["id"])
    assert house.member.patch(path, json={"status": "pending"}).status_code == 409


def test_a_change_on_an_old_reading_is_refused(house: Any) -> None:
    path = f"{ROOT}/{house.piece()['id']}"
    etag = house.member.get(path).headers["etag"]
    assert house.member.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert house.member.patch(path, json={"title": "A"}, headers={"If-Match": etag}).status_code == 200
    assert house.member.patch(path, json={"title": "B"}, headers={"If-Match": etag}).status_code == 412


def test_one_piece_serves_many_controls(house: Any) -> None:
    piece = house.piece()
    path = f"{ROOT}/{piece['id']}/controls"
    linked = house.member.put(f"{path}/{house.quarterly}")
    assert linked.json()["data"]["control_ids"] == [house.yearly, house.quarterly]
    assert house.control(house.quarterly) == ("in_progress", 1)
    assert house.member.put(f"{path}/{house.quarterly}").status_code == 200
    assert len(house.events("evidence.linked")) == 1
    assert titles(house.viewer, control_id=house.quarterly) == ["Policy"]
    gone = house.member.delete(f"{path}/{house.yearly}")
    assert gone.json() == {"success": True, "message": "Evidence unlinked successfully"}
    assert house.control() == ("not_started", 0)
    assert house.show(piece["id"])["control_id"] == house.quarterly
    assert [each["control_id"] for each in house.events("evidence.unlinked")] == [house.yearly]
    assert house.member.delete(f"{path}/{house.yearly}").status_code == 404
    assert house.member.put(f"{path}/ctrl_elsewhere").status_code == 404
    house.member.delete(f"{path}/{house.quarterly}")
    assert house.show(piece["id"])["control_id"] is None


@pytest.mark.parametrize("evidence_id", ["ev_missing", "%00", "ev_" + "x" * 200, "proj_1", "ä"])
def test_what_is_not_there_answers_404(house: Any, evidence_id: str) -> None:
    assert house.admin.get(f"{ROOT}/{evidence_id}").status_code == 404

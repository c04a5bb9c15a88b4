"""Evidence that is a link or a note, and versions with dates of their own."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from studio_evidence import schemas

JANUARY, MARCH, JUNE = (f"2024-0{month}-01T00:00:00.000000Z" for month in (1, 3, 6))


def note(house: Any, text: str = "# Seen\n\nThe server room is locked.", **given: Any) -> dict[str, Any]:
    body = {"title": "Visit", "project_id": house.project_id, "control_id": house.yearly, "text": text, **given}
    answer = house.member.post("/api/v1/evidence/notes", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/evidence/{answer.json()['data']['id']}"
    data: dict[str, Any] = answer.json()["data"]
    return data


def link(house: Any, url: str = "https://wiki.example.org/policy?v=2", **given: Any) -> Any:
    body = {"title": "Policy", "project_id": house.project_id, "control_id": house.yearly, "url": url, **given}
    return house.member.post("/api/v1/evidence/links", json=body)


def test_a_note_is_a_file_of_its_words(house: Any) -> None:
    piece = note(house, "Größe: 5 µm", tags=["visit"], period_start=JANUARY)
    assert schemas.EvidenceView().validate(piece) == {}
    assert (piece["kind"], piece["url"], piece["content_type"]) == ("note", None, "text/markdown")
    assert (piece["tags"], piece["period_start"]) == (["visit"], JANUARY)
    content = "Größe: 5 µm".encode()
    assert (piece["file_size"], piece["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert house.viewer.get(f"/api/v1/evidence/{piece['id']}/file").content == content
    assert house.control() == ("in_progress", 1)
    assert [each["evidence"]["id"] for each in house.events("evidence.uploaded")] == [piece["id"]]


def test_a_link_keeps_its_address_and_is_reviewed_like_a_file(house: Any) -> None:
    piece = link(house).json()["data"]
    assert (piece["kind"], piece["url"]) == ("link", "https://wiki.example.org/policy?v=2")
    file = house.viewer.get(f"/api/v1/evidence/{piece['id']}/file")
    assert (file.text, file.headers["content-type"]) == ("https://wiki.example.org/policy?v=2\r\n", "text/uri-list")
    assert house.review(piece["id"]).json()["data"]["status"] == "approved"
    assert house.control() == ("complete", 1)


@pytest.mark.parametrize(
    "url",
    [
        "wiki.example.org",
        "ftp://example.org/a",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "https://",
        "https://ada:secret@example.org/",
        "https://example.org@evil.example/",
        "https://exa mple.org/",
        "https:\\\\example.org",
        "https://[::1",
        "https://example.org:0/",
        "https://example.org/" + "x" * 2000,
        "",
    ],
)
def test_an_address_that_is_not_of_the_web_is_refused(house: Any, url: str) -> None:
    refusal = link(house, url)
    assert (refusal.status_code, refusal.json()["error"]["details"]["field"]) == (400, "url")
    assert house.kept() == set()


def test_what_comes_in_as_text_obeys_the_rules_of_uploads(house: Any) -> None:
    body = {"title": "Visit", "project_id": house.project_id, "text": "Seen"}
    path = "/api/v1/evidence/notes"
    assert house.viewer.post(path, json=body).status_code == 403
    assert house.stranger.post(path, json=body).status_code == 404
    assert house.member.post(path, json={**body, "text": " "}).status_code == 400
    assert house.member.post(path, json={**body, "control_id": "ctrl_elsewhere"}).status_code == 400
    assert house.member.post(path, json={**body, "colour": "red"}).status_code == 400
    piece = note(house)
    house.manager.patch(f"/api/v1/projects/{house.project_id}", json={"status": "archived"})
    assert house.member.post(path, json=body).status_code == 409
    versions = f"/api/v1/evidence/{piece['id']}/versions"
    assert house.member.post(f"{versions}/notes", json={"text": "More"}).status_code == 409
    assert house.member.post(f"{versions}/links", json={"url": "https://example.org"}).status_code == 409


def test_a_piece_may_change_its_kind_from_version_to_version(house: Any) -> None:
    piece = house.piece(b"# Policy\n", "policy.md")
    versions = f"/api/v1/evidence/{piece['id']}/versions"
    answer = house.member.post(f"{versions}/links", json={"url": "https://example.org", "comment": "It moved"})
    assert answer.status_code == 201, answer.text
    assert schemas.AddedVersion().validate(answer.json()["data"]) == {}
    assert house.viewer.get(answer.headers["location"]).text == "https://example.org\r\n"
    shown = house.show(piece["id"])
    assert (shown["kind"], shown["url"], shown["version"]) == ("link", "https://example.org", 2)
    assert house.member.post(f"{versions}/notes", json={"text": "Withdrawn"}).status_code == 201
    assert (house.show(piece["id"])["kind"], house.show(piece["id"])["url"]) == ("note", None)
    house.member.post(versions, files={"file": ("policy.md", b"# Policy 2\n")})
    listed = house.viewer.get(versions).json()["data"]["versions"]
    assert [(each["version"], each["kind"], each["comment"]) for each in listed] == [
        (4, "file", ""),
        (3, "note", ""),
        (2, "link", "It moved"),
        (1, "file", ""),
    ]


def test_each_version_keeps_the_dates_that_it_speaks_of(house: Any) -> None:
    piece = house.piece(period_start=JANUARY, period_end=MARCH)
    versions = f"/api/v1/evidence/{piece['id']}/versions"
    file = {"file": ("policy.md", b"# Two\n")}
    fields = {"period_start": MARCH, "period_end": JUNE, "comment": "Second quarter"}
    made = house.member.post(versions, files=file, data=fields).json()["data"]
    assert (made["period_start"], made["period_end"], made["comment"]) == (MARCH, JUNE, "Second quarter")
    shown = house.show(piece["id"])
    assert (shown["period_start"], shown["period_end"]) == (MARCH, JUNE)
    house.member.patch(f"/api/v1/evidence/{piece['id']}", json={"valid_until": JUNE})
    listed = house.viewer.get(versions).json()["data"]["versions"]
    dates = [(each["period_start"], each["period_end"], each["valid_until"]) for each in listed]
    assert dates == [(MARCH, JUNE, JUNE), (JANUARY, MARCH, None)]
    refusal = house.member.post(versions, files=file, data={"period_end": JANUARY})
    assert (refusal.status_code, refusal.json()["error"]["details"]["field"]) == (400, "period_end")
    assert house.show(piece["id"])["version"] == 2


def test_evidence_is_listed_by_kind_uploader_and_expiry(house: Any) -> None:
    file, words = house.piece(), note(house)
    house.review(file["id"])
    expires = house.show(file["id"])["expires_at"]

    def listed(**params: str) -> list[str]:
        return [each["id"] for each in house.viewer.get("/api/v1/evidence", params=params).json()["data"]["evidence"]]

    assert listed(kind="note") == [words["id"]]
    assert listed(kind="file") == [file["id"]]
    assert listed(uploaded_by=house.member.user_id) == [words["id"], file["id"]]
    assert listed(uploaded_by=house.lead.user_id) == []
    assert listed(expires_before=expires) == []
    assert listed(expires_before="2999-01-01T00:00:00Z", expires_after=JANUARY) == [file["id"]]


def test_files_of_deleted_evidence_go_in_the_background_unless_somebody_needs_them(house: Any) -> None:
    gone, shared = house.piece(b"gone", "a.txt"), house.piece(b"shared", "a.txt")
    house.member.post(f"/api/v1/evidence/{gone['id']}/versions", files={"file": ("a.txt", b"gone too")})
    house.piece(b"shared", "b.txt")
    house.app.clock.advance(2 * 3600)
    admin = house.app.client("admin")
    for piece in (gone, shared):
        assert admin.delete(f"/api/v1/evidence/{piece['id']}").status_code == 200
    assert len(house.kept()) == 3
    house.app.run_jobs()
    assert house.kept() == {shared["sha256"]}
    assert admin.delete(f"/api/v1/projects/{house.project_id}").status_code == 200
    house.app.run_jobs()
    assert house.kept() == set()


def test_a_file_that_was_just_kept_outlives_the_deletion_for_an_hour(house: Any) -> None:
    piece = house.piece(b"young", "a.txt")
    house.lead.delete(f"/api/v1/evidence/{piece['id']}")
    house.app.run_jobs()
    assert house.kept() == {piece["sha256"]}
    house.app.clock.advance(2 * 3600)
    house.app.platform.jobs.sweep()
    house.app.run_jobs()
    assert house.kept() == set()

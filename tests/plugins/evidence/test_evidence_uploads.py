"""Uploading evidence over HTTP."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PRINTED = {
    "id": str,
    "title": str,
    "description": str,
    "file_name": str,
    "file_size": int,
    "content_type": str,
    "control_id": str,
    "project_id": str,
    "uploaded_by": str,
    "uploaded_at": str,
    "quality_score": int,
    "status": str,
    "tags": list,
}


def multipart(parts: list[tuple[str, str | tuple[str, bytes]]]) -> tuple[bytes, dict[str, str]]:
    """A form with its parts in exactly this order; a pair is a file."""
    body = b""
    for name, value in parts:
        body += b'--frontier\r\nContent-Disposition: form-data; name="' + name.encode() + b'"'
        if isinstance(value, tuple):
            body += b'; filename="' + value[0].encode() + b'"\r\nContent-Type: application/pdf'
        content = value[1] if isinstance(value, tuple) else value.encode()
        body += b"\r\n\r\n" + content + b"\r\n"
    return body + b"--frontier--\r\n", {"Content-Type": "multipart/form-data; boundary=frontier"}


def test_an_upload_answers_as_printed(house: Any) -> None:
    response = house.upload(
        PDF,
        "security_policy_v2.1.pdf",
        title="Security Policy v2.1",
        description="Updated security policy document",
        tags='["policy", "security", "v2.1"]',
    )
    assert response.status_code == 201
    data = response.json()["data"]
    assert response.json()["success"] is True
    assert {name: type(data[name]) for name in PRINTED} == PRINTED
    assert response.headers["location"] == f"/api/v1/evidence/{data['id']}"
    assert data["id"].startswith("ev_")
    assert data["tags"] == ["policy", "security", "v2.1"]
    assert (data["file_name"], data["file_size"]) == ("security_policy_v2.1.pdf", len(PDF))
    assert (data["content_type"], data["status"], data["quality_score"]) == ("application/pdf", "pending", 0)
    assert data["uploaded_by"] == house.member.user_id
    assert data["sha256"] == hashlib.sha256(PDF).hexdigest()


def test_an_upload_is_announced_exactly_as_printed(house: Any) -> None:
    piece = house.piece(PDF, "policy.pdf")
    names = ("id", "title", "file_name", "project_id", "control_id", "uploaded_by")
    assert house.events("evidence.uploaded") == [{"evidence": {name: piece[name] for name in names}}]


def test_fields_may_come_before_and_after_the_file_and_in_quotation_marks(house: Any) -> None:
    parts = {
        "title": '"Policy"',
        "tags": '["a", "b"]',
        "file": ("policy.pdf", PDF),
        "control_id": f'"{house.yearly}"',
        "project_id": house.project_id,
    }
    for order in (list(parts), list(reversed(parts)), sorted(parts)):
        body, headers = multipart([(name, parts[name]) for name in order])
        response = house.member.post("/api/v1/evidence", content=body, headers=headers)
        assert response.status_code == 201, response.text
        data = response.json()["data"]
        assert (data["title"], data["tags"], data["control_id"]) == ("Policy", ["a", "b"], house.yearly)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("policy, security", ["policy", "security"]), ('["x", "x", "ä, ö"]', ["x", "ä, ö"]), ("", []), (None, [])],
)
def test_tags_are_a_json_list_or_separated_by_commas(house: Any, sent: str | None, kept: list[str]) -> None:
    assert house.piece(tags=sent)["tags"] == kept


def test_evidence_may_come_without_a_control(house: Any) -> None:
    piece = house.piece(control_id=None)
    assert (piece["control_id"], piece["control_ids"]) == (None, [])


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("title", {"title": None}),
        ("title", {"title": "x" * 201}),
        ("project_id", {"project_id": None}),
        ("project_id", {"project_id": "1234"}),
        ("control_id", {"control_id": "ctrl_elsewhere"}),
        ("tags", {"tags": "[1, 2"}),
        ("tags.0", {"tags": "[1]"}),
        ("tags.0", {"tags": '["' + "x" * 51 + '"]'}),
        ("period_end", {"period_start": "2024-02-01T00:00:00Z", "period_end": "2024-01-01T00:00:00Z"}),
        ("valid_until", {"valid_until": "2024-02-01"}),
        ("colour", {"colour": "red"}),
        ("file", {"content": b""}),
        ("file", {"name": "policy.exe"}),
        ("file", {"content": b"MZ\x90\0" + bytes(100)}),
    ],
)
def test_a_wrong_upload_names_the_field_and_leaves_nothing(house: Any, field: str, given: dict[str, Any]) -> None:
    response = house.upload(**given)
    assert response.status_code == 400, response.text
    assert response.json()["error"]["details"]["field"] == field
    assert house.kept() == set()
    assert house.admin.get("/api/v1/evidence").json()["data"]["pagination"]["total"] == 0
    staging = house.app.platform.home / "files" / ".staging"
    assert not staging.exists() or not list(staging.iterdir())


def test_an_upload_without_a_file_is_refused(house: Any) -> None:
    body, headers = multipart([("title", "Policy"), ("project_id", house.project_id)])
    response = house.member.post("/api/v1/evidence", content=body, headers=headers)
    assert (response.status_code, response.json()["error"]["details"]["field"]) == (400, "file")


def test_json_instead_of_a_form_is_refused(house: Any) -> None:
    assert house.member.post("/api/v1/evidence", json={"title": "x"}).status_code == 415


def test_a_file_above_the_limit_is_refused_and_the_limit_is_a_setting(make_house: Any) -> None:
    house = make_house(overrides={"evidence.max_file_mb": 1})
    assert house.upload(b"a" * 1024 * 1024).status_code == 201
    refusal = house.upload(b"b" * (1024 * 1024 + 1))
    assert refusal.status_code == 413
    assert refusal.json()["error"]["details"]["limit_bytes"] == 1024 * 1024
    assert len(house.kept()) == 1


def test_the_same_bytes_are_stored_once(house: Any) -> None:
    first, second = house.piece(PDF, "a.pdf"), house.piece(PDF, "b.pdf", control_id=house.quarterly)
    assert first["id"] != second["id"]
    assert house.kept() == {first["sha256"]}


def test_a_repeated_upload_with_its_idempotency_key_makes_one_piece(house: Any) -> None:
    parts = [("title", "Policy"), ("project_id", house.project_id), ("file", ("p.pdf", PDF))]
    body, headers = multipart(parts)
    headers["Idempotency-Key"] = "upload-1"
    answers = [house.member.post("/api/v1/evidence", content=body, headers=headers) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert house.admin.get("/api/v1/evidence").json()["data"]["pagination"]["total"] == 1


def test_an_upload_brings_its_control_into_progress(house: Any) -> None:
    assert house.control() == ("not_started", 0)
    house.piece()
    house.piece(b"more", "more.txt")
    assert house.control() == ("in_progress", 2)


def test_the_number_of_queries_of_an_upload_does_not_grow_with_its_tags(house: Any) -> None:
    house.piece()
    counts = []
    for tags in ("a", ",".join(str(number) for number in range(40))):
        with house.app.count_queries() as seen:
            house.piece(tags=tags)
        counts.append(len(seen))
    assert counts[0] == counts[1]

"""A file may come as the whole body, where an operation says so."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from typing import Any

import pytest
from marshmallow import fields

from studio_kernel.errors import Unauthorized
from studio_kernel.hookspecs import hookimpl
from studio_kernel.http.operations import (
    Call,
    FileAnswer,
    Operation,
    RawAnswer,
    Upload,
    operation,
    operations_of,
)
from studio_kernel.http.schemas import Schema
from studio_kernel.plugins import PluginInfo
from studio_kernel.security.permissions import PUBLIC
from studio_kernel.security.principal import Principal
from studio_kernel.storage.sql import Statement

PICTURE = b"\x89PNG\xff\0 and the rest"


class Received(Schema):
    """What came."""

    size = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    content_type = fields.String(required=True)


class Nothing(Schema):
    """No fields."""


class Resource:
    """Takes files."""

    @operation(
        "files.take",
        "POST",
        "/api/v1/taken",
        summary="Take a file",
        permission=PUBLIC,
        upload=Upload(limit=lambda: 1000, media_types=("text/csv", "application/json")),
        body=Nothing,
        response=Received,
    )
    def take(self, call: Call) -> dict[str, Any]:
        """Its size and hash."""
        assert call.file is not None
        staged = call.file.staged
        return {"size": staged.size, "sha256": staged.sha256, "content_type": call.file.content_type}

    @operation(
        "files.keep",
        "POST",
        "/api/v1/kept",
        summary="Keep a file",
        permission="jobs:read",
        upload=Upload(limit=lambda: 1000, media_types=("text/csv",)),
        body=Nothing,
        response=Received,
    )
    def keep(self, call: Call) -> dict[str, Any]:
        """The same for whoever is known."""
        return self.take(call)

    @operation(
        "files.say", "POST", "/api/v1/said", summary="Say nothing", permission=PUBLIC, body=Nothing, shape="message"
    )
    def say(self, call: Call) -> None:
        """Nothing."""

    @operation(
        "files.draw", "POST", "/api/v1/drawn", summary="Draw", permission=PUBLIC, body=Nothing, shape="file",
        media_type="image/png",
    )  # fmt: skip
    def draw(self, call: Call) -> FileAnswer:
        """A picture."""
        return FileAnswer(lambda start, end: io.BytesIO(PICTURE[start:end]), len(PICTURE), "image/png", "a.png", "1")

    @operation(
        "files.paint", "POST", "/api/v1/painted", summary="Paint", permission=PUBLIC, body=Nothing, shape="raw",
        media_type="image/png",
    )  # fmt: skip
    def paint(self, call: Call) -> RawAnswer:
        """The same, whole."""
        return RawAnswer(PICTURE, "image/png")


class Plugin:
    info = PluginInfo(name="files", version="1")

    revoked = False

    @hookimpl
    def studio_authenticate(self, platform: Any, credentials: Any) -> Principal | None:
        if self.revoked:
            raise Unauthorized("Revoked")
        return Principal("user", "u", "u", "admin", frozenset({"write"})) if credentials.headers else None

    @hookimpl
    def studio_operations(self, platform: Any) -> Sequence[Operation]:
        return operations_of(Resource())


@pytest.fixture
def studio(make_studio: Any) -> Any:
    return make_studio(plugins=[], extra=[Plugin()])


def take(studio: Any, content: bytes, media_type: str, **headers: str) -> Any:
    return studio.anonymous.post("/api/v1/taken", content=content, headers={"Content-Type": media_type, **headers})


def test_the_body_is_the_file(studio: Any) -> None:
    answer = take(studio, b"a,b\n", "text/csv; charset=utf-8")
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["size"] == 4
    assert answer.json()["data"]["content_type"] == "text/csv; charset=utf-8"


def test_a_form_is_taken_too(studio: Any) -> None:
    answer = studio.anonymous.post("/api/v1/taken", files={"file": ("a.csv", b"a,b\n", "text/csv")})
    assert answer.json()["data"]["size"] == 4


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        (b'Content-Disposition: form-data; name="file"; filename="caf\xe9.csv"', "file"),
        (b'Content-Disposition: form-data; name="f\xefle"; filename="a.csv"', "f\xefle"),
        (b'Content-Disposition: form-data; filename="\xff"', "body"),
        (b'Content-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: text/\xe9', "file"),
        (b"Content-Disposition: form-data; name=file; filename*=utf-7''%2B2AA-", "file"),
    ],
)
def test_a_part_whose_headers_are_no_text_is_refused_by_its_name(studio: Any, headers: bytes, field: str) -> None:
    form = b"--x\r\n" + headers + b"\r\n\r\na,b\n\r\n--x--\r\n"
    answer = take(studio, form, "multipart/form-data; boundary=x")
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["details"]["field"] == field


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [(b"x" * 1001, "text/csv", 413), (b"", "text/csv", 400), (b"x", "text/plain", 415), (b"x" * 1000, "text/csv", 200)],
)
def test_what_is_too_large_empty_or_of_another_type_is_refused(
    studio: Any, content: bytes, media_type: str, status: int
) -> None:
    assert take(studio, content, media_type).status_code == status


def test_a_file_that_is_refused_stands_in_the_audit_log(studio: Any) -> None:
    take(studio, b"x" * 1001, "text/csv")
    take(studio, b"", "text/csv")
    studio.anonymous.post("/api/v1/taken", content=b"x", headers={"Content-Type": "multipart/form-data; boundary=x"})
    studio.platform.audit.flush()
    entries = Statement("SELECT action, status FROM audit_log ORDER BY status")
    action = "files.take"
    assert studio.platform.database.rows(entries) == [(action, 400), (action, 400), (action, 413)]


def test_a_repeat_with_the_same_key_has_the_same_answer(studio: Any) -> None:
    first = take(studio, b"a", "text/csv", **{"Idempotency-Key": "k"})
    again = take(studio, b"a", "text/csv", **{"Idempotency-Key": "k"})
    other = take(studio, b"b", "text/csv", **{"Idempotency-Key": "k"})
    assert (first.json()["data"], other.status_code) == (again.json()["data"], 409)


def test_the_same_key_with_another_name_or_type_of_the_file_is_a_conflict(studio: Any) -> None:
    def form(name: str, media_type: str) -> Any:
        headers = {"Idempotency-Key": "form"}
        return studio.anonymous.post("/api/v1/taken", files={"file": (name, b"a", media_type)}, headers=headers)

    assert [form("a.csv", "text/csv").status_code for _ in range(2)] == [200, 200]
    assert form("b.csv", "text/csv").status_code == 409
    assert form("a.csv", "text/plain").status_code == 409
    answers = [take(studio, b"a", kind, **{"Idempotency-Key": "whole"}) for kind in ("text/csv", "application/json")]
    assert [each.status_code for each in answers] == [200, 409]


@pytest.mark.parametrize("path", ["/api/v1/drawn", "/api/v1/painted"])
def test_a_repeat_has_all_bytes_of_an_answer_that_is_a_file(studio: Any, path: str) -> None:
    answers = [studio.anonymous.post(path, json={}, headers={"Idempotency-Key": "p"}) for _ in range(2)]
    assert [(each.status_code, each.content) for each in answers] == [(200, PICTURE)] * 2


def send(studio: Any, path: str, *events: Any, **headers: str) -> tuple[list[dict[str, Any]], list[Any]]:
    """What is answered to a body that comes in these events, and those of them that nobody asked for."""
    waiting, sent = list(events), []

    async def receive() -> Any:
        event = waiting.pop(0) if waiting else {"type": "http.disconnect"}
        return event() if callable(event) else event

    async def take_up(event: Any) -> None:
        sent.append(event)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
             "path": path, "query_string": b"", "headers": raw, "client": ("127.0.0.1", 1)}  # fmt: skip
    asyncio.run(studio.platform.asgi()(scope, receive, take_up))
    return sent, waiting


@pytest.mark.parametrize(
    ("path", "media_type", "half"),
    [
        ("/api/v1/taken", "text/csv", b"a,b\n"),
        ("/api/v1/taken", "multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="fi'),
        ("/api/v1/said", "application/json", b"{}"),
    ],
)
def test_a_body_whose_sender_went_away_is_not_taken_for_whole(
    studio: Any, path: str, media_type: str, half: bytes
) -> None:
    event = {"type": "http.request", "body": half, "more_body": True}
    sent, _ = send(studio, path, event, {"type": "http.disconnect"}, content_type=media_type)
    assert sent[0]["status"] == 400
    assert b"The body ended before it was whole" in sent[1]["body"]


def test_a_body_without_a_length_is_whole_when_its_end_is_told(studio: Any) -> None:
    events = [{"type": "http.request", "body": b"a", "more_body": more} for more in (True, False)]
    sent, _ = send(studio, "/api/v1/taken", *events, content_type="text/csv")
    assert sent[0]["status"] == 200


def test_an_upload_counts_once_and_is_not_read_past_the_limit(make_studio: Any) -> None:
    studio = make_studio(plugins=[], extra=[Plugin()], overrides={"rate_limit_anonymous": "2/hour"})
    answers = [take(studio, b"a", "text/csv") for _ in range(2)]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0"]
    body = [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.request", "body": b"b"}]
    sent, unread = send(studio, "/api/v1/taken", *body, content_type="text/csv")
    assert (sent[0]["status"], unread) == (429, body[1:])


def test_who_is_revoked_while_the_body_comes_is_refused(make_studio: Any) -> None:
    plugin = Plugin()
    studio = make_studio(plugins=[], extra=[plugin])

    def revoke() -> dict[str, Any]:
        plugin.revoked = True
        studio.platform.credentials.forget(user_id="u")
        return {"type": "http.request", "body": b"b"}

    first = {"type": "http.request", "body": b"a", "more_body": True}
    headers = {"content_type": "text/csv", "authorization": "Test"}
    assert send(studio, "/api/v1/kept", {**first, "more_body": False}, **headers)[0][0]["status"] == 200
    assert send(studio, "/api/v1/kept", first, revoke, **headers)[0][0]["status"] == 401


def test_the_document_names_every_type(studio: Any) -> None:
    body = studio.platform.openapi()["paths"]["/api/v1/taken"]["post"]["requestBody"]["content"]
    assert set(body) == {"multipart/form-data", "text/csv", "application/json"}


def test_nothing_stays_behind(studio: Any) -> None:
    take(studio, b"a,b\n", "text/csv")
    staging = [each for each in studio.platform.home.rglob("*") if each.is_file() and "staging" in str(each)]
    assert staging == []

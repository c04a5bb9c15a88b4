"""Registration of OAuth clients over HTTP."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from studio_kernel.storage.sql import Statement

BODY = {"name": "Your App", "redirect_uris": ["https://your-app.com/callback"]}


def test_a_secret_is_shown_once(either_studio):
    admin = either_studio.client("admin")
    answer = admin.post("/api/v1/oauth/clients", json=BODY)
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert data["client_secret"].startswith("cs_")
    assert data["id"] == data["client_id"]
    assert answer.headers["Location"] == f"/api/v1/oauth/clients/{data['id']}"
    shown = admin.get(f"/api/v1/oauth/clients/{data['id']}")
    assert shown.headers["ETag"]
    assert data["client_secret"] not in shown.text
    assert shown.json()["data"] == {name: value for name, value in data.items() if name != "client_secret"}
    listed = admin.get("/api/v1/oauth/clients").json()["data"]
    assert [client["id"] for client in listed["clients"]] == [data["id"]]


def test_a_deleted_client_is_gone(studio):
    admin = studio.client("admin")
    client_id = admin.post("/api/v1/oauth/clients", json=BODY).json()["data"]["id"]
    answer = admin.delete(f"/api/v1/oauth/clients/{client_id}")
    assert answer.json() == {"success": True, "message": "OAuth client deleted successfully"}
    assert admin.get(f"/api/v1/oauth/clients/{client_id}").status_code == 404
    assert admin.delete(f"/api/v1/oauth/clients/{client_id}").status_code == 404


@pytest.mark.parametrize("role", ["manager", "auditor", "customer", "viewer"])
def test_registration_is_for_administrators(studio, role):
    client = studio.client(role)
    assert client.post("/api/v1/oauth/clients", json=BODY).status_code == 403
    assert client.get("/api/v1/oauth/clients").status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": ["http://your-app.com/callback"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://a.example/", "javascript:alert(1)"]}, "redirect_uris.1"),
        ({"redirect_uris": ["data:text/html,x"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://a.example/#fragment"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://user:pass@a.example/"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://a.example:99999/"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://[::1"]}, "redirect_uris.0"),
        ({"redirect_uris": ["/callback"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://a.example/a b"]}, "redirect_uris.0"),
        ({"grant_types": ["password"]}, "grant_types.0"),
        ({"grant_types": ["refresh_token"]}, "grant_types"),
        ({"grant_types": ["client_credentials"], "confidential": False}, "confidential"),
        ({"scopes": ["nonsense"]}, "scopes.0"),
        ({"role": "super_admin"}, "role"),
        ({"name": ""}, "name"),
        ({"redirect_uri": "x"}, "redirect_uri"),
    ],
)
def test_wrong_registrations_are_refused_by_field(studio, change, field):
    answer = studio.client("admin").post("/api/v1/oauth/clients", json={**BODY, **change})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == field


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:8765/cb",
        "http://[::1]/cb",
        "http://localhost/cb",
        "com.example.app:/callback",
        "https://a.example/cb?x=1",
    ],
)
def test_native_and_loopback_redirects_are_taken(studio, uri):
    answer = studio.client("admin").post("/api/v1/oauth/clients", json={**BODY, "redirect_uris": [uri]})
    assert answer.status_code == 201
    asked = {"response_type": "code", "client_id": answer.json()["data"]["id"], "redirect_uri": uri}
    assert studio.anonymous.get("/oauth/authorize", params=asked).status_code == 200


def _token(studio, client_id, secret):
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return studio.anonymous.post("/oauth/token", data=form)


@pytest.fixture
def machine(studio):
    """A client that acts for itself, and its administrator."""
    admin = studio.client("admin")
    body = {"name": "Machine", "grant_types": ["client_credentials"], "scopes": ["read"]}
    return admin, admin.post("/api/v1/oauth/clients", json=body).json()["data"]


def test_a_rotated_secret_and_the_one_before_are_taken_for_a_while(studio, machine):
    admin, made = machine
    answer = admin.post(f"/api/v1/oauth/clients/{made['id']}/rotate-secret", json={"overlap_hours": 1})
    rotated = answer.json()["data"]
    assert (answer.status_code, rotated["id"]) == (200, made["id"])
    assert rotated["client_secret"] != made["client_secret"]
    secrets = [made["client_secret"], rotated["client_secret"]]
    assert [_token(studio, made["id"], each).status_code for each in secrets] == [200, 200]
    studio.clock.advance(3601)
    assert [_token(studio, made["id"], each).status_code for each in secrets] == [401, 200]
    assert "client_secret" not in admin.get(f"/api/v1/oauth/clients/{made['id']}").json()["data"]


def test_without_overlap_the_earlier_secret_stops_at_once_and_tokens_live_on(studio, machine):
    admin, made = machine
    token = _token(studio, made["id"], made["client_secret"]).json()["access_token"]
    rotated = admin.post(f"/api/v1/oauth/clients/{made['id']}/rotate-secret", json={"overlap_hours": 0}).json()["data"]
    assert rotated["previous_secret_until"] is None
    assert _token(studio, made["id"], made["client_secret"]).status_code == 401
    assert _token(studio, made["id"], rotated["client_secret"]).status_code == 200
    assert studio.anonymous.get("/oauth/userinfo", headers={"Authorization": f"Bearer {token}"}).status_code != 401


def test_of_three_secrets_only_the_last_two_count(studio, machine):
    admin, made = machine
    path = f"/api/v1/oauth/clients/{made['id']}/rotate-secret"
    second, third = (admin.post(path, json={}).json()["data"]["client_secret"] for _ in range(2))
    found = [_token(studio, made["id"], each).status_code for each in (made["client_secret"], second, third)]
    assert found == [401, 200, 200]


def test_two_rotations_at_once_leave_no_secret_behind_that_never_worked(make_studio, postgres_url):
    studio = make_studio(plugins=["auth"], database_url=postgres_url)
    admin = studio.client("admin")
    body = {"name": "Machine", "grant_types": ["client_credentials"], "scopes": ["read"]}
    made = admin.post("/api/v1/oauth/clients", json=body).json()["data"]
    both = threading.Barrier(2)

    def meet(text):
        if text.startswith("UPDATE") and "oauth_clients" in text:
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(0.3)

    studio.platform.database.count_query = meet
    path = f"/api/v1/oauth/clients/{made['id']}/rotate-secret"
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: admin.post(path, json={}), range(2)))
    studio.platform.database.count_query = None
    secrets = [answer.json()["data"]["client_secret"] for answer in answers]
    assert [_token(studio, made["id"], each).status_code for each in secrets] == [200, 200]


def test_who_has_no_secret_gets_none(studio):
    admin = studio.client("admin")
    body = {"name": "App", "redirect_uris": ["https://app.example.org/cb"], "confidential": False}
    made = admin.post("/api/v1/oauth/clients", json=body).json()["data"]
    assert admin.post(f"/api/v1/oauth/clients/{made['id']}/rotate-secret", json={}).status_code == 409
    assert admin.post("/api/v1/oauth/clients/client_0/rotate-secret", json={}).status_code == 404
    other = studio.client("manager")
    assert other.post(f"/api/v1/oauth/clients/{made['id']}/rotate-secret", json={}).status_code == 403
    wrong = admin.post(f"/api/v1/oauth/clients/{made['id']}/rotate-secret", json={"overlap_hours": -1})
    assert (wrong.status_code, wrong.json()["error"]["details"]["field"]) == (400, "overlap_hours")


def test_a_rotation_is_announced(studio, machine):
    admin, made = machine
    admin.post(f"/api/v1/oauth/clients/{made['id']}/rotate-secret", json={})
    names = [row[0] for row in studio.platform.database.rows(Statement("SELECT name FROM events ORDER BY position"))]
    assert "oauth_client.rotated" in names

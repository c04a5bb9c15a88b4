"""Registration of OAuth clients over HTTP."""

from __future__ import annotations

import pytest

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

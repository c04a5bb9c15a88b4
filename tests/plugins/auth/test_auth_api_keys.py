"""API keys: the printed shape, scopes, ends, rotation."""

from __future__ import annotations

import pytest
from support.oauth import Browser, exchange, register

from studio_kernel.storage.sql import Statement
from studio_kernel.testing.app import Client

BODY = {
    "name": "My Application",
    "description": "API key for my application",
    "scopes": ["read", "write"],
    "expires_at": "2095-01-01T00:00:00Z",
}


def _me(studio, key):
    return studio.anonymous.get("/api/v1/users/me", headers={"X-API-Key": key})


def test_create_answers_the_bare_object_as_printed(studio):
    answer = studio.client("customer").post("/api/v1/api-keys", json=BODY)
    assert answer.status_code == 201
    data = answer.json()
    assert "success" not in data
    assert set(data) >= {"id", "name", "api_key", "scopes", "created_at", "expires_at"}
    assert data["id"].startswith("ak_")
    assert data["api_key"].startswith("sk_live_")
    assert data["scopes"] == ["read", "write"]
    assert data["expires_at"] == "2095-01-01T00:00:00.000000Z"
    assert answer.headers["Location"] == f"/api/v1/api-keys/{data['id']}"


def test_key_works_in_place_of_a_token_as_its_owner(either_studio):
    client = either_studio.client("customer")
    key = client.post("/api/v1/api-keys", json=BODY).json()["api_key"]
    answer = _me(either_studio, key)
    assert answer.status_code == 200
    assert answer.json()["data"]["id"] == client.user_id


def test_only_a_hash_is_stored(studio):
    key = studio.client("customer").post("/api/v1/api-keys", json=BODY).json()["api_key"]
    row = studio.platform.database.row(Statement("SELECT * FROM api_keys"))
    assert key not in map(str, row)
    assert not any(key[16:] in str(value) for value in row)


def test_list_and_single_show_prefix_and_use_but_no_secret(studio):
    client = studio.client("customer")
    made = client.post("/api/v1/api-keys", json=BODY).json()
    before = client.get(f"/api/v1/api-keys/{made['id']}").json()["data"]
    assert before["last_used_at"] is None
    assert made["api_key"].startswith(before["prefix"])
    _me(studio, made["api_key"])
    listed = client.get("/api/v1/api-keys").json()["data"]
    assert [key["id"] for key in listed["api_keys"]] == [made["id"]]
    assert listed["api_keys"][0]["last_used_at"].endswith("Z")
    assert made["api_key"] not in client.get("/api/v1/api-keys").text
    assert client.get(f"/api/v1/api-keys/{made['id']}").headers["ETag"]


def test_use_is_noted_at_most_once_a_minute(studio):
    client = studio.client("customer")
    made = client.post("/api/v1/api-keys", json=BODY).json()

    def used():
        studio.platform.credentials.forget(principal_id=made["id"])
        _me(studio, made["api_key"])
        return client.get(f"/api/v1/api-keys/{made['id']}").json()["data"]["last_used_at"]

    first = used()
    assert used() == first
    studio.clock.advance(61)
    assert used() > first


def test_noting_the_use_leaves_the_change_in_the_audit_log(studio):
    client = studio.client("admin")
    key = client.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read", "write", "admin"]}).json()
    body = {"email": "made@example.org", "name": "Made", "role": "viewer", "password": "password123"}
    made = studio.anonymous.post("/api/v1/users", json=body, headers={"X-API-Key": key["api_key"]})
    entries = client.get("/api/v1/audit-log", params={"action": "users.create"}).json()["data"]["entries"]
    assert [(entry["actor_id"], entry["resource_id"]) for entry in entries] == [(key["id"], made.json()["data"]["id"])]


def test_scopes_of_a_key_narrow_its_owner(studio):
    client = studio.client("customer")
    key = client.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]}).json()["api_key"]
    headers = {"X-API-Key": key}
    assert studio.anonymous.get("/api/v1/api-keys", headers=headers).status_code == 200
    refused = studio.anonymous.post("/api/v1/api-keys", json=BODY, headers=headers)
    assert refused.status_code == 403
    assert refused.json()["error"]["details"]["required_scope"] == "write"


def test_a_key_can_not_make_a_wider_key(studio):
    admin = studio.client("admin")
    key = admin.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read", "write"]}).json()["api_key"]
    wider = {"name": "wider", "scopes": ["admin"]}
    answer = studio.anonymous.post("/api/v1/api-keys", json=wider, headers={"X-API-Key": key})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == "scopes.0"


def test_a_key_without_the_scope_admin_does_not_administer(studio):
    admin = studio.client("admin")
    key = admin.post("/api/v1/api-keys", json=BODY).json()["api_key"]
    other = studio.client("customer")
    headers = {"X-API-Key": key}
    assert studio.anonymous.get("/api/v1/users", headers=headers).status_code == 403
    assert studio.anonymous.get(f"/api/v1/users/{other.user_id}", headers=headers).status_code == 404
    path = f"/api/v1/users/{other.user_id}"
    assert studio.anonymous.put(path, json={"name": "x"}, headers=headers).status_code == 404


def test_a_key_with_admin_stops_administering_when_its_owner_is_demoted(studio):
    admin, boss = studio.client("admin"), studio.client("super_admin")
    key = admin.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read", "admin"]}).json()["api_key"]
    headers = {"X-API-Key": key}
    assert studio.anonymous.get("/api/v1/users", headers=headers).status_code == 200
    boss.put(f"/api/v1/users/{admin.user_id}", json={"role": "manager"})
    assert studio.anonymous.get("/api/v1/users", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": ["admin"]}, "scopes.0"),
        ({"scopes": ["read", "nonsense"]}, "scopes.1"),
        ({"scopes": []}, "scopes"),
        ({"scopes": "read"}, "scopes"),
        ({"scopes": [1]}, "scopes.0"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2095-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": 5}, "expires_at"),
        ({"name": ""}, "name"),
        ({"scope": ["read"]}, "scope"),
    ],
)
def test_wrong_keys_are_refused_by_field(studio, change, field):
    answer = studio.client("customer").post("/api/v1/api-keys", json={**BODY, **change})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == field


def test_a_key_may_have_no_end(studio):
    body = {"name": "k", "scopes": ["read"], "expires_at": None}
    assert studio.client("customer").post("/api/v1/api-keys", json=body).json()["expires_at"] is None


def test_expired_key_is_refused(studio):
    made = studio.client("customer").post("/api/v1/api-keys", json={**BODY, "expires_at": "2090-01-01T00:00:00Z"})
    studio.clock.advance(70 * 366 * 86_400)
    assert _me(studio, made.json()["api_key"]).status_code == 401


def test_deleted_key_stops_at_once(studio):
    client = studio.client("customer")
    made = client.post("/api/v1/api-keys", json=BODY).json()
    assert _me(studio, made["api_key"]).status_code == 200
    answer = client.delete(f"/api/v1/api-keys/{made['id']}")
    assert answer.json() == {"success": True, "message": "API key deleted successfully"}
    assert _me(studio, made["api_key"]).status_code == 401
    assert client.get(f"/api/v1/api-keys/{made['id']}").status_code == 404
    assert client.get("/api/v1/api-keys").json()["data"]["api_keys"] == []


def test_rotated_key_gets_a_new_secret_and_keeps_the_rest(studio):
    client = studio.client("customer")
    made = client.post("/api/v1/api-keys", json=BODY).json()
    assert _me(studio, made["api_key"]).status_code == 200
    fresh = client.post(f"/api/v1/api-keys/{made['id']}/rotate").json()
    assert fresh["id"] == made["id"]
    assert fresh["scopes"] == made["scopes"]
    assert _me(studio, made["api_key"]).status_code == 401
    assert _me(studio, fresh["api_key"]).status_code == 200


def test_keys_of_others_do_not_exist(studio):
    made = studio.client("customer").post("/api/v1/api-keys", json=BODY).json()
    stranger = studio.client("admin")
    assert stranger.get(f"/api/v1/api-keys/{made['id']}").status_code == 404
    assert stranger.delete(f"/api/v1/api-keys/{made['id']}").status_code == 404
    assert stranger.post(f"/api/v1/api-keys/{made['id']}/rotate").status_code == 404
    assert _me(studio, made["api_key"]).status_code == 200


def test_a_read_only_key_can_not_be_used_to_rotate(studio):
    client = studio.client("customer")
    wide = client.post("/api/v1/api-keys", json=BODY).json()
    narrow = client.post("/api/v1/api-keys", json={"name": "n", "scopes": ["write"]}).json()
    path = f"/api/v1/api-keys/{wide['id']}/rotate"
    assert studio.anonymous.post(path, headers={"X-API-Key": narrow["api_key"]}).status_code == 403


@pytest.mark.parametrize("key", ["", "x", "sk_live_", "sk_live_" + "0" * 48, "sk_test_" + "0" * 48, "sk_live_' OR 1=1"])
def test_junk_is_no_key(studio, key):
    answer = _me(studio, key)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "UNAUTHORIZED"


def test_a_key_has_no_session_to_log_out_of(studio):
    key = studio.client("customer").post("/api/v1/api-keys", json=BODY).json()["api_key"]
    assert studio.anonymous.post("/api/v1/auth/logout", headers={"X-API-Key": key}).status_code == 403


def test_a_key_makes_no_further_keys(studio):
    key = studio.client("customer").post("/api/v1/api-keys", json=BODY).json()["api_key"]
    answer = studio.anonymous.post("/api/v1/api-keys", json=BODY, headers={"X-API-Key": key})
    assert answer.status_code == 403


def _with(studio, key):
    return Client(studio, {"X-API-Key": key["api_key"]})


def test_a_key_changes_only_itself(either_studio):
    person = either_studio.client("customer")
    leaked, other = (person.post("/api/v1/api-keys", json=BODY).json() for _ in range(2))
    path = f"/api/v1/api-keys/{other['id']}"
    assert _with(either_studio, leaked).post(f"{path}/rotate").status_code == 403
    assert _with(either_studio, leaked).delete(path).status_code == 403
    assert _me(either_studio, other["api_key"]).status_code == 200
    fresh = _with(either_studio, leaked).post(f"/api/v1/api-keys/{leaked['id']}/rotate")
    assert fresh.status_code == 200
    assert _with(either_studio, fresh.json()).delete(f"/api/v1/api-keys/{leaked['id']}").status_code == 200
    assert _me(either_studio, fresh.json()["api_key"]).status_code == 401
    assert person.post(f"{path}/rotate").status_code == 200


def test_an_application_changes_only_the_keys_that_it_made(studio, add_user, log_in, bearer):
    add_user(studio)
    person = bearer(studio, log_in(studio)["access_token"])
    client, browser = register(studio), Browser(studio)
    token = exchange(studio, client, browser.code(client)).json()["access_token"]
    application = bearer(studio, token)
    own, made = (each.post("/api/v1/api-keys", json=BODY).json() for each in (person, application))
    path = f"/api/v1/api-keys/{own['id']}"
    assert application.post(f"{path}/rotate").status_code == 403
    assert application.delete(path).status_code == 403
    assert _me(studio, own["api_key"]).status_code == 200
    assert application.post(f"/api/v1/api-keys/{made['id']}/rotate").status_code == 200
    assert application.delete(f"/api/v1/api-keys/{made['id']}").status_code == 200

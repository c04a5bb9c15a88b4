"""What the plugin declares: events, permissions, settings."""

from __future__ import annotations

import orjson
import pytest

from studio_auth.events import EVENT_TYPES
from studio_auth.permissions import PERMISSIONS
from studio_auth.settings import AuthSettings
from studio_kernel.errors import ConfigurationError
from studio_kernel.settings import load_settings
from studio_kernel.storage.sql import Statement

ADMINISTRATORS = {"super_admin", "admin"}
EVERYBODY = ADMINISTRATORS | {"manager", "auditor", "customer", "viewer"}
EVENTS = Statement("SELECT name, resource_id, actor_id, data FROM events ORDER BY position")


def _events(studio):
    return [
        (name, resource, actor, orjson.loads(data))
        for name, resource, actor, data in studio.platform.database.rows(EVENTS)
    ]


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.name)
def test_every_example_fits_its_schema(kind):
    assert kind.schema().validate(kind.example) == {}


def test_changes_of_accounts_are_announced_by_who_made_them(studio):
    admin = studio.client("admin")
    body = {"email": "seen@example.org", "name": "Seen", "role": "viewer", "password": "password123"}
    user_id = admin.post("/api/v1/users", json=body).json()["data"]["id"]
    admin.put(f"/api/v1/users/{user_id}", json={"name": "Renamed"})
    admin.put(f"/api/v1/users/{user_id}", json={"status": "disabled"})
    admin.delete(f"/api/v1/users/{user_id}")
    seen = [event for event in _events(studio) if event[1] == user_id]
    assert [event[0] for event in seen] == ["user.created", "user.updated", "user.disabled", "user.deleted"]
    assert {event[2] for event in seen} == {admin.user_id}
    assert seen[1][3]["name"] == "Renamed"
    assert seen[3][3]["email"] == "seen@example.org"
    assert seen[3][3]["status"] == "deleted"


def test_changes_of_keys_are_announced_without_the_secret(studio):
    client = studio.client("customer")
    made = client.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]}).json()
    fresh = client.post(f"/api/v1/api-keys/{made['id']}/rotate").json()
    client.delete(f"/api/v1/api-keys/{made['id']}")
    seen = [event for event in _events(studio) if event[1] == made["id"]]
    assert [event[0] for event in seen] == ["api_key.created", "api_key.rotated", "api_key.revoked"]
    assert not any(key in str(seen) for key in (made["api_key"], fresh["api_key"]))


def test_changes_of_oauth_clients_are_announced_without_the_secret(studio):
    admin = studio.client("admin")
    body = {"name": "App", "redirect_uris": ["https://app.example/cb"]}
    made = admin.post("/api/v1/oauth/clients", json=body).json()["data"]
    fresh = admin.post(f"/api/v1/oauth/clients/{made['id']}/rotate-secret", json={}).json()["data"]
    admin.delete(f"/api/v1/oauth/clients/{made['id']}")
    seen = [event for event in _events(studio) if event[1] == made["id"]]
    assert [event[0] for event in seen] == ["oauth_client.created", "oauth_client.rotated", "oauth_client.deleted"]
    assert not any(secret in str(seen) for secret in (made["client_secret"], fresh["client_secret"]))


def test_an_erasure_is_announced_without_the_name(studio):
    admin = studio.client("admin")
    body = {"email": "gone@example.org", "name": "Gone", "role": "viewer", "password": "password123"}
    user_id = admin.post("/api/v1/users", json=body).json()["data"]["id"]
    answer = admin.post(f"/api/v1/users/{user_id}/erasure", json={"confirm": "gone@example.org"})
    assert answer.status_code == 202, answer.text
    studio.run_jobs()
    (erased,) = [event for event in _events(studio) if event[0] == "user.erased"]
    assert erased[1] == user_id
    assert "gone" not in str(erased).lower()


def test_what_is_published_fits_the_schema_exactly(studio):
    test_changes_of_accounts_are_announced_by_who_made_them(studio)
    test_changes_of_keys_are_announced_without_the_secret(studio)
    test_changes_of_oauth_clients_are_announced_without_the_secret(studio)
    test_an_erasure_is_announced_without_the_name(studio)
    kinds = {kind.name: kind for kind in EVENT_TYPES}
    published = _events(studio)
    assert {name for name, *_ in published} == set(kinds)
    for name, _, _, data in published:
        assert kinds[name].schema().validate(data) == {}


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("users:self", EVERYBODY),
        ("users:read", ADMINISTRATORS),
        ("users:create", ADMINISTRATORS),
        ("users:update", ADMINISTRATORS),
        ("users:delete", ADMINISTRATORS),
        ("api_keys:manage", EVERYBODY),
        ("oauth_clients:manage", ADMINISTRATORS),
    ],
)
def test_permissions_are_held_by_the_roles_of_the_product_rules(name, roles):
    declared = {permission.name: permission.account_roles for permission in PERMISSIONS}
    assert declared[name] == roles


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("auth.access_token_seconds", 1),
        ("auth.refresh_token_seconds", 0),
        ("auth.argon2_time_cost", 0),
        ("auth.argon2_memory_kib", 1),
        ("auth.password_min_length", 1),
        ("auth.login_attempts_account", 0),
        ("auth.login_attempts_address", 0),
        ("auth.login_delay_max_seconds", -1),
    ],
)
def test_settings_out_of_range_stop_the_start_by_name(tmp_path, name, wrong):
    variable = "STUDIO_" + name.replace(".", "_").upper()
    environment = {"STUDIO_HOME": str(tmp_path), variable: str(wrong)}
    with pytest.raises(ConfigurationError) as refusal:
        load_settings([AuthSettings], environment=environment)
    assert [problem.partition(":")[0] for problem in refusal.value.problems] == [variable]


def test_defaults_take_the_references_own_example_password():
    assert AuthSettings().password_min_length <= len("password123")
    assert AuthSettings().access_token_seconds == 3600


def test_every_operation_of_the_reference_is_there(studio):
    routes = {(operation.method, operation.path) for operation in studio.platform.operations}
    assert routes >= {
        ("POST", "/api/v1/auth/login"),
        ("POST", "/api/v1/auth/refresh"),
        ("POST", "/api/v1/auth/logout"),
        ("GET", "/api/v1/users/me"),
        ("PUT", "/api/v1/users/me/password"),
        ("GET", "/api/v1/users"),
        ("POST", "/api/v1/users"),
        ("GET", "/api/v1/users/{user_id}"),
        ("PUT", "/api/v1/users/{user_id}"),
        ("DELETE", "/api/v1/users/{user_id}"),
        ("POST", "/api/v1/api-keys"),
        ("GET", "/oauth/authorize"),
        ("POST", "/oauth/token"),
    }


def test_the_openapi_document_describes_the_plugin(studio):
    from openapi_spec_validator import validate

    document = studio.platform.openapi()
    validate(document)
    assert "/oauth/token" in document["paths"]
    form = document["paths"]["/oauth/token"]["post"]["requestBody"]["content"]
    assert list(form) == ["application/x-www-form-urlencoded"]

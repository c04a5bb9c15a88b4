"""``studio users``, ``studio oauth-clients``, and the first administrator of ``studio init``."""

from __future__ import annotations

import json
import stat

import pytest
from click.testing import CliRunner

from studio_kernel.cli import studio as command
from studio_kernel.commands.init import init
from studio_kernel.errors import Conflict, NotFound, ValidationFailed


@pytest.fixture
def run(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("STUDIO_HOME", str(home))
    monkeypatch.setenv("STUDIO_PLUGINS_DISABLED", "projects,evidence,compliance,ai,webhooks")
    monkeypatch.setenv("STUDIO_AUTH_ARGON2_MEMORY_KIB", "8")

    def invoke(command, *arguments):
        result = CliRunner().invoke(command, list(arguments), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout) if "--json" in arguments else result.stdout

    invoke.home = home
    return invoke


def test_init_makes_the_first_super_admin_with_the_given_login(run, make_studio, log_in):
    lines = run(init, "--admin-email", "Boss@Example.org", "--admin-password", "password123", "--json")["messages"]
    assert lines == ["Administrator: boss@example.org"]
    studio = make_studio(plugins=["auth"], home=run.home)
    log_in(studio, "boss@example.org")
    assert run(command, "users", "list", "--json")[0]["role"] == "super_admin"


def test_init_without_a_password_keeps_one_in_a_private_file(run, make_studio, log_in):
    lines = run(init, "--json")["messages"]
    file = run.home / "initial-admin-password"
    assert lines == ["Administrator: admin@studio.local", f"Password: in {file}"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    password = file.read_text().strip()
    assert password not in "".join(lines)
    log_in(make_studio(plugins=["auth"], home=run.home), "admin@studio.local", password)


def test_init_changes_nothing_where_an_account_exists(run):
    run(init, "--admin-email", "boss@example.org", "--admin-password", "password123")
    assert run(init, "--admin-email", "other@example.org", "--json")["messages"] == []
    assert [user["email"] for user in run(command, "users", "list", "--json")] == ["boss@example.org"]
    assert not (run.home / "initial-admin-password").exists()


def test_init_refuses_a_weak_password_and_a_strange_address(run):
    with pytest.raises(ValidationFailed):
        run(init, "--admin-password", "short")
    with pytest.raises(ValidationFailed):
        run(init, "--admin-email", "nowhere")
    assert run(command, "users", "list", "--json") == []


def test_users_create_and_list(run, make_studio, log_in):
    made = run(command, "users", "create", "a@example.org", "--name", "A", "--role", "manager", "--json")
    assert made["role"] == "manager"
    log_in(make_studio(plugins=["auth"], home=run.home), "a@example.org", made["password"])
    run(command, "users", "create", "b@example.org", "--password", "password123")
    assert "password123" not in run(command, "users", "list")
    assert [user["email"] for user in run(command, "users", "list", "--json")] == ["a@example.org", "b@example.org"]
    assert [user["email"] for user in run(command, "users", "list", "--role", "manager", "--json")] == ["a@example.org"]
    with pytest.raises(Conflict):
        run(command, "users", "create", "A@example.org")


def test_a_password_may_come_by_the_environment(run, make_studio, log_in, monkeypatch):
    run(init)
    for arguments in (("create", "a@example.org"), ("reset-password", "a@example.org")):
        monkeypatch.setenv("STUDIO_USER_PASSWORD", f"password123-{arguments[0]}")
        assert "Password: " not in run(command, "users", *arguments)
    log_in(make_studio(plugins=["auth"], home=run.home), "a@example.org", "password123-reset-password")


def test_users_disable_and_enable(run):
    run(command, "users", "create", "a@example.org")
    assert run(command, "users", "disable", "a@example.org", "--json")["status"] == "disabled"
    assert run(command, "users", "list", "--status", "disabled", "--json")[0]["email"] == "a@example.org"
    assert run(command, "users", "enable", "a@example.org", "--json")["status"] == "active"


def test_users_set_role_by_address_or_id(run):
    made = run(command, "users", "create", "a@example.org", "--json")
    assert run(command, "users", "set-role", made["id"], "super_admin", "--json")["role"] == "super_admin"
    with pytest.raises(Conflict):
        run(command, "users", "set-role", "a@example.org", "viewer")


def test_users_reset_password_ends_the_sessions(run, make_studio, log_in, bearer):
    made = run(command, "users", "create", "a@example.org", "--json")
    studio = make_studio(plugins=["auth"], home=run.home)
    client = bearer(studio, log_in(studio, "a@example.org", made["password"])["access_token"])
    fresh = run(command, "users", "reset-password", "a@example.org", "--json")["password"]
    assert client.get("/api/v1/users/me").status_code == 401
    log_in(studio, "a@example.org", fresh)


def test_unknown_accounts_are_said_to_be_so(run):
    for arguments in (("disable", "x@example.org"), ("set-role", "user_x", "viewer"), ("reset-password", "user_x")):
        with pytest.raises(NotFound):
            run(command, "users", *arguments)


def test_what_the_operator_does_is_audited(run, make_studio):
    run(command, "users", "create", "a@example.org")
    admin = make_studio(plugins=["auth"], home=run.home).client("admin")
    entries = admin.get("/api/v1/audit-log", params={"action": "cli.users.create"}).json()["data"]["entries"]
    assert len(entries) == 1


def test_oauth_clients_create_list_delete(run):
    made = run(command, "oauth-clients", "create", "Job", "--scope", "read", "--scope", "write", "--json")
    assert made["grant_types"] == ["client_credentials"]
    assert made["client_secret"].startswith("cs_")
    app = ("App", "--public", "--redirect-uri", "https://app.example/cb")
    public = run(command, "oauth-clients", "create", *app, "--json")
    assert public["client_secret"] is None
    assert [client["name"] for client in run(command, "oauth-clients", "list", "--json")] == ["App", "Job"]
    assert made["client_secret"] not in run(command, "oauth-clients", "list")
    rotated = run(command, "oauth-clients", "rotate-secret", made["id"], "--overlap-hours", "0", "--json")
    assert rotated["client_secret"] not in (None, made["client_secret"])
    assert rotated["previous_secret_until"] is None
    assert run(command, "oauth-clients", "delete", made["id"], "--json") == {"id": made["id"], "deleted": True}
    with pytest.raises(NotFound):
        run(command, "oauth-clients", "delete", made["id"])


def test_api_keys_create_list_rotate_revoke(run, make_studio):
    run(command, "users", "create", "a@example.org")
    made = run(command, "api-keys", "create", "a@example.org", "Job", "--scope", "read", "--scope", "write", "--json")
    studio = make_studio(plugins=["auth"], home=run.home)

    def me(key):
        return studio.anonymous.get("/api/v1/users/me", headers={"X-API-Key": key}).status_code

    assert me(made["api_key"]) == 200
    (listed,) = run(command, "api-keys", "list", "a@example.org", "--json")
    assert listed["scopes"] == ["read", "write"]
    assert made["api_key"] not in run(command, "api-keys", "list", "a@example.org")
    fresh = run(command, "api-keys", "rotate", "a@example.org", made["id"], "--json")
    assert me(fresh["api_key"]) == 200
    run(command, "api-keys", "revoke", "a@example.org", made["id"])
    studio.platform.credentials.forget(principal_id=made["id"])
    assert me(fresh["api_key"]) == 401
    ended = ("a@example.org", "Old", "--expires-at", "2001-01-01T00:00:00Z")
    with pytest.raises(ValidationFailed):
        run(command, "api-keys", "create", *ended)
    with pytest.raises(ValidationFailed):
        run(command, "api-keys", "create", "a@example.org", "Wide", "--scope", "admin")


def test_the_hook_studio_initialise_runs_once(studio):
    record = studio.platform.plugins.record("auth")
    login = {"admin_email": "boss@example.org", "admin_password": "password123"}
    first, second = (
        studio.platform.plugins.declarations(record, "studio_initialise", platform=studio.platform, **login)
        for _ in range(2)
    )
    assert first == ["Administrator: boss@example.org"]
    assert second == []

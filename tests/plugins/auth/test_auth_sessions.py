"""Where an account is signed in: listed, and ended one by one or all at once."""

from __future__ import annotations

import json

from click.testing import CliRunner
from support.oauth import Browser, exchange, register

from studio_auth.models import Session
from studio_kernel.cli import studio as command
from studio_kernel.storage.sql import Statement

PATH = "/api/v1/users/me/sessions"


def test_sessions_are_listed_with_what_they_are(either_studio, add_user, log_in, bearer):
    studio = either_studio
    add_user(studio)
    person = bearer(studio, log_in(studio)["access_token"])
    client, browser = register(studio), Browser(studio)
    exchange(studio, client, browser.code(client))
    data = person.get(PATH).json()["data"]
    kinds = {each["kind"]: each for each in data["sessions"]}
    assert set(kinds) == {"login", "browser", "application"}
    assert [each["kind"] for each in data["sessions"] if each["current"]] == ["login"]
    assert kinds["application"]["client_name"] == "Your App"
    assert kinds["login"]["address"] == "127.0.0.1"
    assert "httpx" in kinds["login"]["agent"]
    assert data["pagination"]["total"] == 3


def test_more_sessions_than_a_statement_has_room_for_end_all_the_same(studio, add_user, log_in, bearer):
    user = add_user(studio)
    client = register(studio, grant_types=["client_credentials"], redirect_uris=[])["client_id"]
    person, platform = bearer(studio, log_in(studio)["access_token"]), studio.platform
    row = platform.database.row(Statement("SELECT * FROM auth_sessions WHERE user_id = :id"), id=user["id"])
    session = dict(zip(Session._meta.columns, row, strict=True))
    many = [{**session, "id": f"sess_{number}", "client_id": client} for number in range(2000)]
    with platform.database.transaction():
        platform.database.insert_many(Session, many)
    left = Statement("SELECT COUNT(*) FROM auth_sessions WHERE revoked_at IS NULL")
    admin = studio.client("admin")
    with studio.count_queries() as statements:
        assert admin.put(f"/api/v1/users/{user['id']}", json={"status": "disabled"}).status_code == 200
        assert platform.database.value(left) == 3, "the administrators'"
    # SQLite has room for 32,766 parameters in a statement, as it comes.
    assert max(map(len, statements)) < 2000
    assert person.get("/api/v1/users/me").status_code == 401
    with platform.database.transaction():
        platform.database.execute(Statement("UPDATE auth_sessions SET revoked_at = NULL"))
    with studio.count_queries() as statements:
        assert admin.delete(f"/api/v1/oauth/clients/{client}").status_code == 200
        assert platform.database.value(left) == 4
    assert max(map(len, statements)) < 2000


def test_ending_one_session_stops_its_tokens_and_no_others(studio, add_user, log_in, bearer):
    add_user(studio)
    first, second = (bearer(studio, log_in(studio)["access_token"]) for _ in range(2))
    (other,) = [each["id"] for each in first.get(PATH).json()["data"]["sessions"] if not each["current"]]
    assert first.delete(f"{PATH}/{other}").json()["message"] == "Session ended successfully"
    assert second.get("/api/v1/users/me").status_code == 401
    assert first.get("/api/v1/users/me").status_code == 200
    assert first.delete(f"{PATH}/{other}").status_code == 404


def test_ending_all_others_keeps_this_one(studio, add_user, log_in, bearer):
    add_user(studio)
    clients = [bearer(studio, log_in(studio)["access_token"]) for _ in range(3)]
    assert clients[0].delete(PATH).status_code == 200
    assert [client.get("/api/v1/users/me").status_code for client in clients] == [200, 401, 401]


def test_sessions_of_others_do_not_exist(studio, add_user, log_in, bearer):
    add_user(studio)
    person = bearer(studio, log_in(studio)["access_token"])
    (mine,) = [each["id"] for each in person.get(PATH).json()["data"]["sessions"]]
    assert studio.client("super_admin").delete(f"{PATH}/{mine}").status_code == 404
    assert person.get("/api/v1/users/me").status_code == 200


def test_an_agent_is_kept_short_and_plain(studio, add_user, bearer):
    add_user(studio)
    body = {"email": "person@example.org", "password": "password123"}
    answer = studio.anonymous.post("/api/v1/auth/login", json=body, headers={"User-Agent": "x" * 500 + "<b>"})
    person = bearer(studio, answer.json()["data"]["tokens"]["access_token"])
    assert person.get(PATH).json()["data"]["sessions"][0]["agent"] == "x" * 200


def test_sessions_list_and_sessions_end(tmp_path, monkeypatch, make_studio, log_in, bearer):
    home = tmp_path / "home"
    monkeypatch.setenv("STUDIO_HOME", str(home))
    monkeypatch.setenv("STUDIO_AUTH_ARGON2_MEMORY_KIB", "8")

    def run(*arguments):
        result = CliRunner().invoke(command, [*arguments, "--json"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    made = run("users", "create", "a@example.org")
    studio = make_studio(plugins=["auth"], home=home)
    clients = [bearer(studio, log_in(studio, "a@example.org", made["password"])["access_token"]) for _ in range(2)]
    listed = run("sessions", "list", "a@example.org")
    assert len(listed) == 2
    run("sessions", "end", "a@example.org", listed[0]["id"])
    assert len(run("sessions", "list", "a@example.org")) == 1
    run("sessions", "end", made["id"])
    assert run("sessions", "list", "a@example.org") == []
    assert [client.get("/api/v1/users/me").status_code for client in clients] == [401, 401]

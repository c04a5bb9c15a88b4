"""Login, refresh, logout: the printed shapes, rotation, reuse, and stopping at once."""

from __future__ import annotations

import pyotp
import pytest

from studio_auth.service.login import Logins
from studio_auth.service.second_factor import SecondFactors
from studio_auth.service.sessions import Sessions
from studio_auth.service.throttle import Throttle
from studio_auth.service.users import Users
from studio_kernel.errors import Unauthorized

PASSWORD = "password123"


def test_login_answers_as_printed(studio, add_user):
    user = add_user(studio)
    answer = studio.anonymous.post("/api/v1/auth/login", json={"email": "Person@Example.org ", "password": PASSWORD})
    assert answer.status_code == 200
    body = answer.json()
    assert body["success"] is True
    assert body["data"]["user"] == {
        "id": user["id"],
        "email": "person@example.org",
        "name": "Some Person",
        "role": "customer",
    }
    tokens = body["data"]["tokens"]
    assert set(tokens) == {"access_token", "refresh_token", "expires_in"}
    assert tokens["access_token"].startswith("eyJhbGciOiJIUzI1NiIs")
    assert tokens["expires_in"] == 3600


def test_a_refused_login_and_a_refused_refresh_say_how_to_sign_in(studio, add_user, log_in):
    add_user(studio)
    wrong = studio.anonymous.post("/api/v1/auth/login", json={"email": "person@example.org", "password": "wrong"})
    body = {"refresh_token": log_in(studio)["refresh_token"]}
    first, again = (studio.anonymous.post("/api/v1/auth/refresh", json=body) for _ in range(2))
    assert [answer.status_code for answer in (first, again, wrong)] == [200, 401, 401]
    for answer in (again, wrong):
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="studio"'


def test_login_notes_its_time(studio, add_user, log_in, bearer):
    assert add_user(studio)["last_login"] is None
    me = bearer(studio, log_in(studio)["access_token"]).get("/api/v1/users/me").json()["data"]
    assert me["last_login"].endswith("Z")
    assert me["preferences"] == {"theme": "light", "language": "en", "timezone": "UTC"}


@pytest.mark.parametrize("change", ["password", "disabled", "second factor"])
def test_a_login_under_way_does_not_outlive_a_change_of_what_it_was_checked_against(either_studio, add_user, change):
    studio, user = either_studio, add_user(either_studio)
    platform = studio.platform
    sessions = Sessions(platform)
    logins = Logins(platform, sessions, Throttle(platform))
    account = logins.check("person@example.org", PASSWORD, "127.0.0.1")
    if change == "password":
        Users(platform, sessions, Throttle(platform)).reset_password(user["id"], "quite another thing")
    elif change == "disabled":
        studio.client("admin").put(f"/api/v1/users/{user['id']}", json={"status": "disabled"})
    else:
        factors = SecondFactors(platform, sessions)
        secret = factors.begin(user["id"], user["email"]).secret
        factors.confirm(user["id"], pyotp.TOTP(secret).at(int(studio.clock().timestamp())))
    with pytest.raises(Unauthorized), platform.database.transaction():
        logins.note(account)


def test_login_is_audited_as_the_person_who_logged_in(studio, add_user, log_in):
    user = add_user(studio)
    log_in(studio)
    entries = studio.client("admin").get("/api/v1/audit-log", params={"action": "auth.login"}).json()["data"]["entries"]
    assert [entry["user_id"] for entry in entries] == [user["id"]]


def test_unknown_account_and_wrong_password_get_the_same_answer(studio, add_user):
    add_user(studio)
    answers = [
        studio.anonymous.post("/api/v1/auth/login", json={"email": email, "password": "wrong-password"})
        for email in ("person@example.org", "nobody@example.org")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    first, second = (answer.json()["error"] for answer in answers)
    assert first == second
    assert first["code"] == "UNAUTHORIZED"


def test_disabled_account_gets_the_answer_of_a_wrong_password(studio, add_user):
    user = add_user(studio)
    admin = studio.client("admin")
    assert admin.put(f"/api/v1/users/{user['id']}", json={"status": "disabled"}).status_code == 200
    right = studio.anonymous.post("/api/v1/auth/login", json={"email": "person@example.org", "password": PASSWORD})
    wrong = studio.anonymous.post("/api/v1/auth/login", json={"email": "person@example.org", "password": "x"})
    assert right.status_code == 401
    assert right.json()["error"] == wrong.json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "person@example.org"},
        {"email": 1, "password": PASSWORD},
        {"email": "person@example.org", "password": None},
        {"email": "person@example.org", "password": ["x"]},
        {"email": "person@example.org", "password": "x", "pasword": "y"},
        {"email": "person@example.org", "password": "x" * 2000},
        {"email": "a\u0000b@example.org", "password": "x"},
        {"email": "person@example.org", "password": "a\u0000b"},
    ],
)
def test_login_with_junk_is_a_validation_error(studio, body):
    answer = studio.anonymous.post("/api/v1/auth/login", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"null", b"\xff\xfe", b'{"email": "\\ud800", "password": "x"}'])
def test_login_with_json_junk_is_400(studio, raw):
    headers = {"Content-Type": "application/json"}
    assert studio.anonymous.post("/api/v1/auth/login", content=raw, headers=headers).status_code == 400


def test_refresh_answers_as_printed_and_rotates(either_studio, add_user, log_in, bearer):
    studio = either_studio
    add_user(studio)
    tokens = log_in(studio)
    answer = studio.anonymous.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 200
    fresh = answer.json()["data"]
    assert set(fresh) == {"access_token", "refresh_token", "expires_in"}
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert bearer(studio, fresh["access_token"]).get("/api/v1/users/me").status_code == 200


def test_reused_refresh_token_revokes_the_family(either_studio, add_user, log_in, bearer):
    studio = either_studio
    add_user(studio)
    old = log_in(studio)
    fresh = studio.anonymous.post("/api/v1/auth/refresh", json={"refresh_token": old["refresh_token"]}).json()["data"]
    again = studio.anonymous.post("/api/v1/auth/refresh", json={"refresh_token": old["refresh_token"]})
    assert again.status_code == 401
    assert bearer(studio, fresh["access_token"]).get("/api/v1/users/me").status_code == 401
    last = studio.anonymous.post("/api/v1/auth/refresh", json={"refresh_token": fresh["refresh_token"]})
    assert last.status_code == 401


def test_reuse_revokes_also_behind_an_idempotency_key(studio, add_user, log_in, bearer):
    add_user(studio)
    old = log_in(studio)
    fresh = studio.anonymous.post("/api/v1/auth/refresh", json={"refresh_token": old["refresh_token"]}).json()["data"]
    again = studio.anonymous.post(
        "/api/v1/auth/refresh", json={"refresh_token": old["refresh_token"]}, headers={"Idempotency-Key": "k1"}
    )
    assert again.status_code == 401
    assert again.json()["error"]["code"] == "UNAUTHORIZED"
    assert bearer(studio, fresh["access_token"]).get("/api/v1/users/me").status_code == 401


def test_refresh_token_ends_when_unused_for_too_long(make_studio, add_user, log_in):
    studio = make_studio(plugins=["auth"], overrides={"auth.refresh_token_seconds": 600})
    add_user(studio)
    tokens = log_in(studio)
    studio.clock.advance(601)
    answer = studio.anonymous.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 401


@pytest.mark.parametrize("token", ["junk", "rt_" + "x" * 43, "eyJhbGciOiJIUzI1NiJ9.e30.x", "\u2603"])
def test_unknown_refresh_token_is_refused(studio, token):
    answer = studio.anonymous.post("/api/v1/auth/refresh", json={"refresh_token": token})
    assert answer.status_code == 401


def test_logout_stops_access_and_refresh_at_once(studio, add_user, log_in, bearer):
    add_user(studio)
    tokens, other = log_in(studio), log_in(studio)
    client = bearer(studio, tokens["access_token"])
    assert client.get("/api/v1/users/me").status_code == 200
    answer = client.post("/api/v1/auth/logout")
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "message": "Logged out successfully"}
    assert client.get("/api/v1/users/me").status_code == 401
    refused = studio.anonymous.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert refused.status_code == 401
    assert bearer(studio, other["access_token"]).get("/api/v1/users/me").status_code == 200


def test_logout_without_a_session_is_refused(studio):
    assert studio.anonymous.post("/api/v1/auth/logout").status_code == 401


def test_refresh_of_a_disabled_account_is_refused(studio, add_user, log_in):
    user = add_user(studio)
    tokens = log_in(studio)
    studio.client("admin").put(f"/api/v1/users/{user['id']}", json={"status": "disabled"})
    answer = studio.anonymous.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 401


def test_password_hash_follows_the_settings_at_the_next_login(make_studio, tmp_path, add_user, log_in):
    home = tmp_path / "one"
    first = make_studio(plugins=["auth"], home=home)
    add_user(first)
    second = make_studio(plugins=["auth"], home=home, overrides={"auth.argon2_time_cost": 2})
    log_in(second)
    from studio_kernel.storage.sql import Statement

    stored = second.platform.database.value(
        Statement("SELECT password_hash FROM users WHERE email = :email"), email="person@example.org"
    )
    assert "t=2" in stored
    assert stored.startswith("$argon2id$")


def test_expired_sessions_are_pruned_by_the_hourly_job(studio, add_user, log_in):
    from studio_kernel.storage.sql import Statement

    add_user(studio)
    log_in(studio)
    studio.clock.advance(40 * 86_400)
    kind = studio.platform.jobs.types["kernel.prune"]
    kind.handler(None)
    assert studio.platform.database.value(Statement("SELECT COUNT(*) FROM auth_sessions")) == 0
    assert studio.platform.database.value(Statement("SELECT COUNT(*) FROM auth_refresh_tokens")) == 0

"""Passwords: what is too weak, temporary ones, one-time resets, and addresses that are the same."""

from __future__ import annotations

import contextlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner
from support.oauth import Browser
from zxcvbn import matching

from studio_auth.emails import normal_email
from studio_auth.passwords import Passwords
from studio_auth.settings import AuthSettings
from studio_kernel.cli import studio as command
from studio_kernel.storage.sql import Statement

EMAIL, WEAK, STRONG = "person@example.org", "password123", "quite another thing"


def login(studio, password, email=EMAIL):
    return studio.anonymous.post("/api/v1/auth/login", json={"email": email, "password": password})


@pytest.mark.parametrize("weak", ["password123", "qwertyuiop1", "person@example.org", "Some Person 1", "studio123"])
def test_a_password_that_is_easy_to_guess_is_refused_to_its_owner(studio, add_user, log_in, bearer, weak):
    add_user(studio)
    client = bearer(studio, log_in(studio)["access_token"])
    answer = client.put("/api/v1/users/me/password", json={"current_password": WEAK, "new_password": weak})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == "new_password"


def test_rating_a_password_tries_few_meanings_whatever_it_is_made_of(monkeypatch):
    tried, meanings = [], matching.enumerate_l33t_subs

    def count(table):
        found = meanings(table)
        tried.append(len(found))
        return found

    monkeypatch.setattr(matching, "enumerate_l33t_subs", count)
    passwords = Passwords(AuthSettings())
    assert not passwords.is_weak("4@8({[<369!1|0$5+7%2" * 3)
    assert max(tried) < 100
    assert passwords.is_weak("mail0123456789@example.org", ["mail0123456789@example.org"])
    assert passwords.is_weak("p@ssw0rd123456789")


def test_passwords_that_are_rated_at_once_are_each_held_against_their_own_account(monkeypatch):
    both, match = threading.Barrier(2), matching.omnimatch

    def meet(*arguments):
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.2)
        return match(*arguments)

    monkeypatch.setattr(matching, "omnimatch", meet)
    passwords = Passwords(AuthSettings())
    names = ("zqxjkvwpgh", "vbtkzrwmql")
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda name: passwords.is_weak(name, [name]), names)) == [True, True]


def test_the_strength_is_a_setting(make_studio, add_user, log_in, bearer):
    studio = make_studio(plugins=["auth"], overrides={"auth.password_min_strength": 0})
    assert add_user(studio)["temporary_until"] is None
    client = bearer(studio, log_in(studio)["access_token"])
    body = {"current_password": WEAK, "new_password": "qwertyuiop1"}
    assert client.put("/api/v1/users/me/password", json=body).status_code == 200


def test_a_weak_password_that_an_administrator_gives_works_for_a_week(studio, add_user):
    user = add_user(studio)
    answer = login(studio, WEAK).json()["data"]
    assert answer["temporary_until"] == user["temporary_until"] > user["created_at"]
    studio.clock.advance(7 * 86_400 + 1)
    refused = login(studio, WEAK)
    assert refused.status_code == 401
    assert "temporary password has expired" in refused.json()["error"]["message"]
    assert "temporary" not in login(studio, "wrong-password").text


def test_how_long_temporary_passwords_work_is_a_setting(make_studio, add_user):
    studio = make_studio(plugins=["auth"], overrides={"auth.temporary_password_hours": 1})
    add_user(studio)
    studio.clock.advance(3601)
    assert login(studio, WEAK).status_code == 401


def test_changing_a_temporary_password_makes_it_last(studio, add_user, log_in, bearer):
    add_user(studio)
    client = bearer(studio, log_in(studio)["access_token"])
    assert (
        client.put("/api/v1/users/me/password", json={"current_password": WEAK, "new_password": STRONG}).status_code
        == 200
    )
    assert client.get("/api/v1/users/me").json()["data"]["temporary_until"] is None
    studio.clock.advance(8 * 86_400)
    assert login(studio, STRONG).status_code == 200


# -- one-time resets -----------------------------------------------------------------------------------------


def issue(studio, user_id, role="admin"):
    return studio.client(role).post(f"/api/v1/users/{user_id}/password-reset")


def use(studio, token, password=STRONG):
    return studio.anonymous.post("/api/v1/auth/reset-password", json={"token": token, "new_password": password})


def test_a_reset_token_sets_a_password_once_and_ends_sessions(either_studio, add_user, log_in, bearer):
    studio = either_studio
    user = add_user(studio)
    client = bearer(studio, log_in(studio)["access_token"])
    issued = issue(studio, user["id"]).json()["data"]
    assert issued["page"] == "http://127.0.0.1:8000/oauth/password"
    assert client.get("/api/v1/users/me").status_code == 200, "nothing changes until it is used"
    weak = use(studio, issued["reset_token"], WEAK)
    assert weak.json()["error"]["details"]["field"] == "new_password"
    assert use(studio, issued["reset_token"]).json() == {"success": True, "message": "Password changed successfully"}
    assert client.get("/api/v1/users/me").status_code == 401
    assert login(studio, STRONG).status_code == 200
    assert use(studio, issued["reset_token"], "and one more thing").status_code == 401


def test_a_reset_token_ends_by_itself_and_by_the_next_one(studio, add_user):
    user = add_user(studio)
    first, second = (issue(studio, user["id"]).json()["data"]["reset_token"] for _ in range(2))
    assert use(studio, first).status_code == 401
    studio.clock.advance(86_401)
    assert use(studio, second).status_code == 401


def test_resets_that_succeed_use_no_budget_up(studio, add_user):
    user = add_user(studio)
    for number in range(7):
        token = issue(studio, user["id"]).json()["data"]["reset_token"]
        assert use(studio, token, f"{STRONG} {number}").status_code == 200


def test_how_long_a_reset_works_is_a_setting(make_studio, add_user):
    studio = make_studio(plugins=["auth"], overrides={"auth.password_reset_hours": 1})
    token = issue(studio, add_user(studio)["id"]).json()["data"]["reset_token"]
    studio.clock.advance(3601)
    assert use(studio, token).status_code == 401


def test_a_changed_password_ends_a_reset_token(studio, add_user, log_in, bearer):
    user = add_user(studio)
    token = issue(studio, user["id"]).json()["data"]["reset_token"]
    client = bearer(studio, log_in(studio)["access_token"])
    client.put("/api/v1/users/me/password", json={"current_password": WEAK, "new_password": STRONG})
    assert use(studio, token, "and one more thing").status_code == 401


def test_who_may_issue_a_reset(studio, add_user):
    user = add_user(studio)
    assert issue(studio, user["id"], "manager").status_code == 403
    boss = studio.client("super_admin")
    assert issue(studio, boss.user_id, "admin").status_code == 403
    assert issue(studio, "user_unknown").status_code == 404
    studio.client("admin").put(f"/api/v1/users/{user['id']}", json={"status": "disabled"})
    assert issue(studio, user["id"]).status_code == 409


def test_a_disabled_account_can_not_use_its_token(studio, add_user):
    user = add_user(studio)
    token = issue(studio, user["id"]).json()["data"]["reset_token"]
    studio.client("admin").put(f"/api/v1/users/{user['id']}", json={"status": "disabled"})
    assert use(studio, token).status_code == 401


def test_only_a_hash_of_the_token_is_stored_and_guessing_is_slowed_down(studio, add_user):
    token = issue(studio, add_user(studio)["id"]).json()["data"]["reset_token"]
    assert token not in str(studio.platform.database.rows(Statement("SELECT * FROM auth_password_resets")))
    answers = [use(studio, f"pr_{number}").status_code for number in range(8)]
    assert answers[:5] == [401] * 5
    assert 429 in answers


def test_the_page_for_a_new_password_works_without_a_session(studio, add_user):
    token = issue(studio, add_user(studio)["id"]).json()["data"]["reset_token"]
    browser = Browser(studio)
    page = browser.get("/oauth/password")
    wrong = browser.answer(page, "/oauth/password", token="pr_x", new_password=STRONG)
    assert wrong.status_code == 401
    weak = browser.answer(wrong, "/oauth/password", token=token, new_password=WEAK)
    assert weak.status_code == 400
    assert token not in weak.text
    done = browser.answer(weak, "/oauth/password", token=token, new_password=STRONG)
    assert "The new password is set" in done.text
    assert login(studio, STRONG).status_code == 200
    assert Browser(studio).post("/oauth/password", data={"csrf": "x"}).status_code == 400


def test_users_reset_token_and_reset_second_factor(tmp_path, monkeypatch, make_studio):
    home = tmp_path / "home"
    monkeypatch.setenv("STUDIO_HOME", str(home))
    monkeypatch.setenv("STUDIO_AUTH_ARGON2_MEMORY_KIB", "8")

    def run(*arguments, code=0):
        result = CliRunner().invoke(command, [*arguments, "--json"])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout) if not code else result.exception

    run("users", "create", "a@example.org")
    issued = run("users", "reset-token", "a@example.org")
    studio = make_studio(plugins=["auth"], home=home)
    assert use(studio, issued["reset_token"]).status_code == 200
    assert login(studio, STRONG, "a@example.org").status_code == 200
    assert "no second factor" in str(run("users", "reset-second-factor", "a@example.org", code=1))


# -- addresses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Person@Example.ORG ", "person@example.org"),
        ("ｐｅｒｓｏｎ@example.org", "person@example.org"),
        ("person@BÜCHER.example", "person@xn--bcher-kva.example"),
        ("person@xn--bcher-kva.example", "person@xn--bcher-kva.example"),
        ("nonsense", "nonsense"),
        ("a@" + "ü" * 80, "a@" + "ü" * 80),
        ("", ""),
    ],
)
def test_addresses_that_people_take_for_the_same_are_the_same(typed, kept):
    assert normal_email(typed) == kept


def test_a_look_alike_address_is_taken_already(studio, add_user):
    add_user(studio)
    body = {"email": "PERSON@example.org", "name": "Other", "role": "customer", "password": STRONG}
    assert studio.client("admin").post("/api/v1/users", json=body).status_code == 409
    assert login(studio, WEAK, "ＰＥＲＳＯＮ@example.org").status_code == 200

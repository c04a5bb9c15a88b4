"""What the audit log tells of logins, codes and tokens: how it went, who it was, and what it was about."""

from __future__ import annotations

import pyotp
import pytest
from support.oauth import EMAIL, PASSWORD, Browser, exchange, fields_of, refresh, register

from studio_auth.queries import USER_BY_EMAIL
from studio_kernel.storage.sql import Statement

PATH = "/api/v1/users/me/second-factor"
_ENTRIES = Statement(
    "SELECT status, actor_id, user_id, resource_id FROM audit_log WHERE action = :action ORDER BY at, position"
)


def entries(studio, action):
    """Status, actor, account and resource of every entry of that action; an address is told as ``ip``."""
    studio.platform.audit.flush()
    rows = studio.platform.database.rows(_ENTRIES, action=action)
    return [(row[0], "ip" if row[1].startswith("ip:") else row[1], *row[2:]) for row in rows]


def user_id(studio, email=EMAIL):
    return studio.platform.database.row(USER_BY_EMAIL, email=email)[0]


@pytest.fixture
def protected(studio, add_user, log_in, bearer):
    """A person with a second factor: what gives the next code, and the person's own client."""
    add_user(studio)
    person = bearer(studio, log_in(studio)["access_token"])
    totp = pyotp.TOTP(person.post(PATH, json={"current_password": PASSWORD}).json()["data"]["secret"])

    def code():
        studio.clock.advance(30)
        return totp.at(int(studio.clock().timestamp()))

    assert person.post(f"{PATH}/confirm", json={"otp": code()}).status_code == 200
    return code, person


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_a_wrong_code_is_no_success_and_a_right_one_is_the_persons(studio, protected, headers):
    code, person = protected
    me = user_id(studio)
    body = {"email": EMAIL, "password": PASSWORD, "otp": "000000"}
    assert studio.anonymous.post("/api/v1/auth/login", json=body, headers=headers).status_code == 401
    body["otp"] = code()
    assert studio.anonymous.post("/api/v1/auth/login", json=body, headers=headers).status_code == 200
    assert entries(studio, "auth.login")[1:] == [(401, "ip", "", ""), (200, me, me, me)]
    proof = {"current_password": PASSWORD, "otp": "000000"}
    assert person.post(f"{PATH}/disable", json=proof, headers=headers).status_code == 400
    proof["otp"] = code()
    assert person.post(f"{PATH}/disable", json=proof, headers=headers).status_code == 200
    assert entries(studio, "second_factor.disable") == [(400, me, me, ""), (200, me, me, me)]


def test_the_login_page_names_who_has_shown_a_code(studio, protected):
    code, _ = protected
    browser, client = Browser(studio), register(studio)
    page = browser.allow(browser.ask(client))
    assert "pending" in fields_of(page)
    assert browser.answer(page, otp="000000", decision="allow").status_code == 401
    browser.answer(page, otp=code(), decision="allow")
    me = user_id(studio)
    told = entries(studio, "oauth.decide")
    assert [entry[0] for entry in told][1] == 401
    assert told[-1][1:3] == (me, me)


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_a_refresh_token_that_was_used_before_is_a_refusal(studio, add_user, log_in, headers):
    add_user(studio)
    body = {"refresh_token": log_in(studio)["refresh_token"]}
    assert studio.anonymous.post("/api/v1/auth/refresh", json=body).status_code == 200
    for _ in range(2):
        assert studio.anonymous.post("/api/v1/auth/refresh", json=body, headers=headers).status_code == 401
    me = user_id(studio)
    (session,) = studio.platform.database.row(Statement("SELECT id FROM auth_sessions WHERE user_id = :me"), me=me)
    first, second, third = entries(studio, "auth.refresh")
    assert (first, second) == ((200, me, me, session), (401, "ip", "", session))
    assert third[0] == 401


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_the_token_endpoint_tells_client_account_and_refusals(studio, add_user, headers):
    add_user(studio)
    client, browser = register(studio), Browser(studio)
    me, name = user_id(studio), client["client_id"]
    code = browser.code(client)

    def show(sent, **changes):
        own = {key: value + str(sent) for key, value in headers.items()}
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "https://your-app.com/callback"}
        form |= {"client_id": name, "client_secret": client["client_secret"], **changes}
        return studio.anonymous.post("/oauth/token", data=form, headers=own)

    assert show(1, client_secret="wrong").status_code == 401
    assert show(2, code="unknown").status_code == 400
    assert show(3).status_code == 200
    assert show(4).status_code == 400
    assert show(5, client_id="nobody").status_code == 401
    assert entries(studio, "oauth.token") == [
        (401, "ip", "", name),
        (400, name, name, name),
        (200, name, me, name),
        (400, name, name, name),
        (401, "ip", "", ""),
    ]


def test_refreshed_and_revoked_grants_name_client_and_account(studio, add_user):
    add_user(studio)
    client, browser = register(studio), Browser(studio)
    me, name = user_id(studio), client["client_id"]
    first = exchange(studio, client, browser.code(client)).json()
    second = refresh(studio, client, first["refresh_token"])
    assert second.status_code == 200
    form = {"token": second.json()["refresh_token"], "client_id": name, "client_secret": "wrong"}
    assert studio.anonymous.post("/oauth/revoke", data=form).status_code == 401
    form["client_secret"] = client["client_secret"]
    assert studio.anonymous.post("/oauth/revoke", data=form).status_code == 200
    assert refresh(studio, client, form["token"]).status_code == 400
    assert entries(studio, "oauth.token")[1:] == [(200, name, me, name), (400, name, name, name)]
    assert entries(studio, "oauth.revoke") == [(401, "ip", "", name), (200, name, me, name)]

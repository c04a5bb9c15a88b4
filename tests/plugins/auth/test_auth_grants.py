"""Consent that is remembered, listed and taken back, and the pages of a person who is signed in."""

from __future__ import annotations

import pytest
from support.oauth import CALLBACK, EMAIL, PASSWORD, Browser, exchange, fields_of, me, refresh, register, sent_back


@pytest.fixture
def user(studio, add_user):
    return add_user(studio)


@pytest.fixture
def person(studio, user, log_in, bearer):
    return bearer(studio, log_in(studio)["access_token"])


def test_consent_is_remembered_in_a_browser_that_is_signed_in(either_studio, add_user):
    studio = either_studio
    add_user(studio)
    client, browser = register(studio), Browser(studio)
    first = sent_back(browser.allow(browser.ask(client)))
    again = sent_back(browser.ask(client))
    assert set(again) == {"code", "state", "iss"}
    assert again["code"] != first["code"]
    assert exchange(studio, client, again["code"]).status_code == 200


def test_more_than_was_agreed_to_is_asked_for(studio, user):
    client, browser = register(studio), Browser(studio)
    browser.allow(browser.ask(client, scope="read"))
    page = browser.ask(client, scope="read write")
    assert page.status_code == 200
    assert "Signed in as person@example.org" in page.text
    assert 'name="password"' not in page.text
    code = sent_back(browser.answer(page, decision="allow"))["code"]
    assert exchange(studio, client, code).json()["scope"] == "read write"
    assert "code" in sent_back(browser.ask(client, scope="read write"))


def test_a_new_client_is_asked_for_although_somebody_is_signed_in(studio, user):
    browser = Browser(studio)
    browser.allow(browser.ask(register(studio)))
    assert browser.ask(register(studio)).status_code == 200


def test_rfc8252_8_6_a_public_client_on_loopback_is_asked_for_each_time(studio, user):
    uri = "http://127.0.0.1:9/cb"
    client = register(studio, confidential=False, redirect_uris=[uri])
    browser = Browser(studio)
    challenge = {"code_challenge": "a" * 43, "code_challenge_method": "S256", "redirect_uri": uri}
    browser.allow(browser.ask(client, **challenge))
    assert browser.ask(client, **challenge).status_code == 200


def test_another_account_can_be_used(studio, user, add_user):
    add_user(studio, "second@example.org")
    browser = Browser(studio)
    browser.allow(browser.ask(register(studio)))
    client = register(studio)
    page = browser.answer(browser.ask(client), decision="switch")
    assert 'name="password"' in page.text
    code = sent_back(browser.allow(page, "second@example.org"))["code"]
    token = exchange(studio, client, code).json()["access_token"]
    assert me(studio, token).json()["data"]["email"] == "second@example.org"


def test_applications_are_listed_and_revoked_by_the_api(either_studio, add_user, log_in, bearer):
    studio = either_studio
    add_user(studio)
    person = bearer(studio, log_in(studio)["access_token"])
    client, browser = register(studio, scopes=["read", "write", "api_keys:write"]), Browser(studio)
    tokens = exchange(studio, client, browser.code(client)).json()
    by_app = {"Authorization": f"Bearer {tokens['access_token']}"}
    key = studio.anonymous.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]}, headers=by_app).json()
    assert key["client_id"] == client["client_id"]
    (listed,) = person.get("/api/v1/users/me/applications").json()["data"]["applications"]
    assert (listed["client_id"], listed["name"], listed["scopes"]) == (
        client["client_id"],
        "Your App",
        ["read", "write"],
    )
    path = f"/api/v1/users/me/applications/{client['client_id']}"
    assert studio.client("admin").delete(path).status_code == 404
    assert person.delete(path).json()["message"] == "Application revoked successfully"
    assert me(studio, tokens["access_token"]).status_code == 401
    assert refresh(studio, client, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert studio.anonymous.get("/api/v1/users/me", headers={"X-API-Key": key["api_key"]}).status_code == 401
    assert person.delete(path).status_code == 404
    assert person.get("/api/v1/users/me/applications").json()["data"]["applications"] == []
    assert browser.ask(client).status_code == 200, "it has to ask again"


def test_a_code_that_waits_ends_with_the_grant(studio, person):
    client, browser = register(studio), Browser(studio)
    code = browser.code(client)
    person.delete(f"/api/v1/users/me/applications/{client['client_id']}")
    assert exchange(studio, client, code).json()["error"] == "invalid_grant"


def test_finer_scopes_are_explained_and_reach_only_their_area(make_studio, add_user):
    studio = make_studio(plugins=["auth", "projects", "evidence"])
    add_user(studio)
    client, browser = register(studio, scopes=["projects:read", "evidence:write"]), Browser(studio)
    page = browser.ask(client, scope="projects:read evidence:write")
    assert "projects:read: List" in page.text
    assert "evidence:write: " in page.text
    token = exchange(studio, client, sent_back(browser.allow(page))["code"]).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert studio.anonymous.get("/api/v1/projects", headers=headers).status_code == 200
    assert studio.anonymous.get("/api/v1/users/me", headers=headers).status_code == 403
    body = {"name": "x", "description": "", "framework": "soc2"}
    assert studio.anonymous.post("/api/v1/projects", json=body, headers=headers).status_code == 403


# -- the account page ----------------------------------------------------------------------------------------


def open_account(studio, email=EMAIL):
    browser = Browser(studio)
    answer = browser.answer(
        browser.get("/oauth/account"), "/oauth/account", email=email, password=PASSWORD, action="sign-in"
    )
    assert answer.status_code == 302
    assert answer.headers["location"] == "/oauth/account"
    return browser


def test_the_account_page_lists_and_takes_back(studio, person):
    client, consenting = register(studio), Browser(studio)
    token = exchange(studio, client, consenting.code(client)).json()["access_token"]
    browser = open_account(studio)
    page = browser.get("/oauth/account")
    assert "Your App" in page.text
    assert "testclient" in page.text or "httpx" in page.text
    fields = {**fields_of(page), "id": client["client_id"], "action": "revoke"}
    assert browser.post("/oauth/account", data=fields).status_code == 302
    assert me(studio, token).status_code == 401
    assert "No application acts for you." in browser.get("/oauth/account").text


def test_the_account_page_ends_sessions_and_signs_out(studio, person):
    browser = open_account(studio)
    page = browser.get("/oauth/account")
    (other,) = [
        each["id"]
        for each in person.get("/api/v1/users/me/sessions").json()["data"]["sessions"]
        if each["kind"] == "login"
    ]
    assert browser.post("/oauth/account", data={**fields_of(page), "id": other, "action": "end"}).status_code == 302
    assert person.get("/api/v1/users/me").status_code == 401
    cookie = browser.cookies["studio_session"]
    assert browser.answer(page, "/oauth/account", action="sign-out").status_code == 302
    browser.cookies["studio_session"] = cookie
    assert "Signed in as" not in browser.get("/oauth/account").text


def test_one_person_can_not_take_back_for_another(studio, user, add_user):
    add_user(studio, "other@example.org")
    client, victim = register(studio), Browser(studio)
    token = exchange(studio, client, victim.code(client)).json()["access_token"]
    browser = open_account(studio, "other@example.org")
    fields = {**fields_of(browser.get("/oauth/account")), "id": client["client_id"], "action": "revoke"}
    browser.post("/oauth/account", data=fields)
    assert me(studio, token).status_code == 200


def test_forms_of_the_account_page_are_bound_to_browser_and_session(studio, user):
    browser, stranger = open_account(studio), Browser(studio)
    fields = {**fields_of(browser.get("/oauth/account")), "action": "sign-out"}
    stranger.get("/oauth/account")
    assert stranger.post("/oauth/account", data=fields).status_code == 400
    before = fields_of(stranger.get("/oauth/account"))
    stranger.cookies["studio_session"] = browser.cookies["studio_session"]
    assert stranger.post("/oauth/account", data={**before, "action": "sign-out"}).status_code == 400
    assert "Signed in as" in browser.get("/oauth/account").text


def test_a_login_never_keeps_the_session_that_a_browser_had(studio, user):
    browser = Browser(studio)
    browser.cookies["studio_session"] = "planted-by-somebody-else-0000000000"
    browser.allow(browser.ask(register(studio)))
    assert browser.cookies["studio_session"] != "planted-by-somebody-else-0000000000"


def test_disabling_deleting_or_a_new_password_signs_browsers_out(studio, user, person):
    browser = open_account(studio)
    changed = {"current_password": PASSWORD, "new_password": "quite another thing"}
    person.put("/api/v1/users/me/password", json=changed)
    assert "Signed in as" not in browser.get("/oauth/account").text


def test_a_browser_session_ends_by_itself(make_studio, add_user):
    studio = make_studio(plugins=["auth"], overrides={"auth.browser_session_hours": 1})
    add_user(studio)
    browser = open_account(studio)
    studio.clock.advance(3601)
    assert "Signed in as" not in browser.get("/oauth/account").text


def test_the_api_looks_at_no_cookie(studio, user):
    browser = open_account(studio)
    assert browser.get("/api/v1/users/me").status_code == 401


def test_over_https_the_cookies_are_bound_to_the_host(make_studio, add_user):
    studio = make_studio(plugins=["auth"], overrides={"public_url": "https://studio.example"})
    add_user(studio)
    client, browser = register(studio), Browser(studio)
    page = browser.ask(client)
    cookie = page.headers["set-cookie"]
    assert cookie.startswith("__Host-studio_authorize=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    cookie = browser.allow(page).headers["set-cookie"]
    assert cookie.startswith("__Host-studio_session=")
    assert "Domain" not in cookie


def test_pages_carry_a_strict_policy_and_labels(studio, user):
    browser = open_account(studio)
    client = register(studio)
    pages = [
        Browser(studio).get("/oauth/account"),
        browser.get("/oauth/account"),
        browser.get("/oauth/password"),
        browser.ask(client),
        Browser(studio).ask(client),
    ]
    for page in pages:
        assert page.status_code == 200
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert page.headers["X-Frame-Options"] == "DENY"
        assert '<html lang="en">' in page.text
        assert page.text.count("<h1>") == 1
        assert "<script" not in page.text
        assert " style=" not in page.text
        import re

        for name in re.findall(r'<input id="([^"]+)"', page.text):
            assert f'<label for="{name}">' in page.text


def test_the_callback_is_where_the_form_may_lead(studio, user):
    policy = Browser(studio).ask(register(studio)).headers["Content-Security-Policy"]
    assert f"form-action 'self' {CALLBACK.rpartition('/')[0]};" in policy

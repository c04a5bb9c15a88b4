"""The login and consent page: what it shows, what it refuses, what guards it."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

PASSWORD = "password123"
CALLBACK = "https://your-app.com/callback"


@pytest.fixture
def client(studio):
    body = {"name": "<script>alert(1)</script>", "redirect_uris": [CALLBACK], "scopes": ["read", "write"]}
    return studio.client("admin").post("/api/v1/oauth/clients", json=body).json()["data"]


@pytest.fixture
def query(client):
    return {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": CALLBACK,
        "scope": "read",
        "state": '"><script>alert(2)</script>',
    }


def _fields(page):
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
    return {html.unescape(name): html.unescape(value) for name, value in found}


def _send(studio, page, cookie=None, **changes):
    form = {**_fields(page), "email": "person@example.org", "password": PASSWORD, "decision": "allow", **changes}
    shown = page.headers["set-cookie"].partition(";")[0] if cookie is None else cookie
    return studio.anonymous.post("/oauth/authorize", data=form, headers={"Cookie": shown})


def test_the_page_escapes_everything_and_runs_no_script(studio, query):
    page = studio.anonymous.get("/oauth/authorize", params=query)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert _fields(page)["state"] == query["state"]


def test_the_page_carries_a_strict_policy(studio, query):
    headers = studio.anonymous.get("/oauth/authorize", params=query).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://your-app.com;" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


def test_the_cookie_is_for_this_flow_only(studio, query, make_studio):
    cookie = studio.anonymous.get("/oauth/authorize", params=query).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/oauth"} <= {part.strip() for part in cookie.split(";")}


def test_denying_tells_the_client_and_asks_for_no_password(studio, query):
    page = studio.anonymous.get("/oauth/authorize", params=query)
    answer = _send(studio, page, decision="deny", email="", password="")
    assert answer.status_code == 302
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["error"] == ["access_denied"]
    assert back["state"] == [query["state"]]


def test_wrong_password_shows_the_page_again(studio, query, add_user):
    add_user(studio)
    page = studio.anonymous.get("/oauth/authorize", params=query)
    answer = _send(studio, page, password="wrong-password")
    assert answer.status_code == 401
    assert "The email address or the password is wrong" in answer.text
    assert "wrong-password" not in answer.text
    assert _fields(answer) == _fields(page)


def test_guessing_on_the_page_is_throttled_with_the_login(studio, query, add_user):
    add_user(studio)
    page = studio.anonymous.get("/oauth/authorize", params=query)
    answers = [_send(studio, page, password="wrong-password").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    login = {"email": "person@example.org", "password": PASSWORD}
    assert studio.anonymous.post("/api/v1/auth/login", json=login).status_code == 429


@pytest.mark.parametrize("cookie", ["", "studio_authorize=short", "studio_authorize=" + "a" * 32, ";;=;", "x\x7f=1"])
def test_a_form_from_another_browser_is_refused(studio, query, add_user, cookie):
    add_user(studio)
    page = studio.anonymous.get("/oauth/authorize", params=query)
    answer = _send(studio, page, cookie=cookie)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize("change", [{"scope": "read write"}, {"state": "other"}, {"csrf": "0" * 64}])
def test_a_form_that_was_changed_is_refused(studio, query, add_user, change):
    add_user(studio)
    page = studio.anonymous.get("/oauth/authorize", params=query)
    assert _send(studio, page, **change).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "client_unknown"},
        {"client_id": None},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": f"{CALLBACK}?x=1"},
        {"redirect_uri": CALLBACK.upper()},
        {"redirect_uri": "/callback"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
)
def test_untrusted_requests_redirect_nowhere(studio, query, change):
    asked = {name: value for name, value in {**query, **change}.items() if value is not None}
    answer = studio.anonymous.get("/oauth/authorize", params=asked)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unauthorized_client"),
        ({"response_type": "none"}, "unauthorized_client"),
        ({"response_type": None}, "invalid_request"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"scope": "admin"}, "invalid_scope"),
    ],
)
def test_trusted_clients_hear_of_their_mistakes_with_their_state(studio, query, change, error):
    asked = {name: value for name, value in {**query, **change}.items() if value is not None}
    answer = studio.anonymous.get("/oauth/authorize", params=asked)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(CALLBACK)
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["error"] == [error]
    assert back["state"] == [query["state"]]


def test_a_sole_redirect_uri_is_the_default(studio, query, add_user):
    add_user(studio)
    asked = {name: value for name, value in query.items() if name != "redirect_uri"}
    page = studio.anonymous.get("/oauth/authorize", params=asked)
    assert page.status_code == 200
    assert _send(studio, page).headers["location"].startswith(CALLBACK)


def test_empty_parameters_count_as_left_out(studio, query):
    page = studio.anonymous.get("/oauth/authorize", params={**query, "scope": "", "code_challenge": ""})
    assert page.status_code == 200
    assert "scope" not in _fields(page)


def test_an_empty_login_shows_the_page_again(studio, query):
    page = studio.anonymous.get("/oauth/authorize", params=query)
    assert _send(studio, page, email="", password="").status_code == 401


def test_unknown_parameters_are_ignored_and_repeated_ones_refused(studio, query):
    assert studio.anonymous.get("/oauth/authorize", params={**query, "nonce": "x", "prompt": "none"}).status_code == 200
    twice = studio.anonymous.get("/oauth/authorize?client_id=a&client_id=b")
    assert twice.status_code == 400
    assert twice.headers["content-type"].startswith("text/html")


def test_the_person_who_consents_stands_in_the_audit_log(studio, query, add_user):
    user = add_user(studio)
    _send(studio, studio.anonymous.get("/oauth/authorize", params=query))
    listed = studio.client("admin").get("/api/v1/audit-log", params={"action": "oauth.decide"}).json()
    assert [entry["user_id"] for entry in listed["data"]["entries"]] == [user["id"]]

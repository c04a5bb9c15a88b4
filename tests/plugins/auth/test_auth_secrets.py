"""Secrets are shown once to whom they belong, and stand nowhere else: not in logs, errors, audit, events or repr."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging

import pyotp
import pytest
from support.oauth import CALLBACK, Browser, exchange, fields_of, refresh, register, sent_back

from studio_auth.service.browsers import Person
from studio_auth.service.login import Account
from studio_auth.service.oauth_clients import OAuthClients
from studio_auth.service.second_factor import enrolment_of
from studio_auth.service.sessions import Sessions, TokenPair
from studio_auth.signing import KeyRing
from studio_kernel.http.operations import Answer, Call, RawAnswer
from studio_kernel.http.wire import Wire
from studio_kernel.security.principal import SYSTEM, Credentials
from studio_kernel.security.sealed import reseal
from studio_kernel.storage.sql import Statement

PASSWORD, FRESH = "a password of this test", "another one of this test"


@pytest.fixture
def everything_logged():
    """Every log line, at the lowest level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    # NOTE: the tests' own client writes down what it sends; that is not the platform.
    handler.addFilter(lambda record: not record.name.startswith(("httpx", "httpcore")))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def go_through_everything(studio):
    """Use every secret there is, in right and in wrong ways; the secrets by name, and all answers that may not tell."""
    secrets, answers = {"password": PASSWORD, "new password": FRESH}, []
    admin = studio.client("super_admin")
    body = {"email": "person@example.org", "name": "Person", "role": "customer", "password": PASSWORD}
    user = admin.post("/api/v1/users", json=body).json()["data"]
    login = studio.anonymous.post("/api/v1/auth/login", json={"email": body["email"], "password": PASSWORD}).json()
    secrets["access token"] = login["data"]["tokens"]["access_token"]
    secrets["refresh token"] = login["data"]["tokens"]["refresh_token"]
    headers = {"Authorization": f"Bearer {secrets['access token']}"}
    key = studio.anonymous.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]}, headers=headers).json()
    secrets["api key"] = key["api_key"]
    client, browser = register(studio), Browser(studio)
    secrets["client secret"] = client["client_secret"]
    page = browser.ask(client)
    secrets["form token"] = fields_of(page)["csrf"]
    secrets["code"] = sent_back(browser.allow(page, body["email"], PASSWORD))["code"]
    secrets["cookie"] = browser.cookies["studio_session"]
    tokens = exchange(studio, client, secrets["code"]).json()
    secrets["oauth refresh token"] = tokens["refresh_token"]
    factor = "/api/v1/users/me/second-factor"
    begun = studio.anonymous.post(factor, json={"current_password": PASSWORD}, headers=headers).json()["data"]
    secrets["second factor"] = begun["secret"]
    code = pyotp.TOTP(begun["secret"]).at(int(studio.clock().timestamp()))
    codes = studio.anonymous.post(f"{factor}/confirm", json={"otp": code}, headers=headers).json()["data"]
    secrets["recovery code"] = codes["recovery_codes"][0]
    reset = admin.post(f"/api/v1/users/{user['id']}/password-reset").json()["data"]
    secrets["reset token"] = reset["reset_token"]

    send = studio.anonymous.post
    login_body = {"email": body["email"], "password": PASSWORD}
    answers += [
        send("/api/v1/auth/login", json=login_body),
        send(
            "/api/v1/auth/login", json={"email": body["email"], "password": PASSWORD, "otp": secrets["recovery code"]}
        ),
        send("/api/v1/auth/login", json={"email": body["email"], "pasword": PASSWORD}),
        send("/api/v1/auth/refresh", json={"refresh_token": secrets["oauth refresh token"]}),
        send("/api/v1/auth/refresh", json={"refresh_token": [secrets["refresh token"]]}),
        send("/api/v1/auth/reset-password", json={"token": secrets["reset token"], "new_password": "password123"}),
        exchange(studio, client, secrets["code"]),
        exchange(studio, client, secrets["code"], redirect_uri=CALLBACK + "/"),
        refresh(studio, client, secrets["refresh token"]),
        browser.post("/oauth/authorize", data={"csrf": secrets["form token"], "decision": "allow"}),
        browser.answer(
            browser.get("/oauth/password"), "/oauth/password", token=secrets["reset token"], new_password="x"
        ),
        studio.anonymous.get("/api/v1/users/me", headers={"Authorization": f"Basic {secrets['access token']}"}),
        studio.anonymous.get("/api/v1/users/me", headers={"X-API-Key": secrets["api key"] + "x"}),
        studio.anonymous.get(f"/api/v1/users/me?access_token={secrets['access token']}"),
        admin.get("/api/v1/users"),
        admin.get("/api/v1/oauth/clients"),
        admin.get(f"/api/v1/users/{user['id']}"),
    ]
    used = {"token": secrets["reset token"], "new_password": FRESH}
    answers.append(send("/api/v1/auth/reset-password", json=used))
    answers.append(send("/api/v1/auth/reset-password", json=used))
    return secrets, answers


def told(secrets, text):
    return [name for name, secret in secrets.items() if secret in text]


def test_no_secret_stands_in_logs_errors_audit_or_events(studio, everything_logged):
    secrets, answers = go_through_everything(studio)
    studio.platform.audit.flush()
    studio.run_jobs()
    refusals = [answer for answer in answers if answer.status_code >= 400]
    assert len(refusals) >= 10
    for answer in answers:
        if "tokens" not in answer.text:
            assert told(secrets, answer.text) == [], answer.request.url
    database = studio.platform.database
    assert told(secrets, everything_logged.getvalue()) == []
    assert told(secrets, str(database.rows(Statement("SELECT * FROM audit_log")))) == []
    assert told(secrets, str(database.rows(Statement("SELECT * FROM events")))) == []
    assert told(secrets, str(database.rows(Statement("SELECT * FROM jobs")))) == []


def test_no_secret_is_stored_in_the_clear(studio):
    secrets, _ = go_through_everything(studio)
    database = studio.platform.database
    tables = database.rows(Statement("SELECT name FROM sqlite_master WHERE type = 'table'"))
    for (table,) in tables:
        stored = str(database.rows(Statement(f'SELECT * FROM "{table}"')))
        plain = {name: secret for name, secret in secrets.items() if name != "recovery code"}
        assert told(plain, stored) == [], table
        assert secrets["recovery code"].replace("-", "") not in stored


def test_no_secret_stands_in_a_repr(studio):
    secret = "s3cr3t" * 8
    client, plain = OAuthClients(studio.platform, Sessions(studio.platform)).create(
        SYSTEM, name="x", grant_types=["client_credentials"]
    )
    ring = studio.platform.shared(KeyRing)
    things = [
        TokenPair("sess_x", secret, secret, 5),
        Account("user_x", "p@example.org", "viewer", None, None, secret, secret),
        Person("sess_x", "user_x", "p@example.org", "viewer", None, secret, (secret,)),
        enrolment_of(secret, "p@example.org"),
        Credentials({"authorization": secret}, "127.0.0.1"),
        Call(SYSTEM, "", "", {}, {}, {"password": secret}, {"authorization": secret}),
        Answer({"api_key": secret}),
        RawAnswer(secret.encode(), "text/plain", headers={"Set-Cookie": secret}),
        Wire(200, secret.encode(), {"Set-Cookie": secret}),
        studio.platform.secret_box("x"),
    ]
    for thing in things:
        assert secret not in repr(thing), type(thing)
    assert plain not in repr(client)
    assert client.secret_hash not in repr(client)
    assert repr(ring.current().private) not in repr(ring.current())
    assert studio.platform.secret_key not in repr(studio.platform)


def test_an_unexpected_error_tells_the_client_nothing(studio, monkeypatch, everything_logged):
    from studio_auth.service.login import Logins

    def fail(self, email, password, address, code=""):
        raise RuntimeError(f"went wrong with {password}")

    monkeypatch.setattr(Logins, "check", fail)
    with contextlib.suppress(RuntimeError):
        answer = studio.anonymous.post("/api/v1/auth/login", json={"email": "a@example.org", "password": PASSWORD})
        assert answer.status_code == 500
        assert PASSWORD not in answer.text
        assert "RuntimeError" not in answer.text


def test_no_hash_of_a_repeatable_login_lets_its_password_be_guessed(make_studio, tmp_path, add_user):
    old = {"home": tmp_path / "home", "overrides": {"secret_key": "a" * 40}}
    both = {"home": tmp_path / "home", "overrides": {"secret_key": "b" * 40, "secret_keys_accepted": "a" * 40}}
    only = {"home": tmp_path / "home", "overrides": {"secret_key": "b" * 40}}
    body = b'{"email":"person@example.org","password":"password123"}'

    def log_in(studio, content=body):
        headers = {"Idempotency-Key": "login", "Content-Type": "application/json"}
        return studio.anonymous.post("/api/v1/auth/login", content=content, headers=headers)

    studio = make_studio(plugins=["auth"], **old)
    add_user(studio)
    first = log_in(studio)
    assert first.status_code == 200
    for row in studio.platform.database.rows(Statement("SELECT key, fingerprint, answer FROM idempotency_keys")):
        assert hashlib.sha256(body).hexdigest() not in "".join(row)
        assert row[1] == ""
    for options in (old, both, only):
        again = make_studio(plugins=["auth"], **options)
        assert log_in(again).content == first.content
        assert log_in(again, body.replace(b"3", b"4")).status_code == 409
        reseal(again.platform)

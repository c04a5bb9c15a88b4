"""Access tokens: what they say, and everything that isn't one."""

from __future__ import annotations

import base64
import json
import time

import jwt
import pytest

from studio_auth.signing import KeyRing
from studio_auth.tokens import AUDIENCE


def _me(studio, token):
    return studio.anonymous.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def token(studio) -> str:
    return studio.client("admin").headers["Authorization"].removeprefix("Bearer ")


def _key(studio) -> bytes:
    return studio.platform.shared(KeyRing).current().private


def _signed(studio, claims=None, headers=None, algorithm="HS256", key=None, **changes):
    user = studio.client("customer")
    good = user.headers["Authorization"].removeprefix("Bearer ")
    payload = {**jwt.decode(good, options={"verify_signature": False}), **(claims or {}), **changes}
    payload = {name: value for name, value in payload.items() if value is not ...}
    header = {**jwt.get_unverified_header(good), **(headers or {})}
    header.pop("alg")
    return jwt.encode(payload, _key(studio) if key is None else key, algorithm=algorithm, headers=header)


def test_token_says_what_the_contract_asks_for(studio, token):
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert header["alg"] == "HS256"
    assert header["kid"]
    assert claims["iss"] == "http://127.0.0.1:8000"
    assert claims["aud"] == AUDIENCE
    assert claims["sub"].startswith("user_")
    assert claims["scope"] == "read write admin"
    assert claims["exp"] - claims["iat"] == 3600
    assert {"jti", "sid"} <= set(claims)


def test_only_administrators_get_the_scope_admin(studio):
    token = studio.client("manager").headers["Authorization"].removeprefix("Bearer ")
    assert jwt.decode(token, options={"verify_signature": False})["scope"] == "read write"


def test_a_sound_forgery_with_the_right_key_would_pass(studio):
    assert _me(studio, _signed(studio)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "changes"),
    [
        ({"kid": "unknown"}, {}),
        ({"kid": "../../etc/passwd"}, {}),
        ({"kid": "' OR 1=1 --"}, {}),
        ({"typ": "JWT"}, {}),
        ({"crit": ["x"]}, {}),
        ({}, {"iss": "https://elsewhere.example"}),
        ({}, {"aud": "other"}),
        ({}, {"sid": "sess_unknown"}),
        ({}, {"sid": ...}),
        ({}, {"sid": 5}),
        ({}, {"exp": ...}),
        ({}, {"exp": "9999999999"}),
        ({}, {"exp": True}),
        ({}, {"exp": 5}),
        ({}, {"scope": ["read"]}),
        ({}, {"jti": ...}),
        ({}, {"sub": "user_someone_else"}),
    ],
)
def test_changed_claims_are_refused_even_with_the_right_key(studio, headers, changes):
    answer = _me(studio, _signed(studio, headers=headers, claims=changes))
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "UNAUTHORIZED"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_of_the_same_family_is_refused(studio, algorithm):
    key = _key(studio) * 4
    assert _me(studio, _signed(studio, algorithm=algorithm, key=key)).status_code == 401


def test_a_token_without_signature_is_refused(studio, token):
    _, payload, _ = token.split(".")
    kid = jwt.get_unverified_header(token)["kid"]
    for alg in ("none", "None", "NONE", "HS256"):
        header = json.dumps({"alg": alg, "typ": "at+jwt", "kid": kid}).encode()
        forged = base64.urlsafe_b64encode(header).rstrip(b"=").decode() + f".{payload}."
        assert _me(studio, forged).status_code == 401


def test_a_wider_scope_in_a_forged_payload_is_refused(studio, token):
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["scope"] = "read write admin super"
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    assert _me(studio, f"{header}.{changed}.{signature}").status_code == 401


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "x",
        "a.b.c",
        "...",
        "eyJhbGciOiJIUzI1NiJ9",
        "e30.e30.e30",
        "bnVsbA.bnVsbA.x",
        "W10.W10.x",
        "x" * 10_000,
        base64.urlsafe_b64encode(b"[" * 2500).decode() + ".e30.x",
    ],
)
def test_junk_is_no_token(studio, junk):
    assert _me(studio, junk).status_code == 401


@pytest.mark.parametrize("header", ["Bearer", "bearer x", "Basic dXNlcjpwYXNz", "Digest x", "eyJ", "Bearer a b"])
def test_other_authorization_headers_are_refused(studio, header):
    answer = studio.anonymous.get("/api/v1/users/me", headers={"Authorization": header})
    assert answer.status_code == 401


def test_token_ends_after_its_time(make_studio):
    studio = make_studio(plugins=["auth"], overrides={"auth.access_token_seconds": 60})
    client = studio.client("customer")
    studio.clock.advance(61)
    answer = client.get("/api/v1/users/me")
    assert answer.status_code == 401
    assert "expired" in answer.json()["error"]["message"]


def test_tokens_of_another_install_are_refused(studio, make_studio):
    other = make_studio(plugins=["auth"])
    token = other.client("admin").headers["Authorization"].removeprefix("Bearer ")
    assert _me(studio, token).status_code == 401


def test_a_promoted_account_gets_the_scope_by_refreshing(studio, add_user, log_in, bearer):
    user, tokens = add_user(studio), log_in(studio)
    assert studio.client("super_admin").put(f"/api/v1/users/{user['id']}", json={"role": "admin"}).status_code == 200
    assert bearer(studio, tokens["access_token"]).get("/api/v1/users").status_code == 403
    fresh = studio.anonymous.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]}).json()
    assert bearer(studio, fresh["data"]["access_token"]).get("/api/v1/users").status_code == 200


def test_a_demoted_administrator_loses_the_scope_at_once(studio):
    admin, boss = studio.client("admin"), studio.client("super_admin")
    assert admin.get("/api/v1/users").status_code == 200
    assert boss.put(f"/api/v1/users/{admin.user_id}", json={"role": "viewer"}).status_code == 200
    started = time.monotonic()
    assert admin.get("/api/v1/users").status_code == 403
    assert time.monotonic() - started < 0.9


def test_token_and_api_key_together_are_refused(studio, token):
    headers = {"Authorization": f"Bearer {token}", "X-API-Key": "sk_live_" + "0" * 48}
    assert studio.anonymous.get("/api/v1/users/me", headers=headers).status_code == 401

"""Signing keys: three algorithms, rotation with overlap, the public key set, and no confusion between keys."""

from __future__ import annotations

import base64
import json
import time

import jwt
import pytest
from click.testing import CliRunner

from studio_auth.signing import KeyRing
from studio_auth.tokens import AccessTokens
from studio_kernel.cli import studio as command
from studio_kernel.errors import Unauthorized
from studio_kernel.storage.sql import Statement


def _token(client):
    return client.headers["Authorization"].removeprefix("Bearer ")


def _me(studio, token):
    return studio.anonymous.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"}).status_code


@pytest.fixture(params=["RS256", "EdDSA"])
def asymmetric(request, make_studio):
    return make_studio(plugins=["auth"], overrides={"auth.signing_algorithm": request.param})


def test_an_asymmetric_key_is_published_and_verifies(asymmetric):
    studio = asymmetric
    token = _token(studio.client("admin"))
    assert _me(studio, token) == 200
    document = studio.anonymous.get("/.well-known/jwks.json").json()
    metadata = studio.anonymous.get("/.well-known/oauth-authorization-server").json()
    assert metadata["jwks_uri"] == "http://127.0.0.1:8000/.well-known/jwks.json"
    header = jwt.get_unverified_header(token)
    (key,) = [each for each in document["keys"] if each["kid"] == header["kid"]]
    assert not {"d", "p", "q", "k"} & set(key), "a private part is published"
    claims = jwt.decode(token, jwt.PyJWK(key).key, algorithms=[key["alg"]], audience="studio")
    assert claims["scope"] == "read write admin"


def test_with_a_secret_key_nothing_is_published(studio):
    assert studio.anonymous.get("/.well-known/jwks.json").status_code == 404
    assert "jwks_uri" not in studio.anonymous.get("/.well-known/oauth-authorization-server").json()


def test_rfc8725_2_1_a_public_key_is_no_secret_key(asymmetric):
    """Algorithm confusion: what everybody can read must not sign as HS256."""
    studio = asymmetric
    token = _token(studio.client("admin"))
    kid = jwt.get_unverified_header(token)["kid"]
    document = studio.anonymous.get("/.well-known/jwks.json")
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = studio.platform.shared(KeyRing).current().public
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    raw = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    import hashlib
    import hmac

    head = json.dumps({"alg": "HS256", "typ": "at+jwt", "kid": kid}).encode()
    signed = b".".join([_b64(head), token.split(".")[1].encode()])
    for secret in (pem, raw, document.content, b""):
        forged = signed + b"." + _b64(hmac.new(secret, signed, hashlib.sha256).digest())
        assert _me(studio, forged.decode()) == 401


def _b64(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def test_rotation_logs_nobody_out_and_the_old_key_ends(either_studio):
    studio = either_studio
    ring = studio.platform.shared(KeyRing)
    before = studio.client("admin")
    fresh = ring.rotate()
    after = studio.client("admin")
    assert jwt.get_unverified_header(_token(after))["kid"] == fresh.kid
    assert {jwt.get_unverified_header(_token(each))["kid"] for each in (before, after)} == {k.kid for k in ring.all()}
    assert before.get("/api/v1/users/me").status_code == after.get("/api/v1/users/me").status_code == 200
    studio.clock.advance(3700)
    assert [key.kid for key in ring.all()] == [fresh.kid]
    studio.clock.advance(86_401)
    assert studio.platform.retentions().run()["auth.signing_keys"] >= 1
    assert studio.platform.database.value(Statement("SELECT COUNT(*) FROM auth_signing_keys")) == 1


def test_rotation_after_a_leak_ends_earlier_tokens_and_sessions_go_on(studio, add_user, log_in):
    add_user(studio)
    tokens = log_in(studio)
    studio.platform.shared(KeyRing).rotate(at_once=True)
    studio.platform.credentials.forget(user_id="nobody")
    time.sleep(1.0)
    assert _me(studio, tokens["access_token"]) == 401
    answer = studio.anonymous.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert _me(studio, answer.json()["data"]["access_token"]) == 200


def test_a_change_of_algorithm_logs_nobody_out(make_studio, tmp_path):
    home = tmp_path / "one"
    first = make_studio(plugins=["auth"], home=home)
    token = _token(first.client("admin"))
    second = make_studio(plugins=["auth"], home=home, overrides={"auth.signing_algorithm": "EdDSA"})
    assert _me(second, token) == 200
    assert jwt.get_unverified_header(_token(second.client("admin", email="second@example.org")))["alg"] == "EdDSA"


def test_another_process_learns_of_a_new_key_from_its_first_token(make_studio, tmp_path):
    home = tmp_path / "one"
    first, second = (make_studio(plugins=["auth"], home=home) for _ in range(2))
    first.client("admin")
    second.platform.shared(KeyRing).rotate()
    assert _me(first, _token(second.client("admin", email="second@example.org"))) == 200


def test_keys_are_stored_sealed_and_shown_nowhere(studio):
    ring = studio.platform.shared(KeyRing)
    secret = ring.current().private
    stored = str(studio.platform.database.rows(Statement("SELECT * FROM auth_signing_keys")))
    assert base64.b64encode(secret).decode() not in stored
    assert secret.hex() not in stored
    assert repr(secret) not in repr(ring.current())


def test_a_key_of_another_install_is_passed_over(make_studio, tmp_path, caplog):
    home = tmp_path / "one"
    first = make_studio(plugins=["auth"], home=home, overrides={"secret_key": "a" * 40})
    token = _token(first.client("admin"))
    second = make_studio(plugins=["auth"], home=home, overrides={"secret_key": "b" * 40})
    assert _me(second, token) == 401
    assert _me(second, _token(second.client("admin", email="second@example.org"))) == 200
    assert "was written with another STUDIO_SECRET_KEY" in caplog.text


def test_verified_tokens_are_remembered_within_bounds(studio, monkeypatch):
    monkeypatch.setattr("studio_auth.tokens._MOST_KEPT", 3)
    tokens = studio.platform.shared(AccessTokens)
    issued = [tokens.issue(subject="user_x", session_id="sess_x", scopes=["read"]) for _ in range(5)]
    for each in issued:
        assert tokens.read(each).subject == "user_x"
    assert len(tokens._verified) == 3
    studio.clock.advance(3601)
    with pytest.raises(Unauthorized, match="expired"):
        tokens.read(issued[-1])


def test_keys_rotate_and_keys_list(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STUDIO_AUTH_SIGNING_ALGORITHM", "EdDSA")

    def run(*arguments):
        result = CliRunner().invoke(command, list(arguments), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    first = run("keys", "rotate", "--json")
    second = run("keys", "rotate", "--json")
    listed = run("keys", "list", "--json")
    assert [(each["kid"], each["use"]) for each in listed] == [(second["kid"], "signs"), (first["kid"], "verifies")]
    assert set(listed[0]) == {"kid", "algorithm", "use", "created_at", "ends_at"}
    run("keys", "rotate", "--now", "--json")
    assert len(run("keys", "list", "--json")) == 1


def test_a_wrong_algorithm_stops_the_start(make_studio):
    from studio_kernel.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match="SIGNING_ALGORITHM"):
        make_studio(plugins=["auth"], overrides={"auth.signing_algorithm": "none"})


def test_headers_that_name_keys_elsewhere_are_not_followed(studio):
    """jku, x5u and jwk in the header are the sender's word (RFC 8725 section 3.10)."""
    token = _token(studio.client("admin"))
    kid = jwt.get_unverified_header(token)["kid"]
    secret = b"x" * 32
    claims = jwt.decode(token, options={"verify_signature": False})
    for extra in ({"jku": "http://127.0.0.1:9/keys"}, {"jwk": {"kty": "oct", "k": "eHh4"}}, {"x5u": "http://[::1]/"}):
        headers = {"kid": kid, "typ": "at+jwt", **extra}
        forged = jwt.encode(claims, secret, algorithm="HS256", headers=headers)
        assert _me(studio, forged) == 401

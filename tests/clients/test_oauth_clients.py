"""authlib, requests-oauthlib and oauthlib's own client each go through every grant against a running server."""

from __future__ import annotations

import html
import json
import re

import httpx
import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient, InvalidGrantError, WebApplicationClient
from requests_oauthlib import OAuth2Session
from support.server import EMAIL, PASSWORD

CALLBACK = "http://127.0.0.1:1/callback"
SCOPE = "read write"


def person_agrees(url):
    """What a browser without scripts does: open the page, fill the form in, follow no further than the callback."""
    with httpx.Client(timeout=30) as browser:
        page = browser.get(url)
        assert page.status_code == 200, page.text
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
        form = {html.unescape(name): html.unescape(value) for name, value in found}
        form |= {"email": EMAIL, "password": PASSWORD, "decision": "allow"}
        answer = browser.post(httpx.URL(url).join("/oauth/authorize"), data=form)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def holds(server, token):
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    answer = httpx.get(f"{server.base}/api/v1/users/me", headers=headers)
    return answer.status_code == 200 and answer.json()["data"]["email"] == EMAIL


def test_the_metadata_is_where_clients_look_for_it(server):
    metadata = httpx.get(f"{server.base}/.well-known/oauth-authorization-server").json()
    from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

    AuthorizationServerMetadata({**metadata, "issuer": "https://studio.example"}).validate_grant_types_supported()
    assert metadata["code_challenge_methods_supported"] == ["S256"]


@pytest.mark.parametrize("kind", ["confidential", "public"])
def test_authlib_code_with_pkce_refresh_introspection_and_revocation(server, register, kind):
    grants = ["authorization_code", "refresh_token"]
    client = register(confidential=kind == "confidential", grant_types=grants)
    method = "client_secret_basic" if kind == "confidential" else "none"
    with AuthlibSession(
        client_id=client["client_id"],
        client_secret=client["client_secret"],
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        redirect_uri=CALLBACK,
        scope=SCOPE,
        code_challenge_method="S256",
    ) as session:
        verifier = "v" * 48
        url, state = session.create_authorization_url(f"{server.base}/oauth/authorize", code_verifier=verifier)
        back = person_agrees(url)
        token = session.fetch_token(
            f"{server.base}/oauth/token", authorization_response=back, state=state, code_verifier=verifier
        )
        assert (token["token_type"], token["scope"]) == ("Bearer", SCOPE)
        assert holds(server, token)
        fresh = session.refresh_token(f"{server.base}/oauth/token", refresh_token=token["refresh_token"])
        assert holds(server, fresh)
        if kind == "confidential":
            seen = session.introspect_token(f"{server.base}/oauth/introspect", token=fresh["access_token"])
            assert seen.json()["active"] is True
        session.revoke_token(f"{server.base}/oauth/revoke", token=fresh["refresh_token"])
        assert not holds(server, fresh)


# NOTE: RFC 9864 names the algorithm anew; the API's contract keeps the name that all libraries know.
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")
def test_joserfc_verifies_tokens_with_the_published_keys(server, register):
    client = register()
    with AuthlibSession(client["client_id"], client["client_secret"], scope="read") as session:
        token = session.fetch_token(f"{server.base}/oauth/token", grant_type="client_credentials")
    keys = httpx.get(f"{server.base}/.well-known/jwks.json")
    if keys.status_code == 404:
        return
    from joserfc import jws
    from joserfc.jwk import KeySet

    signed = jws.deserialize_compact(
        token["access_token"], KeySet.import_key_set(keys.json()), registry=jws.JWSRegistry(algorithms=["EdDSA"])
    )
    assert json.loads(signed.payload)["client_id"] == client["client_id"]


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_client_credentials(server, register, method):
    client = register()
    with AuthlibSession(
        client["client_id"], client["client_secret"], scope="read", token_endpoint_auth_method=method
    ) as session:
        token = session.fetch_token(f"{server.base}/oauth/token", grant_type="client_credentials")
    assert token["scope"] == "read"
    assert "refresh_token" not in token


def test_requests_oauthlib_code_with_pkce_and_automatic_refresh(server, register):
    client = register()
    kept = []
    proof = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    session = OAuth2Session(
        client["client_id"],
        redirect_uri=CALLBACK,
        scope=SCOPE.split(),
        pkce="S256",
        auto_refresh_url=f"{server.base}/oauth/token",
        auto_refresh_kwargs=proof,
        token_updater=kept.append,
    )
    with session:
        url, _ = session.authorization_url(f"{server.base}/oauth/authorize")
        token = session.fetch_token(
            f"{server.base}/oauth/token",
            authorization_response=person_agrees(url),
            client_secret=client["client_secret"],
        )
        assert holds(server, token)
        session.token = {**token, "expires_in": -1, "expires_at": 1}
        answer = session.get(f"{server.base}/api/v1/users/me")
        assert answer.json()["data"]["email"] == EMAIL
    assert kept[0]["refresh_token"] != token["refresh_token"]


def test_requests_oauthlib_client_credentials(server, register):
    client = register()
    with OAuth2Session(client=BackendApplicationClient(client["client_id"], scope=["read"])) as session:
        token = session.fetch_token(
            f"{server.base}/oauth/token", client_id=client["client_id"], client_secret=client["client_secret"]
        )
    assert token.scope == "read"


def test_oauthlibs_own_client_code_refresh_and_revocation(server, register):
    client = register()
    mine = WebApplicationClient(client["client_id"])
    verifier = mine.create_code_verifier(64)
    challenge = mine.create_code_challenge(verifier, "S256")
    url, _, _ = mine.prepare_authorization_request(
        f"{server.base}/oauth/authorize",
        state="s" * 16,
        redirect_url=CALLBACK,
        scope=SCOPE,
        code_challenge=challenge,
        code_challenge_method="S256",
    )
    back = person_agrees(url)
    assert mine.parse_request_uri_response(back, state="s" * 16)["iss"].startswith("http")
    secret = client["client_secret"]

    def send(prepared):
        url, headers, body = prepared
        return requests.post(url, headers=headers, data=body, timeout=30)

    answer = send(
        mine.prepare_token_request(
            f"{server.base}/oauth/token",
            authorization_response=back,
            redirect_url=CALLBACK,
            state="s" * 16,
            client_secret=secret,
            code_verifier=verifier,
        )
    )
    token = mine.parse_request_body_response(answer.text, scope=SCOPE)
    assert holds(server, token)
    again = send(
        mine.prepare_refresh_token_request(
            f"{server.base}/oauth/token",
            refresh_token=token["refresh_token"],
            client_id=client["client_id"],
            client_secret=secret,
        )
    )
    fresh = mine.parse_request_body_response(again.text)
    assert holds(server, fresh)
    revoke = mine.prepare_token_revocation_request(f"{server.base}/oauth/revoke", fresh["access_token"], "access_token")
    url, headers, body = revoke
    done = requests.post(url, headers=headers, data=body, auth=(client["client_id"], secret), timeout=30)
    assert done.status_code in (200, 401)
    body = {"token": fresh["access_token"], "client_id": client["client_id"], "client_secret": secret}
    assert requests.post(f"{server.base}/oauth/revoke", data=body, timeout=30).status_code == 200
    assert not holds(server, fresh)
    refused = send(
        mine.prepare_refresh_token_request(
            f"{server.base}/oauth/token",
            refresh_token=fresh["refresh_token"],
            client_id=client["client_id"],
            client_secret=secret,
        )
    )
    with pytest.raises(InvalidGrantError):
        mine.parse_request_body_response(refused.text)


def test_oauthlibs_own_client_client_credentials(server, register):
    client = register()
    mine = BackendApplicationClient(client["client_id"])
    body = mine.prepare_request_body(scope="read", include_client_id=True, client_secret=client["client_secret"])
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(f"{server.base}/oauth/token", data=body, headers=headers, timeout=30)
    assert mine.parse_request_body_response(answer.text, scope="read")["token_type"] == "Bearer"

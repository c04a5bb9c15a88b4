"""OAuth grants: what the reference prints, and what the RFCs ask against misuse."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
from urllib.parse import parse_qs, urlsplit

import pytest

PASSWORD = "password123"
CALLBACK = "https://your-app.com/callback"


def register(studio, **changes):
    body = {
        "name": "Your App",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "scopes": ["read", "write"],
        **changes,
    }
    answer = studio.client("admin").post("/api/v1/oauth/clients", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def pkce():
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def open_page(studio, client, **changes):
    query = {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": CALLBACK,
        "scope": "read write",
        "state": "random_string",
        **changes,
    }
    query = {name: value for name, value in query.items() if value is not None}
    return studio.anonymous.get("/oauth/authorize", params=query)


def fields_of(page):
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
    return {html.unescape(name): html.unescape(value) for name, value in found}


def decide(studio, page, **changes):
    form = {**fields_of(page), "email": "person@example.org", "password": PASSWORD, "decision": "allow", **changes}
    cookie = page.headers["set-cookie"].partition(";")[0]
    return studio.anonymous.post("/oauth/authorize", data=form, headers={"Cookie": cookie})


def sent_back(answer):
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["location"])
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


def get_code(studio, client, **changes):
    return sent_back(decide(studio, open_page(studio, client, **changes)))["code"]


def exchange(studio, client, code, **changes):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        **changes,
    }
    return studio.anonymous.post("/oauth/token", data={k: v for k, v in form.items() if v is not None})


def basic(client):
    return "Basic " + base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()


def me(studio, token):
    return studio.anonymous.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})


# -- client credentials ---------------------------------------------------------------------------------


def test_client_credentials_answer_as_printed(either_studio):
    client = register(either_studio)
    answer = either_studio.anonymous.post(
        "/oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
            "scope": "read write",
        },
    )
    assert answer.status_code == 200
    data = answer.json()
    assert set(data) == {"access_token", "token_type", "expires_in", "scope"}
    assert data["access_token"].startswith("eyJhbGciOiJIUzI1NiIs")
    assert (data["token_type"], data["expires_in"], data["scope"]) == ("Bearer", 3600, "read write")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"


def _client_token(studio, client, **form):
    headers = {"Authorization": basic(client)}
    return studio.anonymous.post("/oauth/token", data={"grant_type": "client_credentials", **form}, headers=headers)


def test_http_basic_proves_a_client_and_default_scopes_are_its_own(studio):
    client = register(studio, scopes=["read"])
    answer = _client_token(studio, client)
    assert answer.status_code == 200
    assert answer.json()["scope"] == "read"


def test_a_client_acts_with_its_registered_role(studio):
    plain, mighty = register(studio), register(studio, role="admin", scopes=["read", "admin"])
    for client, status in ((plain, 403), (mighty, 200)):
        token = _client_token(studio, client).json()["access_token"]
        answer = studio.anonymous.get("/api/v1/users", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status


def test_a_client_without_an_administrators_role_gets_no_admin_scope(studio):
    client = register(studio, scopes=["read", "admin"])
    answer = _client_token(studio, client, scope="admin")
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_scope"
    assert _client_token(studio, client).json()["scope"] == "read"


def test_a_client_that_acts_for_itself_has_no_account_and_no_keys(studio):
    token = _client_token(studio, register(studio)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert studio.anonymous.get("/api/v1/users/me", headers=headers).status_code == 404
    body = {"name": "k", "scopes": ["read"]}
    assert studio.anonymous.post("/api/v1/api-keys", json=body, headers=headers).status_code == 403


def test_an_idempotency_key_never_hands_out_another_clients_tokens(studio):
    form = {"grant_type": "client_credentials"}
    client = register(studio)
    answers = [
        studio.anonymous.post("/oauth/token", data=form, headers={"Authorization": header, "Idempotency-Key": "k"})
        for header in (basic(client), basic(client), basic(register(studio)), basic({**client, "client_secret": "x"}))
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 401]
    assert answers[0].json() == answers[1].json()
    assert answers[2].json()["access_token"] != answers[0].json()["access_token"]


def test_wrong_secret_is_invalid_client_with_a_basic_challenge(studio):
    client = {**register(studio), "client_secret": "wrong"}
    answer = _client_token(studio, client)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer x", "Basic /w=="])
def test_broken_client_authentication_is_invalid_client(studio, header):
    answer = studio.anonymous.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, headers={"Authorization": header}
    )
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


def test_two_ways_of_authentication_at_once_are_refused(studio):
    client = register(studio)
    answer = _client_token(studio, client, client_secret=client["client_secret"])
    assert answer.json()["error"] == "invalid_client"


def test_an_encoded_nul_in_a_header_names_no_client(either_studio):
    header = "Basic " + base64.b64encode(b"client%00:secret%00").decode()
    for path, form in (("token", {"grant_type": "client_credentials"}), ("revoke", {"token": "x"})):
        answer = either_studio.anonymous.post(f"/oauth/{path}", data=form, headers={"Authorization": header})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_more_scope_than_registered_is_refused(studio):
    answer = _client_token(studio, register(studio, scopes=["read"]), scope="read write")
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_scope"


@pytest.mark.parametrize("grant", ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "x", ""])
def test_other_grants_are_unsupported(studio, grant):
    client = register(studio)
    form = {"grant_type": grant, "username": "person@example.org", "password": PASSWORD}
    answer = studio.anonymous.post("/oauth/token", data=form, headers={"Authorization": basic(client)})
    assert answer.status_code == 400
    assert answer.json()["error"] in ("unsupported_grant_type", "invalid_request")


def test_a_grant_that_was_not_registered_is_refused(studio):
    client = register(studio, grant_types=["authorization_code"])
    answer = _client_token(studio, client)
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == "unauthorized_client"


def test_refusals_of_the_platform_itself_speak_oauth_too(studio):
    for options in (
        {"json": {"grant_type": "client_credentials"}},
        {"content": b"grant_type=x&grant_type=y", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"content": b"grant_type=%00", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"content": b"grant_type=%zz", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"content": b"\xff\xfe", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"data": {}},
    ):
        answer = studio.anonymous.post("/oauth/token", **options)
        assert answer.status_code in (400, 401), options
        assert set(answer.json()) <= {"error", "error_description"}, options


def test_injected_internals_of_the_library_have_no_effect(studio):
    client = register(studio, scopes=["read"])
    injected = {"scopes": "admin", "user": "user_x", "client": "x", "extra_credentials": "x", "session_id": "x"}
    form = {"grant_type": "client_credentials", **injected}
    answer = studio.anonymous.post("/oauth/token", data=form, headers={"Authorization": basic(client)})
    assert answer.json()["scope"] == "read"


# -- authorization code ---------------------------------------------------------------------------------


def test_the_code_flow_answers_as_printed(either_studio, add_user):
    studio = either_studio
    user = add_user(studio)
    client = register(studio)
    page = open_page(studio, client)
    assert page.status_code == 200
    back = decide(studio, page)
    assert back.headers["location"].startswith(f"{CALLBACK}?")
    assert set(sent_back(back)) == {"code", "state", "iss"}
    assert sent_back(back)["state"] == "random_string"
    answer = exchange(studio, client, sent_back(back)["code"])
    assert answer.status_code == 200
    data = answer.json()
    assert set(data) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (data["token_type"], data["expires_in"], data["scope"]) == ("Bearer", 3600, "read write")
    assert me(studio, data["access_token"]).json()["data"]["id"] == user["id"]


def test_a_replayed_code_revokes_what_was_issued(either_studio, add_user):
    studio = either_studio
    add_user(studio)
    client = register(studio)
    code = get_code(studio, client)
    tokens = exchange(studio, client, code).json()
    assert me(studio, tokens["access_token"]).status_code == 200
    again = exchange(studio, client, code)
    assert again.status_code == 400
    assert again.json()["error"] == "invalid_grant"
    assert me(studio, tokens["access_token"]).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refreshed = studio.anonymous.post("/oauth/token", data=form, headers={"Authorization": basic(client)})
    assert refreshed.json()["error"] == "invalid_grant"


def test_a_new_password_ends_codes_that_were_not_exchanged_yet(studio, add_user, log_in, bearer):
    add_user(studio)
    client = register(studio)
    code = get_code(studio, client)
    person = bearer(studio, log_in(studio)["access_token"])
    body = {"current_password": PASSWORD, "new_password": "quite another thing"}
    assert person.put("/api/v1/users/me/password", json=body).status_code == 200
    answer = exchange(studio, client, code)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_code_ends_after_a_minute(studio, add_user):
    add_user(studio)
    client = register(studio)
    code = get_code(studio, client)
    studio.clock.advance(61)
    assert exchange(studio, client, code).json()["error"] == "invalid_grant"


def test_an_application_gets_no_answer_that_was_kept_for_its_person(studio, add_user, log_in, bearer):
    add_user(studio)
    client = register(studio)
    app = bearer(studio, exchange(studio, client, get_code(studio, client)).json()["access_token"])
    person = bearer(studio, log_in(studio)["access_token"])
    body, headers = {"name": "deploy", "scopes": ["read"]}, {"Idempotency-Key": "1"}
    theirs, its = (each.post("/api/v1/api-keys", json=body, headers=headers).json() for each in (person, app))
    assert theirs["api_key"] != its["api_key"]
    assert (theirs["client_id"], its["client_id"]) == (None, client["client_id"])


def test_a_code_is_bound_to_its_client(studio, add_user):
    add_user(studio)
    client, thief = register(studio), register(studio)
    code = get_code(studio, client)
    assert exchange(studio, thief, code).json()["error"] == "invalid_grant"
    assert exchange(studio, client, code).status_code == 200


@pytest.mark.parametrize("redirect", ["https://your-app.com/other", f"{CALLBACK}/", None])
def test_a_code_is_bound_to_its_redirect(studio, add_user, redirect):
    add_user(studio)
    client = register(studio)
    answer = exchange(studio, client, get_code(studio, client), redirect_uri=redirect)
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_grant", "invalid_request")


def test_public_clients_use_pkce_and_no_secret(studio, add_user):
    add_user(studio)
    client = register(studio, confidential=False, grant_types=["authorization_code", "refresh_token"])
    assert client["client_secret"] is None
    refused = open_page(studio, client)
    assert refused.status_code == 302
    assert sent_back(refused)["error"] == "invalid_request"
    verifier, challenge = pkce()
    code = get_code(studio, client, code_challenge=challenge, code_challenge_method="S256")
    answer = exchange(studio, client, code, client_secret=None, code_verifier=verifier)
    assert answer.status_code == 200
    form = {"grant_type": "refresh_token", "client_id": client["client_id"]}
    form["refresh_token"] = answer.json()["refresh_token"]
    assert studio.anonymous.post("/oauth/token", data=form).status_code == 200


@pytest.mark.parametrize("verifier", [None, "x" * 43, ""])
def test_wrong_verifier_is_refused(studio, add_user, verifier):
    add_user(studio)
    client = register(studio)
    code = get_code(studio, client, code_challenge=pkce()[1], code_challenge_method="S256")
    answer = exchange(studio, client, code, code_verifier=verifier)
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_grant", "invalid_request")


@pytest.mark.parametrize("method", ["plain", None, "S512"])
def test_only_s256_is_a_challenge_method(studio, method):
    _, challenge = pkce()
    answer = open_page(studio, register(studio), code_challenge=challenge, code_challenge_method=method)
    assert sent_back(answer)["error"] == "invalid_request"
    assert sent_back(answer)["state"] == "random_string"


@pytest.mark.parametrize("challenge", ["short", "x" * 44, "\u2603" * 43])
def test_a_challenge_must_be_a_sha256(studio, challenge):
    answer = open_page(studio, register(studio), code_challenge=challenge, code_challenge_method="S256")
    assert sent_back(answer)["error"] == "invalid_request"


def test_a_verifier_without_a_challenge_is_refused(studio, add_user):
    add_user(studio)
    client = register(studio)
    answer = exchange(studio, client, get_code(studio, client), code_verifier=pkce()[0])
    assert answer.json()["error"] == "invalid_grant"


def test_a_confidential_client_needs_its_secret(studio, add_user):
    add_user(studio)
    client = register(studio)
    answer = exchange(studio, client, get_code(studio, client), client_secret=None)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


def test_a_client_registered_without_refresh_gets_no_refresh_token(studio, add_user):
    add_user(studio)
    client = register(studio, grant_types=["authorization_code"])
    assert "refresh_token" not in exchange(studio, client, get_code(studio, client)).json()


def test_granted_scopes_narrow_what_the_token_may(studio, add_user):
    add_user(studio)
    client = register(studio)
    token = exchange(studio, client, get_code(studio, client, scope="read")).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    body = {"name": "k", "scopes": ["read"]}
    assert studio.anonymous.post("/api/v1/api-keys", json=body, headers=headers).status_code == 403


def test_admin_is_granted_only_by_administrators(studio, add_user):
    add_user(studio)
    client = register(studio, scopes=["read", "admin"])
    code = get_code(studio, client, scope="read admin")
    assert exchange(studio, client, code).json()["scope"] == "read"
    only_admin = decide(studio, open_page(studio, client, scope="admin"))
    assert sent_back(only_admin)["error"] == "access_denied"


# -- refreshing -----------------------------------------------------------------------------------------


def _refresh(studio, client, token, **form):
    data = {"grant_type": "refresh_token", "refresh_token": token, **form}
    return studio.anonymous.post("/oauth/token", data=data, headers={"Authorization": basic(client)})


def test_refresh_tokens_rotate_and_reuse_revokes_the_family(either_studio, add_user):
    studio = either_studio
    add_user(studio)
    client = register(studio)
    first = exchange(studio, client, get_code(studio, client)).json()
    second = _refresh(studio, client, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert me(studio, second["access_token"]).status_code == 200
    reused = _refresh(studio, client, first["refresh_token"])
    assert reused.status_code == 400
    assert reused.json()["error"] == "invalid_grant"
    assert me(studio, second["access_token"]).status_code == 401
    assert _refresh(studio, client, second["refresh_token"]).json()["error"] == "invalid_grant"


def test_refreshing_may_narrow_and_never_widen(studio, add_user):
    add_user(studio)
    client = register(studio)
    tokens = exchange(studio, client, get_code(studio, client, scope="read")).json()
    wider = _refresh(studio, client, tokens["refresh_token"], scope="read write")
    assert wider.json()["error"] == "invalid_scope"
    assert _refresh(studio, client, tokens["refresh_token"], scope="read").status_code == 200


def test_a_refresh_token_is_bound_to_its_client(studio, add_user, log_in):
    add_user(studio)
    client, thief = register(studio), register(studio)
    tokens = exchange(studio, client, get_code(studio, client)).json()
    assert _refresh(studio, thief, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert _refresh(studio, thief, log_in(studio)["refresh_token"]).json()["error"] == "invalid_grant"
    login = studio.anonymous.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert login.status_code == 401
    assert _refresh(studio, client, tokens["refresh_token"]).status_code == 200


def test_disabling_the_account_ends_what_it_granted(studio, add_user):
    user = add_user(studio)
    client = register(studio)
    tokens = exchange(studio, client, get_code(studio, client)).json()
    studio.client("admin").put(f"/api/v1/users/{user['id']}", json={"status": "disabled"})
    assert me(studio, tokens["access_token"]).status_code == 401
    assert _refresh(studio, client, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_deleting_the_client_ends_what_it_was_granted(studio, add_user):
    add_user(studio)
    client = register(studio)
    tokens = exchange(studio, client, get_code(studio, client)).json()
    own = _client_token(studio, client).json()["access_token"]
    assert me(studio, tokens["access_token"]).status_code == 200
    studio.client("admin").delete(f"/api/v1/oauth/clients/{client['id']}")
    assert me(studio, tokens["access_token"]).status_code == 401
    assert me(studio, own).status_code == 401
    assert _refresh(studio, client, tokens["refresh_token"]).json()["error"] == "invalid_client"


# -- revoking and looking -------------------------------------------------------------------------------


def _post(studio, path, client, **form):
    return studio.anonymous.post(path, data=form, headers={"Authorization": basic(client)})


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_both(studio, add_user, which):
    add_user(studio)
    client = register(studio)
    tokens = exchange(studio, client, get_code(studio, client)).json()
    answer = _post(studio, "/oauth/revoke", client, token=tokens[which])
    assert answer.status_code == 200
    assert me(studio, tokens["access_token"]).status_code == 401
    assert _refresh(studio, client, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_revoking_unknown_or_foreign_tokens_is_silent_and_harmless(studio, add_user, log_in):
    add_user(studio)
    client, other = register(studio), register(studio)
    tokens = exchange(studio, client, get_code(studio, client)).json()
    login = log_in(studio)
    for token in ("junk", tokens["access_token"], tokens["refresh_token"], login["refresh_token"]):
        assert _post(studio, "/oauth/revoke", other, token=token).status_code == 200
    assert me(studio, tokens["access_token"]).status_code == 200
    assert me(studio, login["access_token"]).status_code == 200


def test_revoking_needs_a_client_and_a_token(studio):
    client = register(studio)
    assert studio.anonymous.post("/oauth/revoke", data={"token": "x"}).json()["error"] == "invalid_client"
    assert _post(studio, "/oauth/revoke", client).json()["error"] == "invalid_request"


def test_introspection_tells_what_a_token_is(studio, add_user):
    user = add_user(studio)
    client = register(studio)
    tokens = exchange(studio, client, get_code(studio, client)).json()
    seen = _post(studio, "/oauth/introspect", client, token=tokens["access_token"]).json()
    assert seen["active"] is True
    assert (seen["sub"], seen["client_id"], seen["scope"]) == (user["id"], client["client_id"], "read write")
    assert seen["exp"] - seen["iat"] == 3600
    refresh = _post(studio, "/oauth/introspect", client, token=tokens["refresh_token"]).json()
    assert refresh["active"] is True
    assert "token_type" not in refresh


def test_introspection_says_only_inactive_of_all_else(studio, add_user):
    add_user(studio)
    client, other = register(studio), register(studio)
    tokens = exchange(studio, client, get_code(studio, client)).json()
    assert _post(studio, "/oauth/introspect", other, token=tokens["access_token"]).json() == {"active": False}
    assert _post(studio, "/oauth/introspect", client, token="junk").json() == {"active": False}
    _post(studio, "/oauth/revoke", client, token=tokens["access_token"])
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert _post(studio, "/oauth/introspect", client, token=token).json() == {"active": False}


def test_introspection_by_an_administrators_client_reaches_every_token(studio, add_user, log_in):
    add_user(studio)
    watcher = register(studio, role="admin")
    token = log_in(studio)["access_token"]
    assert _post(studio, "/oauth/introspect", watcher, token=token).json()["active"] is True


def test_public_clients_do_not_introspect(studio):
    client = register(studio, confidential=False, grant_types=["authorization_code"])
    answer = studio.anonymous.post("/oauth/introspect", data={"token": "x", "client_id": client["client_id"]})
    assert answer.status_code == 401


def test_metadata_tells_the_truth(studio):
    data = studio.anonymous.get("/.well-known/oauth-authorization-server").json()
    assert data["issuer"] == "http://127.0.0.1:8000"
    assert data["token_endpoint"] == "http://127.0.0.1:8000/oauth/token"
    assert data["grant_types_supported"] == ["authorization_code", "client_credentials", "refresh_token"]
    assert data["code_challenge_methods_supported"] == ["S256"]
    assert {"read", "write", "admin"} <= set(data["scopes_supported"])
    paths = {operation.path for operation in studio.platform.operations}
    for name, value in data.items():
        if name.endswith("_endpoint"):
            assert urlsplit(value).path in paths

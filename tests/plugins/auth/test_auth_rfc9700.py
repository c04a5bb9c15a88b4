"""Attacks on OAuth, each named by the section that describes it: RFC 9700 unless another one is named."""

from __future__ import annotations

import base64
import json
import threading
from urllib.parse import parse_qs, quote, urlsplit

import jwt
import pytest
from support.oauth import (
    CALLBACK,
    EMAIL,
    PASSWORD,
    Browser,
    exchange,
    fields_of,
    me,
    pkce,
    refresh,
    register,
    sent_back,
)

ISSUER = "http://127.0.0.1:8000"


@pytest.fixture
def user(studio, add_user):
    return add_user(studio)


# -- redirects -------------------------------------------------------------------------------------------------

NEARLY = [
    CALLBACK + "/",
    CALLBACK + "?x=1",
    CALLBACK + "#x",
    CALLBACK + "/../callback",
    CALLBACK + "%2f",
    CALLBACK.upper(),
    CALLBACK.replace("https", "http"),
    CALLBACK.replace("your-app.com", "your-app.com.evil.example"),
    CALLBACK.replace("your-app.com", "your-app.com@evil.example"),
    CALLBACK.replace("your-app.com", "evil.example\\@your-app.com"),
    CALLBACK.replace("your-app.com", "your-app.com:443"),
    CALLBACK.replace("your-app.com", "sub.your-app.com"),
    "//your-app.com/callback",
    "https:///your-app.com/callback",
    " " + CALLBACK,
    CALLBACK + "\n",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://evil.example/?" + CALLBACK,
]


@pytest.mark.parametrize("uri", NEARLY)
def test_4_1_redirect_uris_match_exactly_or_nobody_is_sent_anywhere(studio, user, uri):
    client, browser = register(studio), Browser(studio)
    answer = browser.ask(client, redirect_uri=uri)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "<form" not in answer.text


@pytest.mark.parametrize(
    "uri",
    ["https://*.evil.example/cb", "https://your-app.com/*", "http://your-app.com/cb", "javascript:alert(1)", "/cb"],
)
def test_4_1_1_patterns_and_unsafe_addresses_can_not_be_registered_as_such(studio, uri):
    body = {"name": "x", "redirect_uris": [uri], "scopes": ["read"]}
    answer = studio.client("admin").post("/api/v1/oauth/clients", json=body)
    if answer.status_code == 201:
        # A star is taken as a star: it matches itself alone.
        browser = Browser(studio)
        client = answer.json()["data"]
        for tried in (uri.replace("*", "a"), uri.replace("*", "a.b"), uri.replace("*", "")):
            assert browser.ask(client, redirect_uri=tried, scope="read").status_code == 400
    else:
        assert answer.json()["error"]["details"]["field"] == "redirect_uris.0"


def test_4_1_3_the_answer_puts_nothing_in_the_fragment(studio, user):
    client, browser = register(studio), Browser(studio)
    location = browser.allow(browser.ask(client)).headers["location"]
    assert urlsplit(location).fragment == ""
    assert browser.ask(client, response_type="token").headers["location"].startswith(f"{CALLBACK}?error=")


def test_4_2_pages_and_redirects_send_no_referrer(studio, user):
    client, browser = register(studio), Browser(studio)
    page = browser.ask(client)
    for answer in (page, browser.allow(page), browser.ask(client)):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
    assert "src=" not in page.text, "the page loads something from elsewhere"


def test_4_3_codes_and_tokens_stand_in_no_address_but_the_clients(studio, user):
    client, browser = register(studio), Browser(studio)
    location = browser.allow(browser.ask(client)).headers["location"]
    assert set(parse_qs(urlsplit(location).query)) == {"code", "state", "iss"}
    tokens = exchange(studio, client, sent_back(browser.ask(client))["code"]).json()
    by_query = studio.anonymous.get("/api/v1/users/me", params={"access_token": tokens["access_token"]})
    assert by_query.status_code == 401


def test_4_4_mix_up_every_answer_names_its_issuer(studio, user):
    client, browser = register(studio), Browser(studio)
    page = browser.ask(client)
    answers = [
        browser.allow(page),
        browser.ask(client),
        Browser(studio).ask(client, scope="nonsense"),
        Browser(studio).ask(client, response_type="token"),
    ]
    denying = Browser(studio)
    answers.append(denying.answer(denying.ask(client), decision="deny"))
    assert [sent_back(answer)["iss"] for answer in answers] == [ISSUER] * 5
    metadata = studio.anonymous.get("/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == ISSUER
    assert metadata["authorization_response_iss_parameter_supported"] is True


# -- codes -------------------------------------------------------------------------------------------------------


def test_4_5_an_injected_code_fails_without_the_verifier(studio, user):
    """Code injection: a stolen code, put into the attacker's own session with the honest client."""
    client = register(studio, confidential=False)
    _, challenge = pkce()
    code = Browser(studio).code(client, code_challenge=challenge, code_challenge_method="S256")
    stolen = exchange(studio, client, code, client_secret=None, code_verifier=pkce()[0])
    assert stolen.json()["error"] == "invalid_grant"


def test_4_5_a_code_of_one_client_is_none_of_another(studio, user):
    client, thief = register(studio), register(studio)
    assert exchange(studio, thief, Browser(studio).code(client)).json()["error"] == "invalid_grant"


def test_rfc6749_4_1_2_a_replayed_code_ends_what_it_began(studio, user):
    client = register(studio)
    code = Browser(studio).code(client)
    tokens = exchange(studio, client, code).json()
    assert exchange(studio, client, code).json()["error"] == "invalid_grant"
    assert me(studio, tokens["access_token"]).status_code == 401
    assert refresh(studio, client, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_rfc6749_10_5_of_many_at_once_one_gets_the_tokens(either_studio, add_user):
    studio = either_studio
    add_user(studio)
    client = register(studio)
    code = Browser(studio).code(client)
    answers = []

    def take():
        answers.append(exchange(studio, client, code).status_code)

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 400, 400, 400, 400, 400]


@pytest.mark.parametrize("stripped", [{}, {"code_challenge": None}, {"code_challenge_method": "plain"}])
def test_4_8_2_pkce_can_not_be_downgraded(studio, user, stripped):
    """PKCE downgrade: the challenge taken out of the request, or weakened, on its way."""
    client = register(studio, confidential=False)
    verifier, challenge = pkce()
    asked = {"code_challenge": challenge, "code_challenge_method": "S256", **stripped}
    answer = Browser(studio).ask(client, **asked)
    if stripped:
        assert sent_back(answer)["error"] == "invalid_request"
        return
    browser = Browser(studio)
    code = browser.code(client, **asked)
    without = exchange(studio, client, code, client_secret=None, code_verifier=None)
    assert without.json()["error"] in ("invalid_grant", "invalid_request")
    assert verifier


def test_4_8_2_a_verifier_for_a_code_without_challenge_is_refused(studio, user):
    client = register(studio)
    answer = exchange(studio, client, Browser(studio).code(client), code_verifier=pkce()[0])
    assert answer.json()["error"] == "invalid_grant"


def test_4_7_cross_site_request_forgery_state_comes_back_as_it_was(studio, user):
    client, browser = register(studio), Browser(studio)
    state = "a b&c=d#e%20<ü>"
    assert sent_back(browser.allow(browser.ask(client, state=state)))["state"] == state


# -- consent -----------------------------------------------------------------------------------------------------


def test_rfc6819_4_4_1_9_consent_can_not_be_given_by_another_site(studio, user):
    """CSRF on consent: a form of an attacker's page, sent by the victim's browser with all its cookies."""
    client, victim, attacker = register(studio), Browser(studio), Browser(studio)
    victim.allow(victim.ask(client))
    evil = register(studio, name="Evil", redirect_uris=["https://evil.example/cb"])
    form = fields_of(attacker.ask(evil, redirect_uri="https://evil.example/cb"))
    for forged in (form, {**form, "csrf": "0" * 64}, {k: v for k, v in form.items() if k != "csrf"}):
        answer = victim.post("/oauth/authorize", data={**forged, "decision": "allow"})
        assert answer.status_code == 400
        assert "location" not in answer.headers


def test_rfc6819_4_4_1_9_a_form_for_one_request_agrees_to_no_other(studio, user):
    client, browser = register(studio, scopes=["read", "write", "admin"]), Browser(studio)
    form = fields_of(browser.ask(client, scope="read"))
    for change in ({"scope": "read write"}, {"redirect_uri": CALLBACK + "/"}, {"state": "other"}):
        answer = browser.post(
            "/oauth/authorize", data={**form, **change, "email": EMAIL, "password": PASSWORD, "decision": "allow"}
        )
        assert answer.status_code == 400


def test_4_16_pages_can_not_be_framed(studio, user):
    """Clickjacking: by both headers, on every page, errors too."""
    client, browser = register(studio), Browser(studio)
    page = browser.ask(client)
    pages = [
        page,
        browser.answer(page, email=EMAIL, password="wrong-password", decision="allow"),
        browser.ask({"client_id": "client_unknown"}),
        browser.get("/oauth/account"),
        browser.get("/oauth/password"),
        browser.get("/oauth/authorize?client_id=a&client_id=b"),
    ]
    for each in pages:
        assert each.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in each.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["next", "return_to", "redirect", "continue", "url", "to"])
def test_4_11_2_no_parameter_leads_elsewhere(studio, user, name):
    """Open redirect: no page of the server forwards to an address that a link brings along."""
    browser = Browser(studio)
    evil = "https://evil.example/"
    page = browser.get(f"/oauth/account?{name}={quote(evil)}")
    assert page.status_code == 400
    browser.get("/oauth/account")
    form = fields_of(browser.get("/oauth/account"))
    answer = browser.post(
        "/oauth/account", data={**form, name: evil, "email": EMAIL, "password": PASSWORD, "action": "sign-in"}
    )
    assert answer.headers["location"] == "/oauth/account"


def test_4_12_307_redirects_never_carry_a_password_on(studio, user):
    """A 307 would make the browser post the login to the client."""
    client, browser = register(studio), Browser(studio)
    assert browser.allow(browser.ask(client)).status_code == 302
    sign_in = Browser(studio)
    answer = sign_in.answer(
        sign_in.get("/oauth/account"), "/oauth/account", email=EMAIL, password=PASSWORD, action="sign-in"
    )
    assert answer.status_code == 302


# -- tokens ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["first", "both"])
def test_4_14_2_a_refresh_token_that_is_used_twice_ends_its_family(either_studio, add_user, which):
    studio = either_studio
    add_user(studio)
    client = register(studio)
    first = exchange(studio, client, Browser(studio).code(client)).json()
    second = refresh(studio, client, first["refresh_token"]).json()
    stolen = first if which == "first" else second
    if which == "both":
        refresh(studio, client, second["refresh_token"])
    assert refresh(studio, client, stolen["refresh_token"]).json()["error"] == "invalid_grant"
    for tokens in (first, second):
        assert me(studio, tokens["access_token"]).status_code == 401


def test_4_14_2_of_refreshes_at_once_at_most_one_succeeds(either_studio, add_user):
    studio = either_studio
    add_user(studio)
    client = register(studio)
    token = exchange(studio, client, Browser(studio).code(client)).json()["refresh_token"]
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(refresh(studio, client, token).status_code)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(200) <= 1


def test_rfc6749_6_scopes_never_widen(studio, user):
    """Scope widening: at the request, at the code, at the refresh, by a role, by a key."""
    client, browser = register(studio, scopes=["read", "users:write"]), Browser(studio)
    assert sent_back(browser.ask(client, scope="read write"))["error"] == "invalid_scope"
    assert sent_back(browser.ask(client, scope="read admin"))["error"] == "invalid_scope"
    tokens = exchange(studio, client, browser.code(client, scope="read"), scope="read write admin").json()
    assert tokens["scope"] == "read"
    assert refresh(studio, client, tokens["refresh_token"], scope="read write").json()["error"] == "invalid_scope"
    body = {"name": "k", "scopes": ["write"]}
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert studio.anonymous.post("/api/v1/api-keys", json=body, headers=headers).status_code == 403


def test_rfc6749_6_an_account_gives_no_more_than_its_role_has(studio, user):
    client, browser = register(studio, scopes=["read", "admin"]), Browser(studio)
    code = browser.code(client, scope="read admin")
    assert exchange(studio, client, code).json()["scope"] == "read"


def _b64(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def test_rfc8725_2_1_a_token_can_not_choose_its_algorithm(studio):
    """Algorithm confusion, with the shared key. With a public key: see the tests of signing keys."""
    token = studio.client("admin").headers["Authorization"].removeprefix("Bearer ")
    _, payload, signature = token.split(".")
    kid = jwt.get_unverified_header(token)["kid"]
    for algorithm in ("none", "NONE", "RS256", "EdDSA", "HS512", "", None):
        changed = _b64(json.dumps({"alg": algorithm, "typ": "at+jwt", "kid": kid}).encode())
        for end in (signature, ""):
            assert me(studio, f"{changed}.{payload}.{end}").status_code == 401


@pytest.mark.parametrize(
    "kid", ["", "../../dev/null", "' OR '1'='1", "0' UNION SELECT 1 --", "x" * 3000, "0" * 16, 5, None, ["a"], {}]
)
def test_rfc8725_3_10_a_key_id_is_only_ever_compared(studio, kid):
    """Key-id injection: the header's ``kid`` reaches no file, no query text and no memory."""
    token = studio.client("admin").headers["Authorization"].removeprefix("Bearer ")
    _, payload, signature = token.split(".")
    head = _b64(json.dumps({"alg": "HS256", "typ": "at+jwt", "kid": kid}).encode())
    assert me(studio, f"{head}.{payload}.{signature}").status_code == 401


def test_4_10_a_token_of_another_server_or_for_another_one_is_refused(make_studio):
    one = make_studio(plugins=["auth"], overrides={"public_url": "https://one.example", "secret_key": "k" * 40})
    two = make_studio(plugins=["auth"], overrides={"public_url": "https://two.example", "secret_key": "k" * 40})
    token = one.client("admin").headers["Authorization"].removeprefix("Bearer ")
    assert me(two, token).status_code == 401


# -- clients -----------------------------------------------------------------------------------------------------


def test_2_4_the_password_grant_and_2_1_2_the_implicit_grant_do_not_exist(studio, user):
    client = register(studio)
    form = {"grant_type": "password", "username": EMAIL, "password": PASSWORD, "client_id": client["client_id"]}
    answer = studio.anonymous.post("/oauth/token", data={**form, "client_secret": client["client_secret"]})
    assert answer.json()["error"] == "unsupported_grant_type"
    assert "error" in sent_back(Browser(studio).ask(client, response_type="token"))


def test_2_5_a_confidential_client_proves_itself_at_each_endpoint(studio, user):
    client = register(studio)
    tokens = exchange(studio, client, Browser(studio).code(client)).json()
    for secret in (None, "wrong", ""):
        assert exchange(studio, client, "x", client_secret=secret).status_code == 401
        assert refresh(studio, client, tokens["refresh_token"], client_secret=secret).status_code == 401
    for path in ("/oauth/revoke", "/oauth/introspect"):
        form = {"token": tokens["access_token"], "client_id": client["client_id"]}
        assert studio.anonymous.post(path, data=form).status_code == 401
    assert me(studio, tokens["access_token"]).status_code == 200


def test_4_15_a_client_can_not_pass_for_an_account(studio, user):
    """A client acting for itself has an id of its own kind: no account's."""
    client = register(studio, grant_types=["client_credentials"], redirect_uris=[])
    form = {"grant_type": "client_credentials", "client_id": client["client_id"]}
    token = studio.anonymous.post("/oauth/token", data={**form, "client_secret": client["client_secret"]}).json()
    claims = jwt.decode(token["access_token"], options={"verify_signature": False})
    assert claims["sub"] == claims["client_id"] == client["client_id"]
    assert me(studio, token["access_token"]).status_code == 404


def test_rfc6749_10_10_codes_and_tokens_can_not_be_guessed(studio, user):
    client = register(studio)
    codes = {Browser(studio).code(client) for _ in range(3)}
    assert len(codes) == 3
    assert min(map(len, codes)) >= 30
    tokens = exchange(studio, client, codes.pop()).json()
    assert len(tokens["refresh_token"]) >= 43

"""Login, consent and the account page in a real browser, with scripts switched off."""

from __future__ import annotations

import contextlib
import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pyotp
import pytest
from support.server import EMAIL, PASSWORD

STRONG = "quite another thing"

_FRAME = """
address => {
    const frame = document.createElement('iframe')
    frame.src = address + '&prompt=consent'
    document.body.append(frame)
}"""
_FORGED_FORM = """
address => {
    const form = document.createElement('form')
    form.method = 'post'
    form.action = address.split('?')[0]
    const fields = [...new URL(address).searchParams, ['csrf', '0'.repeat(64)], ['decision', 'allow']]
    for (const [name, value] of fields) {
        const field = document.createElement('input')
        field.name = name
        field.value = value
        form.append(field)
    }
    document.body.append(form)
    form.submit()
}"""


@pytest.fixture
def page(chromium):
    """A fresh browser without scripts; what its console complains of is a failure."""
    context = chromium.new_context(java_script_enabled=False)
    opened = context.new_page()
    complaints = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    unexpected = [text for text in complaints if "favicon" not in text and "status of 401" not in text]
    assert unexpected == []


def test_the_portal_leads_those_who_need_a_second_factor_to_where_it_is_set_up(chromium, server):
    body = {"email": "portal@example.org", "name": "Pat", "role": "viewer", "password": STRONG}
    with contextlib.closing(server.client()) as admin, contextlib.closing(chromium.new_context()) as context:
        made = admin.post("/api/v1/users", json=body).json()["data"]
        page = context.new_page()

        def log_in():
            page.get_by_label("Email address").fill("portal@example.org")
            page.get_by_label("Password").fill(STRONG)
            page.get_by_role("button", name="Log in").click()

        page.goto(f"{server.base}/portal/")
        log_in()
        page.get_by_role("button", name="Log out").wait_for()
        assert admin.put(f"/api/v1/users/{made['id']}", json={"role": "manager"}).status_code == 200
        page.reload()
        log_in()
        page.get_by_role("link", name="Set it up").click()
        page.get_by_role("heading", name="Log in").wait_for()
        assert page.url == f"{server.base}/oauth/account"


@pytest.fixture
def client(server, callback):
    body = {"name": "Evidence Robot", "redirect_uris": [callback.url], "scopes": ["read", "write"]}
    with contextlib.closing(server.client()) as admin:
        return admin.post("/api/v1/oauth/clients", json=body).json()["data"]


def authorize(server, client, **changes):
    query = {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": client["redirect_uris"][0],
        "scope": "read write",
        "state": "s t/a?te",
        **changes,
    }
    return f"{server.base}/oauth/authorize?{urlencode(query)}"


def sent_back(callback):
    return {name: values[0] for name, values in parse_qs(urlsplit(callback.paths[-1]).query).items()}


def exchange(server, client, code):
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": client["redirect_uris"][0]}
    proof = (client["client_id"], client["client_secret"])
    return httpx.post(f"{server.base}/oauth/token", data=form, auth=proof).json()


def log_in(page, email=EMAIL, password=PASSWORD):
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(password)


def test_a_person_logs_in_agrees_and_is_remembered(server, client, callback, page):
    page.goto(authorize(server, client))
    assert page.get_by_role("heading", level=1).inner_text() == "Allow access?"
    assert page.get_by_text("Evidence Robot asks to act for you").is_visible()
    log_in(page, password="wrong password")
    page.get_by_role("button", name="Log in and allow").click()
    assert "password is wrong" in page.get_by_role("alert").inner_text()
    log_in(page)
    page.get_by_role("button", name="Log in and allow").click()
    assert page.get_by_role("heading").inner_text() == "Back at the client"
    back = sent_back(callback)
    assert (back["state"], set(back)) == ("s t/a?te", {"code", "state", "iss"})
    token = exchange(server, client, back["code"])["access_token"]
    me = httpx.get(f"{server.base}/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json()["data"]["email"] == EMAIL
    page.goto(authorize(server, client))
    assert page.get_by_role("heading").inner_text() == "Back at the client", "consent is remembered"

    page.goto(f"{server.base}/oauth/account")
    page.get_by_role("button", name="Take back what Evidence Robot may do").first.click()
    again = httpx.get(f"{server.base}/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})
    assert again.status_code == 401
    page.goto(authorize(server, client))
    assert page.get_by_text(f"Signed in as {EMAIL}").is_visible(), "it has to ask again"
    page.get_by_role("button", name="Deny").click()
    assert sent_back(callback)["error"] == "access_denied"


def test_the_whole_way_by_keyboard_alone(server, client, callback, page):
    page.goto(authorize(server, client))
    page.keyboard.press("Tab")
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/callback"))
    assert "code" in sent_back(callback)


def test_a_manager_sets_a_second_factor_up_on_the_way(server, client, callback, page):
    email = f"manager{len(callback.url)}{id(page)}@example.org"
    made = json.loads(server.studio("users", "create", email, "--role", "manager", "--json"))
    page.goto(authorize(server, client))
    log_in(page, email, made["password"])
    page.get_by_role("button", name="Log in and allow").click()
    assert page.get_by_role("img", name="The key as a QR code").is_visible()
    key = page.locator("code").first.inner_text().replace(" ", "")
    page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(key).now())
    page.get_by_role("button", name="Turn on").click()
    codes = page.locator("li code").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(re.compile("/callback"))
    page.goto(f"{server.base}/oauth/account")
    page.get_by_role("button", name="Sign out").click()
    log_in(page, email, made["password"])
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("textbox", name="Code").fill(codes[0])
    page.get_by_role("button", name="Log in").click()
    assert page.get_by_text("Second factor: on").is_visible()


def test_a_new_password_by_a_one_time_token(server, page):
    email = f"forgetful{id(page)}@example.org"
    server.studio("users", "create", email)
    token = json.loads(server.studio("users", "reset-token", email, "--json"))["reset_token"]
    page.goto(f"{server.base}/oauth/password")
    page.get_by_label("Token").fill(token)
    page.get_by_label("New password").fill(STRONG)
    page.get_by_role("button", name="Set the password").click()
    assert page.get_by_role("status").is_visible()
    page.get_by_role("link", name="Log in").click()
    log_in(page, email, STRONG)
    page.get_by_role("button", name="Log in").click()
    assert page.get_by_text(f"Signed in as {email}").is_visible()


def test_no_other_site_can_frame_the_page_or_send_its_form(server, client, callback, chromium):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(authorize(server, client))
    log_in(page)
    page.get_by_role("button", name="Log in and allow").click()
    page.wait_for_url(re.compile("/callback"))
    # Another site: by the other name of this machine, so that cookies count as a stranger's.
    other = callback.url.replace("127.0.0.1", "localhost")
    page.goto(other)
    address = authorize(server, client)
    page.evaluate(_FRAME, address)
    page.wait_for_timeout(1000)
    frames = [frame for frame in page.frames if frame != page.main_frame]
    assert len(frames) == 1
    assert "Allow access" not in frames[0].content()
    before = len(callback.paths)
    page.evaluate(_FORGED_FORM, address)
    page.wait_for_url(re.compile("/oauth/authorize"))
    assert page.get_by_role("alert").is_visible()
    assert len(callback.paths) == before, "the client was sent something"
    context.close()

"""The developer portal in a real browser: a request from the reference, a key, a client, a webhook and its replay.

Everything beyond the page's own origin, every complaint of its policy and every error in its console is a failure.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from support.portal import axe
from support.receiver import receiver
from support.server import EMAIL, PASSWORD, Server, serve, wait_until

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 800}
PAGES = {
    "/developer/reference": "API reference",
    "/developer/reference/evidence.upload": "Upload evidence",
    "/developer/keys": "API keys",
    "/developer/keys/new": "New API key",
    "/developer/clients": "OAuth clients",
    "/developer/clients/new": "New OAuth client",
    "/developer/webhooks": "Webhooks",
    "/developer/webhooks/new": "New webhook",
    "/developer/events": "Event catalogue",
    "/developer/events/evidence.uploaded": "evidence.uploaded",
    "/developer/limits": "Rate limits",
}


@pytest.fixture(scope="module")
def server(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"STUDIO_AUTH_ARGON2_MEMORY_KIB": "8192", "STUDIO_AI_EMBEDDINGS": "false"}
    with serve(tmp_path_factory.mktemp("developer") / "home", **settings) as running:
        yield running


@pytest.fixture(scope="module")
def watched(server: Server, chromium: Any) -> Iterator[tuple[Any, list[str]]]:
    """One signed-in tab for all tests, and what is wrong with what it did."""
    context = chromium.new_context(viewport=WIDE, color_scheme="light")
    context.set_default_timeout(15_000)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request", lambda sent: None if sent.url.startswith((server.base, "data:", "blob:")) else wrong.append(sent.url)
    )
    page.goto(f"{server.base}/portal/#/login")
    page.get_by_label("Email address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").wait_for()
    yield page, wrong
    context.close()


@pytest.fixture
def tab(watched: tuple[Any, list[str]]) -> Iterator[Any]:
    page, wrong = watched
    wrong.clear()
    yield page
    # A request that is answered with an error shows up here too; the tests that ask for one say so.
    assert [each for each in wrong if "Failed to load resource" not in each] == []


def show(page: Any, server: Server, route: str, title: str) -> None:
    page.goto(f"{server.base}/portal/#{route}")
    page.get_by_role("heading", level=1, name=title, exact=True).wait_for()


def answer_of(page: Any) -> tuple[str, str]:
    """Status and body of the answer that the page shows."""
    line = page.locator(".answer-line").inner_text()
    return line, page.get_by_role("region", name="Body of the answer").inner_text()


def test_a_request_is_found_filled_in_and_sent(tab, server):
    show(tab, server, "/developer/reference", "API reference")
    tab.get_by_role("searchbox", name="Search operations").fill("get frameworks list")
    tab.get_by_role("link", name="List frameworks").click()
    tab.get_by_role("heading", level=1, name="List frameworks").wait_for()
    assert tab.get_by_text("compliance:read").first.is_visible()
    tab.get_by_role("button", name="Send request").click()
    line, body = answer_of(tab)
    assert re.match(r"200 OK\s+\d+ ms", line)
    assert '"id": "gdpr"' in body
    tab.locator(".answer summary").click()
    assert "x-request-id: req_" in tab.get_by_role("region", name="Headers of the answer").inner_text()


def test_a_body_is_an_example_of_its_schema_and_snippets_follow_what_is_typed(tab, server):
    show(tab, server, "/developer/reference/projects.create", "Create a project")
    body = tab.get_by_label("Body (JSON)")
    given = json.loads(body.input_value()) | {"name": "From the reference"}
    body.fill(json.dumps(given))
    tab.get_by_role("tab", name="Python").click()
    assert 'name="From the reference"' in tab.get_by_role("region", name="Python snippet").inner_text()
    tab.get_by_role("button", name="Send request").click()
    line, shown = answer_of(tab)
    assert line.startswith("201")
    assert json.loads(shown)["data"]["name"] == "From the reference"
    body.fill("{")
    tab.get_by_role("button", name="Send request").click()
    assert "no JSON" in tab.get_by_role("alert").inner_text()


def test_a_file_is_sent_and_comes_back(tab, server, tmp_path):
    with contextlib.closing(server.client()) as admin:
        project = admin.post("/api/v1/projects", json={"name": "Files", "framework": "soc2"}).json()["data"]["id"]
    (tmp_path / "policy.md").write_bytes(b"# Policy\n")
    show(tab, server, "/developer/reference/evidence.upload", "Upload evidence")
    fields = {"title": '"Policy"', "project_id": project, "tags": ["a", "b"]}
    tab.get_by_label("Fields (as JSON)").fill(json.dumps(fields))
    tab.get_by_label("file", exact=True).set_input_files(tmp_path / "policy.md")
    tab.get_by_role("button", name="Send request").click()
    line, body = answer_of(tab)
    assert line.startswith("201")
    made = json.loads(body)["data"]
    assert (made["title"], made["file_name"], made["tags"]) == ('"Policy"', "policy.md", ["a", "b"])
    show(tab, server, "/developer/reference/evidence.file", "Download the file of evidence")
    tab.get_by_label("evidence_id").fill(made["id"])
    tab.get_by_role("button", name="Send request").click()
    assert answer_of(tab)[1].strip() == "# Policy"


def test_an_operation_that_the_clients_lack_is_shown_for_curl_alone(tab, server):
    show(tab, server, "/developer/reference/portal.docs_page", "A page of the documentation")
    assert tab.get_by_role("tab").all_inner_texts() == ["curl"]
    assert tab.get_by_text("The clients don't have this operation").is_visible()


def test_what_cannot_be_taken_back_is_asked_about_first(tab, server):
    with contextlib.closing(server.client()) as admin:
        made = admin.post("/api/v1/projects", json={"name": "To be kept", "framework": "soc2"}).json()["data"]["id"]
        show(tab, server, "/developer/reference/projects.delete", "Delete a project with everything in it")
        tab.get_by_label("project_id").fill(made)
        tab.get_by_role("button", name="Send request").click()
        tab.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        assert admin.get(f"/api/v1/projects/{made}").status_code == 200
        tab.get_by_role("button", name="Send request").click()
        tab.get_by_role("dialog").get_by_role("button", name="Send").click()
        assert answer_of(tab)[0].startswith("200")
        assert admin.get(f"/api/v1/projects/{made}").status_code == 404


def test_a_key_is_shown_once_used_rotated_and_deleted(tab, server):
    show(tab, server, "/developer/keys/new", "New API key")
    tab.get_by_label("Name").fill("Nightly export")
    tab.get_by_role("button", name="Create").click()
    key = shown_once(tab, "API key")
    tab.get_by_role("heading", level=1, name="API keys").wait_for()
    assert key[:16] in tab.get_by_role("row", name="Nightly export").inner_text()
    assert key not in tab.content()

    show(tab, server, "/developer/reference/users.me", "Show one's own account")
    tab.get_by_label("API key").fill(key)
    tab.get_by_role("button", name="Send request").click()
    line, body = answer_of(tab)
    assert line.startswith("200")
    assert EMAIL in body
    show(tab, server, "/developer/limits", "Rate limits")
    assert tab.get_by_role("heading", name="The pasted API key").is_visible()
    assert tab.get_by_role("heading", name="This portal").is_visible()

    show(tab, server, "/developer/keys", "API keys")
    tab.get_by_role("button", name="Rotate Nightly export").click()
    tab.get_by_role("dialog").get_by_role("button", name="Rotate").click()
    renewed = shown_once(tab, "API key")
    assert [works(server, each) for each in (key, renewed)] == [401, 200]
    tab.get_by_role("button", name="Delete Nightly export").click()
    tab.get_by_role("dialog").get_by_role("button", name="Delete").click()
    tab.get_by_text("No API keys yet").wait_for()
    assert works(server, renewed) == 401


def shown_once(page: Any, name: str) -> str:
    text = page.locator(f"[data-secret='{name}']").inner_text()
    page.get_by_role("button", name="I have copied it").click()
    return str(text)


def works(server: Server, key: str) -> int:
    return httpx.get(f"{server.base}/api/v1/users/me", headers={"X-API-Key": key}).status_code


def test_an_oauth_client_is_registered_and_gets_a_token(tab, server):
    show(tab, server, "/developer/clients/new", "New OAuth client")
    tab.get_by_label("Name").fill("Night shift")
    for grant in ("authorization_code", "refresh_token", "client_credentials"):
        tab.get_by_label(grant).set_checked(grant == "client_credentials")
    tab.get_by_role("button", name="Register").click()
    client = tab.locator("[data-secret='Client id']").inner_text()
    secret = shown_once(tab, "Client secret")
    tab.get_by_role("row", name="Night shift").wait_for()
    form = {"grant_type": "client_credentials", "scope": "read"}
    assert httpx.post(f"{server.base}/oauth/token", data=form, auth=(client, secret)).status_code == 200
    tab.get_by_role("button", name="Delete Night shift").click()
    tab.get_by_role("dialog").get_by_role("button", name="Delete").click()
    tab.get_by_text("No OAuth clients yet").wait_for()


def test_a_webhook_is_made_tested_and_its_delivery_replayed(tab, server):
    with receiver() as other:
        show(tab, server, "/developer/events/project.created", "project.created")
        tab.get_by_role("link", name="New webhook for it").click()
        tab.get_by_label("Address").fill(other.url)
        assert tab.get_by_role("checkbox", name="project.created").is_checked()
        tab.get_by_role("button", name="Create").click()
        secret = shown_once(tab, "Secret")
        tab.get_by_role("heading", level=1, name=other.url).wait_for()

        tab.get_by_role("button", name="Send a test").click()
        wait_until(lambda: len(other.received) == 1)
        tab.get_by_role("row", name="webhook.test").get_by_text("Succeeded").wait_for()
        tab.get_by_role("button", name="Replay webhook.test").click()
        wait_until(lambda: len(other.received) == 2)
        first, second = (headers["webhook-id"] for headers, _ in other.received)
        assert first == second, "a replay is the same message"
        headers, body = other.received[1]
        assert headers["x-studio-signature"] == f"sha256={hmac.new(key_of(secret), body, hashlib.sha256).hexdigest()}"

        tab.get_by_role("button", name="webhook.test", exact=True).click()
        tab.get_by_role("heading", name="Attempts").wait_for()
        assert first in tab.get_by_role("dialog").inner_text()
        assert tab.get_by_role("dialog").get_by_role("row").count() == 3, "a head and two attempts"
        tab.get_by_role("dialog").get_by_role("button", name="Close").last.click()
        tab.get_by_role("link", name="Edit").click()
        tab.get_by_label("Description").fill("Tells the night shift")
        tab.get_by_role("button", name="Save").click()
        tab.get_by_text("Tells the night shift").wait_for()
        tab.get_by_role("button", name="Delete", exact=True).click()
        tab.get_by_role("dialog").get_by_role("button", name="Delete").click()
        tab.get_by_text("No webhooks yet").wait_for()


def key_of(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()


def test_the_documentation_is_served_beside_the_portal_and_searched(tab, server):
    tab.goto(f"{server.base}/portal/docs/")
    tab.get_by_role("combobox", name="Search the documentation").fill("webhook signature")
    tab.get_by_role("option", name="Check the signature first").wait_for()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/portal/docs/webhooks.html#check-the-signature-first")
    tab.get_by_role("link", name="examples/webhooks/verify.py").click()
    assert "hmac.compare_digest" in tab.get_by_role("main").inner_text()
    tab.get_by_role("link", name="Studio Platform", exact=True).click()
    tab.wait_for_url("**/portal/**")


@pytest.mark.parametrize("route", PAGES)
def test_pages_are_accessible_and_fit_in_both_themes_and_widths(tab, server, route):
    show(tab, server, route, PAGES[route])
    assert flaws(tab) == []


@pytest.mark.parametrize("page", ["index.html", "how-to/connect-an-oauth-client.html"])
def test_documentation_is_accessible_and_fits_in_both_themes_and_widths(tab, server, page):
    tab.goto(f"{server.base}/portal/docs/{page}")
    assert flaws(tab) == []


def flaws(page: Any) -> list[str]:
    """What axe-core finds, and what runs over the edge, in each theme and width."""
    page.evaluate(axe())
    found = []
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        # What doesn't hang on colours is the same in both themes.
        for theme, rules in (("light", None), ("dark", ["color-contrast"])):
            page.emulate_media(color_scheme=theme)
            found += [f"{theme} {size['width']}: {each}" for each in violations(page, rules)]
        if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            found.append(f"wider than {size['width']}")
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")
    return found


def violations(page: Any, rules: list[str] | None) -> list[str]:
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    results = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [f"{each['id']} {node['target']}" for each in results for node in each["nodes"][:3]]

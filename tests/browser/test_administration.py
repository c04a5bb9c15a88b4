"""The administration's pages in a real browser: accounts, the platform, the audit log, background work."""

from __future__ import annotations

import contextlib

import pyotp
import pytest
from support.portal import World, inaccessible, visit
from support.server import serve


@pytest.fixture(scope="module")
def world(chromium, tmp_path_factory):
    settings = {"STUDIO_AUTH_ARGON2_MEMORY_KIB": "8192", "STUDIO_AI_EMBEDDINGS": "false"}
    with serve(tmp_path_factory.mktemp("administration") / "home", **settings) as server:
        made = World(server)
        yield made
        made.admin.close()


@pytest.fixture
def visitor(chromium, world):
    with visit(chromium, world) as made:
        yield made


def test_an_account_from_its_making_to_its_end(world, visitor):
    page = visitor.page
    visitor.log_in("", "/users")
    page.get_by_role("link", name="New user").click()
    page.get_by_label("Name").fill("Kim")
    page.get_by_label("E-mail address").fill("kim@example.org")
    page.get_by_label("Role").select_option("auditor")
    page.get_by_label("First password").fill("short")
    page.get_by_role("button", name="Create").click()
    page.locator("[name=password][aria-invalid]").wait_for()
    page.get_by_label("First password").fill("quite long enough a password")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("heading", name="Kim").wait_for()
    visitor.settled()
    user = page.url.rpartition("/")[2]

    page.get_by_label("Role").select_option("manager")
    with page.expect_response(lambda answer: answer.request.method == "PUT"):
        page.get_by_role("button", name="Save").click()
    assert world.get(f"/api/v1/users/{user}")["role"] == "manager"

    page.get_by_role("button", name="Password reset").click()
    page.get_by_role("button", name="Issue").click()
    token = page.get_by_role("dialog").locator("code").first.inner_text()
    answer = world.admin.post(
        "/api/v1/auth/reset-password", json={"token": token, "new_password": "my own long password"}
    )
    assert answer.status_code == 200, answer.text
    page.get_by_role("button", name="Done").click()

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("heading", name="Users").wait_for()
    assert world.admin.get(f"/api/v1/users/{user}").status_code == 404


def test_ones_own_account_with_a_password_that_ends_and_a_second_factor(world, visitor):
    page = visitor.page
    given, own = "password123", "my own long password"
    body = {"email": "lou@example.org", "name": "Lou", "role": "viewer", "password": given}
    assert world.admin.post("/api/v1/users", json=body).status_code == 201
    visitor.log_in("lou", "/projects", password=given)
    page.get_by_text("Somebody else chose your password").wait_for()
    page.get_by_label("Present password").fill("not it at all")
    page.get_by_label("New password").fill(own)
    page.get_by_role("button", name="Change password").click()
    page.locator("[name=current_password][aria-invalid]").wait_for()
    page.get_by_label("Present password").fill(given)
    page.get_by_role("button", name="Change password").click()
    page.get_by_text("Somebody else chose your password").wait_for(state="detached")
    page.get_by_label("Name").fill("Lou Reed")
    page.get_by_role("button", name="Save").click()
    page.locator(".who", has_text="Lou Reed").wait_for()

    page.get_by_role("button", name="Set it up").click()
    page.get_by_label("Your password").fill(own)
    page.get_by_role("button", name="Go on").click()
    key = page.get_by_role("region", name="Key").inner_text()
    page.get_by_label("Code of your authenticator").fill(pyotp.TOTP(key).now())
    page.get_by_role("button", name="Turn on").click()
    (code, *_) = page.get_by_role("region", name="Recovery codes").inner_text().split()
    page.get_by_role("button", name="I have kept them").click()
    page.get_by_role("button", name="Turn off").click()
    page.get_by_label("Your password").fill(own)
    page.get_by_label("Code of your authenticator").fill(code)
    page.get_by_role("dialog").get_by_role("button", name="Turn off").click()
    page.get_by_role("button", name="Set it up").wait_for()

    with contextlib.closing(world.server.client("lou@example.org", own)) as other:
        page.reload()
        page.get_by_role("button", name="End the session").first.click()
        page.get_by_text("Session ended successfully").wait_for()
        assert other.get("/api/v1/users/me").status_code == 401
    with contextlib.closing(world.server.client("lou@example.org", own)) as other:
        other.delete("/api/v1/users/me/sessions")
        page.get_by_label("Name").fill("Lou Typed This")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Your session has ended, and nothing was sent").wait_for()
        assert page.get_by_label("Name").input_value() == "Lou Typed This"


def test_names_are_read_by_everybody_in_the_team(world, visitor):
    page = visitor.page
    visitor.log_in("eve", "/evidence")
    page.get_by_role("row", name="Access review").get_by_role("cell", name="Ben", exact=True).wait_for()
    visitor.go(f"/projects/{world.project}/team")
    assert sorted(page.locator("tbody th").all_inner_texts()) == ["Ada", "Administrator", "Ben", "Eve", "Flo"]
    visitor.go(f"/projects/{world.project}/activity")
    assert "user …" not in page.inner_text("main")

    project = world.make_project("Left behind")
    with contextlib.closing(world.client("ben")) as client:
        fields = {"title": "Handover notes", "project_id": project}
        made = client.post("/api/v1/evidence", data=fields, files={"file": ("notes.md", b"# Notes\n")})
        assert made.status_code == 201, made.text
    gone = world.admin.delete(f"/api/v1/projects/{project}/members/{world.ids['ben']}")
    assert gone.status_code == 200, gone.text
    page.reload()
    for path in (f"/projects/{project}/evidence", f"/evidence/{made.json()['data']['id']}"):
        visitor.go(path)
        page.reload()
        page.get_by_text("Ben").first.wait_for()


def test_the_audit_log_is_narrowed_and_an_entry_opened(world, visitor):
    page = visitor.page
    visitor.log_in("", "/audit-log")
    page.get_by_label("Account").select_option("Administrator")
    page.get_by_label("Action").fill("projects.create")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_function("location.hash.includes('projects.create')")
    visitor.settled()
    actions = page.locator("tbody tr th").all_inner_texts()
    assert set(actions) == {"projects.create"}
    page.locator("tbody tr th button").last.click()
    page.get_by_role("dialog", name="Audit entry").get_by_text(world.project).first.wait_for()


def test_the_platform_tells_its_plugins_and_services(world, visitor):
    page = visitor.page
    visitor.log_in("", "/platform")
    visitor.settled()
    services, plugins = page.locator("table").all()
    assert "Database" in services.inner_text()
    for each in world.get("/api/v1/plugins")["plugins"]:
        assert each["name"] in plugins.inner_text()


def test_others_see_their_own_work_and_nothing_of_the_administration(world, visitor):
    page = visitor.page
    visitor.log_in("ben", "/jobs")
    visitor.settled()
    links = page.locator("#sidebar a").all_inner_texts()
    assert "Background work" in links
    assert not {"Users", "Audit log", "Platform"} & set(links)
    visitor.go("/users")
    assert "Your role doesn't include this page" in page.inner_text("main")


def test_its_pages_are_accessible_in_both_themes_at_both_widths(world, visitor):
    page = visitor.page
    visitor.log_in("", "/users")
    problems = []
    for path in ("/account", "/users", "/users/new", f"/users/{world.ids['ada']}", "/audit-log", "/platform", "/jobs"):
        visitor.go(path)
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)
                problems += [f"{path} {theme} {width}: {each}" for each in inaccessible(visitor)]
        page.set_viewport_size({"width": 320, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append(f"{path} scrolls sideways at 320 px")
        page.set_viewport_size({"width": 1280, "height": 800})
    assert problems == []

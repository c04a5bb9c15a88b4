"""The dashboard in a real browser: the main job, by keyboard, by role, in both themes and at every width."""

from __future__ import annotations

import base64
import contextlib
import copy
import dataclasses
import json
import re

import pyotp
import pytest
from support.portal import STANDING, World, inaccessible, visit
from support.server import serve, wait_until

POLICY = "# Screen locking\n\nEverybody locks their screen when they leave it. Checked in March 2030.\n"
OVER = """() => {
  const kept = JSON.parse(sessionStorage.getItem("studio.session"));
  sessionStorage.setItem("studio.session", JSON.stringify({ ...kept, until: Date.now() - 1000 }));
  location.reload();
}"""


@pytest.fixture(scope="module")
def world(chromium, tmp_path_factory):
    settings = {"STUDIO_AUTH_ARGON2_MEMORY_KIB": "8192", "STUDIO_AI_EMBEDDINGS": "false"}
    with serve(tmp_path_factory.mktemp("portal") / "home", **settings) as server:
        made = World(server)
        yield made
        made.admin.close()


@pytest.fixture
def visitor(chromium, world):
    with visit(chromium, world) as made:
        yield made


def score(page):
    return int(re.search(r"Compliance score (\d+)", page.locator("svg.ring").get_attribute("aria-label"))[1])


def test_the_main_job_from_login_to_a_changed_score(chromium, world, visitor):
    page = visitor.page
    visitor.log_in("ada", "/projects")
    page.get_by_role("link", name="New project").click()
    page.get_by_label("Name").fill("SOC 2 for 2030")
    page.get_by_label("Framework").select_option("soc2")
    page.get_by_role("button", name="Create project").click()
    page.get_by_role("heading", name="SOC 2 for 2030").wait_for()
    visitor.settled()
    project = page.url.rpartition("/")[2]
    before = score(page)
    answer = world.admin.post(
        f"/api/v1/projects/{project}/members", json={"user_id": world.ids["ben"], "role": "auditor"}
    )
    assert answer.status_code == 201, answer.text

    page.get_by_role("link", name="Evidence", exact=True).last.click()
    page.locator(".drop").wait_for()
    visitor.drop("screen_locking.md", POLICY)
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_label("Title").input_value() == "screen locking"
    dialog.get_by_label("What it shows").fill("How screens are locked, and since when")
    dialog.get_by_role("button", name="Upload").click()
    page.get_by_role("link", name="screen locking").click()
    page.get_by_text("Everybody locks their screen").wait_for()
    assert page.get_by_text("separation of duties").is_visible(), "who uploaded it can't review it"
    page.get_by_label("Control to link").select_option(index=0)
    page.get_by_role("button", name="Link", exact=True).click()
    page.get_by_role("button", name=re.compile("^Unlink")).wait_for()
    piece = page.url.partition("#")[2]

    with visit(chromium, world) as other:
        other.log_in("ben", piece)
        other.page.get_by_label("Decision").select_option("approve")
        other.page.get_by_label("Quality, 0 to 100").fill("95")
        other.page.get_by_label("Comment").fill("Complete and current.")
        other.page.get_by_role("button", name="Send the review").click()
        other.page.get_by_text("the score has moved").wait_for()

    visitor.go(f"/projects/{project}")
    assert score(page) > before
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Email address").wait_for()
    assert page.evaluate("sessionStorage.length") == 0


def test_the_way_to_a_control_by_keyboard_alone(world, visitor):
    page, press = visitor.page, visitor.page.keyboard.press
    page.goto(world.base)
    page.get_by_label("Email address").focus()
    page.keyboard.type("ada@example.org")
    press("Tab")
    page.keyboard.type(STANDING)
    press("Enter")
    page.get_by_role("heading", name="Projects").wait_for()
    visitor.settled()
    press("?")
    page.get_by_role("dialog", name="Keyboard").wait_for()
    press("Escape")
    press("/")
    page.keyboard.type("Annual")
    page.get_by_text("1–1 of 1").wait_for()
    page.locator("tbody tr").first.focus()
    press("Enter")
    page.get_by_role("heading", name="Annual assessment").wait_for()
    assert page.evaluate("document.activeElement.tagName") == "H1", "reading goes on at the heading"
    page.get_by_role("link", name="Controls", exact=True).focus()
    press("Enter")
    page.locator("tbody input.choose").nth(2).wait_for()
    page.locator("tbody tr").first.focus()
    press("ArrowDown")
    press("ArrowDown")
    press("Space")
    page.get_by_text("1 chosen").wait_for()
    press("ArrowUp")
    press("Enter")
    page.get_by_role("heading", name=re.compile(re.escape(world.controls[1]["title"]))).wait_for()


def test_a_search_still_being_typed_narrows_no_other_page(world, visitor):
    page = visitor.page
    visitor.log_in("ada", "/projects")
    page.get_by_role("searchbox").wait_for()
    controls = f"/projects/{world.project}/controls"
    page.evaluate(
        """(path) => {
            const field = document.querySelector("input[type=search]");
            field.value = "Annual";
            field.dispatchEvent(new Event("input"));
            location.hash = path;
        }""",
        controls,
    )
    page.wait_for_timeout(500)  # twice as long as a search waits for the end of a word
    page.locator("tbody input.choose").nth(2).wait_for()
    assert page.evaluate("location.hash") == f"#{controls}"


def test_many_controls_are_changed_at_once_and_a_decision_needs_its_reason(world, visitor):
    page = visitor.page
    visitor.log_in("ada", f"/projects/{world.project}/controls")
    page.get_by_label("Priority", exact=True).select_option("critical")
    page.wait_for_url(re.compile("priority=critical"))
    visitor.settled()
    page.get_by_label("Choose all rows shown").check()
    page.get_by_role("button", name="Change …").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Owner").select_option(label="Ben")
    dialog.get_by_label("Due", exact=True).fill("2030-03-01")
    dialog.get_by_role("button", name="Change", exact=True).click()
    page.get_by_text(re.compile(r"\d+ controls? changed")).wait_for()
    page.get_by_role("cell", name="Ben").first.wait_for()

    visitor.go(f"/projects/{world.project}/controls/{world.controls[3]['id']}")
    page.get_by_label("Status").select_option("not_applicable")
    page.get_by_role("button", name="Decide").click()
    page.locator("[name=reason][aria-invalid]").wait_for()
    page.get_by_label("Reason").fill("We run no data centre")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("Not applicable, says Ada: We run no data centre").wait_for()


def test_whoever_may_only_look_is_offered_nothing_else(world, visitor):
    page = visitor.page
    visitor.log_in("eve", f"/projects/{world.project}")
    visitor.settled()
    assert page.get_by_role("button", name="Edit").count() == 0
    for path, absent in (("evidence", ".drop"), ("controls", "input.choose"), ("team", "main select")):
        visitor.go(f"/projects/{world.project}/{path}")
        page.locator("tbody tr").first.wait_for()
        assert page.locator(absent).count() == 0, path
    visitor.go("/projects/new")
    assert "Your role doesn't include this page" in page.inner_text("main")


def test_what_is_out_of_reach_and_a_session_that_ended(world, visitor):
    page = visitor.page
    visitor.log_in("eve", "/projects/proj_00000000000000000000000000")
    page.get_by_role("heading", name="Not found").wait_for()
    assert re.search(r"Request\s+req_", page.inner_text("main"))
    with contextlib.closing(world.client("eve")) as client:
        client.delete("/api/v1/users/me/sessions")
    page.evaluate(f"location.hash = '#/projects/{world.project}'")
    page.get_by_text("Your session has ended").wait_for()
    page.get_by_label("Email address").fill("eve@example.org")
    page.get_by_label("Password").fill(STANDING)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Annual assessment").wait_for()
    page.reload()
    page.get_by_role("heading", name="Annual assessment").wait_for()


def test_what_people_write_stays_text(world, visitor):
    name = "<img src=x onerror=alert(1)><b>Bold</b>"
    project = world.make_project(name)
    visitor.log_in("ada", "/projects")
    visitor.page.get_by_role("link", name=name).wait_for()
    visitor.go(f"/projects/{project}")
    assert visitor.page.locator("main h1").inner_text() == name
    assert visitor.page.locator("main :is(b, img)").count() == 0


def test_a_second_factor_is_asked_for(world, visitor):
    page = visitor.page
    with contextlib.closing(world.client("flo")) as client:
        factor = "/api/v1/users/me/second-factor"
        secret = client.post(factor, json={"current_password": STANDING}).json()["data"]["secret"]
        answer = client.post(f"{factor}/confirm", json={"otp": pyotp.TOTP(secret).now()})
        code = answer.json()["data"]["recovery_codes"][0]
    page.goto(world.base)
    page.get_by_label("Email address").fill("flo@example.org")
    page.get_by_label("Password").fill(STANDING)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Code of your authenticator").fill(code)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Projects").wait_for()


def test_a_picture_is_drawn_and_other_files_are_not_opened(world, visitor):
    page = visitor.page
    picture = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    drawn = world.upload("ada", "Screenshot", picture, "screen.png")
    closed = world.upload("ada", "Page", b"<!doctype html><title>x</title><script>alert(1)</script>", "page.html")
    visitor.log_in("ada", f"/evidence/{drawn}")
    image = page.get_by_role("img", name="Screenshot")
    image.wait_for()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    visitor.go(f"/evidence/{closed}")
    page.get_by_text("Files of this type are not opened here").wait_for()


def paths(world):
    control = f"/controls/{world.controls[0]['id']}"
    parts = ("", "/controls", control, "/evidence", "/milestones", "/team", "/activity", "/reports")
    fixed = ("/login", "/projects", "/projects/new", "/evidence", f"/evidence/{world.piece}")
    return [*fixed, *(f"/projects/{world.project}{part}" for part in parts)]


@pytest.mark.parametrize("width", [1280, 360])
def test_every_page_is_accessible_in_both_themes_at_both_widths_and_light(world, visitor, width):
    """No serious finding of axe-core, nothing to scroll sideways, and under 300 kB in all."""
    page = visitor.page
    visitor.log_in("ada", "/projects")
    page.set_viewport_size({"width": width, "height": 800})
    problems = []
    for path in paths(world):
        visitor.go(path)
        # What doesn't hang on colours is the same in both themes.
        for theme, rules in (("light", ()), ("dark", ("color-contrast",))):
            page.emulate_media(color_scheme=theme)
            problems += [f"{path} {theme}: {each}" for each in inaccessible(visitor, rules)]
        page.set_viewport_size({"width": min(width, 320), "height": 800})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append(f"{path} scrolls sideways at 320 px")
        page.set_viewport_size({"width": width, "height": 800})
    assert problems == []
    assert visitor.weigh() < 300_000, visitor.loaded


def test_the_theme_that_is_chosen_goes_before_the_devices(world, visitor):
    page = visitor.page
    visitor.log_in("ada", "/projects")
    ground = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="light")
    light = page.evaluate(ground)
    page.get_by_label("Colours").select_option("dark")
    assert page.evaluate(ground) != light
    page.reload()
    page.get_by_role("heading", name="Projects").wait_for()
    assert page.evaluate(ground) != light, "it is remembered"


def test_words_are_found_inside_files_and_a_note_is_evidence_too(world, visitor):
    page = visitor.page
    visitor.log_in("ben", f"/projects/{world.project}/evidence")
    page.get_by_role("button", name="Write a note").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Minutes of the board")
    dialog.get_by_label("Note").fill("The board has taken the turquoise policy.")
    dialog.get_by_role("button", name="Add").click()
    page.get_by_role("link", name="Minutes of the board").wait_for()
    wait_until(lambda: world.get("/api/v1/evidence/search?q=turquoise")["evidence"])
    page.get_by_placeholder("Search words, also inside files").fill("turquoise")
    page.locator("mark", has_text="turquoise").wait_for()
    assert page.locator("tbody tr").count() == 1


def test_a_report_is_made_and_saved(world, visitor):
    page = visitor.page
    visitor.log_in("ada", f"/projects/{world.project}/reports")
    with page.expect_download() as saving:
        page.get_by_role("button", name="Gap report as CSV").click()
    assert saving.value.suggested_filename.endswith(".csv")


def test_a_new_version_starts_at_pending_and_the_earlier_stays(world, visitor):
    page = visitor.page
    piece = world.upload("ada", "Backup log", b"# Backups\n\nAll well.\n")
    visitor.log_in("ada", f"/evidence/{piece}")
    page.locator(".drop").wait_for()
    visitor.drop("backups.md", "# Backups\n\nAll well again, in 2030.\n")
    page.get_by_role("dialog").get_by_label("What changed").fill("Newer")
    page.get_by_role("dialog").get_by_role("button", name="Upload").click()
    page.get_by_text("Version 2").wait_for()
    page.get_by_text("All well again, in 2030.").wait_for()
    with page.expect_download():
        page.get_by_role("button", name="Save version 1").click()


def test_what_is_saved_beside_a_date_leaves_its_time_alone(world, visitor):
    page, moment = visitor.page, "2031-06-30T23:59:59.000000Z"
    project, control = f"/api/v1/projects/{world.project}", world.controls[1]["id"]
    (milestone,) = world.get(f"{project}/milestones")["milestones"]
    piece = world.upload("ada", "Lasts to the end of June", b"# Lasts\n\nTo the last second.\n")
    for path, field in (
        (f"{project}/controls/{control}", "due_date"),
        (f"{project}/milestones/{milestone['id']}", "due_date"),
        (f"/api/v1/evidence/{piece}", "valid_until"),
    ):
        answer = world.admin.patch(path, json={field: moment})
        assert answer.status_code == 200, answer.text

    visitor.log_in("ada", f"/evidence/{piece}")
    page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Lasts to July")
    dialog.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Lasts to July").wait_for()
    assert world.get(f"/api/v1/evidence/{piece}")["valid_until"] == moment

    visitor.go(f"/projects/{world.project}/controls/{control}")
    page.get_by_label("Owner").select_option("Ben")
    # NOTE: the word that it was saved may still stand there from before.
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        page.get_by_role("button", name="Assign").click()
    shown = world.get(f"{project}/controls/{control}")
    assert (shown["due_date"], shown["owner_id"]) == (moment, world.ids["ben"])

    visitor.go(f"/projects/{world.project}/milestones")
    for day, due in (("2031-06-30", moment), ("2031-07-01", "2031-07-01T00:00:00.000000Z")):
        page.get_by_role("button", name="Edit").click()
        dialog.get_by_label("Name").fill(f"Evidence is in by {day}")
        dialog.get_by_label("Due").fill(day)
        dialog.get_by_role("button", name="Save").click()
        page.get_by_text(f"Evidence is in by {day}").wait_for()
        assert world.get(f"{project}/milestones")["milestones"][0]["due_date"] == due


def test_a_text_that_is_too_large_to_show_is_not_fetched(world, visitor):
    piece = world.upload("ada", "A long table", b"account,access\n" * 150_000, "table.csv")
    fetched = []
    visitor.page.on("request", lambda request: fetched.append(request.url))
    visitor.log_in("ada", f"/evidence/{piece}")
    visitor.page.get_by_text("Too large to show").wait_for()
    assert not [url for url in fetched if "download" in url]


def test_tabs_that_share_a_login_keep_it(world, visitor):
    page = visitor.page
    visitor.log_in("ada", "/projects")
    renewals = []
    visitor.context.on("request", lambda each: renewals.append(each.url) if "/auth/refresh" in each.url else None)
    for _ in range(2):
        page.reload()
        page.get_by_role("heading", name="Projects").wait_for()
    assert renewals == [], "a load doesn't spend the refresh token"

    kept = page.evaluate("JSON.stringify({ ...sessionStorage })")
    other = visitor.context.new_page()
    other.goto(f"{world.base}style.css")
    other.evaluate("kept => Object.assign(sessionStorage, JSON.parse(kept))", kept)
    other.goto(f"{world.base}#/projects")
    other.get_by_role("heading", name="Projects").wait_for()

    # The access token of both is over.
    for tab in (page, other):
        tab.evaluate(OVER)
    for tab in (page, other):
        tab.get_by_role("heading", name="Projects").wait_for()
    tokens = {json.loads(tab.evaluate("sessionStorage.getItem('studio.session')"))["refresh"] for tab in (page, other)}
    assert len(tokens) == 1
    assert len(renewals) == 1
    for tab in (page, other):
        tab.reload()
        tab.get_by_role("heading", name="Projects").wait_for()

    # The tab that renewed is gone when the other one wants to.
    with page.expect_response(lambda each: "/auth/refresh" in each.url):
        page.evaluate(OVER)
    page.get_by_role("heading", name="Projects").wait_for()
    assert len(renewals) == 2
    page.close()
    laid = other.evaluate("JSON.stringify(localStorage)")
    other.evaluate(OVER)
    other.get_by_role("heading", name="Projects").wait_for()
    now = json.loads(other.evaluate("sessionStorage.getItem('studio.session')"))
    assert now["refresh"] not in tokens
    assert now["refresh"] not in laid, "what outlives the tabs is of no use without them"
    assert now["access"] not in laid
    assert len(renewals) == 2


def test_plain_http_from_another_machine_is_enough(chromium, world):
    elsewhere = copy.copy(world)
    elsewhere.server = dataclasses.replace(world.server, base=world.server.base.replace("127.0.0.1", "studio.test"))
    with visit(chromium, elsewhere) as visitor:
        page = visitor.page
        visitor.log_in("ada", "/projects/new")
        assert not page.evaluate("isSecureContext"), "the browser doesn't trust the connection"
        page.get_by_label("Name").fill("From across the office")
        page.get_by_label("Framework").select_option("soc2")
        page.get_by_role("button", name="Create project").click()
        page.get_by_role("heading", name="From across the office").wait_for()
        parts = page.get_by_role("navigation", name="Parts of From across the office")
        parts.get_by_role("link", name="Evidence", exact=True).click()
        page.locator(".drop").wait_for()
        visitor.drop("locks.md", POLICY)
        page.get_by_role("dialog").get_by_role("button", name="Upload").click()
        page.get_by_role("link", name="locks", exact=True).wait_for()

        refresh = "JSON.parse(sessionStorage.getItem('studio.session')).refresh"
        before = page.evaluate(refresh)
        with page.expect_response(lambda each: "/auth/refresh" in each.url):
            page.evaluate(OVER)
        page.locator("main h1").wait_for()
        visitor.settled()
        assert page.evaluate(refresh) != before, "the tab renewed by itself"
        # The browser's own word about such a connection; anything else is a failure.
        visitor.complaints = [each for each in visitor.complaints if "Opener-Policy header has been" not in each]

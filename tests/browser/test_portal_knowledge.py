"""What the portal knows, in a real browser: the assistant, frameworks, and the graph."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from support.portal import World, inaccessible, visit
from support.server import serve, wait_until

QUESTION = "What does our evidence say about who has access?"


@pytest.fixture(scope="module")
def world(chromium, tmp_path_factory):
    settings = {"STUDIO_AUTH_ARGON2_MEMORY_KIB": "8192", "STUDIO_AI_EMBEDDINGS": "false"}
    with serve(tmp_path_factory.mktemp("knowledge") / "home", **settings) as server:
        made = World(server)
        yield made
        made.admin.close()


@pytest.fixture
def visitor(chromium, world):
    with visit(chromium, world) as made:
        yield made


def test_back_leads_to_the_part_of_a_list_that_one_came_from(world, visitor):
    page = visitor.page
    visitor.log_in("eve", f"/projects/{world.project}/controls")
    page.get_by_text("1–50 of 61").wait_for()
    page.get_by_role("button", name="Next").click()
    page.get_by_text("51–61 of 61").wait_for()
    page.locator("tbody th a").first.click()
    page.get_by_role("heading", name="What it asks for").wait_for()
    page.go_back()
    page.get_by_text("51–61 of 61").wait_for()
    page.reload()
    page.get_by_text("51–61 of 61").wait_for()
    page.get_by_role("button", name="Previous").click()
    page.get_by_text("1–50 of 61").wait_for()
    page.get_by_role("button", name="Next").click()
    page.get_by_text("51–61 of 61").wait_for()
    page.get_by_label("Priority", exact=True).select_option("critical")
    page.get_by_text(re.compile(r"^1–")).wait_for()


def test_a_further_framework_is_attached_made_primary_and_detached(world, visitor):
    page, project = visitor.page, world.make_project("Two at once")
    visitor.log_in("eve", f"/projects/{project}")
    page.get_by_role("link", name="SOC 2").wait_for()
    assert page.get_by_role("button", name="Attach a framework").count() == 0
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Email address").wait_for()

    visitor.log_in("ada", f"/projects/{project}")
    page.get_by_role("button", name="Attach a framework").click()
    page.get_by_role("dialog").get_by_label("Framework").select_option("gdpr")
    page.get_by_role("dialog").get_by_role("button", name="Attach").click()
    page.get_by_role("button", name=re.compile("^Make .* the primary framework")).click()
    page.get_by_role("button", name=re.compile("^Detach SOC 2")).wait_for()
    assert world.get(f"/api/v1/projects/{project}")["framework"] == "gdpr"

    control = world.get(f"/api/v1/projects/{project}/controls?framework=soc2")["controls"][0]["id"]
    owned = {"owner_id": world.ids["ada"]}
    assert world.admin.patch(f"/api/v1/projects/{project}/controls/{control}", json=owned).status_code == 200
    page.get_by_role("button", name=re.compile("^Detach SOC 2")).click()
    page.get_by_role("button", name="Detach", exact=True).click()
    page.get_by_role("button", name="Detach all the same").click()
    page.get_by_role("button", name=re.compile("^Detach SOC 2")).wait_for(state="detached")
    assert world.get(f"/api/v1/projects/{project}")["frameworks"] == ["gdpr"]


def test_an_archived_project_is_made_active_again_and_deleted(world, visitor):
    page, project = visitor.page, world.make_project("Put away")
    assert world.admin.patch(f"/api/v1/projects/{project}", json={"status": "archived"}).status_code == 200
    visitor.log_in("ada", f"/projects/{project}")
    page.get_by_text("This project is archived").wait_for()
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("dialog").get_by_label("Status").select_option("active")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.get_by_text("This project is archived").wait_for(state="detached")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("heading", name="Projects").wait_for()
    assert world.admin.get(f"/api/v1/projects/{project}").status_code == 404


def test_an_upload_that_was_refused_is_tried_again_with_what_was_typed(world, visitor):
    page, title = visitor.page, "A title that is " + "far " * 50 + "too long"
    visitor.log_in("ben", f"/projects/{world.project}/evidence")
    visitor.drop("minutes.md", "# Minutes\n\nWhat was decided.\n")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill(title)
    dialog.get_by_label("What it shows").fill("What was decided, and by whom")
    dialog.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Change and try again").click()
    assert dialog.get_by_label("What it shows").input_value() == "What was decided, and by whom"
    assert dialog.get_by_label("Title").input_value() == title
    dialog.get_by_label("Title").fill("Minutes of March")
    dialog.get_by_role("button", name="Upload").click()
    page.get_by_role("link", name="Minutes of March").wait_for()


def ask(page, text):
    page.get_by_label("Your question").fill(text)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Sources").last.wait_for()


def test_a_streamed_answer_names_its_sources_and_the_conversation_goes_on(world, visitor):
    page = visitor.page
    visitor.log_in("ben", f"/assistant?project={world.project}")
    page.get_by_label("Your question").wait_for()
    page.evaluate(
        "window.seen = []; new MutationObserver(() => seen.push(document.querySelector('.answer .prose')?.textContent"
        ".length ?? 0)).observe(document.querySelector('.turns'), { childList: true, subtree: true })"
    )
    ask(page, QUESTION)
    lengths = [each for each in page.evaluate("window.seen") if each]
    assert len(set(lengths)) > 1, "it grows while it comes"
    assert page.locator(".chat > [role=status]").inner_text().startswith("Answer: These passages")
    assert page.locator(".sources blockquote", has_text="Who has access, and why.").count() == 1
    assert page.get_by_text("Answered by: Built-in answers").is_visible()
    conversation = page.url.rpartition("/")[2]
    assert conversation.startswith("conv_")

    page.get_by_role("link", name="Source 1: Access review").click()
    page.wait_for_url(re.compile(f"#/evidence/{world.piece}"))
    page.go_back()
    page.get_by_role("heading", name=QUESTION).wait_for()
    ask(page, "What is missing for CC6.1?")
    assert page.locator(".answer").count() == 2
    page.get_by_role("link", name="SOC 2 Type II CC6.1").last.click()
    page.get_by_role("heading", name="CC6.1 Logical access security").wait_for()

    visitor.go("/assistant")
    page.get_by_role("button", name=f"Delete the conversation {QUESTION}").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name=f"Delete the conversation {QUESTION}").wait_for(state="detached")


def test_a_suggestion_makes_the_call_that_it_offers(world, visitor):
    page = visitor.page
    visitor.log_in("ben", f"/assistant?project={world.project}")
    page.get_by_label("Your question").wait_for()
    ask(page, "What evidence do I need for SOC 2 control CC6.1?")
    page.get_by_role("button", name="Analyze Gaps").click()
    page.get_by_role("heading", name=re.compile(r"^\d+ gaps$")).wait_for()
    page.get_by_role("button", name="Search for").click()
    page.locator(".result").get_by_text("Who has access, and why.").wait_for()
    page.get_by_role("button", name="Generate Access Control Policy").click()
    page.get_by_role("heading", name="Draft: Access Control Policy").wait_for()
    assert page.locator(".paper table th").first.inner_text() == "Role"

    page.get_by_role("link", name="Draft it for your own company").click()
    page.get_by_label("Company").fill("Acme <b>Ltd</b>")
    page.get_by_role("button", name="Draft", exact=True).click()
    page.get_by_role("heading", name="Draft: Access Control Policy").wait_for()
    assert "Acme <b>Ltd</b>" in page.locator(".paper").inner_text(), "what people write stays text"
    with page.expect_download() as download:
        page.get_by_role("button", name="Word file").click()
    assert download.value.suggested_filename == "access-control-policy.docx"
    page.get_by_role("button", name="Save as evidence").click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile("#/evidence/ev_"))
    made = world.get(f"/api/v1/evidence/{page.url.rpartition('/')[2]}")
    assert made["file_name"] == "access-control-policy.docx"
    assert made["control_ids"], "it serves the control that it was asked for"


def test_from_a_framework_to_a_control_and_on_by_a_mapping(world, visitor):
    page = visitor.page
    visitor.log_in("eve", "/frameworks")
    page.get_by_role("link", name="SOC 2 Type II").click()
    page.get_by_role("heading", name="SOC 2 Type II").wait_for()
    page.get_by_label("Search controls").fill("access reviews of logical")
    page.get_by_label("Search controls").fill("logical access security")
    page.get_by_role("link", name="CC6.1 Logical access security").click()
    page.get_by_text("Multi-factor authentication settings").wait_for()
    page.get_by_role("link", name=re.compile("^A.8.5")).first.click()
    page.get_by_role("navigation", name="Where you are").get_by_role("link", name="ISO 27001").wait_for()
    assert page.get_by_role("link", name=re.compile("^CC6.1")).is_visible(), "and it leads back"

    visitor.go("/frameworks/compare?from=gdpr")
    page.locator("tbody tr").first.wait_for()
    visitor.go("/frameworks/compare?from=soc2&to=iso27001")
    page.get_by_text(re.compile(r"^\d+ of 123 controls$")).wait_for()
    page.get_by_label("Relation").select_option("equal")
    page.wait_for_url(re.compile("relation=equal"))
    total = len(world.get("/api/v1/compliance/mappings?from=soc2&to=iso27001")["mappings"])
    page.get_by_text(re.compile(r"^1–\d+ of \d+$")).wait_for()
    assert int(page.locator(".foot").inner_text().rpartition(" ")[2]) < total
    visitor.go(f"/frameworks/projection?project={world.project}&framework=iso27001")
    page.get_by_role("heading", name="Annual assessment in ISO 27001").wait_for()
    visitor.go("/frameworks")
    assert page.get_by_role("link", name="Import").count() == 0, "who may not import isn't offered it"


def test_a_framework_is_imported_and_upgraded_after_a_look_at_what_changes(world, visitor):
    page = visitor.page
    visitor.log_in("", "/frameworks/import")
    page.locator(".drop").wait_for()
    visitor.drop("empty.yaml", "studio_framework: 1\nid: empty\nname: Empty\n")
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("alert").get_by_text("controls: a list with at least one control is needed").wait_for()
    visitor.drop("house.csv", "number,title\n1,Lock the doors\n2,Water the plants\n")
    page.get_by_label("Id").fill("house")
    page.get_by_label("Name").fill("House rules")
    page.get_by_label("Version").fill("1")
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("heading", name="House rules").wait_for()
    page.get_by_text("Versions, upgrade and removal").click()
    page.locator(".drop").wait_for()
    visitor.drop("house.csv", "number,title\n1,Lock the doors\n3,Feed the cat\n")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Version").fill("2")
    dialog.get_by_role("button", name="Show what changes").click()
    dialog.get_by_text("From 1 to 2").wait_for()
    assert {each["version"] for each in world.get("/api/v1/compliance/frameworks/house/versions")["versions"]} == {"1"}
    dialog.get_by_role("button", name="Apply in all projects").click()
    page.get_by_role("link", name="3 Feed the cat").wait_for()


def test_the_graph_is_walked_by_keyboard_and_has_its_list(world, visitor):
    page, press = visitor.page, visitor.page.keyboard.press
    control = world.controls[0]["id"]
    # The graph follows in the background.
    wait_until(lambda: world.admin.get(f"/api/v1/compliance/graph?node={control}").text.count('"label"') > 3, 60)
    visitor.log_in("ben", f"/controls/{control}")
    visitor.settled()
    page.locator("main").get_by_role("link", name="Graph").click()
    centre = page.get_by_role("link", name=re.compile(r"^Control CC1\.1 .*the centre"))
    centre.focus()
    label = "document.activeElement.getAttribute('aria-label')"
    press("ArrowDown")
    first = page.evaluate(label)
    assert first.endswith("1 step away")
    press("ArrowRight")
    assert page.evaluate(label) not in (first, None)
    press("ArrowUp")
    assert "the centre" in page.evaluate(label)
    page.get_by_role("link", name=re.compile("^Evidence Access review")).focus()
    press("Enter")
    page.wait_for_url(re.compile(f"#/graph/{world.piece}"))
    page.get_by_role("heading", name="If it were lost").wait_for()
    expect(page.get_by_role("link", name="Evidence Access review, the centre")).to_be_focused()
    page.locator(".loose").get_by_text("In progress").wait_for()

    page.get_by_label("Reach").select_option("2")
    page.wait_for_url(re.compile("depth=2"))
    visitor.settled()
    page.get_by_label("Kind").select_option("User")
    assert page.locator("tbody tr").filter(has_text="Ben").is_visible(), "the list says what the drawing shows"
    visitor.go(f"/graph/{world.project}")
    page.get_by_text(re.compile(r"^Controls without evidence: \d+$")).wait_for()


def paths(world):
    control = world.controls[0]["id"]
    assistant = ("", f"?project={world.project}", "/policies", "/proposals")
    frameworks = ("", "/soc2", "/compare", f"/projection?project={world.project}", "/import")
    return [
        *(f"/assistant{part}" for part in assistant),
        *(f"/frameworks{part}" for part in frameworks),
        f"/controls/{control}?project={world.project}",
        "/graph",
        *(f"/graph/{node}" for node in (control, world.piece, world.project)),
    ]


def test_every_page_is_accessible_in_both_themes_at_both_widths_and_light(world, visitor):
    """No serious finding of axe-core, nothing to scroll sideways, and under 300 kB in all."""
    page = visitor.page
    visitor.log_in("", f"/assistant?project={world.project}")
    page.get_by_label("Your question").wait_for()
    ask(page, "What evidence do I need for SOC 2 control CC6.1?")
    page.get_by_role("button", name="Generate Access Control Policy").click()
    page.locator(".draft").wait_for()
    conversation = page.url.partition("#")[2]
    problems = look(visitor, "an answer")
    for path in [*paths(world), conversation]:
        visitor.go(path)
        problems += look(visitor, path)
    assert problems == []
    assert visitor.weigh() < 300_000, visitor.loaded


def look(visitor, name):
    """What is wrong with the page as it is shown."""
    page, problems = visitor.page, []
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        # What doesn't hang on colours is the same in both themes.
        for theme, rules in (("light", ()), ("dark", ("color-contrast",))):
            page.emulate_media(color_scheme=theme)
            problems += [f"{name} {theme} {width}: {each}" for each in inaccessible(visitor, rules)]
    page.set_viewport_size({"width": 320, "height": 800})
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        problems.append(f"{name} scrolls sideways at 320 px")
    page.set_viewport_size({"width": 1280, "height": 800})
    return problems

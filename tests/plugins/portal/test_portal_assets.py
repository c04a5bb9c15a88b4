"""The portal over HTTP: what it serves, with which headers, and what it tells the browser."""

import gzip
import json
import logging
import re
import types
from pathlib import Path

import pytest

from studio_kernel.hookspecs import hookimpl
from studio_kernel.http.operations import PUBLIC, RawAnswer, operation, operations_of
from studio_kernel.plugins import PluginInfo


def module(name, **hooks):
    made = types.ModuleType(name)
    made.info = PluginInfo(name=name, version="1")
    for hook, function in hooks.items():
        setattr(made, hook, hookimpl(optionalhook=True)(function))
    return made


@pytest.fixture
def portal(make_studio):
    return make_studio(plugins=["auth", "portal"])


def build(studio):
    return re.search(r"assets/([0-9a-f]+)/main.js", studio.anonymous.get("/portal/").text)[1]


def told(studio):
    return studio.anonymous.get(f"/portal/assets/{build(studio)}/manifest.json").json()


def pages(folder: Path, **files) -> Path:
    folder.mkdir()
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name.replace("_", ".", 1)).write_text(text, encoding="utf-8")
    return folder


def test_the_page_is_held_to_a_strict_policy(portal):
    page = portal.anonymous.get("/portal/")
    policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src", "font-src")} == {"'self'"}
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-cache"
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?://", page.text)


def test_the_root_and_the_bare_name_lead_to_the_portal(portal):
    for path in ("/", "/portal"):
        answer = portal.anonymous.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (307, "/portal/")


def test_another_plugin_may_have_the_root(make_studio):
    class Welcome:
        @operation("welcome", "GET", "/", summary="Hello", permission=PUBLIC, shape="raw", media_type="text/html")
        def show(self, call):
            return RawAnswer(b"hello", "text/html")

    plugin = module("welcome", studio_operations=lambda platform: operations_of(Welcome()))
    studio = make_studio(plugins=["auth", "portal"], extra=[plugin])
    assert studio.anonymous.get("/").text == "hello"
    assert studio.anonymous.get("/portal/").status_code == 200


def test_files_are_kept_for_good_under_an_address_of_their_content(portal):
    base = f"/portal/assets/{build(portal)}"
    script = portal.anonymous.get(f"{base}/shell/dom.js")
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in script.headers["Cache-Control"]
    again = portal.anonymous.get(f"{base}/shell/dom.js", headers={"If-None-Match": script.headers["ETag"]})
    assert again.status_code == 304
    assert portal.anonymous.get("/portal/assets/0123/shell/dom.js").status_code == 404
    for path in ("shell/..", "pages/%2e%2e%2fareas.py", "shell/nothing.js", "index.html"):
        assert portal.anonymous.get(f"{base}/{path}").status_code == 404


def test_files_are_packed_for_those_who_take_it(portal):
    path = f"/portal/assets/{build(portal)}/style.css"
    plain = portal.anonymous.get(path, headers={"Accept-Encoding": "identity"})
    packed = portal.anonymous.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.text == plain.text
    assert int(packed.headers["Content-Length"]) == len(gzip.compress(plain.content, mtime=0)) < len(plain.content) / 2


def test_the_client_is_served_as_it_is_written(portal):
    written = Path(__file__).parents[3] / "sdk" / "javascript" / "src"
    for name in ("index.js", "transport.js", "operations.js"):
        served = portal.anonymous.get(f"/portal/assets/{build(portal)}/sdk/{name}")
        assert served.content == (written / name).read_bytes()


def test_an_area_is_told_only_where_its_permission_exists(make_studio):
    few = told(make_studio(plugins=["auth", "portal"]))
    assert "pages/projects.js" not in [area["module"] for area in few["areas"]]
    studio = make_studio(plugins=["auth", "projects", "portal"])
    more = told(studio)
    assert "pages/projects.js" in [area["module"] for area in more["areas"]]
    assert more["permissions"]["projects:team"]["project"] == ["manager"]


def test_the_portal_works_beside_no_other_plugin(make_studio):
    assert make_studio(plugins=["portal"]).anonymous.get("/portal/").status_code == 200


VENDORS = {"title": "Vendors", "routes": ["/vendors"], "nav": {"label": "Vendors", "group": "More"}}


def test_another_plugin_brings_pages(make_studio, tmp_path):
    """The hook studio_portal_pages."""
    folder = pages(tmp_path / "pages", vendors_json=VENDORS, vendors_js="export function render() {}", vendors_css="")
    plugin = module("vendors", studio_portal_pages=lambda: (folder,))
    studio = make_studio(plugins=["auth", "portal"], extra=[plugin])
    (area,) = [each for each in told(studio)["areas"] if each["title"] == "Vendors"]
    assert area["module"] == "plugins/vendors/vendors.js"
    assert area["style"] == "plugins/vendors/vendors.css"
    assert studio.anonymous.get(f"/portal/assets/{build(studio)}/{area['module']}").text.startswith("export")


@pytest.mark.parametrize(
    ("declaration", "reason"),
    [
        ({**VENDORS, "routes": ["/projects"]}, "claimed by both"),
        ({**VENDORS, "routes": ["vendors"]}, "is no route"),
        ({**VENDORS, "permision": "x"}, "permision"),
        ("{", "Invalid JSON"),
    ],
)
def test_an_area_that_does_not_hold_is_left_out_and_logged(make_studio, tmp_path, caplog, declaration, reason):
    folder = pages(tmp_path / "pages", vendors_json=declaration, vendors_js="")
    plugin = module("vendors", studio_portal_pages=lambda: (folder,))
    studio = make_studio(plugins=["auth", "projects", "portal"], extra=[plugin])
    with caplog.at_level(logging.ERROR):
        assert "plugins/vendors/vendors.js" not in [area["module"] for area in told(studio)["areas"]]
    assert reason in caplog.text


def test_a_plugin_that_fails_to_bring_its_pages_brings_none(make_studio):
    def fail():
        raise RuntimeError("no pages")

    studio = make_studio(plugins=["auth", "portal"], extra=[module("vendors", studio_portal_pages=fail)])
    assert studio.anonymous.get("/portal/").status_code == 200


def test_files_are_read_again_where_that_is_asked_for(make_studio, tmp_path):
    folder = pages(tmp_path / "pages", vendors_json=VENDORS, vendors_js="old")
    plugin = module("vendors", studio_portal_pages=lambda: (folder,))
    fixed = make_studio(plugins=["auth", "portal"], extra=[plugin])
    following = make_studio(plugins=["auth", "portal"], extra=[plugin], overrides={"portal.reload": True})
    before = build(fixed), build(following)
    (folder / "vendors.js").write_text("new", encoding="utf-8")
    assert build(fixed) == before[0]
    assert build(following) != before[1]

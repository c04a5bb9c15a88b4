"""The documentation site: every link leads somewhere, and pages are what the portal's policy lets through."""

from __future__ import annotations

import html.parser
import re
from pathlib import Path

import pytest

from studio_portal.docs import __main__ as command
from studio_portal.docs import markdown
from studio_portal.docs.addresses import BrokenLink, address, relative, target
from studio_portal.docs.links import problems
from studio_portal.docs.repository import Repository, installed
from studio_portal.docs.site import Site

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def site():
    return Site(Repository(ROOT))


@pytest.fixture
def small(tmp_path):
    """A repository of a few texts."""

    def make(**texts: str) -> Site:
        navigation = "sections:\n- {title: How-to, summary: Ways, pages: [{path: docs/one.md, title: One}]}\n"
        files = {"docs/navigation.yaml": navigation, "docs/index.md": "# Start\n", "docs/one.md": "# One\n"}
        for path, text in (files | {name.replace("__", "/") + ".md": text for name, text in texts.items()}).items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        return Site(Repository(tmp_path))

    return make


class _Page(html.parser.HTMLParser):
    """What a page refers to, and what its policy would refuse."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.ids += [given["id"]] if "id" in given else []
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and not given.get("src")) else []
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in ("link", "script", "img"):
            self.loaded.append(given.get("src") or given.get("href", ""))


def test_every_link_and_anchor_of_the_repository_leads_somewhere(site):
    assert problems(site) == []


def test_every_link_of_every_page_as_it_is_sent_leads_to_a_page_and_an_id_of_it(site):
    pages = {name: _Page(site.file(name).content.decode()) for name in site.pages}
    for name, page in pages.items():
        assert page.inline == [], name
        assert len(set(page.ids)) == len(page.ids), name
        for link in page.links:
            if re.match(r"https?://", link):
                continue
            path, _, anchor = link.partition("#")
            to = _resolved(name, path) if path else name
            assert to in pages, (name, link)
            assert not anchor or anchor in pages[to].ids or anchor == "docs--main", (name, link)


def test_a_page_loads_only_what_the_site_has(site):
    for name in ("index.html", "reference/hooks.html", "examples/guides~draft_policy.py.html"):
        for loaded in _Page(site.file(name).content.decode()).loaded:
            assert loaded == "data:," or site.file(_resolved(name, loaded)) is not None


def _resolved(page: str, link: str) -> str:
    base = Path("/site") / page
    return (base.parent / link).resolve().relative_to("/site").as_posix()


def test_no_two_texts_have_one_address(site):
    assert len(site.pages) == len(set(site.pages.values()))
    assert set(site.repository.files) <= set(site.pages.values())


def test_pages_lie_one_folder_deep_at_most(site):
    assert all(name.count("/") <= 1 for name in site.addresses())


def test_a_link_to_nothing_is_told_with_both_ends(small):
    assert problems(small(docs__one="# One\n\n[away](two.md)\n")) == [
        "docs/one.md links to two.md, and there is no docs/two.md"
    ]


def test_a_link_to_a_heading_that_is_not_there_is_told(small):
    text = "# One\n\n## Here it is\n\n[well](#here-it-is) [ill](#elsewhere) [other](index.md#start)\n"
    assert problems(small(docs__one=text)) == [
        "docs/one.md links to #elsewhere, and docs/one.md has no heading with that anchor"
    ]


def test_a_text_that_the_navigation_forgets_is_told(small):
    assert problems(small(docs__two="# Two\n")) == ["docs/two.md isn't listed in docs/navigation.yaml"]


def test_nothing_outside_of_the_texts_has_a_page(small):
    site = small()
    (site.repository.root / "secret.txt").write_text("secret")
    for wanted in ("../secret.txt", "secret.txt.html", "/etc/passwd", "docs/../secret.txt", ""):
        assert site.file(wanted) is None
    assert target(site.repository, "docs/one.md", "../secret.txt") == ("", "")
    with pytest.raises(BrokenLink, match=r"docs/one.md links to \.\./\.\./etc/passwd"):
        target(site.repository, "docs/one.md", "../../etc/passwd")


def test_what_has_no_page_is_named_without_a_link(small):
    site = small(docs__one="# One\n\n[the secret](../secret.txt)\n")
    (site.repository.root / "secret.txt").write_text("secret")
    assert problems(site) == []
    assert "<a>the secret</a>" in site.file("one.html").content.decode()


def test_addresses_and_the_way_between_them():
    assert address("docs/index.md") == "index.html"
    assert address("docs/how-to/install.md") == "how-to/install.html"
    assert address("sdk/python/README.md") == "sdk/python.html"
    assert address("examples/plugins/studio-vendors/pyproject.toml") == (
        "examples/plugins~studio-vendors~pyproject.toml.html"
    )
    assert relative("how-to/install.html", "index.html") == "../index.html"


def test_markdown_cannot_bring_markup_styles_or_scripts():
    text = (
        "# A\n\n<script>alert(1)</script>\n\nb <i onclick=x>c</i>\n\n|a|b|\n|:-|-:|\n|1|2|\n\n[x](javascript:alert)\n"
    )
    shown = markdown.render(markdown.parse(text), lambda link: link, lambda source: "")
    assert _Page(shown).inline == []
    assert "&lt;script&gt;" in shown
    assert 'href="javascript' not in shown


def test_headings_have_the_anchors_of_code_hosts_and_none_twice():
    document = markdown.parse("# `A` test, it's one\n\n## Same\n\n## Same\n")
    assert [each.anchor for each in document.headings] == ["a-test-its-one", "same", "same-1"]


def test_the_site_is_written_and_written_again_but_never_over_something_else(small, tmp_path, monkeypatch):
    site, out = small(), tmp_path / "site"
    monkeypatch.setattr("sys.argv", ["docs", "--root", str(tmp_path), "--out", str(out)])
    assert command.main() == 0
    assert {each.name for each in out.iterdir()} == {"index.html", "one.html", "docs.css", "docs.js", "search-index.js"}
    (out / "left-over.html").touch()
    assert command.main() == 0
    assert not (out / "left-over.html").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    with pytest.raises(SystemExit, match="something else"):
        command.write(site, tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").exists()


def test_the_check_names_each_problem_and_fails(small, monkeypatch, capsys):
    site = small(docs__one="# One\n\n[away](two.md)\n")
    monkeypatch.setattr("sys.argv", ["docs", "--root", str(site.repository.root), "--check"])
    assert command.main() == 1
    assert "two.md" in capsys.readouterr().err


def test_an_editable_install_shows_the_checkout():
    assert installed().root == ROOT

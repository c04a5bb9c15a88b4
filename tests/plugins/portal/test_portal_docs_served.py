"""The documentation over HTTP: for everybody, and under the portal's policy."""

from __future__ import annotations

import pytest

from studio_portal.docs import repository, resources


@pytest.fixture
def reader(make_studio):
    return make_studio(plugins=["portal"]).anonymous


def test_the_first_page_is_for_everybody_and_strict(reader):
    page = reader.get("/portal/docs/")
    assert page.status_code == 200
    assert "The first ten minutes" in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_address_without_its_slash_leads_there(reader):
    answer = reader.get("/portal/docs", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/portal/docs/")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("webhooks.html", "text/html"),
        ("how-to/install.html", "text/html"),
        ("examples/guides~draft_policy.py.html", "text/html"),
        ("docs.css", "text/css"),
        ("docs.js", "text/javascript"),
        ("search-index.js", "text/javascript"),
    ],
)
def test_pages_and_what_they_load_are_served(reader, path, kind):
    answer = reader.get(f"/portal/docs/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)


@pytest.mark.parametrize("path", ["nothing.html", "how-to/nothing.html", "..%2F..%2Fpyproject.toml", "navigation.yaml"])
def test_what_is_no_page_is_not_there(reader, path):
    assert reader.get(f"/portal/docs/{path}").status_code == 404


def test_a_page_that_a_browser_has_is_not_sent_again(reader):
    first = reader.get("/portal/docs/webhooks.html")
    again = reader.get("/portal/docs/webhooks.html", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_an_install_without_the_texts_says_so(reader, monkeypatch):
    def nowhere():
        raise repository.NoTexts("none")

    monkeypatch.setattr(resources, "installed", nowhere)
    answer = reader.get("/portal/docs/")
    assert answer.status_code == 404
    assert "no documentation" in answer.json()["error"]["message"]

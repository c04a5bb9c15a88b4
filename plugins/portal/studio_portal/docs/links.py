"""Which references of the texts lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from studio_portal.docs import navigation
from studio_portal.docs.addresses import BrokenLink, is_external, target
from studio_portal.docs.site import Site

# Not to be read as pages of their own: the texts' first page, and what people look for on a code host.
_UNLISTED = ("docs/index.md", "README.md", "CHANGELOG.md", "examples/", "benchmarks/", "plugins/", "sdk/")


def problems(site: Site) -> list[str]:
    """Links and anchors that nothing answers, and pages that the navigation forgets or invents; empty for none."""
    return [*_navigation(site), *_links(site)]


def _navigation(site: Site) -> Iterator[str]:
    listed = [entry.path for entry in navigation.entries(site.sections)]
    for path in listed:
        if path not in site.repository.files:
            yield f"{navigation.FILE} lists {path}, which isn't there"
        if listed.count(path) > 1:
            yield f"{navigation.FILE} lists {path} more than once"
    for path in site.repository.files:
        if path not in listed and not path.startswith(_UNLISTED):
            yield f"{path} isn't listed in {navigation.FILE}"


def _links(site: Site) -> Iterator[str]:
    texts = {path: site.document(path) for path in site.repository.files if path.endswith(".md")}
    for path, document in texts.items():
        for link in document.links:
            if is_external(link):
                continue
            try:
                found, anchor = target(site.repository, path, link)
            except BrokenLink as error:
                yield str(error)
                continue
            known = {each.anchor for each in texts[found].headings} if found in texts else set()
            if anchor and anchor not in known:
                yield f"{path} links to {link}, and {found} has no heading with that anchor"

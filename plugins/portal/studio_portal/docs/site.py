"""Every page of the site at its address, made when it is asked for."""

from __future__ import annotations

import json
import threading
from functools import cached_property
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from studio_portal.assets import Asset
from studio_portal.docs import markdown, navigation
from studio_portal.docs.addresses import BrokenLink, address, is_external, relative, target
from studio_portal.docs.repository import Repository

ASSETS = {"docs.css": "text/css; charset=utf-8", "docs.js": "text/javascript; charset=utf-8"}
SEARCH = "search-index.js"
_HTML = "text/html; charset=utf-8"
_LISTED_LEVELS = (2, 3)


class Site:
    """The whole site over one repository.

    ``home`` is the address that the site's name in the head of each page leads to; empty: the site's own first page.
    Safe to use from several threads.
    """

    def __init__(self, repository: Repository, *, home: str = "") -> None:
        self.repository = repository
        self._home = home
        self._kept: dict[str, Asset] = {}
        self._lock = threading.Lock()
        loader = PackageLoader("studio_portal.docs", "templates")
        environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        self._template = environment.get_template("page.html")

    @cached_property
    def sections(self) -> tuple[navigation.Section, ...]:
        """The navigation."""
        return navigation.read(self.repository)

    @cached_property
    def pages(self) -> dict[str, str]:
        """The file or folder behind the address of each page."""
        readme = {path.removesuffix("/README.md") for path in self.repository.files if path.endswith("/README.md")}
        folders = [each for each in self.repository.folders if each.startswith("examples") and each not in readme]
        return {address(path): path for path in (*self.repository.files, *folders)}

    def addresses(self) -> list[str]:
        """All that the site has."""
        return [*self.pages, *ASSETS, SEARCH]

    def file(self, wanted: str) -> Asset | None:
        """What is at an address; ``None`` when nothing is."""
        found = self._kept.get(wanted)
        if found is None:
            with self._lock:
                found = self._made(wanted)
                if found is not None:
                    self._kept[wanted] = found
        return found

    def document(self, path: str) -> markdown.Document:
        """A text, parsed. What isn't Markdown becomes a listing."""
        return markdown.parse(self._text(path))

    def _made(self, wanted: str) -> Asset | None:
        if wanted in ASSETS:
            return Asset(files("studio_portal.docs").joinpath("assets", wanted).read_bytes(), ASSETS[wanted])
        if wanted == SEARCH:
            return Asset(self._search_index().encode(), ASSETS["docs.js"])
        path = self.pages.get(wanted)
        return None if path is None else Asset(self._page(wanted, path).encode(), _HTML)

    def _text(self, path: str) -> str:
        if path in self.repository.folders:
            return _listing(path, list(self.repository.inside(path)))
        text = self.repository.text(path)
        return text if path.endswith(".md") else f"# {PurePosixPath(path).name}\n\n`{path}`\n"

    def _page(self, own: str, path: str) -> str:
        document = self.document(path)
        source = "" if path.endswith(".md") or path in self.repository.folders else self.repository.text(path)
        body = markdown.render(
            document, lambda link: self._linked(own, path, link), lambda text: self._source(own, text)
        )
        if source:
            body += markdown.code(source, path, is_file=True)
        if path.startswith("examples/") and path.endswith("/README.md"):
            folder = path.removesuffix("/README.md")
            inside = markdown.parse(_listing(folder, list(self.repository.inside(folder)), heading="## Files"))
            body += markdown.render(inside, lambda link: self._linked(own, path, link), lambda text: "")
        return self._template.render(self._context(own, path, document, body))

    def _context(self, own: str, path: str, document: markdown.Document, body: str) -> dict[str, Any]:
        order = navigation.entries(self.sections)
        at = next((number for number, entry in enumerate(order) if entry.path == path), None)
        before = order[at - 1] if at else None
        after = order[at + 1] if at is not None and at + 1 < len(order) else None
        section = next((each for each in self.sections if any(entry.path == path for entry in each.entries)), None)
        return {
            "title": document.title or path,
            "body": body,
            "headings": _listed(document),
            "sections": self.sections,
            "section": section,
            "path": path,
            "before": before,
            "after": after,
            "home": self._home,
            "to": lambda page: relative(own, address(page)),
            "asset": lambda name: relative(own, name),
            "root": relative(own, "."),
        }

    def _linked(self, own: str, path: str, link: str) -> str:
        if is_external(link):
            return link
        try:
            found, anchor = target(self.repository, path, link)
        except BrokenLink:
            return ""
        if not found:
            return ""
        to = relative(own, address(found)) if found != path or not anchor else ""
        return f"{to}#{anchor}" if anchor else to

    def _source(self, own: str, text: str) -> str:
        """The page of an example that is named by its path."""
        is_named = text.startswith("examples/") and text in self.repository.files
        return relative(own, address(text)) if is_named else ""

    def _search_index(self) -> str:
        entries = []
        for section in self.sections:
            for entry in section.entries:
                document = self.document(entry.path)
                rows = [[each.title, each.anchor] for each in _listed(document)]
                entries.append([entry.title, address(entry.path), section.title, document.summary[:160], rows])
        return f"globalThis.studioDocs = {json.dumps(entries, ensure_ascii=False, separators=(',', ':'))};\n"


def _listed(document: markdown.Document) -> list[markdown.Heading]:
    """The headings that the page's own list and the search show."""
    return [each for each in document.headings if each.level in _LISTED_LEVELS]


def _listing(folder: str, inside: list[str], *, heading: str = "") -> str:
    """A folder's contents as Markdown, with links that are relative to the folder's own page."""
    lines = [heading or f"# {folder}", ""]
    base = PurePosixPath(folder)
    own = base / "README.md" if heading else base
    for path in inside:
        name = PurePosixPath(path).relative_to(base).as_posix()
        link = name if heading else f"{base.name}/{name}"
        if path != own.as_posix():
            lines.append(f"- [{name}]({link})")
    return "\n".join(lines) + "\n"

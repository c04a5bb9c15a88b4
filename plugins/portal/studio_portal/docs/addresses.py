"""Which address a file of the repository has on the site, and what a link between texts becomes."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from studio_portal.docs.repository import Repository


class BrokenLink(Exception):
    """A link of a text leads nowhere; the message says to what."""


def address(path: str) -> str:
    """The page of a file or folder, relative to the site: ``docs/evidence.md`` → ``evidence.html``.

    At most one folder deep, as the platform's routes need it: what lies deeper is written with ``~``.
    """
    if path == "docs/index.md":
        return "index.html"
    name = path.removeprefix("docs/").removesuffix("/README.md") if path.endswith(".md") else path
    folder, _, rest = name.removesuffix(".md").partition("/")
    if rest:
        return f"{folder}/{rest.replace('/', '~')}.html"
    return f"{folder}.html" if name.endswith(".md") else f"{folder}/index.html"


def relative(from_address: str, to_address: str) -> str:
    """A link from one page of the site to another."""
    return os.path.relpath(to_address, PurePosixPath(from_address).parent.as_posix())


def target(repository: Repository, path: str, link: str) -> tuple[str, str]:
    """The file or folder that a link of the text ``path`` leads to, and the anchor in it; :class:`BrokenLink` if none.

    A folder with a ``README.md`` is told by that file. What is in the repository without a page is an empty text.
    """
    parts = urlsplit(link)
    if not parts.path:
        return path, parts.fragment
    found = os.path.normpath((PurePosixPath(path).parent / unquote(parts.path)).as_posix())
    if found in repository.folders and f"{found}/README.md" in repository.files:
        found = f"{found}/README.md"
    if found in repository.files or found in repository.folders:
        return found, parts.fragment
    if found.startswith("..") or not (repository.root / found).exists():
        raise BrokenLink(f"{path} links to {link}, and there is no {found}")
    return "", ""


def is_external(link: str) -> bool:
    """Whether a link leaves the site."""
    return bool(urlsplit(link).scheme or urlsplit(link).netloc)

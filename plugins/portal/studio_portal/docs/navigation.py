"""The order in which readers meet the pages: ``docs/navigation.yaml``."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from studio_portal.docs.repository import Repository

FILE = "docs/navigation.yaml"


@dataclass(frozen=True)
class Entry:
    """A page in the navigation."""

    path: str
    title: str


@dataclass(frozen=True)
class Section:
    """Pages of one kind: a tutorial, how-to guides, reference, explanation."""

    title: str
    summary: str
    entries: tuple[Entry, ...]


def read(repository: Repository) -> tuple[Section, ...]:
    """The sections as the file lists them."""
    listed = yaml.safe_load((repository.root / FILE).read_text(encoding="utf-8"))
    return tuple(
        Section(each["title"], each["summary"], tuple(Entry(page["path"], page["title"]) for page in each["pages"]))
        for each in listed["sections"]
    )


def entries(sections: tuple[Section, ...]) -> list[Entry]:
    """All pages in reading order."""
    return [entry for section in sections for entry in section.entries]

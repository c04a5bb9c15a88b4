"""The policy templates of this package."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class TemplateSection:
    """Statements on one subject. ``controls`` are numbers by framework id; ``topics`` find them in other frameworks."""

    title: str
    statements: tuple[str, ...]
    topics: tuple[str, ...]
    controls: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PolicyTemplate:
    """A policy before it is anybody's. ``{company}`` in its texts stands for the company's name.

    ``serves`` are titles of expected evidence that it is made for.
    """

    id: str
    title: str
    summary: str
    serves: tuple[str, ...]
    purpose: str
    scope: str
    roles: tuple[tuple[str, str], ...]
    sections: tuple[TemplateSection, ...]


class PolicyLibrary:
    """All templates, read at first use."""

    @cached_property
    def _templates(self) -> dict[str, PolicyTemplate]:
        folder = resources.files("studio_ai.policies") / "templates"
        files = sorted(each.name for each in folder.iterdir() if each.name.endswith(".yaml"))
        loaded = [_template(_read((folder / name).read_text(encoding="utf-8"))) for name in files]
        return {template.id: template for template in loaded}

    def __iter__(self) -> Iterator[PolicyTemplate]:
        return iter(self._templates.values())

    def get(self, policy_id: str) -> PolicyTemplate | None:
        """A template by id."""
        return self._templates.get(policy_id)

    def ids(self) -> list[str]:
        """The ids of all templates, by name."""
        return list(self._templates)

    def serving(self, titles: Iterable[str]) -> list[PolicyTemplate]:
        """The templates that make evidence of one of these titles, in the order of the titles."""
        found: dict[str, PolicyTemplate] = {}
        for title in titles:
            words = _words(title)
            for template in self._templates.values():
                if any(_words(name) <= words for name in template.serves):
                    found.setdefault(template.id, template)
        return list(found.values())


def _words(text: str) -> frozenset[str]:
    words = re.findall(r"[a-z]+", text.lower().replace("policies", "policy"))
    return frozenset(word.removesuffix("s") for word in words if word not in ("a", "an", "and", "for", "of", "the"))


def _read(text: str) -> Any:
    import yaml

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader


def _template(document: Mapping[str, Any]) -> PolicyTemplate:
    return PolicyTemplate(
        id=document["id"],
        title=document["title"],
        summary=document["summary"],
        serves=tuple(document["serves"]),
        purpose=document["purpose"],
        scope=document["scope"],
        roles=tuple((name, duty) for name, duty in document["roles"]),
        sections=tuple(_section(each) for each in document["sections"]),
    )


def _section(document: Mapping[str, Any]) -> TemplateSection:
    return TemplateSection(
        title=document["title"],
        statements=tuple(document["statements"]),
        topics=tuple(document["topics"]),
        controls={name: tuple(numbers) for name, numbers in document["controls"].items()},
    )

"""What a compliance framework is: categories, controls, the evidence that a control expects.

A definition is a file in Studio's own form (YAML or JSON, ``studio_framework: 1``) or objects made by a plugin.
The registry holds those of all active plugins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from studio_kernel.ids import derived_id

PRIORITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Category:
    """A group of controls, by which scores are also told."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedEvidence:
    """One thing that shows a control to work."""

    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """One requirement. ``renewal_days`` is how long evidence for it stays current.

    ``id`` is derived from framework and number: the same on every install and in every version.
    """

    framework_id: str
    number: str
    title: str
    description: str
    category: str
    priority: str = "medium"
    renewal_days: int = 365
    expected_evidence: tuple[ExpectedEvidence, ...] = ()
    references: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The control's lasting id."""
        return control_id(self.framework_id, self.number)


def control_id(framework_id: str, number: str) -> str:
    """The id of a control, from its framework and number."""
    return derived_id("ctrl", framework_id, number)


@dataclass(frozen=True, slots=True)
class Framework:
    """A set of controls that a project can be assessed against."""

    id: str
    name: str
    version: str
    description: str
    categories: tuple[Category, ...]
    controls: tuple[Control, ...]
    publisher: str = ""


@dataclass(slots=True)
class FrameworkRegistry:
    """The frameworks of all active plugins, and their controls by id."""

    _frameworks: dict[str, Framework] = field(default_factory=dict)
    _controls: dict[str, Control] = field(default_factory=dict)

    def add(self, framework: Framework) -> None:
        """Take a framework in; ids were checked for conflicts before."""
        self._frameworks[framework.id] = framework
        self._controls.update({control.id: control for control in framework.controls})

    def remove(self, framework: Framework) -> None:
        """Forget a framework and its controls."""
        self._frameworks.pop(framework.id, None)
        for control in framework.controls:
            self._controls.pop(control.id, None)

    def __iter__(self) -> Iterator[Framework]:
        return iter(self._frameworks.values())

    def get(self, framework_id: str) -> Framework | None:
        """A framework by id."""
        return self._frameworks.get(framework_id)

    def control(self, control_id: str) -> Control | None:
        """A control of any framework by id."""
        return self._controls.get(control_id)


class FrameworkError(ValueError):
    """A definition that doesn't hold; ``problems`` are lines of the form ``place: what is wrong``."""

    def __init__(self, source: str, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))


_TOP = {"studio_framework", "id", "name", "version", "publisher", "description", "categories", "controls"}
_CONTROL = {
    "number",
    "title",
    "description",
    "category",
    "priority",
    "renewal_days",
    "expected_evidence",
    "references",
}


def load_framework(source: Path | Traversable) -> Framework:
    """Read and check a definition file; :class:`FrameworkError` lists every problem with its place."""
    import yaml

    from studio_kernel.yaml_documents import parse_yaml

    try:
        document = parse_yaml(source.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as error:
        raise FrameworkError(source.name, [f"is not YAML: {error}"]) from error
    return framework_from_document(document, source.name)


def framework_from_document(document: Any, source: str = "framework") -> Framework:
    """Build a framework from a parsed definition; :class:`FrameworkError` lists every problem."""
    problems: list[str] = []
    if not isinstance(document, Mapping) or document.get("studio_framework") != 1:
        raise FrameworkError(source, ["must be a table with `studio_framework: 1`"])
    _check_names(document, _TOP, "", problems)
    for name in ("id", "name", "version"):
        if not _is_text(document.get(name)):
            problems.append(f"{name}: a non-empty text is needed")
    categories = tuple(_categories(document.get("categories"), problems))
    known = {category.id for category in categories}
    controls = tuple(_controls(document, known, problems))
    _check_controls(controls, problems)
    if problems:
        raise FrameworkError(source, problems)
    return Framework(
        id=document["id"],
        name=document["name"],
        version=document["version"],
        description=str(document.get("description", "")).strip(),
        publisher=str(document.get("publisher", "")),
        categories=categories,
        controls=controls,
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _check_names(table: Mapping[str, Any], known: set[str], place: str, problems: list[str]) -> None:
    from studio_kernel.plugins import closest

    for name in table:
        if name not in known:
            problems.append(f"{place}{name}: is not known{closest(str(name), known)}")


def _categories(raw: Any, problems: list[str]) -> Iterator[Category]:
    if not isinstance(raw, list) or not raw:
        problems.append("categories: a list with at least one category is needed")
        return
    for number, item in enumerate(raw):
        if not isinstance(item, Mapping) or not _is_text(item.get("id")) or not _is_text(item.get("title")):
            problems.append(f"categories.{number}: `id` and `title` are needed")
            continue
        _check_names(item, {"id", "title", "description"}, f"categories.{number}.", problems)
        yield Category(item["id"], item["title"], str(item.get("description", "")).strip())


def _controls(document: Mapping[str, Any], categories: set[str], problems: list[str]) -> Iterator[Control]:
    raw = document.get("controls")
    if not isinstance(raw, list) or not raw:
        problems.append("controls: a list with at least one control is needed")
        return
    for position, item in enumerate(raw):
        place = f"controls.{position}"
        if not isinstance(item, Mapping) or not _is_text(item.get("number")):
            problems.append(f"{place}: a table with a `number` in quotes is needed")
            continue
        place = f"controls.{position} ({item['number']})"
        _check_names(item, _CONTROL, f"{place}.", problems)
        if not _is_text(item.get("title")):
            problems.append(f"{place}.title: a non-empty text is needed")
        if item.get("category") not in categories:
            problems.append(f"{place}.category: {item.get('category')!r} is none of {sorted(categories)}")
        if item.get("priority", "medium") not in PRIORITIES:
            problems.append(f"{place}.priority: must be one of {', '.join(PRIORITIES)}")
        renewal = item.get("renewal_days", 365)
        if not isinstance(renewal, int) or isinstance(renewal, bool) or not 1 <= renewal <= 3650:
            problems.append(f"{place}.renewal_days: must be a number of days from 1 to 3650")
            renewal = 365
        yield Control(
            framework_id=str(document.get("id", "")),
            number=item["number"],
            title=str(item.get("title", "")),
            description=str(item.get("description", "")).strip(),
            category=str(item.get("category", "")),
            priority=str(item.get("priority", "medium")),
            renewal_days=renewal,
            expected_evidence=tuple(_expected(item.get("expected_evidence", []), place, problems)),
            references=tuple(str(each) for each in item.get("references") or ()),
        )


def _expected(raw: Any, place: str, problems: list[str]) -> Iterator[ExpectedEvidence]:
    for number, item in enumerate(raw if isinstance(raw, list) else [None]):
        if not isinstance(item, Mapping) or not _is_text(item.get("title")):
            problems.append(f"{place}.expected_evidence.{number}: a table with a `title` is needed")
            continue
        yield ExpectedEvidence(item["title"], str(item.get("description", "")).strip())


def _check_controls(controls: Iterable[Control], problems: list[str]) -> None:
    controls = list(controls)
    numbers = {control.number for control in controls}
    seen: set[str] = set()
    for control in controls:
        if control.number in seen:
            problems.append(f"controls: the number {control.number!r} stands twice")
        seen.add(control.number)
        for reference in control.references:
            if reference not in numbers:
                problems.append(f"controls ({control.number}).references: there is no control {reference!r}")

"""What a compliance framework is: categories, controls, the evidence that a control expects.

A definition is a file in Studio's own form (YAML or JSON, ``studio_framework: 1``) or objects made by a plugin.
The registry holds those of all active plugins.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from studio_kernel.ids import derived_id

_log = logging.getLogger(__name__)

PRIORITIES = ("critical", "high", "medium", "low")
USUAL_RENEWAL, LONGEST_RENEWAL = 365, 3650
"""Days for which evidence for a control stays current."""


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

    ``id`` is derived from framework and number: the same on every install and in every version. A control that a
    new version of its framework renumbers keeps its id by naming, as ``identity``, the number it had at first.
    ``replaces`` are numbers of the version before that this control took the place of.
    """

    framework_id: str
    number: str
    title: str
    description: str
    category: str
    priority: str = "medium"
    renewal_days: int = USUAL_RENEWAL
    expected_evidence: tuple[ExpectedEvidence, ...] = ()
    references: tuple[str, ...] = ()
    identity: str = ""
    replaces: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The control's lasting id."""
        return control_id(self.framework_id, self.identity or self.number)


# PERF: asked for again and again, thirty times a control while the platform starts.
@functools.lru_cache(maxsize=65_536)
def control_id(framework_id: str, number: str) -> str:
    """The id of a control, from its framework and the number that it had at first."""
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


@runtime_checkable
class FrameworkSource(Protocol):
    """Frameworks that come, change and go while the platform runs, such as imported ones.

    Several processes may share what lies behind a source: what one of them changes, the others notice by the state.
    """

    def state(self) -> str:
        """A text that is another after each change; it must be cheap to ask for. Empty: nothing can be told now."""
        ...

    def frameworks(self) -> Sequence[Framework]:
        """Every framework as of now; those that didn't change should be the same objects as before."""
        ...


@dataclass(slots=True)
class _Watched:
    """A source and what was last taken in of it."""

    source: FrameworkSource
    state: str = ""
    frameworks: tuple[Framework, ...] = ()


# Seconds for which a look at the sources is good enough; whoever needs to know exactly calls `refresh`.
_PATIENCE = 2.0


class FrameworkRegistry:
    """The frameworks of all active plugins and of their sources, and the controls by id.

    Reads take no lock: the tables are replaced as a whole, never changed. What other processes change in a source
    is seen after two seconds at the latest, and at once when an unknown framework is asked for.
    """

    def __init__(self) -> None:
        self._frameworks: dict[str, Framework] = {}
        self._controls: dict[str, Control] = {}
        self._watched: list[_Watched] = []
        self._looked = 0.0
        self._lock = threading.Lock()
        self._version = 0

    @property
    def version(self) -> int:
        """Counts the changes, for those who keep what they made from frameworks: read it before them.

        It looks for changes in the sources, as everything here does.
        """
        self._look()
        return self._version

    def add(self, framework: Framework) -> None:
        """Take a framework in; ids were checked for conflicts before."""
        self._replace((), (framework,))

    def remove(self, framework: Framework) -> None:
        """Forget a framework and its controls."""
        self._replace((framework,), ())

    def watch(self, source: FrameworkSource) -> None:
        """Take in what the source has, now and whenever it changes."""
        self._watched.append(_Watched(source))
        self.refresh()

    def refresh(self) -> None:
        """Take in at once what changed in the sources; one cheap question for each."""
        self._looked = time.monotonic()
        for watched in self._watched:
            state = watched.source.state()
            if state and state != watched.state:
                self._take_in(watched, state)

    def __iter__(self) -> Iterator[Framework]:
        self._look()
        return iter(self._frameworks.values())

    def get(self, framework_id: str) -> Framework | None:
        """A framework by id."""
        self._look()
        found = self._frameworks.get(framework_id)
        if found is None and self._watched:
            self.refresh()
            found = self._frameworks.get(framework_id)
        return found

    def control(self, control_id: str) -> Control | None:
        """A control of any framework by id."""
        self._look()
        return self._controls.get(control_id)

    def _look(self) -> None:
        if self._watched and time.monotonic() - self._looked > _PATIENCE:
            self.refresh()

    def _take_in(self, watched: _Watched, state: str) -> None:
        with self._lock:
            fresh = tuple(watched.source.frameworks())
            self._replace(watched.frameworks, fresh)
            watched.frameworks, watched.state = fresh, state

    def _replace(self, old: Iterable[Framework], new: Iterable[Framework]) -> None:
        frameworks, controls = dict(self._frameworks), dict(self._controls)
        for framework in old:
            if frameworks.get(framework.id) is framework:
                del frameworks[framework.id]
                for control in framework.controls:
                    controls.pop(control.id, None)
        for framework in new:
            if framework.id in frameworks:
                # NOTE: a plugin that was installed later brings a framework of that id; it goes first.
                _log.error("the framework %r of a plugin hides the imported one of the same id", framework.id)
                continue
            frameworks[framework.id] = framework
            controls.update({control.id: control for control in framework.controls})
        self._frameworks, self._controls = frameworks, controls
        self._version += 1


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
    "identity",
    "replaces",
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
    problems += problems_among(controls)
    description, publisher = (_text(document, name, "", problems) for name in ("description", "publisher"))
    if problems:
        raise FrameworkError(source, problems)
    return Framework(
        id=document["id"],
        name=document["name"],
        version=document["version"],
        description=description,
        publisher=publisher,
        categories=categories,
        controls=_identified(controls),
    )


def _identified(controls: Sequence[Control]) -> tuple[Control, ...]:
    """A control that alone took the place of one other is known by the other's number, on every install."""
    numbers = {control.number for control in controls} | {control.identity for control in controls}
    successors = Counter(number for control in controls for number in control.replaces)

    def identified(control: Control) -> Control:
        if control.identity or len(control.replaces) != 1:
            return control
        (number,) = control.replaces
        return control if number in numbers or successors[number] > 1 else replace(control, identity=number)

    return tuple(identified(control) for control in controls)


def _text(table: Mapping[str, Any], name: str, place: str, problems: list[str]) -> str:
    """A text that may be absent; a list or table in its place is a problem."""
    value = table.get(name)
    if isinstance(value, Mapping | list):
        problems.append(f"{place}{name}: a text is needed")
        return ""
    return "" if value is None else str(value).strip()


def _number(table: Mapping[str, Any], name: str, place: str, problems: list[str]) -> str:
    """A control's number that may be absent. Without quotes, YAML would make 1.1 of 1.10."""
    value = table.get(name)
    if isinstance(value, str) or value is None:
        return (value or "").strip()
    problems.append(f"{place}{name}: a number in quotes is needed")
    return ""


def _numbers(table: Mapping[str, Any], name: str, place: str, problems: list[str]) -> tuple[str, ...]:
    """A list of controls' numbers that may be absent."""
    value = table.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        problems.append(f"{place}{name}: a list of numbers in quotes is needed")
        return ()
    return tuple(value)


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
        yield Category(item["id"], item["title"], _text(item, "description", f"categories.{number}.", problems))


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
        category = item.get("category")
        if not isinstance(category, str) or category not in categories:
            shown = repr(category[:80]) if isinstance(category, str) else "what stands there"
            problems.append(f"{place}.category: {shown} is none of {sorted(categories)}"[:600])
        priority = item.get("priority", "medium")
        if not isinstance(priority, str) or priority not in PRIORITIES:
            problems.append(f"{place}.priority: must be one of {', '.join(PRIORITIES)}")
        renewal = item.get("renewal_days", USUAL_RENEWAL)
        if not isinstance(renewal, int) or isinstance(renewal, bool) or not 1 <= renewal <= LONGEST_RENEWAL:
            problems.append(f"{place}.renewal_days: must be a number of days from 1 to {LONGEST_RENEWAL}")
            renewal = USUAL_RENEWAL
        yield Control(
            framework_id=document["id"] if _is_text(document.get("id")) else "",
            number=item["number"],
            title=item["title"] if _is_text(item.get("title")) else "",
            description=_text(item, "description", f"{place}.", problems),
            category=category if isinstance(category, str) else "",
            priority=priority if isinstance(priority, str) else "",
            renewal_days=renewal,
            expected_evidence=tuple(_expected(item.get("expected_evidence", []), place, problems)),
            references=_numbers(item, "references", f"{place}.", problems),
            identity=_number(item, "identity", f"{place}.", problems),
            replaces=_numbers(item, "replaces", f"{place}.", problems),
        )


def _expected(raw: Any, place: str, problems: list[str]) -> Iterator[ExpectedEvidence]:
    for number, item in enumerate(raw if isinstance(raw, list) else [None]):
        if not isinstance(item, Mapping) or not _is_text(item.get("title")):
            problems.append(f"{place}.expected_evidence.{number}: a table with a `title` is needed")
            continue
        yield ExpectedEvidence(
            item["title"], _text(item, "description", f"{place}.expected_evidence.{number}.", problems)
        )


def problems_among(controls: Sequence[Control]) -> list[str]:
    """What is wrong among the controls of one framework: repeated numbers and identities, references to nothing."""
    problems: list[str] = []
    numbers = {control.number for control in controls}
    seen: set[str] = set()
    identities: dict[str, str] = {}
    for control in controls:
        lasting = control.identity or control.number
        other = identities.setdefault(lasting, control.number)
        if other != control.number:
            problems.append(
                f"controls ({control.number}).identity: {lasting!r} is already what {other!r} is known by; "
                "give one of them another `identity`"
            )
        if control.number in seen:
            problems.append(f"controls: the number {control.number!r} stands twice")
        seen.add(control.number)
        for reference in control.references:
            if reference not in numbers:
                problems.append(f"controls ({control.number}).references: there is no control {reference!r}")
    return problems

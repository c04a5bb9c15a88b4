"""OSCAL catalogues: groups become categories, controls and their enhancements become controls.

What an export of the platform says in its own namespace goes before what OSCAL says of the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from studio_compliance.importing.oscal_export import OWN, own_property
from studio_compliance.importing.studio_form import PROBLEMS_SHOWN
from studio_kernel.frameworks import (
    LONGEST_RENEWAL,
    USUAL_RENEWAL,
    Category,
    Control,
    ExpectedEvidence,
    Framework,
    FrameworkError,
    problems_among,
)

_INSERT = re.compile(r"{{\s*insert:\s*param,\s*([^\s}]+)\s*}}")
_PRIORITIES = {"P1": "high", "P2": "medium", "P3": "low", "P0": "low"}
_WORDS = ("critical", "high", "medium", "low")
# Assessment objects are long lists; the first name the documents, the rest repeats itself over all controls.
_MOST_EVIDENCE = 5
_EMPTY_OBJECTS = ("other relevant documents",)
_DEEPEST = 12


def framework_from_catalog(
    document: Mapping[str, Any], framework_id: str, name: str, version: str, source: str
) -> Framework:
    """Build a framework from ``{"catalog": …}``; empty names are taken from the catalogue's metadata.

    ``FrameworkError`` gives the path of each problem in the document.
    """
    reading = _Reading()
    catalog = reading.table(document.get("catalog"), "catalog")
    metadata = reading.table(catalog.get("metadata"), "catalog.metadata")
    title = name or reading.text(metadata, "title", "catalog.metadata")
    found = reading.everything(catalog)
    if not found and not reading.problems:
        reading.problems.append("catalog.groups: there is no control in it")
    identity = framework_id or _own(metadata, "framework-id") or _slug(title)
    controls = _built(identity, found)
    problems = reading.problems or problems_among(controls)
    if problems:
        raise FrameworkError(source, problems[:PROBLEMS_SHOWN])
    return Framework(
        identity,
        title[:200],
        (version or str(metadata.get("version", "")))[:200],
        reading.text(metadata, "remarks", "catalog.metadata", needed=False),
        tuple(reading.categories.values()),
        controls,
        _publisher(metadata),
    )


def identify(document: Mapping[str, Any], framework: Framework) -> None:
    """Write into the catalogue that ``framework`` was made from by which other numbers its controls are known.

    The catalogue can't say what an upgrade settled; without it, another install would know those controls by other ids.
    """
    identities = {control.number: control.identity for control in framework.controls if control.identity}
    found = _Reading().everything(document["catalog"])
    numbers = _numbers(found)
    for each in found:
        identity = identities.get(numbers[each.identifier])
        if identity is not None:
            others = [prop for prop in objects_of(each.raw, "props") if not _is_own(prop, "identity")]
            cast("dict[str, Any]", each.raw)["props"] = [*others, own_property("identity", identity)]


def ids_of(document: Mapping[str, Any]) -> dict[str, str]:
    """The ids that controls have in a catalogue that was imported, by number."""
    found = _Reading().everything(document["catalog"])
    return {number: identifier for identifier, number in _numbers(found).items()}


class _Reading:
    """Walks a catalogue and gathers what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.categories: dict[str, Category] = {}
        self._known: set[str] = set()
        self._parameters: dict[str, str] = {}

    def everything(self, catalog: Mapping[str, Any]) -> list[_Found]:
        """All controls: those of the groups, then those outside; in the order that an export of the platform tells."""
        self._take_parameters(catalog)
        groups = self.tables(catalog, "groups", "catalog")
        found = [*self.groups(groups), *self.controls(catalog, "catalog", "general", 0)]
        return sorted(found, key=lambda each: each.position)

    def groups(self, groups: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[_Found]:
        """The controls of the outermost groups, each a category with all that is nested in it."""
        for place, group in groups:
            category = _own(group, "category-id") or str(group.get("id") or f"group{len(self.categories) + 1}")[:200]
            title = self.text(group, "title", place) or category
            self.categories[category] = Category(category, title[:300], self.prose(group, place, "overview"))
            yield from self._within(group, place, category, 0)

    def _within(self, group: Mapping[str, Any], place: str, category: str, depth: int) -> Iterator[_Found]:
        yield from self.controls(group, place, category, depth)
        if depth > _DEEPEST:
            self.problems.append(f"{place}.groups: lie too deep")
            return
        for inner, nested in self.tables(group, "groups", place):
            yield from self._within(nested, inner, category, depth + 1)

    def controls(self, owner: Mapping[str, Any], place: str, category: str, depth: int) -> Iterator[_Found]:
        """The controls of a group or control, each followed by its enhancements."""
        if depth > _DEEPEST:
            self.problems.append(f"{place}.controls: lie too deep")
            return
        for inner, control in self.tables(owner, "controls", place):
            self.categories.setdefault(category, Category(category, category.title()))
            identifier, title = self.text(control, "id", inner), self.text(control, "title", inner)
            if identifier in self._known:
                self.problems.append(f"{inner}.id: {identifier[:80]!r} is another control's already")
            elif identifier and title:
                self._known.add(identifier)
                yield _Found(identifier, title, category, control, self.prose(control, inner, "statement"))
                self.check_own(control, inner)
            yield from self.controls(control, inner, category, depth + 1)

    def check_own(self, control: Mapping[str, Any], place: str) -> None:
        """What the platform's own properties say of a control must be what Studio's form would take."""
        given = _own(control, "renewal-days")
        if given and _whole(given) not in range(1, LONGEST_RENEWAL + 1):
            self.problems.append(f"{place}.props: renewal-days must be a number of days from 1 to {LONGEST_RENEWAL}")

    def table(self, value: Any, place: str) -> Mapping[str, Any]:
        """A JSON object; an empty one and a problem otherwise."""
        if isinstance(value, Mapping):
            return value
        self.problems.append(f"{place}: an object is needed")
        return {}

    def tables(self, owner: Mapping[str, Any], name: str, place: str) -> list[tuple[str, Mapping[str, Any]]]:
        """The objects of a list that may be absent, with their paths."""
        value = owner.get(name, [])
        if not isinstance(value, list):
            self.problems.append(f"{place}.{name}: a list is needed")
            return []
        return [
            (f"{place}.{name}.{number}", self.table(each, f"{place}.{name}.{number}"))
            for number, each in enumerate(value)
        ]

    def text(self, owner: Mapping[str, Any], name: str, place: str, *, needed: bool = True) -> str:
        """A text by name."""
        value = owner.get(name, "")
        if not isinstance(value, str) or (needed and not value.strip()):
            self.problems.append(f"{place}.{name}: a text is needed")
            return ""
        return value.strip()

    def prose(self, owner: Mapping[str, Any], place: str, name: str) -> str:
        """The words of the parts of one name, items with their labels, parameters by what they stand for."""
        self.tables(owner, "params", place)
        lines = [
            line
            for inner, part in self.tables(owner, "parts", place)
            if part.get("name") == name
            for line in self._lines(part, inner, 0)
        ]
        return _filled("\n".join(lines), self._parameters)

    def _lines(self, part: Mapping[str, Any], place: str, depth: int) -> Iterator[str]:
        if depth > _DEEPEST:
            return
        label = _property(part, "label")
        prose = self.text(part, "prose", place, needed=False)
        if prose or label:
            yield f"{'  ' * max(0, depth - 1)}{label + ' ' if label else ''}{prose}".rstrip()
        for inner, nested in self.tables(part, "parts", place):
            yield from self._lines(nested, inner, depth + 1)

    def _take_parameters(self, owner: Mapping[str, Any]) -> None:
        """What each parameter stands for: its value, else its choices or label in brackets.

        Those of groups and of outer controls may stand in the words of any control.
        """
        for parameter in objects_of(owner, "params"):
            self._parameters[str(parameter.get("id", ""))] = _parameter(parameter)
        for inner in (*objects_of(owner, "groups"), *objects_of(owner, "controls")):
            self._take_parameters(inner)


class _Found:
    """A control of a catalogue on its way to becoming one of a framework."""

    def __init__(self, identifier: str, title: str, category: str, raw: Mapping[str, Any], statement: str) -> None:
        self.identifier = identifier
        self.label = _property(raw, "label") or identifier
        self.title = title
        self.category = category
        self.raw = raw
        self.statement = statement
        self.withdrawn = _property(raw, "status").casefold() == "withdrawn"
        self.expected = _own_evidence(raw) or tuple(ExpectedEvidence(each) for each in _objects(raw))
        self.renewal_days = _whole(_own(raw, "renewal-days")) or USUAL_RENEWAL
        self.position = _whole(_own(raw, "position"))

    @property
    def priority(self) -> str:
        """From the property ``priority`` of NIST's catalogues, or a word of ours."""
        if self.withdrawn:
            return "low"
        given = _property(self.raw, "priority")
        return _PRIORITIES.get(given, given if given in _WORDS else "medium")

    @property
    def description(self) -> str:
        """The statement, or where a withdrawn control went."""
        if not self.withdrawn:
            return self.statement
        went = [str(each.get("href", "")).lstrip("#").upper() for each in objects_of(self.raw, "links")]
        return f"Withdrawn{': see ' + ', '.join(went) if went else ''}.\n{self.statement}".strip()


def _built(framework_id: str, found: Sequence[_Found]) -> tuple[Control, ...]:
    """The controls, numbered by their labels where those tell all of them apart, else by their ids."""
    numbers = _numbers(found)
    return tuple(
        Control(
            framework_id,
            numbers[each.identifier],
            each.title,
            each.description,
            each.category,
            each.priority,
            each.renewal_days,
            each.expected,
            _references(each.raw, numbers),
            _own(each.raw, "identity"),
            _own_values(each.raw, "replaces"),
        )
        for each in found
    )


def _numbers(found: Sequence[_Found]) -> dict[str, str]:
    """The number of each control by its id."""
    by_label = len({each.label for each in found}) == len(found)
    return {each.identifier: each.label if by_label else each.identifier for each in found}


def _references(raw: Mapping[str, Any], numbers: Mapping[str, str]) -> tuple[str, ...]:
    hrefs = [str(each.get("href", "")).lstrip("#") for each in objects_of(raw, "links")]
    return tuple(dict.fromkeys(numbers[href] for href in hrefs if href in numbers and href != raw.get("id")))


def objects_of(owner: Any, name: str) -> list[dict[str, Any]]:
    """The objects of a list by name; what is no list of objects counts for nothing."""
    value = owner.get(name) if isinstance(owner, Mapping) else None
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _property(owner: Mapping[str, Any], name: str) -> str:
    """A property's value; of several, the one without a class, which is the usual way of writing it."""
    named = [each for each in objects_of(owner, "props") if each.get("name") == name]
    found = [each for each in named if isinstance(each.get("value"), str)]
    plain = [each for each in found if not each.get("class")]
    return str((plain or found or [{"value": ""}])[0]["value"]).strip()


def _is_own(owner: Mapping[str, Any], name: str) -> bool:
    """Whether a property or part is the platform's own of that name."""
    return owner.get("ns") == OWN and owner.get("name") == name


def _own_values(owner: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The values of the platform's own properties of that name."""
    found = [each.get("value") for each in objects_of(owner, "props") if _is_own(each, name)]
    return tuple(value.strip() for value in found if isinstance(value, str))


def _own(owner: Mapping[str, Any], name: str) -> str:
    """The first of them; empty without one."""
    return next(iter(_own_values(owner, name)), "")


def _whole(text: str) -> int:
    """A whole number; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _own_evidence(raw: Mapping[str, Any]) -> tuple[ExpectedEvidence, ...]:
    """Expected evidence as an export of the platform writes it, with descriptions."""
    parts = [each for each in objects_of(raw, "parts") if _is_own(each, "expected-evidence")]
    texts = [[part.get(name, "") for name in ("title", "prose")] for part in parts]
    return tuple(
        ExpectedEvidence(title.strip(), prose.strip())
        for title, prose in texts
        if isinstance(title, str) and isinstance(prose, str) and title.strip()
    )


def _objects(raw: Mapping[str, Any]) -> list[str]:
    """Documents that an assessor examines."""
    lines: list[str] = []
    for part in objects_of(raw, "parts"):
        if str(part.get("name", "")).startswith("assessment") and _property(part, "method").upper() == "EXAMINE":
            told = [inner.get("prose") for inner in objects_of(part, "parts")]
            lines += [line for prose in told if isinstance(prose, str) for line in prose.split("\n")]
    titles = [line.strip(" ;.")[:300] for line in lines]
    wanted = [each for each in titles if each and not each.casefold().startswith(_EMPTY_OBJECTS)]
    return [each[:1].upper() + each[1:] for each in dict.fromkeys(wanted)][:_MOST_EVIDENCE]


def _parameter(parameter: Mapping[str, Any]) -> str:
    values = parameter.get("values")
    if isinstance(values, list) and values:
        return ", ".join(str(each) for each in values if isinstance(each, str))
    select = parameter.get("select")
    if isinstance(select, Mapping) and isinstance(select.get("choice"), list):
        return f"[one of: {'; '.join(each for each in select['choice'] if isinstance(each, str))}]"
    label = parameter.get("label")
    return f"[{label}]" if isinstance(label, str) and label else f"[{parameter.get('id', '')!s:.80}]"


def _filled(text: str, parameters: Mapping[str, str]) -> str:
    """With parameters in their places; choices hold parameters of their own."""
    for _ in range(3):
        filled = _INSERT.sub(lambda found: parameters.get(found[1], f"[{found[1]}]"), text)
        if filled == text:
            break
        text = filled
    return text


def _publisher(metadata: Mapping[str, Any]) -> str:
    names = [each.get("name") for each in objects_of(metadata, "parties")]
    return next((name[:200] for name in names if isinstance(name, str)), "")


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:64].strip("-")

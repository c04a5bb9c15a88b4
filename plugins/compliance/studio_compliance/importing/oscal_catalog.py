"""OSCAL catalogues: groups become categories, controls and their enhancements become controls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from studio_compliance.importing.studio_form import PROBLEMS_SHOWN
from studio_kernel.frameworks import Category, Control, ExpectedEvidence, Framework, FrameworkError

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
    groups = reading.tables(catalog, "groups", "catalog")
    controls = [*reading.groups(groups), *reading.controls(catalog, "catalog", "general", 0)]
    if not controls and not reading.problems:
        reading.problems.append("catalog.groups: there is no control in it")
    if reading.problems:
        raise FrameworkError(source, reading.problems[:PROBLEMS_SHOWN])
    identity = framework_id or _slug(title)
    return Framework(
        identity,
        title[:200],
        (version or str(metadata.get("version", "")))[:200],
        reading.text(metadata, "remarks", "catalog.metadata", needed=False),
        tuple(reading.categories.values()),
        _built(identity, controls),
        _publisher(metadata),
    )


class _Reading:
    """Walks a catalogue and gathers what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.categories: dict[str, Category] = {}

    def groups(self, groups: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[_Found]:
        """The controls of the outermost groups, each a category with all that is nested in it."""
        for place, group in groups:
            category = str(group.get("id") or f"group{len(self.categories) + 1}")[:200]
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
            if identifier and title:
                yield _Found(identifier, title, category, control, self.prose(control, inner, "statement"), self)
            yield from self.controls(control, inner, category, depth + 1)

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
        parameters = self.parameters(owner, place)
        lines = [
            line
            for inner, part in self.tables(owner, "parts", place)
            if part.get("name") == name
            for line in self._lines(part, inner, 0)
        ]
        return _filled("\n".join(lines), parameters)

    def _lines(self, part: Mapping[str, Any], place: str, depth: int) -> Iterator[str]:
        if depth > _DEEPEST:
            return
        label = _property(part, "label")
        prose = self.text(part, "prose", place, needed=False)
        if prose or label:
            yield f"{'  ' * max(0, depth - 1)}{label + ' ' if label else ''}{prose}".rstrip()
        for inner, nested in self.tables(part, "parts", place):
            yield from self._lines(nested, inner, depth + 1)

    def parameters(self, control: Mapping[str, Any], place: str) -> dict[str, str]:
        """What each parameter of a control stands for: its value, else its choices or label in brackets."""
        return {
            str(parameter.get("id", "")): _parameter(parameter)
            for _, parameter in self.tables(control, "params", place)
        }


class _Found:
    """A control of a catalogue on its way to becoming one of a framework."""

    def __init__(
        self, identifier: str, title: str, category: str, raw: Mapping[str, Any], statement: str, reading: _Reading
    ) -> None:
        self.identifier = identifier
        self.label = _property(raw, "label") or identifier
        self.title = title
        self.category = category
        self.raw = raw
        self.statement = statement
        self.withdrawn = _property(raw, "status").casefold() == "withdrawn"
        self.expected = tuple(ExpectedEvidence(each) for each in _objects(raw))

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
        went = [str(each.get("href", "")).lstrip("#").upper() for each in _links(self.raw)]
        return f"Withdrawn{': see ' + ', '.join(went) if went else ''}.\n{self.statement}".strip()


def _built(framework_id: str, found: Sequence[_Found]) -> tuple[Control, ...]:
    """The controls, numbered by their labels where those tell all of them apart, else by their ids."""
    labels = [each.label for each in found]
    by_label = len(set(labels)) == len(labels)
    numbers = {each.identifier: each.label if by_label else each.identifier for each in found}
    seen: set[str] = set()
    controls = []
    for each in found:
        number = numbers[each.identifier]
        if number in seen:
            continue
        seen.add(number)
        controls.append(
            Control(
                framework_id,
                number,
                each.title,
                each.description,
                each.category,
                each.priority,
                expected_evidence=each.expected,
                references=_references(each.raw, numbers),
            )
        )
    return tuple(controls)


def _references(raw: Mapping[str, Any], numbers: Mapping[str, str]) -> tuple[str, ...]:
    hrefs = [str(each.get("href", "")).lstrip("#") for each in _links(raw)]
    return tuple(dict.fromkeys(numbers[href] for href in hrefs if href in numbers and href != raw.get("id")))


def _links(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    value = raw.get("links")
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _property(owner: Mapping[str, Any], name: str) -> str:
    """A property's value; of several, the one without a class, which is the usual way of writing it."""
    value = owner.get("props")
    found = [
        each
        for each in (value if isinstance(value, list) else [])
        if isinstance(each, Mapping) and each.get("name") == name and isinstance(each.get("value"), str)
    ]
    plain = [each for each in found if not each.get("class")]
    return str((plain or found or [{"value": ""}])[0]["value"]).strip()


def _objects(raw: Mapping[str, Any]) -> list[str]:
    """Documents that an assessor examines."""
    parts = raw.get("parts")
    lines: list[str] = []
    for part in parts if isinstance(parts, list) else []:
        if not isinstance(part, Mapping) or not str(part.get("name", "")).startswith("assessment"):
            continue
        if _property(part, "method").upper() != "EXAMINE" or not isinstance(part.get("parts"), list):
            continue
        for inner in part["parts"]:
            prose = inner.get("prose") if isinstance(inner, Mapping) else None
            lines += prose.split("\n") if isinstance(prose, str) else []
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
    parties = metadata.get("parties")
    for party in parties if isinstance(parties, list) else []:
        if isinstance(party, Mapping) and isinstance(party.get("name"), str):
            return str(party["name"])[:200]
    return ""


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:64].strip("-")

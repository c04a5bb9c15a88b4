"""Mappings: which control of one framework says what a control of another says.

A mapping is a file in Studio's own form (YAML or JSON, ``studio_mappings: 1``) or objects made by a plugin. The
registry holds those of all active plugins, knows each in both directions, and finds ways of several steps.
"""

from __future__ import annotations

import collections.abc
import functools
import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from studio_kernel.frameworks import Framework, FrameworkRegistry, control_id

RELATIONS = ("equal", "superset", "subset", "intersects")
"""What a mapping says of its ends, the strongest first. ``superset``: the first asks for all that the second asks."""

INVERSE = {"equal": "equal", "superset": "subset", "subset": "superset", "intersects": "intersects"}
FULL = frozenset(("equal", "superset"))
"""Relations by which evidence for the first control shows all of the second; by the others it shows a part."""

# A way of more steps convinces no auditor.
MOST_STEPS = 4

# What follows from two steps in a row, where anything does. After `subset` or `intersects` a further weak step, or a
# `superset`, may lead to just that part of the middle control which the first has nothing to do with.
_FOLLOWS = {
    ("superset", "superset"): "superset",
    ("superset", "subset"): "intersects",
    ("superset", "intersects"): "intersects",
    ("subset", "subset"): "subset",
    ("intersects", "subset"): "intersects",
}


@dataclass(frozen=True, slots=True)
class Mapping:
    """One control of ``from_framework`` held against one of ``to_framework``; ``source`` says who holds so.

    ``relation`` reads from the first to the second: ``superset`` when the first covers all that the second asks for.
    """

    from_framework: str
    from_number: str
    to_framework: str
    to_number: str
    relation: str
    rationale: str = ""
    source: str = ""

    @property
    def from_id(self) -> str:
        """The id of the first control."""
        return control_id(self.from_framework, self.from_number)

    @property
    def to_id(self) -> str:
        """The id of the second control."""
        return control_id(self.to_framework, self.to_number)

    def inverse(self) -> Mapping:
        """The same, read from the other end."""
        return replace(
            self,
            from_framework=self.to_framework,
            from_number=self.to_number,
            to_framework=self.from_framework,
            to_number=self.from_number,
            relation=INVERSE[self.relation],
        )


@dataclass(frozen=True, slots=True)
class MappingSet:
    """All mappings of one file: from one framework to another, by one source."""

    from_framework: str
    to_framework: str
    source: str
    mappings: tuple[Mapping, ...]


@dataclass(frozen=True, slots=True)
class MappedPath:
    """A way from one control to another. ``relation`` is that of its weakest step."""

    steps: tuple[Mapping, ...]

    @property
    def relation(self) -> str:
        """The weakest relation on the way."""
        return max((step.relation for step in self.steps), key=RELATIONS.index)

    @property
    def counts(self) -> str:
        """``full``, ``partial``, or ``none`` where nothing follows from the steps in this order."""
        relation: str | None = "equal"
        for step in self.steps:
            relation = follows(relation, step.relation)
        return "none" if relation is None else "full" if relation in FULL else "partial"

    @property
    def controls(self) -> tuple[str, ...]:
        """The ids of the controls along the way, both ends included."""
        return (self.steps[0].from_id, *(step.to_id for step in self.steps))


def follows(first: str | None, second: str) -> str | None:
    """The relation that follows from two in a row, or None where nothing does."""
    if first is None or first == "equal":
        return None if first is None else second
    return first if second == "equal" else _FOLLOWS.get((first, second))


@dataclass(slots=True)
class MappingRegistry:
    """The mappings of all active plugins; a mapping may name controls of frameworks that aren't installed."""

    _sets: list[tuple[str, MappingSet]] = field(default_factory=list)
    _next: dict[str, dict[str, Mapping]] = field(default_factory=dict)
    _conflicts: list[str] = field(default_factory=list)
    _found: dict[str, dict[str, MappedPath]] = field(default_factory=dict)

    def add(self, owner: str, sets: Iterable[MappingSet]) -> None:
        """Take a plugin's mappings in. Of two that disagree about the same controls, the earlier one counts."""
        for each in sets:
            self._sets.append((owner, each))
            for mapping in each.mappings:
                self._add(owner, mapping)
        self._found.clear()

    def remove(self, owner: str) -> None:
        """Forget a plugin's mappings."""
        rest = [(name, each) for name, each in self._sets if name != owner]
        self._sets, self._next, self._conflicts = [], {}, []
        for name, each in rest:
            self.add(name, [each])
        self._found.clear()

    def __iter__(self) -> Iterator[tuple[str, MappingSet]]:
        return iter(self._sets)

    def direct(self, from_id: str, to_id: str) -> Mapping | None:
        """The mapping between two controls, read from the first to the second."""
        return self._next.get(from_id, {}).get(to_id)

    def neighbours(self, control_id: str) -> list[Mapping]:
        """The mappings of one control, read from it."""
        return list(self._next.get(control_id, {}).values())

    def of_framework(self, framework_id: str) -> Iterator[Mapping]:
        """Every mapping that begins or ends in a framework, read from it."""
        for near in self._next.values():
            yield from (mapping for mapping in near.values() if mapping.from_framework == framework_id)

    def all(self) -> list[Mapping]:
        """Every mapping in force, as its plugin wrote it, each pair of controls once."""
        kept: dict[frozenset[str], Mapping] = {}
        for _, each in self._sets:
            for mapping in each.mappings:
                kept.setdefault(frozenset((mapping.from_id, mapping.to_id)), mapping)
        return list(kept.values())

    def controls(self) -> list[str]:
        """The ids of all controls that a mapping begins or ends at."""
        return sorted(self._next)

    def sources(self, control_id: str) -> dict[str, MappedPath]:
        """The controls of other frameworks whose evidence counts for this one, each with the best way to it.

        Best is a way that counts in full, then the one of fewest steps, then the one whose ids sort first.
        """
        found = self._found.get(control_id)
        if found is None:
            # PERF: found once; a way is looked for from its end, so that one search serves all sources.
            found = self._found[control_id] = self._search(control_id)
        return found

    def targets(self, control_id: str) -> frozenset[str]:
        """The controls of other frameworks for which evidence on this one counts, in full or in part."""
        # NOTE: what follows from a way follows from its inverse, so the two sets are one.
        return frozenset(self.sources(control_id))

    def conflicts(self) -> list[str]:
        """Mappings that disagree with an earlier one and don't count, a line each."""
        return list(self._conflicts)

    def unknown_ends(self, frameworks: FrameworkRegistry) -> list[str]:
        """Mappings to controls that an installed framework doesn't have, a line each; these never count."""
        lines = []
        for owner, each in self._sets:
            for mapping in each.mappings:
                ends = ((mapping.from_framework, mapping.from_number), (mapping.to_framework, mapping.to_number))
                for framework_id, number in ends:
                    known = frameworks.get(framework_id)
                    if known is not None and frameworks.control(control_id(framework_id, number)) is None:
                        pair = f"{each.from_framework} → {each.to_framework} of plugin {owner!r}"
                        lines.append(f"{pair}: {_unknown(known, number)}")
        return lines

    def digest(self) -> str:
        """A short text that is the same as long as the mappings are."""
        lines = sorted(f"{each.from_id} {each.to_id} {each.relation}" for each in self.all())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]

    def _add(self, owner: str, mapping: Mapping) -> None:
        first, second = mapping.from_id, mapping.to_id
        known = self.direct(first, second)
        if known is None:
            self._next.setdefault(first, {})[second] = mapping
            self._next.setdefault(second, {})[first] = mapping.inverse()
        elif known.relation != mapping.relation:
            pair = f"{mapping.from_framework} {mapping.from_number} → {mapping.to_framework} {mapping.to_number}"
            self._conflicts.append(
                f"{pair}: plugin {owner!r} says {mapping.relation!r}, but {known.relation!r} was there first "
                f"({known.source})"
            )

    def _search(self, target: str) -> dict[str, MappedPath]:
        best: dict[str, tuple[bool, int, tuple[str, ...]]] = {}
        for ids, relation in self._walk(target):
            source = ids[-1]
            found = (INVERSE[relation] not in FULL, len(ids), ids)
            if source not in best or found < best[source]:
                best[source] = found
        paths = {source: self._path(ids[::-1]) for source, (_, _, ids) in sorted(best.items())}
        return {
            source: path
            for source, path in paths.items()
            if path.steps[0].from_framework != path.steps[-1].to_framework
        }

    def _walk(self, start: str) -> Iterator[tuple[tuple[str, ...], str]]:
        """Ways out of a control with the relation that follows from each; every end and relation once."""
        seen = {(start, "equal")}
        frontier: list[tuple[tuple[str, ...], str]] = [((start,), "equal")]
        for _ in range(MOST_STEPS):
            reached: list[tuple[tuple[str, ...], str]] = []
            for ids, relation in frontier:
                for far, mapping in sorted(self._next.get(ids[-1], {}).items()):
                    onward = follows(relation, mapping.relation)
                    if onward is not None and far != start and (far, onward) not in seen:
                        seen.add((far, onward))
                        reached.append(((*ids, far), onward))
            yield from reached
            frontier = reached

    def _path(self, ids: tuple[str, ...]) -> MappedPath:
        return MappedPath(tuple(self._next[near][far] for near, far in itertools.pairwise(ids)))


def _unknown(framework: Framework, number: str) -> str:
    identity = next((each.identity for each in framework.controls if each.number == number), "")
    if identity:
        return f"{framework.id} {number!r} is known by the number that it had at first, {identity!r}; name that"
    return f"{framework.id} has no control {number!r}"


class MappingError(ValueError):
    """A file of mappings that doesn't hold; ``problems`` are lines of the form ``place: what is wrong``."""

    def __init__(self, source: str, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))


def load_mappings(source: Path | Traversable) -> MappingSet:
    """Read and check a file of mappings; :class:`MappingError` lists every problem with its place."""
    import yaml

    from studio_kernel.yaml_documents import parse_yaml

    try:
        document = parse_yaml(source.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as error:
        raise MappingError(source.name, [f"is not YAML: {error}"]) from error
    return mappings_from_document(document, source.name)


_TOP = ("studio_mappings", "from", "to", "source", "mappings")
_ENTRY = ("from", "to", "relation", "rationale")


def mappings_from_document(document: Any, source: str = "mappings") -> MappingSet:
    """Build mappings from a parsed file; :class:`MappingError` lists every problem."""
    if not isinstance(document, collections.abc.Mapping) or document.get("studio_mappings") != 1:
        raise MappingError(source, ["must be a table with `studio_mappings: 1`"])
    problems = [*_unknown_names(document, _TOP, ""), *_without_text(document, ("from", "to", "source"), "")]
    if document.get("from") == document.get("to"):
        problems.append("to: must be another framework than `from`")
    entries = document.get("mappings")
    if not isinstance(entries, list) or not entries:
        raise MappingError(source, [*problems, "mappings: a list with at least one mapping is needed"])
    for number, entry in enumerate(entries):
        problems += _entry_problems(entry, f"mappings.{number}")
    if not problems:
        problems += _repeated(entries)
    if problems:
        raise MappingError(source, problems)
    make = functools.partial(_mapping, document["from"], document["to"], document["source"])
    return MappingSet(document["from"], document["to"], document["source"], tuple(make(entry) for entry in entries))


def _mapping(from_framework: str, to_framework: str, source: str, entry: collections.abc.Mapping[str, Any]) -> Mapping:
    rationale = str(entry.get("rationale", "")).strip()
    return Mapping(from_framework, entry["from"], to_framework, entry["to"], entry["relation"], rationale, source)


def _entry_problems(entry: Any, place: str) -> list[str]:
    if not isinstance(entry, collections.abc.Mapping):
        return [f"{place}: a table with `from`, `to` and `relation` is needed"]
    problems = [*_unknown_names(entry, _ENTRY, f"{place}."), *_without_text(entry, ("from", "to"), f"{place}.")]
    if entry.get("relation") not in RELATIONS:
        problems.append(f"{place}.relation: must be one of {', '.join(RELATIONS)}, not {entry.get('relation')!r}")
    if not isinstance(entry.get("rationale", ""), str):
        problems.append(f"{place}.rationale: must be text")
    return problems


def _unknown_names(table: collections.abc.Mapping[str, Any], known: tuple[str, ...], place: str) -> list[str]:
    from studio_kernel.plugins import closest

    return [f"{place}{name}: is not known{closest(str(name), known)}" for name in table if name not in known]


def _without_text(table: collections.abc.Mapping[str, Any], names: tuple[str, ...], place: str) -> list[str]:
    bare = [name for name in names if not isinstance(table.get(name), str) or not table[name].strip()]
    return [f"{place}{name}: a non-empty text is needed (numbers in quotes)" for name in bare]


def _repeated(entries: list[Any]) -> list[str]:
    seen: dict[tuple[str, str], int] = {}
    problems = []
    for number, entry in enumerate(entries):
        pair = (entry["from"], entry["to"])
        if pair in seen:
            problems.append(f"mappings.{number}: {pair[0]} → {pair[1]} stands in mappings.{seen[pair]} already")
        seen.setdefault(pair, number)
    return problems

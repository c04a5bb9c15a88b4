"""OSCAL profiles, resolved: the controls that a profile selects from a catalogue, with what it says of them.

After NIST's profile resolution, without what needs more documents than the catalogue at hand: imports are answered
from that catalogue, ``merge`` keeps its groups unless ``flat`` is asked for, and of ``modify`` parameters are set
and parts, properties, links and parameters added or removed by id or name.
"""

from __future__ import annotations

import copy
import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from studio_compliance.importing.oscal_catalog import objects_of
from studio_compliance.importing.studio_form import PROBLEMS_SHOWN
from studio_kernel.frameworks import FrameworkError

_ADDED = ("params", "props", "links", "parts")
_REMOVED_BY = {"id": "by-id", "name": "by-name", "class": "by-class", "ns": "by-ns"}


def resolve_profile(document: Mapping[str, Any], catalog: Mapping[str, Any] | None, source: str) -> dict[str, Any]:
    """The catalogue that a profile describes; ``FrameworkError`` says what can't be resolved.

    Nothing of ``catalog`` is changed.
    """
    profile = document.get("profile")
    if not isinstance(profile, Mapping) or not isinstance(profile.get("imports"), list):
        raise FrameworkError(source, ["profile.imports: a list of catalogues to select from is needed"])
    if catalog is None or not isinstance(catalog.get("catalog"), Mapping):
        named = ", ".join(str(each.get("href", "")) for each in profile["imports"] if isinstance(each, Mapping))
        raise FrameworkError(source, [f"profile.imports: give the catalogue that it selects from ({named[:200]})"])
    whole = catalog["catalog"]
    known = {str(control.get("id")): control for control in _walk(whole)}
    selection = _Selection(known)
    selected: set[str] = set()
    for number, each in enumerate(profile["imports"]):
        selected |= selection.of(each if isinstance(each, Mapping) else {}, f"profile.imports.{number}")
    problems = [*selection.problems, *_problems_of_changes(profile.get("modify", {}))]
    if problems:
        raise FrameworkError(source, problems[:PROBLEMS_SHOWN])
    resolved = _kept(copy.deepcopy(dict(whole)), selected)
    merge = profile.get("merge")
    if isinstance(merge, Mapping) and "flat" in merge:
        resolved = _flat(resolved)
    _modify(resolved, profile.get("modify"))
    _describe(resolved, profile)
    return {"catalog": resolved}


def _walk(owner: Any) -> Iterator[dict[str, Any]]:
    """All controls below a catalogue, group or control, outer ones first."""
    for name in ("groups", "controls"):
        for each in objects_of(owner, name):
            if name == "controls":
                yield each
            yield from _walk(each)


class _Selection:
    """What one import of a profile selects."""

    def __init__(self, known: Mapping[str, Mapping[str, Any]]) -> None:
        self.known = known
        self.problems: list[str] = []

    def of(self, imported: Mapping[str, Any], place: str) -> set[str]:
        """The ids of the controls that stay after exclusions."""
        if "include-all" in imported or "include-controls" not in imported:
            chosen = set(self.known)
        else:
            chosen = self._named(imported["include-controls"], f"{place}.include-controls")
        return chosen - self._named(imported.get("exclude-controls", []), f"{place}.exclude-controls")

    def _named(self, selectors: Any, place: str) -> set[str]:
        chosen: set[str] = set()
        if not isinstance(selectors, list):
            self.problems.append(f"{place}: a list is needed")
            return chosen
        for number, selector in enumerate(selectors):
            if not isinstance(selector, Mapping):
                self.problems.append(f"{place}.{number}: an object is needed")
                continue
            found = self._by_id(selector, f"{place}.{number}") | self._by_pattern(selector)
            if selector.get("with-child-controls") == "yes":
                found |= {str(child.get("id")) for each in found for child in _walk(self.known[each])}
            chosen |= found
        return chosen

    def _by_id(self, selector: Mapping[str, Any], place: str) -> set[str]:
        ids = selector.get("with-ids", [])
        found = set()
        for number, each in enumerate(ids if isinstance(ids, list) else []):
            if isinstance(each, str) and each in self.known:
                found.add(each)
            else:
                self.problems.append(f"{place}.with-ids.{number}: {str(each)[:80]!r} isn't in the catalogue")
        return found

    def _by_pattern(self, selector: Mapping[str, Any]) -> set[str]:
        patterns = [str(each.get("pattern", "")) for each in objects_of(selector, "matching")]
        return {each for each in self.known for pattern in patterns if fnmatch.fnmatchcase(each, pattern)}


def _kept(owner: dict[str, Any], selected: set[str]) -> dict[str, Any]:
    """The same without unselected controls; a selected enhancement moves up when its control isn't selected."""
    if "groups" in owner:
        groups = [_kept(each, selected) for each in objects_of(owner, "groups")]
        owner["groups"] = [each for each in groups if each.get("controls") or each.get("groups")]
    if "controls" in owner:
        owner["controls"] = list(_selected(owner, selected))
        if not owner["controls"]:
            del owner["controls"]
    return owner


def _selected(owner: Mapping[str, Any], selected: set[str]) -> Iterator[dict[str, Any]]:
    for control in objects_of(owner, "controls"):
        nested = list(_selected(control, selected))
        control.pop("controls", None)
        if str(control.get("id")) in selected:
            if nested:
                control["controls"] = nested
            yield control
        else:
            yield from nested


def _flat(catalog: dict[str, Any]) -> dict[str, Any]:
    controls = list(_walk(catalog))
    for control in controls:
        control.pop("controls", None)
    catalog.pop("groups", None)
    return {**catalog, "controls": controls}


def _problems_of_changes(modify: Any) -> Iterator[str]:
    """What is no list of objects where one belongs: passed over, controls would be other than the profile says."""
    place = "profile.modify"
    if not isinstance(modify, Mapping):
        yield f"{place}: an object is needed"
        return
    yield from _no_lists(modify, place, ("set-parameters", "alters"))
    for number, each in enumerate(objects_of(modify, "alters")):
        yield from _no_lists(each, f"{place}.alters.{number}", ("removes", "adds"))


def _no_lists(owner: Mapping[str, Any], place: str, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        value = owner.get(name, [])
        if not isinstance(value, list) or len(objects_of(owner, name)) < len(value):
            yield f"{place}.{name}: a list of objects is needed"


def _modify(catalog: dict[str, Any], modify: Any) -> None:
    controls = {str(control.get("id")): control for control in _walk(catalog)}
    settings = {str(each.get("param-id")): each for each in objects_of(modify, "set-parameters")}
    for control in controls.values():
        for parameter in objects_of(control, "params"):
            given = settings.get(str(parameter.get("id")), {})
            parameter.update({name: value for name, value in given.items() if name != "param-id"})
    for alter in objects_of(modify, "alters"):
        altered = controls.get(str(alter.get("control-id")))
        if altered is not None:
            _alter(altered, alter)


def _alter(control: dict[str, Any], alter: Mapping[str, Any]) -> None:
    for remove in objects_of(alter, "removes"):
        _remove(control, remove)
    for add in objects_of(alter, "adds"):
        owner = _part(control, str(add.get("by-id", ""))) or control
        for name in _ADDED:
            if isinstance(add.get(name), list):
                first = add.get("position") in ("starting", "before")
                given, present = objects_of(add, name), objects_of(owner, name)
                owner[name] = [*given, *present] if first else [*present, *given]


def _remove(owner: dict[str, Any], remove: Mapping[str, Any]) -> None:
    """Take out of a control or part, and of the parts in it, all that fits everything that is given."""
    kind = remove.get("by-item-name")
    given = {name: remove[by] for name, by in _REMOVED_BY.items() if by in remove}
    for name in _ADDED:
        if name in owner and kind in (None, name.removesuffix("s")) and (given or kind):
            stay = [
                each for each in objects_of(owner, name) if any(each.get(of) != value for of, value in given.items())
            ]
            owner[name] = stay
    for part in objects_of(owner, "parts"):
        _remove(part, remove)


def _part(owner: Mapping[str, Any], identifier: str) -> dict[str, Any] | None:
    if not identifier:
        return None
    for part in objects_of(owner, "parts"):
        found = part if part.get("id") == identifier else _part(part, identifier)
        if found is not None:
            return found
    return None


def _describe(catalog: dict[str, Any], profile: Mapping[str, Any]) -> None:
    """The resolved catalogue goes by the profile's name."""
    metadata = profile.get("metadata")
    if isinstance(metadata, Mapping):
        catalog["metadata"] = copy.deepcopy(dict(metadata))
    if isinstance(profile.get("uuid"), str):
        catalog["uuid"] = profile["uuid"]

"""What another version of a framework changes, control by control, and which control is known by which id then.

A control is the same one when both versions know it by one identity, else by one number. What remains of the old
version went: to the controls that say so by ``replaces``, else to one that reads alike, else it is removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from studio_kernel.frameworks import Control, Framework

KINDS = ("added", "changed", "moved", "split", "merged", "removed")
_COMPARED = ("title", "description", "category", "priority", "renewal_days", "expected_evidence", "references")
_WORD = re.compile(r"\w+")
# From 0 to 1: the part of words that two controls must share to count as one that was renumbered.
_ALIKE = 0.6
# PERF: above so many pairs only equal titles are looked at.
_MOST_PAIRS = 400_000

Lineage = Mapping[str, Sequence[str]]
"""For an old control id that another one or several others follow: the ids of those."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different. ``by`` is ``identity``, ``replaces`` or ``likeness`` where controls were matched.

    ``fields`` are what else is different of a control that stays or moves; ``likeness`` is from 0 to 1.
    """

    kind: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    title: str
    by: str = ""
    fields: tuple[str, ...] = ()
    likeness: float = 0.0


@dataclass(frozen=True, slots=True)
class UpgradePlan:
    """The way from one version to another.

    ``framework`` is the new version with each control's identity settled. ``lineage`` gives, for each old control id
    that another one or several others follow, the ids of those.
    """

    before: Framework
    framework: Framework
    changes: tuple[Change, ...]
    lineage: Lineage
    unchanged: int

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        counts = {kind: sum(1 for change in self.changes if change.kind == kind) for kind in KINDS}
        return {
            "from_version": self.before.version,
            "to_version": self.framework.version,
            "summary": {**counts, "unchanged": self.unchanged},
            "changes": [
                {
                    "kind": change.kind,
                    "before": list(change.before),
                    "after": list(change.after),
                    "title": change.title,
                    "matched_by": change.by or None,
                    "fields": list(change.fields),
                    "likeness": round(change.likeness, 2) if change.by == "likeness" else None,
                }
                for change in self.changes
            ],
        }


def plan_upgrade(before: Framework, after: Framework, *, by_likeness: bool = True) -> UpgradePlan:
    """Compare two versions of a framework. With ``by_likeness`` renumbered controls are also found by their words."""
    matching = _Matching(before, after)
    matching.match_as_declared()
    if by_likeness:
        matching.match_by_likeness()
    return _plan(matching, before, replace(after, controls=tuple(matching.settled())))


def plan_return(present: Framework, earlier: Framework, lineage: Lineage) -> UpgradePlan:
    """The way back to the version that the present one replaced; ``lineage`` is that of the way there.

    Which control is which was settled then: controls are told by their ids alone, and ``earlier`` is left as it was.
    """
    matching = _Matching(present, earlier)
    matching.match_by_id(lineage)
    return _plan(matching, present, earlier)


def _plan(matching: _Matching, before: Framework, framework: Framework) -> UpgradePlan:
    by_number = {control.number: control for control in framework.controls}
    lineage = {
        matching.old[number].id: tuple(by_number[each].id for each in followers)
        for number, followers in matching.followers().items()
    }
    changes = tuple(matching.changes())
    touched = sum(1 for change in changes if change.kind in ("changed", "moved"))
    return UpgradePlan(before, framework, changes, lineage, len(matching.same) - touched)


class _Matching:
    """Which old control each new one is (``same``), and which others it comes from (``sources``), by number."""

    def __init__(self, before: Framework, after: Framework) -> None:
        self.old = {control.number: control for control in before.controls}
        self.new = {control.number: control for control in after.controls}
        self.version = after.version
        self.same: dict[str, str] = {}
        self.by: dict[str, str] = {}
        self.likeness: dict[str, float] = {}
        self.sources: dict[str, tuple[str, ...]] = dict.fromkeys(self.new, ())

    def match_by_id(self, lineage: Lineage) -> None:
        """Both versions' ids are settled, and what left by ``lineage`` (old id: the ids that followed) comes back."""
        numbers = {control.id: number for number, control in self.old.items()}
        present = {control.id: number for number, control in self.new.items()}
        for lasting, number in present.items():
            if lasting in numbers:
                self._is(number, numbers[lasting], "identity")
            followers = [each for each in lineage.get(lasting, ()) if each not in present and each in numbers]
            self.sources[number] = tuple(numbers[each] for each in followers)

    def match_as_declared(self) -> None:
        """By identity, else by number, and then by what the new version says it replaces."""
        self._match_by_identity()
        self._match_by_number()
        self.sources = {
            number: tuple(each for each in control.replaces if each in self.old and self.same.get(number) != each)
            for number, control in self.new.items()
        }
        self._match_by_replacement()

    def _match_by_identity(self) -> None:
        # NOTE: a publisher may name the number of the version before in place of the first one, which goes before it.
        at_first = {_lasting(control): number for number, control in self.old.items()}
        for known in (at_first, {number: number for number in self.old}):
            taken = set(self.same.values())
            for number, control in self.new.items():
                found = known.get(control.identity)
                if found is not None and found not in taken and number not in self.same:
                    taken.add(found)
                    self._is(number, found, "replaces" if _is_implied(control) else "identity")

    def _match_by_number(self) -> None:
        taken = set(self.same.values())
        for number, control in self.new.items():
            # NOTE: who is told to be somebody else isn't who has the number now.
            declared = control.identity not in ("", number) and not _is_implied(control)
            if number not in self.same and number in self.old and number not in taken and not declared:
                self._is(number, number, "")
        self._match_by_first_number()

    def _match_by_first_number(self) -> None:
        """A control that has the number again that another one had at first has its id, and so is that one."""
        taken = set(self.same.values())
        at_first = {_lasting(control): number for number, control in self.old.items()}
        for number, control in self.new.items():
            found = at_first.get(_lasting(control))
            if found is not None and found not in taken and number not in self.same:
                self._is(number, found, "identity")

    def _match_by_replacement(self) -> None:
        """A control that alone follows one that isn't there any more is that control, under another number."""
        taken = set(self.same.values())
        claims: dict[str, list[str]] = {}
        for number, sources in self.sources.items():
            for each in sources:
                claims.setdefault(each, []).append(number)
        for number, sources in list(self.sources.items()):
            alone = len(sources) == 1 and claims[sources[0]] == [number]
            if alone and number not in self.same and sources[0] not in taken:
                self._is(number, sources[0], "replaces")
                self.sources[number] = ()

    def match_by_likeness(self) -> None:
        """Renumbered controls that nobody declared, the most alike first."""
        followed = {each for sources in self.sources.values() for each in sources} | set(self.same.values())
        gone = [control for number, control in self.old.items() if number not in followed]
        come = [self.new[number] for number in self.new if number not in self.same and not self.sources[number]]
        taken: set[str] = set()
        for likeness, old, new in sorted(_alike(gone, come), key=lambda found: -found[0]):
            if old not in taken and new not in self.same:
                taken.add(old)
                self._is(new, old, "likeness")
                self.likeness[new] = likeness

    def _is(self, number: str, old: str, by: str) -> None:
        self.same[number], self.by[number] = old, by

    def settled(self) -> Iterator[Control]:
        """The new controls, each with the identity that it goes by: the old one's, or one that nobody has."""
        taken = {_lasting(self.old[old]) for old in self.same.values()}
        for number, control in self.new.items():
            if number in self.same:
                lasting = _lasting(self.old[self.same[number]])
            else:
                lasting = wanted = _lasting(control)
                while lasting in taken:
                    lasting = f"{wanted} ({self.version})" if lasting == wanted else f"{lasting}'"
                taken.add(lasting)
            # NOTE: whoever reads `replaces` without an identity takes that for the identity.
            implied = lasting == number and not control.replaces
            yield replace(control, identity="" if implied else lasting)

    def followers(self) -> dict[str, tuple[str, ...]]:
        """For each old number that was split or merged: the numbers that follow it, its own first where it stays."""
        stays = {old: number for number, old in self.same.items()}
        found: dict[str, list[str]] = {}
        for number, sources in self.sources.items():
            for each in sources:
                found.setdefault(each, [stays[each]] if each in stays else []).append(number)
        return {old: tuple(dict.fromkeys(numbers)) for old, numbers in found.items()}

    def changes(self) -> Iterator[Change]:
        """Everything that is different: in the order of the new version, then what was removed."""
        followers = self.followers()
        told: set[str] = set()
        for number, control in self.new.items():
            if number in self.same:
                yield from self._stays(number, control)
            elif not self.sources[number]:
                yield Change("added", (), (number,), control.title)
            for old in self.sources[number]:
                if old not in told and len(followers[old]) > 1:
                    told.add(old)
                    yield Change("split", (old,), followers[old], self.old[old].title, "replaces")
            joined = tuple(each for each in self.sources[number] if len(followers[each]) == 1)
            if joined:
                own = (self.same[number],) if number in self.same else ()
                yield Change("merged", (*own, *joined), (number,), control.title, "replaces")
        gone = set(self.old) - set(self.same.values()) - set(followers)
        yield from (Change("removed", (number,), (), self.old[number].title) for number in self.old if number in gone)

    def _stays(self, number: str, control: Control) -> Iterator[Change]:
        old = self.old[self.same[number]]
        fields = tuple(name for name in _COMPARED if getattr(old, name) != getattr(control, name))
        if old.number != number:
            by = self.by[number] or "identity"
            yield Change("moved", (old.number,), (number,), control.title, by, fields, self.likeness.get(number, 0.0))
        elif fields:
            yield Change("changed", (number,), (number,), control.title, "", fields)


def _lasting(control: Control) -> str:
    return control.identity or control.number


def _is_implied(control: Control) -> bool:
    """Whether its identity only follows from what it replaces."""
    return control.replaces == (control.identity,)


def _alike(gone: Sequence[Control], come: Sequence[Control]) -> Iterator[tuple[float, str, str]]:
    """Pairs that read alike: (likeness, old number, new number)."""
    words = {id(control): _words(control) for control in (*gone, *come)}
    titled: dict[str, list[Control]] = {}
    for new in come:
        titled.setdefault(new.title, []).append(new)
    many = len(gone) * len(come) > _MOST_PAIRS
    for old in gone:
        for new in titled.get(old.title, ()) if many else come:
            mine, others = words[id(old)], words[id(new)]
            likeness = len(mine & others) / len(mine | others) if mine or others else 0.0
            if likeness >= _ALIKE:
                yield likeness, old.number, new.number


def _words(control: Control) -> frozenset[str]:
    return frozenset(_WORD.findall(f"{control.title} {control.description}".casefold()))

"""Whether a framework holds together, and what an auditor would miss in it.

A problem makes a framework unusable or ambiguous. A note tells of something that works but reads poorly: imported
catalogues often have some.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from studio_kernel.frameworks import PRIORITIES, Control, Framework
from studio_kernel.mappings import MappingRegistry

# No blanks: a number has to be found in a message, a file name and an address.
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.()\[\]/_:+-]*\Z")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found about one subject: a framework, a file or all mappings. ``size`` is told where it is sound."""

    subject: str
    size: str = ""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """What to tell a person, a line each."""
        sound = [] if self.problems else [f"{self.subject}: {self.size}, sound."]
        problems = [f"{self.subject}: {each}" for each in self.problems]
        return [*problems, *sound, *(f"{self.subject}: note: {each}" for each in self.notes)]


def verdict_on(framework: Framework) -> Verdict:
    """Everything that is wrong or poor, each with its place."""
    size = f"{len(framework.controls)} controls in {len(framework.categories)} categories"
    return Verdict(framework.id, size, tuple(_problems(framework)), tuple(_notes(framework)))


def verdict_on_mappings(mappings: MappingRegistry, unknown_ends: Iterable[str]) -> Verdict:
    """Mappings that contradict each other or name controls that aren't there."""
    return Verdict("mappings", f"{len(mappings.all())} pairs", (*mappings.conflicts(), *unknown_ends))


def _problems(framework: Framework) -> Iterator[str]:
    yield from _repeated("categories", [each.id for each in framework.categories])
    yield from _repeated("controls", [each.number for each in framework.controls])
    categories = {each.id for each in framework.categories}
    numbers = {each.number for each in framework.controls}
    for control in framework.controls:
        place = f"controls ({control.number})"
        if not control.title.strip():
            yield f"{place}.title: a non-empty text is needed"
        if control.category not in categories:
            yield f"{place}.category: there is no category {control.category!r}"
        if control.priority not in PRIORITIES:
            yield f"{place}.priority: must be one of {', '.join(PRIORITIES)}"
        for reference in control.references:
            if reference not in numbers:
                yield f"{place}.references: there is no control {reference!r}"


def _repeated(place: str, names: Iterable[str]) -> Iterator[str]:
    for name, times in Counter(names).items():
        if times > 1:
            yield f"{place} ({name}): stands {times} times"


def _notes(framework: Framework) -> Iterator[str]:
    used = {control.category for control in framework.controls}
    for category in framework.categories:
        if category.id not in used:
            yield f"categories ({category.id}): no control belongs to it"
    written: dict[str, str] = {}
    described: dict[str, str] = {}
    for control in framework.controls:
        place = f"controls ({control.number})"
        if not _NUMBER.match(control.number):
            yield f"{place}.number: can't be found in a text; use letters, digits and . ( ) [ ] / _ : + - only"
        if (before := written.setdefault(control.number.casefold(), control.number)) != control.number:
            yield f"{place}.number: differs from {before} by capitals alone"
        yield from _notes_on_description(control, place, described)
        yield from _notes_on_lists(control, place)


def _notes_on_description(control: Control, place: str, described: dict[str, str]) -> Iterator[str]:
    text = " ".join(control.description.split()).casefold()
    first = described.setdefault(text, control.number)
    if not text:
        yield f"{place}.description: is empty"
    elif first != control.number:
        yield f"{place}.description: is that of {first}"
    elif text == control.title.casefold():
        yield f"{place}.description: only repeats the title"


def _notes_on_lists(control: Control, place: str) -> Iterator[str]:
    titles = [each.title.casefold() for each in control.expected_evidence]
    if len(set(titles)) != len(titles):
        yield f"{place}.expected_evidence: the same title stands twice"
    if len(set(control.references)) != len(control.references) or control.number in control.references:
        yield f"{place}.references: names itself or another control twice"

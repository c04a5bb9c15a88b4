"""Completeness, 40 points: is there enough to judge by?"""

from __future__ import annotations

from collections.abc import Iterator

from studio_evidence.quality import words
from studio_evidence.quality.facts import Check, Facts, TextState

_FULL_TEXT = 150
_FULL_DESCRIPTION = 8
_WITHOUT_TEXT: dict[TextState, str] = {
    "no_text": "the file holds no text, as a scan does; upload it with its text",
    "unsupported": "text of this kind of file can't be read; upload it in a form with text, such as PDF or Markdown",
    "protected": "the file is protected by a password; upload it without",
    "damaged": "the file is damaged; upload it anew",
    "too_costly": "reading the file takes more than is allowed; upload a smaller one, or its parts",
}


def checks(facts: Facts) -> Iterator[Check]:
    """What is there, and how much of it."""
    yield _readable(facts)
    yield _substance(facts)
    yield _description(facts)
    yield _control(facts)
    yield _expected(facts)


def _readable(facts: Facts) -> Check:
    there = facts.text_state == "extracted"
    advice = "" if there else f"No text could be read: {_WITHOUT_TEXT[facts.text_state]}"
    return Check("text_readable", "completeness", "Text can be read in the file", 10 if there else 0, 10, advice)


def _substance(facts: Facts) -> Check:
    found = words.count(facts.text)
    points = min(10, 10 * found // _FULL_TEXT)
    advice = f"Say more: the text has {found} words, all points begin at {_FULL_TEXT}" if points < 10 else ""
    return Check("text_substance", "completeness", "The text says enough to judge by", points, 10, advice)


def _description(facts: Facts) -> Check:
    found = words.count(facts.description)
    points = min(6, 6 * found // _FULL_DESCRIPTION)
    advice = f"Describe in at least {_FULL_DESCRIPTION} words what the evidence shows" if points < 6 else ""
    return Check("description_given", "completeness", "A description tells what it shows", points, 6, advice)


def _control(facts: Facts) -> Check:
    points = 6 if facts.controls else 0
    advice = "" if points else "Link the evidence to a control that it serves"
    return Check("control_linked", "completeness", "It serves a control", points, 6, advice)


def _expected(facts: Facts) -> Check:
    what = "It is what its controls expect"
    wanted = [each for control in facts.controls for each in control.expected]
    if not facts.controls:
        advice = "Link the evidence to a control: what it expects can't be told before"
        return Check("expected_evidence", "completeness", what, 0, 8, advice)
    said = words.meaningful(f"{facts.title} {facts.description} {' '.join(facts.tags)} {facts.text}")
    if not wanted or any(_speaks_of(said, each) for each in wanted):
        # NOTE: one piece of evidence is one of the things that a control expects, rarely all of them.
        return Check("expected_evidence", "completeness", what, 8, 8)
    names = "; ".join(list(dict.fromkeys(wanted))[:5])
    return Check("expected_evidence", "completeness", what, 0, 8, f"Name which of these it is, or provide it: {names}")


def _speaks_of(said: frozenset[str], wanted: str) -> bool:
    """Whether at least half of the meaningful words of ``wanted`` are there."""
    needed = words.meaningful(wanted)
    return 2 * len(needed & said) >= len(needed)

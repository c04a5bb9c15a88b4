"""Relevance, 10 points: does it belong to what it is meant to show?"""

from __future__ import annotations

from collections.abc import Iterator

from studio_evidence.quality import words
from studio_evidence.quality.facts import Check, Facts


def checks(facts: Facts) -> Iterator[Check]:
    """How it fits its controls, its title, and whether it can be found."""
    yield _controls(facts)
    yield _title(facts)
    yield _tags(facts)


def _controls(facts: Facts) -> Check:
    what = "It speaks of what its controls are about"
    if not facts.controls:
        return Check("speaks_of_controls", "relevance", what, 0, 6, "Link the evidence to a control that it serves")
    said = words.meaningful(f"{facts.title} {facts.description} {facts.text}")
    silent = [each.title for each in facts.controls if not words.meaningful(each.title) & said]
    points = 6 * (len(facts.controls) - len(silent)) // len(facts.controls)
    advice = f"Say in the text or description what it has to do with: {'; '.join(silent[:5])}" if silent else ""
    return Check("speaks_of_controls", "relevance", what, points, 6, advice)


def _title(facts: Facts) -> Check:
    fits = bool(words.meaningful(facts.title) & words.meaningful(facts.text))
    advice = "" if fits else "Choose a title with words of the text"
    return Check("title_fits", "relevance", "Its title fits its text", 2 if fits else 0, 2, advice)


def _tags(facts: Facts) -> Check:
    advice = "" if facts.tags else "Add a tag"
    return Check("tagged", "relevance", "It has a tag", 2 if facts.tags else 0, 2, advice)

"""Currency, 20 points: does it speak of now?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from studio_evidence.quality.facts import Check, Facts

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def checks(facts: Facts) -> Iterator[Check]:
    """How old it is, until when it holds, and which years it names."""
    yield _recent(facts)
    yield _valid(facts)
    yield _dated(facts)


def _recent(facts: Facts) -> Check:
    limit = min((each.renewal_days for each in facts.controls), default=facts.renewal_days)
    age = max(facts.now - (facts.period_end or facts.uploaded_at), timedelta(0))
    points = 10 if 2 * age <= timedelta(limit) else 6 if age <= timedelta(limit) else 0
    advice = f"Add a newer version: it is {age.days} days old, renewal is every {limit}" if points < 10 else ""
    return Check("recent", "currency", "It is recent for its controls' renewal", points, 10, advice)


def _valid(facts: Facts) -> Check:
    what = "It says until when it is valid, and that is to come"
    if facts.valid_until is None:
        return Check("still_valid", "currency", what, 3, 6, "Give valid_until: the date until when it holds")
    over = facts.valid_until <= facts.now
    advice = "Add a version that is still valid" if over else ""
    return Check("still_valid", "currency", what, 0 if over else 6, 6, advice)


def _dated(facts: Facts) -> Check:
    this, last = facts.now.year, facts.now.year - 1
    there = bool({int(each) for each in _YEAR.findall(facts.text)} & {this, last})
    advice = "" if there else f"Date the document itself: its text names neither {last} nor {this}"
    return Check("text_dated", "currency", "Its text names this or the last year", 4 if there else 0, 4, advice)

"""Accuracy, 30 points: can what it says be relied on?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from studio_evidence.quality.facts import Check, Facts

# NOTE: "todo" in small letters is a word in Spanish and Portuguese.
_UNFINISHED = re.compile(
    r"\bTODO\b|(?i:\b(?:TBD|FIXME|XXX|lorem ipsum)\b|\[(?:insert|your|company|name|date)\b[^\]\n]{0,80}\])"
)


def checks(facts: Facts) -> Iterator[Check]:
    """What speaks for or against what the evidence says."""
    yield _whole(facts)
    yield _period(facts)
    yield _consistent(facts)
    yield _finished(facts)


def _whole(facts: Facts) -> Check:
    broken = facts.text_state == "damaged" or facts.file_size == 0
    advice = "Upload the file anew: it is empty or damaged" if broken else ""
    return Check("file_whole", "accuracy", "The file is whole", 0 if broken else 8, 8, advice)


def _period(facts: Facts) -> Check:
    given = sum(each is not None for each in (facts.period_start, facts.period_end))
    advice = "Give period_start and period_end: the time that the evidence speaks of" if given < 2 else ""
    return Check("period_given", "accuracy", "It says which time it speaks of", 4 * given, 8, advice)


def _consistent(facts: Facts) -> Check:
    what = "Its dates agree with each other"
    wrong = []
    if facts.period_end is not None and facts.period_end > facts.uploaded_at:
        wrong.append("period_end lies after the upload, which can't have been observed")
    if facts.valid_until is not None and facts.valid_until < (facts.period_start or facts.valid_until):
        wrong.append("valid_until lies before period_start")
    return Check("dates_agree", "accuracy", what, 0 if wrong else 6, 6, f"Correct: {'; '.join(wrong)}" if wrong else "")


def _finished(facts: Facts) -> Check:
    what = "The text has no gaps left to fill in"
    if facts.text_state != "extracted":
        return Check("text_finished", "accuracy", what, 0, 8, "Upload a form whose text can be read to tell")
    found = _UNFINISHED.search(facts.text)
    advice = f"Fill in what is left open, such as {found.group()!r}" if found else ""
    return Check("text_finished", "accuracy", what, 0 if found else 8, 8, advice)

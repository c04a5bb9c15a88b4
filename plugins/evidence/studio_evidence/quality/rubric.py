"""The rubric: completeness 40, accuracy 30, currency 20, relevance 10 (product rules, Evidence).

Each check says what was looked at, how many points there were for it, and what would raise them. The points of the
built-in checks of a part add up to its weight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from studio_evidence.quality import accuracy, completeness, currency, relevance
from studio_evidence.quality.facts import WEIGHTS, Check, Facts, Judgement, Part

__all__ = ["checks", "judge", "part_score"]


def judge(facts: Facts, further: Sequence[Check] = ()) -> Judgement:
    """The score of a piece; ``further`` are checks of analysers, which share their part's weight."""
    found = (*checks(facts), *further)
    exact = sum((part_score(part, found) for part in WEIGHTS), Fraction(0))
    return Judgement(int(exact + Fraction(1, 2)), found)


def checks(facts: Facts) -> Iterator[Check]:
    """The built-in checks, part by part."""
    for module in (completeness, accuracy, currency, relevance):
        yield from module.checks(facts)


def part_score(part: Part, found: Sequence[Check]) -> Fraction:
    """The points of a part: its weight times what share of its checks' points was reached; not rounded."""
    own = [check for check in found if check.part == part]
    possible = sum(check.possible for check in own)
    return Fraction(WEIGHTS[part] * sum(check.points for check in own), possible) if possible else Fraction(0)

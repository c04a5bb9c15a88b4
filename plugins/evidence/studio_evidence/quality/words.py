"""Words of texts, as the rubric compares them."""

from __future__ import annotations

import re

from studio_kernel.storage.fulltext import MARKS, UNSPACED

# NOTE: what stands without blanks is found as a whole here, and cut where it matters.
_WORD = re.compile(rf"[{UNSPACED}]+|[^\W{UNSPACED}]+(?:[{MARKS}]+[^\W{UNSPACED}]*)*")
_UNSPACED = re.compile(f"[{UNSPACED}]")
# Words without a meaning of their own, which would match anywhere.
_EMPTY = frozenset(
    {"a", "all", "an", "and", "any", "are", "as", "at", "be", "been", "by", "evidence", "for", "from", "has", "have"}
    | {"in", "into", "is", "it", "its", "of", "on", "or", "shall", "should", "such", "that", "the", "their", "them"}
    | {"they", "this", "to", "was", "were", "which", "who", "with"}
)


def count(text: str) -> int:
    """How many words a text has; where a script has no blanks between them each character counts, as in search."""
    return sum(len(word) if _UNSPACED.match(word) else 1 for word in _WORD.findall(text))


def meaningful(text: str) -> frozenset[str]:
    """The words that say what a text is about: lower case, without plural endings and small words.

    Where a script has no blanks between words, every two neighbouring characters stand for one.
    """
    found = _WORD.findall(text.lower())
    words = (_stem(word) for word in found if word not in _EMPTY and not _UNSPACED.match(word))
    pairs = (run[at : at + 2] for run in found if _UNSPACED.match(run) for at in range(len(run) - 1))
    return frozenset((*(word for word in words if len(word) > 2), *pairs))


def _stem(word: str) -> str:
    """A word without its plural ending: ``policies`` and ``policy`` are one, ``access`` stays."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word

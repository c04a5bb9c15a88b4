"""Words of texts, as the rubric compares them."""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")
# Words without a meaning of their own, which would match anywhere.
_EMPTY = frozenset(
    {"a", "all", "an", "and", "any", "are", "as", "at", "be", "been", "by", "evidence", "for", "from", "has", "have"}
    | {"in", "into", "is", "it", "its", "of", "on", "or", "shall", "should", "such", "that", "the", "their", "them"}
    | {"they", "this", "to", "was", "were", "which", "who", "with"}
)


def count(text: str) -> int:
    """How many words a text has."""
    return sum(1 for _ in _WORD.finditer(text))


def meaningful(text: str) -> frozenset[str]:
    """The words that say what a text is about: lower case, without plural endings and small words."""
    words = (_stem(word) for word in _WORD.findall(text.lower()) if word not in _EMPTY)
    return frozenset(word for word in words if len(word) > 2)


def _stem(word: str) -> str:
    """A word without its plural ending: ``policies`` and ``policy`` are one, ``access`` stays."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word

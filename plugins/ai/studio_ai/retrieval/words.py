"""Words: what a query is about, and words without their endings."""

from __future__ import annotations

import functools
import re

from studio_ai.mentions import EMPTY_WORDS

_WORD = re.compile(r"[^\W_]+")
_ENDING = re.compile(r"(ing|ed|ions?|es|s|ly|er)$")
_MOST_WORDS = 40


def content_words(text: str) -> list[str]:
    """The words of a text that say what it is about, each once; every word when all are common ones."""
    words = list(dict.fromkeys(_WORD.findall(text.lower())))[:_MOST_WORDS]
    return [word for word in words if word not in EMPTY_WORDS] or words


def stems(text: str) -> frozenset[str]:
    """The words of a text without their endings."""
    return frozenset(stem(word) for word in _WORD.findall(text.lower()))


@functools.lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without its commonest endings; short words stay."""
    return _ENDING.sub("", word) if len(word) > 4 else word

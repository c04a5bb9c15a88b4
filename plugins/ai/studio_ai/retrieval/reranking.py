"""The last order of what was found: a closer look at few passages, sentence by sentence.

Three views are added up: how high a passage stood in the fused rankings, how much of the query's rarer words it
holds with its headings, and how near its nearest sentence is to the query.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from studio_ai.retrieval.embedding import Embedder
from studio_ai.retrieval.passages import Passage
from studio_ai.retrieval.words import content_words, stem, stems

_SENTENCES = re.compile(r"(?<=[.!?;])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Weights:
    """What each view counts for, together 1. How they were chosen: ``docs/ai.md``, Search in evidence."""

    fused: float = 0.25
    words: float = 0.25
    nearest: float = 0.5


def closer_look(query: str, passages: Sequence[Passage], embedder: Embedder, weights: Weights) -> list[Passage]:
    """The passages with new scores, best first, then by id. Without a model words count for its share as well."""
    shares = _word_shares(query, passages)
    nearest = _nearest_sentences(query, passages, embedder) if embedder.name else shares
    scored = [
        replace(each, score=round((weights.fused * each.score + weights.words) * share + weights.nearest * near, 4))
        for each, share, near in zip(passages, shares, nearest, strict=True)
    ]
    return sorted(scored, key=lambda each: (-each.score, each.id))


def _word_shares(query: str, passages: Sequence[Passage]) -> list[float]:
    """For each passage, how much of the query it holds; a word counts more the fewer of the passages have it."""
    held = [stems(f"{each.heading} {each.title} {each.text}") for each in passages]
    wanted = {stem(word) for word in content_words(query)}
    weight = {word: math.log(1 + len(held) / (1 + sum(word in each for each in held))) for word in wanted}
    total = sum(weight.values()) or 1.0
    return [sum(value for word, value in weight.items() if word in words) / total for words in held]


def _nearest_sentences(query: str, passages: Sequence[Passage], embedder: Embedder) -> list[float]:
    """For each passage, the cosine between the query and the sentence that comes closest to it, at least 0."""
    sentences = [_sentences(each) for each in passages]
    flat = [" ".join(content_words(text)) for group in sentences for text in group]
    wanted, *vectors = embedder.embed([" ".join(content_words(query)), *flat])
    near = iter([sum(map(operator.mul, wanted, vector)) for vector in vectors])
    return [max(0.0, *(next(near) for _ in group)) for group in sentences]


def _sentences(passage: Passage) -> list[str]:
    title = passage.heading.rpartition(" › ")[2]
    return [f"{title}: {text}" for text in _SENTENCES.split(passage.text) if text.strip()] or [title or passage.title]

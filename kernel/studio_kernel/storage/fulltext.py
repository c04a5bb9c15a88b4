"""Full-text search: which documents hold the words of a query, the best first. SQLite FTS5 and PostgreSQL alike.

Words are cut, folded and stemmed here, in Python, and both databases index and look up the results. So both find
the same, whatever locale, dictionary or tokenizer they come with, and no query text ever reaches a query parser.
"""

from __future__ import annotations

import functools
import re
import threading
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from studio_kernel.storage.database import Database

# Scripts without spaces between words: each character is a word, and what is written together is a phrase. These are
# Thai and Lao, Burmese, Khmer, Japanese and Chinese, without their punctuation and digits.
UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1050-\u109f\u1780-\u17d3\u17dc\u17dd"
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Ranges of characters that stand without blanks between words, for a class in a pattern."""
# Marks that words are found without: accents, points of Hebrew, vowel signs and lengthening of Arabic.
_FOLDED = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
)
# Marks that are letters of their words: the vowels of Indian scripts.
_VOWELS = "".join(c for c in map(chr, range(0x0900, 0x0E00)) if unicodedata.category(c).startswith("M"))
_LETTERS = rf"[^\W_{UNSPACED}]"
MARKS = _FOLDED + _VOWELS
"""Ranges of marks that belong to the word that they stand in, for a class in a pattern."""
_WORD = re.compile(rf"[{UNSPACED}]|{_LETTERS}+(?:[{MARKS}]+{_LETTERS}*)*")
_POINTS = re.compile(f"[{_FOLDED}]")
_TERM = re.compile(r'(-?)"([^"]*)"?|(-?)(\S+)')
# characters: longer words are keys and hashes, told apart by their beginning
_LONGEST_WORD = 64
_LONGEST_QUERY = 10_000
_MOST_TERMS = 16
_MOST_WORDS = 32
LAST_NUMBER = 2**31 - 1
"""The largest number that a passage may have."""
_UNASKED = frozenset(
    _WORD.findall(
        "a an and are as at be by do does for from has have how i if in is it its me my of on or our that the their "
        "there this to was we were what when where which who why will with you your"
    )
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document. ``number`` names it within the document; words of the ``heading`` weigh more."""

    number: int
    text: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow each other; with ``excluded`` what must not be there."""

    words: tuple[str, ...]
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: a document holds all terms, in any of its passages, and none of the excluded ones."""

    terms: tuple[Term, ...] = ()

    @property
    def wanted(self) -> tuple[Term, ...]:
        """The terms that must be there; without any, nothing is found."""
        return tuple(term for term in self.terms if not term.excluded)

    @property
    def words(self) -> frozenset[str]:
        """Every word that is wanted."""
        return frozenset(word for term in self.wanted for word in term.words)


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found. ``number`` is its best passage; ``score`` compares hits of one answer only."""

    document: str
    number: int
    score: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a snippet; ``match`` tells the words that were looked for."""

    text: str
    match: bool


class FullText(Protocol):
    """An index of documents, in the database of the platform: a change joins the open transaction.

    ``collection`` names the kind of document, ``scope`` what decides who may see it, such as a project's id.
    """

    def put(self, collection: str, document: str, scope: str, passages: Sequence[Passage]) -> None:
        """Index passages, in place of those of the document with the same numbers."""
        ...

    def remove(self, collection: str, document: str, *, first: int = 0, last: int = LAST_NUMBER) -> None:
        """Forget a document's passages with the numbers from ``first`` to ``last``; unknown ones are no error."""
        ...

    def remove_scope(self, collection: str, scope: str) -> None:
        """Forget all documents of a scope."""
        ...

    def search(
        self,
        collection: str,
        query: Query,
        *,
        where: Sequence[str] = (),
        values: Mapping[str, Any] | None = None,
        limit: int = 20,
        offset: int = 0,
    ) -> list[Hit]:
        """The documents that hold all of the query, the best first, then the latest id first.

        ``where`` are SQL conditions on ``p.scope`` and ``p.document``, with ``values``. APPSEC: they are part of the
        query, so that what a caller may not see never takes a place in the answer.
        """
        ...

    def count(
        self, collection: str, query: Query, *, where: Sequence[str] = (), values: Mapping[str, Any] | None = None
    ) -> int:
        """How many documents :meth:`search` would find."""
        ...

    def condition(self, collection: str, query: Query, column: str) -> tuple[str, dict[str, Any]]:
        """An SQL condition that ``column`` holds the id of a document with all of the query, and its values.

        For lists that are narrowed by other things as well.
        """
        ...


def open_fulltext(database: Database) -> FullText:
    """The index that the database can keep."""
    if database.dialect == "postgresql":
        from studio_kernel.storage.fulltext_postgresql import PostgresFullText

        return PostgresFullText(database)
    from studio_kernel.storage.fulltext_sqlite import SqliteFullText

    return SqliteFullText(database)


def words_of(text: str) -> list[str]:
    """The words of a text as they are indexed: case and accents folded, English endings cut off."""
    folded = _POINTS.sub("", unicodedata.normalize("NFKD", text).casefold())
    return [_stem(word[:_LONGEST_WORD]) for word in _WORD.findall(unicodedata.normalize("NFC", folded))]


def parse_query(text: str) -> Query:
    """Any text as a query: words, ``"phrases"``, and ``-`` before what must not be there.

    Words that hardly say anything are left out, unless there are no others. At most 16 terms count.
    """
    terms: dict[Term, None] = {}
    spare: dict[Term, None] = {}
    for match in _TERM.finditer(text[:_LONGEST_QUERY]):
        sign, phrase, other_sign, word = match.groups()
        found = tuple(words_of(word if phrase is None else phrase)[:_MOST_WORDS])
        if found:
            common = phrase is None and word.lower().strip(".,;:?!()") in _UNASKED
            (spare if common else terms)[Term(found, bool(sign or other_sign))] = None
    return Query(tuple(terms or spare)[:_MOST_TERMS])


def segments(text: str, query: Query, length: int = 240) -> list[Segment]:
    """The part of ``text``, of about ``length`` characters, with most of the query's words; these are marked."""
    wanted = query.words
    spans = [match.span() for match in _WORD.finditer(text)]
    marked = [span for span in spans if wanted.intersection(words_of(text[slice(*span)]))]
    start, end = _window(text, marked, length)
    found: list[Segment] = []
    here = start
    for first, last in marked:
        if start <= first and last <= end:
            found += [Segment(text[here:first], False), Segment(text[first:last], True)]
            here = last
    found.append(Segment(text[here:end], False))
    if start > 0:
        found.insert(0, Segment("… ", False))
    if end < len(text):
        found.append(Segment(" …", False))
    return [segment for segment in found if segment.text]


def _window(text: str, marked: Sequence[tuple[int, int]], length: int) -> tuple[int, int]:
    """From where to where the snippet goes, at ends of words where there are any."""
    lead = length // 4
    best, most = 0, 0
    for number, (first, _) in enumerate(marked):
        inside = {text[a:b].casefold() for a, b in marked[number : number + 50] if b <= first + length - lead}
        if len(inside) > most:
            best, most = max(0, first - lead), len(inside)
    start = text.find(" ", best, best + lead) + 1 if best else 0
    start = start or best
    end = min(len(text), start + length)
    if end < len(text):
        end = max(text.rfind(" ", start + length // 2, end), start) or end
        end = end if end > start else min(len(text), start + length)
    return start, end


_stemming = threading.local()


@functools.lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    stemmer = getattr(_stemming, "english", None)
    if stemmer is None:
        import snowballstemmer

        # NOTE: a stemmer keeps the word it is at, so that each thread needs its own.
        stemmer = _stemming.english = snowballstemmer.stemmer("english")
    return str(stemmer.stemWord(word))

"""Full-text search in PostgreSQL, by ``tsvector`` and a GIN index.

Vectors and queries are written out as literals from words that were cut before: no text search configuration of the
server takes part. Words hold letters and digits only, so that quoting them is safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio_kernel.storage.fulltext import Passage, Term, words_of
from studio_kernel.storage.fulltext_queries import RelationalFullText
from studio_kernel.storage.sql import Statement

FULLTEXT_SCHEMA = (
    """CREATE TABLE fulltext_passages (
        id BIGSERIAL PRIMARY KEY,
        collection VARCHAR(64) NOT NULL,
        document VARCHAR(80) NOT NULL,
        number INTEGER NOT NULL,
        scope VARCHAR(80) NOT NULL,
        vector TSVECTOR NOT NULL,
        UNIQUE (collection, document, number)
    )""",
    "CREATE INDEX fulltext_passages_scope ON fulltext_passages (collection, scope)",
    "CREATE INDEX fulltext_passages_vector ON fulltext_passages USING gin (vector)",
)

# PostgreSQL counts positions up to here, and keeps so many of one word.
_LAST_POSITION = 16_383
_MOST_POSITIONS = 255
_ADD = Statement(
    "INSERT INTO fulltext_passages (collection, document, number, scope, vector) "
    "VALUES (:collection, :document, :number, :scope, CAST(:vector AS tsvector))"
)


class PostgresFullText(RelationalFullText):
    """Passages with their vectors in ``fulltext_passages``."""

    def matching(self, alias: str, name: str) -> str:
        return f"FROM fulltext_passages {alias} WHERE {alias}.vector @@ CAST(:{name} AS tsquery)"

    def scored(self) -> str:
        # Weights of D, C, B, A: bodies are D, headings A. The 1 divides by the logarithm of the length.
        rank = "ts_rank(CAST('{0.2, 0.2, 0.4, 1.0}' AS real[]), vector, CAST(:any_term AS tsquery), 1)"
        return f"SELECT id, {rank} AS score FROM fulltext_passages WHERE vector @@ CAST(:any_term AS tsquery)"

    def pattern(self, terms: Sequence[Term]) -> str:
        return " | ".join("(" + " <-> ".join(f"'{word}'" for word in term.words) + ")" for term in terms)

    def write(self, collection: str, document: str, scope: str, passages: Sequence[Passage]) -> None:
        for passage in passages:
            key = {"collection": collection, "document": document, "number": passage.number}
            self._database.execute(_ADD, **key, scope=scope, vector=_vector(passage))

    def erase(self, condition: str, **values: Any) -> None:
        self._database.execute(Statement(f"DELETE FROM fulltext_passages AS p WHERE {condition}"), **values)


def _vector(passage: Passage) -> str:
    places: dict[str, list[str]] = {}
    headed = words_of(passage.heading)
    for number, word in enumerate(headed, 1):
        places.setdefault(word, []).append(f"{min(number, _LAST_POSITION)}A")
    # NOTE: a gap, so that no phrase goes from the heading into the body.
    for number, word in enumerate(words_of(passage.text), len(headed) + 2):
        places.setdefault(word, []).append(str(min(number, _LAST_POSITION)))
    return " ".join(f"'{word}':{','.join(found[:_MOST_POSITIONS])}" for word, found in places.items())

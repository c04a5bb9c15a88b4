"""Full-text search in SQLite, by FTS5.

The tokenizer ``ascii`` takes everything beyond ASCII for letters: with words that were cut before and stand between
blanks it has nothing left to decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio_kernel.storage.database import Database
from studio_kernel.storage.fulltext import Passage, Term, words_of
from studio_kernel.storage.fulltext_queries import RelationalFullText
from studio_kernel.storage.sql import Statement

FULLTEXT_SCHEMA = (
    """CREATE TABLE fulltext_passages (
        id INTEGER PRIMARY KEY,
        collection VARCHAR(64) NOT NULL,
        document VARCHAR(80) NOT NULL,
        number INTEGER NOT NULL,
        scope VARCHAR(80) NOT NULL,
        UNIQUE (collection, document, number)
    )""",
    "CREATE INDEX fulltext_passages_scope ON fulltext_passages (collection, scope)",
    "CREATE VIRTUAL TABLE fulltext_index USING fts5(heading, body, tokenize = 'ascii')",
)

_ADD = Statement(
    "INSERT INTO fulltext_passages (collection, document, number, scope) "
    "VALUES (:collection, :document, :number, :scope)"
)
_INDEX = Statement(
    "INSERT INTO fulltext_index (rowid, heading, body) SELECT id, :heading, :body FROM fulltext_passages "
    "WHERE collection = :collection AND document = :document AND number = :number"
)


class SqliteFullText(RelationalFullText):
    """Passages in ``fulltext_passages``, their words in the FTS5 table ``fulltext_index`` under the same row id."""

    def matching(self, alias: str, name: str) -> str:
        # PERF: CROSS JOIN begins with the index; without statistics SQLite would rather look at every passage.
        return (
            f"FROM fulltext_index CROSS JOIN fulltext_passages {alias} ON {alias}.id = fulltext_index.rowid "
            f"WHERE fulltext_index MATCH :{name}"
        )

    def scored(self) -> str:
        # NOTE: bm25 is the smaller the better.
        return (
            "SELECT rowid AS id, -bm25(fulltext_index, 12.0, 1.0) AS score "
            "FROM fulltext_index WHERE fulltext_index MATCH :any_term"
        )

    def pattern(self, terms: Sequence[Term]) -> str:
        # APPSEC: words hold letters and digits only, so that nothing in them can end the quotation.
        return " OR ".join(f'"{" ".join(term.words)}"' for term in terms)

    def write(self, collection: str, document: str, scope: str, passages: Sequence[Passage]) -> None:
        for passage in passages:
            key = {"collection": collection, "document": document, "number": passage.number}
            self._database.execute(_ADD, **key, scope=scope)
            heading, body = " ".join(words_of(passage.heading)), " ".join(words_of(passage.text))
            self._database.execute(_INDEX, **key, heading=heading, body=body)

    def erase(self, condition: str, **values: Any) -> None:
        with self._database.transaction():
            chosen = f"SELECT p.id FROM fulltext_passages p WHERE {condition}"
            self._database.execute(Statement(f"DELETE FROM fulltext_index WHERE rowid IN ({chosen})"), **values)
            self._database.execute(Statement(f"DELETE FROM fulltext_passages AS p WHERE {condition}"), **values)


_MERGE = Statement("INSERT INTO fulltext_index (fulltext_index) VALUES ('optimize')", postgresql="SELECT 1")


def forget_words(database: Database) -> int:
    """Take words out of the index whose passages are gone: FTS5 keeps them until its parts are merged."""
    if database.dialect == "sqlite":
        with database.transaction():
            database.execute(_MERGE)
    return 0

"""Statements: SQL that is rendered once for each dialect, with named parameters bound at each run."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import peewee

Dialect = Literal["sqlite", "postgresql"]

# Texts, quoted names and remarks are passed over; so is the cast "::".
_TOKENS = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | :: | :([a-z_][a-z0-9_]*)""",
    re.VERBOSE | re.DOTALL,
)


class _Rendered:
    """One dialect's text, cut at its parameters, so that sequences can be widened at run time."""

    __slots__ = ("names", "pieces", "text")

    def __init__(self, sql: str, mark: str) -> None:
        pieces: list[str] = []
        names: list[str] = []
        start = 0
        for match in _TOKENS.finditer(sql):
            if match.group(1) is None:
                continue
            pieces.append(sql[start : match.start()])
            names.append(match.group(1))
            start = match.end()
        pieces.append(sql[start:])
        if mark == "%s":
            pieces = [piece.replace("%", "%%") for piece in pieces]
        self.pieces = tuple(pieces)
        self.names = tuple(names)
        self.text = mark.join(pieces)


class Statement:
    """SQL with ``:name`` parameters. Build it once, at import or start; run it with ``Database.rows``.

    A parameter bound to a list or tuple becomes a parenthesised list, for ``IN :ids``; an empty one matches
    nothing. Where the dialects differ, ``postgresql`` gives the other text.
    PERF: text is rendered once a dialect; a run only looks its parameters up.
    """

    __slots__ = ("_postgresql", "_sqlite")

    def __init__(self, sql: str, *, postgresql: str | None = None) -> None:
        self._sqlite = _Rendered(sql, "?")
        self._postgresql = _Rendered(postgresql if postgresql is not None else sql, "%s")

    def bind(self, dialect: Dialect, values: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """The text and parameters to run. ``KeyError`` when a parameter is missing."""
        rendered = self._sqlite if dialect == "sqlite" else self._postgresql
        parameters = tuple([values[name] for name in rendered.names])
        for value in parameters:
            if type(value) is list or type(value) is tuple:
                return _widen(rendered, parameters, "?" if dialect == "sqlite" else "%s")
        return rendered.text, parameters


def _widen(rendered: _Rendered, parameters: tuple[Any, ...], mark: str) -> tuple[str, tuple[Any, ...]]:
    text = [rendered.pieces[0]]
    flat: list[Any] = []
    for value, piece in zip(parameters, rendered.pieces[1:], strict=True):
        if isinstance(value, list | tuple):
            text.append(f"({', '.join([mark] * len(value))})" if value else "(NULL)")
            flat.extend(value)
        else:
            text.append(mark)
            flat.append(value)
        text.append(piece)
    return "".join(text), tuple(flat)


class _Slot:
    """Stands for a value while peewee builds a query that will run many times."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def slot(name: str) -> Any:
    """A named place in a peewee query, filled at each run with a value in the form in which it is stored."""
    # NOTE: False, not None: peewee would let the compared field convert the slot, most of them to a text.
    return peewee.Value(_Slot(name), converter=False, unpack=False)


class CompiledQuery:
    """A peewee query built once. Values written into the query stay; :func:`slot` places are bound a run."""

    __slots__ = ("_cache", "_query")

    def __init__(self, query: Any) -> None:
        self._query = query
        self._cache: dict[Dialect, tuple[str, tuple[Any, ...]]] = {}

    def bind(self, dialect: Dialect, values: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """The text and parameters to run. ``KeyError`` when a slot has no value."""
        compiled = self._cache.get(dialect)
        if compiled is None:
            compiled = self._cache[dialect] = _compile(self._query, dialect)
        text, parameters = compiled
        return text, tuple([values[p.name] if type(p) is _Slot else p for p in parameters])


def _compile(query: Any, dialect: Dialect) -> tuple[str, tuple[Any, ...]]:
    builder: peewee.Database
    builder = peewee.SqliteDatabase(None) if dialect == "sqlite" else peewee.PostgresqlDatabase(None)
    text, parameters = builder.get_sql_context().sql(query).query()  # type: ignore[no-untyped-call]
    return text, tuple(parameters)


class RowsInsert:
    """An ``INSERT`` of as many rows as each run has in ``rows``, each a sequence of one value a column.

    ``ignore`` skips clashes.
    PERF: of a row only the marks are repeated. A statement kept for each number of rows takes up to a megabyte.
    """

    __slots__ = ("_head", "_places", "_tail")

    def __init__(self, table: str, columns: Sequence[str], *, ignore: bool = False) -> None:
        names = ", ".join(f'"{column}"' for column in columns)
        self._head = f'INSERT INTO "{table}" ({names}) VALUES '
        self._places = len(columns)
        self._tail = " ON CONFLICT DO NOTHING" if ignore else ""

    def bind(self, dialect: Dialect, values: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """The text and parameters to run."""
        rows: Sequence[Sequence[Any]] = values["rows"]
        mark = "?" if dialect == "sqlite" else "%s"
        group = f"({', '.join([mark] * self._places)})"
        text = f"{self._head}{', '.join([group] * len(rows))}{self._tail}"
        return text, tuple(itertools.chain.from_iterable(rows))


Runnable = Statement | CompiledQuery | RowsInsert

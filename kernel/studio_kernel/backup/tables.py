"""Tables as they are in a database, whichever plugin made them: names, columns, reading and filling them."""

from __future__ import annotations

import graphlib
from collections.abc import Iterator, Sequence
from typing import Any

from studio_kernel.storage.database import Database, Row
from studio_kernel.storage.sql import Statement

_TABLES = Statement(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    postgresql="SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() "
    "AND table_type = 'BASE TABLE' ORDER BY table_name",
)
_VIRTUAL = Statement("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'")
_COLUMNS = Statement(
    "SELECT name, lower(type), '' FROM pragma_table_info(:table) ORDER BY cid",
    postgresql="SELECT column_name, data_type, COALESCE(column_default, '') FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND table_name = :table AND is_generated = 'NEVER' "
    "ORDER BY ordinal_position",
)
_REFERRED = Statement(
    'SELECT "table" FROM pragma_foreign_key_list(:table)',
    postgresql="SELECT referred.relname FROM pg_constraint c JOIN pg_class referred ON referred.oid = c.confrelid "
    "WHERE c.contype = 'f' AND c.conrelid = to_regclass(:table)",
)
# PERF: parameters of one statement, far below what either database allows
_PARAMETERS = 8_000


def table_names(database: Database) -> list[str]:
    """The tables of the platform and of others in the same place; parts of SQLite's indexes are none."""
    names = [row[0] for row in database.rows(_TABLES)]
    if database.dialect == "postgresql":
        return names
    virtual = [row[0] for row in database.rows(_VIRTUAL)]
    return [name for name in names if not any(name == each or name.startswith(f"{each}_") for each in virtual)]


def in_order(database: Database, names: Sequence[str]) -> list[str]:
    """The tables in an order in which they can be filled: those that others refer to come first."""
    sorter: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
    for name in names:
        referred = {row[0] for row in database.rows(_REFERRED, table=name)} - {name}
        sorter.add(name, *sorted(referred.intersection(names)))
    return list(sorter.static_order())


def column_names(database: Database, table: str) -> list[str]:
    """The columns that are written to; the database computes others itself."""
    return [row[0] for row in database.rows(_COLUMNS, table=table)]


def count(database: Database, table: str) -> int:
    """How many rows a table has."""
    return int(database.value(Statement(f'SELECT COUNT(*) FROM "{table}"')))


def read(database: Database, table: str, columns: Sequence[str]) -> Iterator[list[Row]]:
    """All rows, in parts; inside a snapshot."""
    names = ", ".join(f'"{column}"' for column in columns)
    return database.stream(Statement(f'SELECT {names} FROM "{table}"'))


class Filler:
    """Fills one table, inside a transaction."""

    def __init__(self, database: Database, table: str, columns: Sequence[str]) -> None:
        self._database = database
        self._table = table
        self._columns = list(columns)
        kinds = {name: kind for name, kind, _ in database.rows(_COLUMNS, table=table)}
        self._boolean = [number for number, name in enumerate(columns) if kinds.get(name) == "boolean"]
        self._at_once = max(1, min(500, _PARAMETERS // max(1, len(columns))))
        self._whole = self._statement(self._at_once)

    def empty(self) -> None:
        """Remove what migrations put in."""
        if count(self._database, self._table):
            self._database.execute(Statement(f'DELETE FROM "{self._table}"'))

    def add(self, rows: list[list[Any]]) -> None:
        """Insert rows as another database had them."""
        for row in rows:
            for number in self._boolean:
                row[number] = None if row[number] is None else bool(row[number])
        for start in range(0, len(rows), self._at_once):
            part = rows[start : start + self._at_once]
            statement = self._whole if len(part) == self._at_once else self._statement(len(part))
            values = {f"c{n}_{number}": value for number, row in enumerate(part) for n, value in enumerate(row)}
            self._database.execute(statement, **values)

    def _statement(self, rows: int) -> Statement:
        names = ", ".join(f'"{column}"' for column in self._columns)
        places = range(len(self._columns))
        groups = ", ".join("(" + ", ".join(f":c{n}_{row}" for n in places) + ")" for row in range(rows))
        return Statement(f'INSERT INTO "{self._table}" ({names}) VALUES {groups}')

    def settle(self) -> None:
        """Let numbering go on behind the highest number; SQLite does so by itself."""
        if self._database.dialect == "sqlite":
            return
        for name, _, default in self._database.rows(_COLUMNS, table=self._table):
            if default.startswith("nextval("):
                self._database.row(
                    Statement(
                        f'SELECT setval(pg_get_serial_sequence(:table, :column), COALESCE(MAX("{name}"), 1), '
                        f'MAX("{name}") IS NOT NULL) FROM "{self._table}"'
                    ),
                    table=f'"{self._table}"',
                    column=name,
                )

"""Many rows from one: what the platform wrote for one user and one project is the pattern for all others.

So the benchmark needs to know little of the platform's tables: that rows have `id`, `project_id` and
`user_id`, and that times are text in RFC 3339 (`studio_kernel.clock`). A migration does not break it.
"""

import itertools
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

import psycopg
from psycopg import sql

from benchmarks import dataset

Row = dict[str, Any]

UNTOUCHED = (
    "activity", "audit", "event", "graph", "idempotency", "job", "migration", "outbox", "session", "token", "vector",
)  # fmt: skip
"""Parts of the names of tables whose rows tell what happened, or are derived: they are neither read nor copied."""


class CloneError(RuntimeError):
    """The pattern was not found in the database, or its copies do not fit into it."""


class Store(Protocol):
    """The few things that copying rows needs of a database."""

    def columns(self) -> dict[str, list[str]]:
        """Return the names of all tables with their columns."""
        ...

    def rows(self, table: str, column: str, value: str) -> list[Row]:
        """Return the rows of `table` whose `column` is `value`."""
        ...

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows, fast."""
        ...


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """Open a store; all inserts commit together at the end, and the database then gathers its statistics."""
    if url.startswith("sqlite:///"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        try:
            with connection:
                yield _SQLite(connection)
            connection.execute("ANALYZE")
        finally:
            connection.close()
        return
    with psycopg.connect(url) as link:
        yield _PostgreSQL(link)
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("VACUUM ANALYZE")


class _SQLite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def columns(self) -> dict[str, list[str]]:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        tables = [name for (name,) in self.connection.execute(query)]
        return {
            table: [column[1] for column in self.connection.execute(f'PRAGMA table_info("{table}")')]
            for table in tables
        }

    def rows(self, table: str, column: str, value: str) -> list[Row]:
        cursor = self.connection.execute(f'SELECT * FROM "{table}" WHERE "{column}" = ?', (value,))
        names = [description[0] for description in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" for _ in columns)
        self.connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)


class _PostgreSQL:
    """Reads and writes every value as text: so a copy needs to know no column's type."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.known: dict[str, list[str]] = {}

    def columns(self) -> dict[str, list[str]]:
        query = (
            "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables"
            " USING (table_schema, table_name) WHERE table_schema = current_schema()"
            " AND table_type = 'BASE TABLE' AND is_generated = 'NEVER' ORDER BY table_name, ordinal_position"
        )
        pairs = self.connection.execute(query).fetchall()
        for table, group in itertools.groupby(pairs, key=lambda pair: str(pair[0])):
            self.known[table] = [str(column) for _, column in group]
        return self.known

    def rows(self, table: str, column: str, value: str) -> list[Row]:
        names = self.known[table]
        shown = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names)
        query = sql.SQL("SELECT {} FROM {} WHERE {}::text = %s").format(
            shown, sql.Identifier(table), sql.Identifier(column)
        )
        return [dict(zip(names, row, strict=True)) for row in self.connection.execute(query, (value,))]

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        command = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
        with self.connection.cursor() as cursor, cursor.copy(command) as copy:
            for row in rows:
                copy.write_row([None if value is None else str(value) for value in row])


def moment(value: datetime) -> str:
    """Return a time in the platform's form: UTC, six decimals, `Z`."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def clone(url: str, user: str, project: str, count: int) -> None:
    """Fill the platform's database at `url` with the users, projects and members of the data set.

    `user` is the id of user 0 of the data set, who can sign in, and `project` that of a project which user 0
    is not in; the platform made both. All other rows are copies of theirs.

    :raises CloneError: a table with that user, that project or its members was not found.
    """
    with opened(url) as store:
        tables = _of_interest(store.columns())
        ids = _clone_users(store, tables, user, count)
        owner = _table_of(store, tables, project)
        _clone_projects(store, owner, project, count)
        parts = {table: store.rows(table, "project_id", project) for table in tables if "project_id" in tables[table]}
        teams = [table for table in parts if parts[table] and "user_id" in tables[table] and "role" in tables[table]]
        if len(teams) != 1:
            raise CloneError(f"the members of {project} were looked for in one table, but are in {teams}")
        for table, patterns in parts.items():
            if table == teams[0]:
                _copy(store, table, patterns[0], _memberships(count, ids))
            else:
                _clone_parts(store, table, patterns, project, count)


def _of_interest(tables: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: columns for name, columns in tables.items() if not any(word in name for word in UNTOUCHED)}


def _table_of(store: Store, tables: dict[str, list[str]], identifier: str) -> str:
    """Find the table that has `identifier` as its id."""
    found = [table for table, columns in tables.items() if "id" in columns and store.rows(table, "id", identifier)]
    if len(found) != 1:
        raise CloneError(f"{identifier} was looked for in one table, but is in {found}")
    return found[0]


def _clone_users(store: Store, tables: dict[str, list[str]], user: str, count: int) -> dict[str, str]:
    """Copy the account; return the ids that stand for those of the data set."""
    table = _table_of(store, tables, user)
    pattern = store.rows(table, "id", user)[0]
    copies: list[Row] = []
    ids = {dataset.user_id(0): user}
    for identifier, email, name, _ in itertools.islice(dataset.users(count), 1, None):
        ids[identifier] = identifier
        copies.append({**_replaced(pattern, pattern.get("email"), email), "id": identifier, "name": name})
    _copy(store, table, pattern, iter(copies))
    return ids


def _clone_projects(store: Store, table: str, project: str, count: int) -> None:
    pattern = store.rows(table, "id", project)[0]
    _copy(store, table, pattern, ({**pattern, **_values(row)} for row in dataset.projects(count)))


def _values(row: dataset.Project) -> Row:
    return {
        "id": row[0],
        "name": row[1],
        "description": row[2],
        "status": row[3],
        "compliance_score": row[5],
        "created_at": moment(row[6]),
        "updated_at": moment(row[7]),
    }


def _memberships(count: int, ids: dict[str, str]) -> Iterator[Row]:
    for project, user, role, joined in dataset.members(count):
        yield {"project_id": project, "user_id": ids[user], "role": role, "joined_at": moment(joined)}


def _clone_parts(store: Store, table: str, patterns: Sequence[Row], project: str, count: int) -> None:
    """Copy whatever else belongs to the project, such as the state of its controls."""
    for pattern in patterns:
        copies = (_replaced(pattern, project, row[0]) for row in dataset.projects(count))
        _copy(store, table, pattern, copies)


def _replaced(pattern: Row, old: Any, new: Any) -> Row:
    return {column: new if value == old else value for column, value in pattern.items()}


def _copy(store: Store, table: str, pattern: Row, copies: Iterator[Row]) -> None:
    """Insert `copies` of `pattern`: columns not named in a copy stay, ids not given are new."""
    fresh = _fresh_ids(pattern)
    columns = [column for column in pattern if column != "id" or fresh is not None]

    def lines() -> Iterator[list[Any]]:
        for copy in copies:
            row = {**pattern, **{name: value for name, value in copy.items() if name in pattern}}
            if fresh is not None and "id" in pattern and row["id"] == pattern["id"]:
                row["id"] = fresh()
            yield [row[column] for column in columns]

    store.insert(table, columns, lines())


def _fresh_ids(pattern: Row) -> Callable[[], str] | None:
    """Return a maker of ids like the pattern's (`prefix_…`); None when the database numbers the rows."""
    prefix, underscore, _ = str(pattern.get("id", "none_")).partition("_")
    numbers = itertools.count()
    return (lambda: f"{prefix}_{next(numbers):026d}") if underscore else None

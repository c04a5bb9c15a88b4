"""The relational database: SQLite by default, PostgreSQL at scale, one interface.

Each thread keeps one connection. Everything that changes data runs in :meth:`Database.transaction`;
a transaction opened inside another joins it. Reads outside a transaction see committed data.
"""

from __future__ import annotations

import contextlib
import functools
import re
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import peewee

from studio_kernel.errors import Conflict, Contended, ServiceUnavailable
from studio_kernel.storage.commits import GroupCommit
from studio_kernel.storage.models import Table
from studio_kernel.storage.silence import Watch
from studio_kernel.storage.sql import Dialect, RowsInsert, Runnable, Statement

Row = tuple[Any, ...]

# PERF: parameters of one statement; SQLite allows 32,766 and PostgreSQL 65,535.
_MOST_PARAMETERS = 30_000
# Seconds that a PostgreSQL server has for letting a newcomer in before it counts as silent.
_LONGEST_PROBE = 5.0


class Transaction:
    """What belongs to one transaction: work to do after it commits, and facts for those who join it."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self._before_commit: list[Callable[[], None]] = []
        self._after_commit: list[Callable[[], None]] = []

    def before_commit(self, action: Callable[[], None]) -> None:
        """Run ``action`` inside the transaction, last thing; what it raises rolls everything back."""
        self._before_commit.append(action)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run ``action`` once the changes are durable; it must not raise."""
        self._after_commit.append(action)

    def run_before_commit(self) -> None:
        while self._before_commit:
            self._before_commit.pop(0)()

    def run_after_commit(self) -> None:
        for action in self._after_commit:
            action()


class Database:
    """One relational database. Made from a URL by :func:`open_database`; safe to use from many threads."""

    dialect: Dialect

    def __init__(self, backend: peewee.Database, dialect: Dialect, watch: Watch | None = None) -> None:
        self.dialect = dialect
        self.backend = backend
        self._watch = watch
        self._local = threading.local()
        # NOTE: SQLite has one writer at a time. Waiting here is short; waiting in SQLite is polling.
        self._commits = GroupCommit(self._command, self._abandon_writer) if dialect == "sqlite" else None
        self._writer: Any = None
        self._connections: set[Any] = set()
        self._connections_lock = threading.Lock()
        self.count_query: Callable[[str], None] | None = None
        """Told the text of every statement that runs; tests count with it."""
        self.on_begin: Callable[[Transaction], None] | None = None
        """Told of every transaction that begins (not of those that join one)."""
        self.on_transaction: Callable[[], Callable[[], None] | None] | None = None
        """Called before every transaction; what it returns is called when that is over, however it ended."""

    def let_others_work(self, aside: Callable[[], contextlib.AbstractContextManager[None]]) -> None:
        """Have ``aside`` held by every thread that waits for SQLite's one writer."""
        if self._commits is not None:
            self._commits.aside = aside

    # -- running statements ---------------------------------------------------------------------------

    def rows(self, statement: Runnable, /, **values: Any) -> list[Row]:
        """All rows as plain tuples."""
        return self._run(statement, values, _fetch_all)  # type: ignore[no-any-return]

    def row(self, statement: Runnable, /, **values: Any) -> Row | None:
        """The first row, or None."""
        return self._run(statement, values, _fetch_one)  # type: ignore[no-any-return]

    def value(self, statement: Runnable, /, **values: Any) -> Any:
        """The first column of the first row, or None without a row."""
        row = self.row(statement, **values)
        return row[0] if row is not None else None

    def execute(self, statement: Runnable, /, **values: Any) -> int:
        """Run a change; how many rows it touched."""
        return self._run(statement, values, _row_count)  # type: ignore[no-any-return]

    def insert(self, model: type[Table], values: Mapping[str, Any], *, ignore: bool = False) -> int:
        """Insert one row, columns by name; ``Conflict`` when a unique column is taken.

        With ``ignore`` a clash inserts nothing; the answer is the number of rows inserted.
        """
        return self.insert_many(model, [values], ignore=ignore)

    def insert_many(self, model: type[Table], rows: Sequence[Mapping[str, Any]], *, ignore: bool = False) -> int:
        """Insert rows that have the same columns, all or none, in as few statements as the database takes."""
        if not rows:
            return 0
        columns = tuple(rows[0])
        step = max(1, min(500, _MOST_PARAMETERS // len(columns)))
        inserted = 0
        with self.transaction() if len(rows) > step else contextlib.nullcontext():
            for start in range(0, len(rows), step):
                part = rows[start : start + step]
                inserted += self.execute(_insert(model, columns, ignore), rows=_adapted(model, columns, part))
        return inserted

    def update(self, model: type[Table], values: Mapping[str, Any], *, where: Mapping[str, Any]) -> int:
        """Set columns on the rows whose columns equal ``where``; how many there were."""
        statement = _update(model, tuple(values), tuple(where))
        bound = {f"set_{name}": _adapt(model, name, value) for name, value in values.items()}
        bound |= _adapted_where(model, where)
        return self.execute(statement, **bound)

    def delete(self, model: type[Table], *, where: Mapping[str, Any]) -> int:
        """Delete the rows whose columns equal ``where`` (at least one); how many there were."""
        statement = _delete(model, tuple(where))
        return self.execute(statement, **_adapted_where(model, where))

    def _run(self, statement: Runnable, values: Mapping[str, Any], fetch: Callable[[Any], Any]) -> Any:
        text, parameters = statement.bind(self.dialect, values)
        had_connection = self._connected
        try:
            return self._attempt(text, parameters, fetch)
        except ServiceUnavailable:
            # NOTE: a read, or a BEGIN, is tried once more when its connection was lost, as at a restart. A
            # change isn't: it may have been made before the connection was lost.
            if self.current is not None or fetch is _row_count or self._connected or not had_connection:
                raise
        return self._attempt(text, parameters, fetch)

    def _attempt(self, text: str, parameters: tuple[Any, ...], fetch: Callable[[Any], Any]) -> Any:
        if self.count_query is not None:
            self.count_query(text)
        try:
            connection = self._connection()
            cursor = connection.cursor()
            try:
                if self._watch is None:
                    cursor.execute(text, parameters)
                else:
                    with self._watch.over(connection):
                        cursor.execute(text, parameters)
                return fetch(cursor)
            finally:
                cursor.close()
        except Exception as error:
            self._translate(error)
            raise

    # -- transactions ---------------------------------------------------------------------------------

    @property
    def writers_waiting(self) -> int:
        """How many threads wait for their turn to change something; on PostgreSQL nobody does."""
        return 0 if self._commits is None else self._commits.waiting

    @property
    def current(self) -> Transaction | None:
        """The transaction that this thread is in."""
        return getattr(self._local, "transaction", None)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """All or nothing: commits at the end, rolls back on any exception. Joins an open transaction."""
        joined = self.current
        if joined is not None:
            yield joined
            return
        transaction = Transaction()
        own = self._alone(transaction)
        over = None if self.on_transaction is None else self.on_transaction()
        try:
            with own if self._commits is None else self._commits.member(_OnWriter(self, transaction)):
                if self.on_begin is not None:
                    self.on_begin(transaction)
                yield transaction
                transaction.run_before_commit()
        finally:
            if over is not None:
                over()
        transaction.run_after_commit()

    @contextlib.contextmanager
    def _alone(self, transaction: Transaction) -> Iterator[None]:
        """From BEGIN to COMMIT on this thread's own connection."""
        self._run(_BEGIN, {}, _nothing)
        self._local.transaction = transaction
        try:
            yield
            self._run(_COMMIT, {}, _nothing)
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._local.transaction = None

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """Inside a transaction: undo only this part when it raises."""
        depth = getattr(self._local, "depth", 0)
        name = f"studio_{depth}"
        self._local.depth = depth + 1
        self._command(f"SAVEPOINT {name}")
        try:
            yield
            # NOTE: fails on PostgreSQL when a statement failed and the caller kept silent about it.
            self._command(f"RELEASE SAVEPOINT {name}")
        except BaseException:
            self._command(f"ROLLBACK TO SAVEPOINT {name}")
            self._command(f"RELEASE SAVEPOINT {name}")
            raise
        finally:
            self._local.depth = depth

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that this thread reads inside is the database as it is now; it can change nothing.

        Others go on changing. On SQLite the write-ahead log keeps what they write until the end.
        """
        if self.current is not None:
            raise RuntimeError("a snapshot can't begin inside a transaction")
        if self.dialect == "sqlite":
            self._command("PRAGMA query_only = 1")
        self._run(_BEGIN_SNAPSHOT, {}, _nothing)
        self._local.transaction = Transaction()
        try:
            # NOTE: what is seen is settled by the first read, not by BEGIN.
            self._run(_LOOK, {}, _fetch_one)
            yield
        finally:
            self._roll_back()
            self._local.transaction = None
            if self.dialect == "sqlite":
                self._command("PRAGMA query_only = 0")

    def stream(self, statement: Runnable, /, *, size: int = 1000, **values: Any) -> Iterator[list[Row]]:
        """Rows in parts of at most ``size``, so that memory stays bounded. Inside a transaction or snapshot only."""
        text, parameters = statement.bind(self.dialect, values)
        if self.dialect == "postgresql":
            self._attempt(f"DECLARE studio_stream NO SCROLL CURSOR FOR {text}", parameters, _nothing)
            while part := self._attempt(f"FETCH {size} FROM studio_stream", (), _fetch_all):
                yield part
            self._attempt("CLOSE studio_stream", (), _nothing)
            return
        cursor = self._connection().cursor()
        try:
            cursor.execute(text, parameters)
            while part := cursor.fetchmany(size):
                yield part
        finally:
            cursor.close()

    def lock(self, name: str) -> None:
        """Until the transaction ends, nobody else passes :meth:`lock` with the same name.

        On SQLite a transaction already has the database to itself.
        """
        if self.dialect == "postgresql":
            self.row(_ADVISORY_LOCK, name=name)

    def try_share(self, name: str) -> bool:
        """Until the transaction ends, nobody passes :meth:`lock` with that name; others may share it.

        False, at once, when somebody holds it or waits for it: for whoever has locks that those may wait for.
        """
        return self.dialect != "postgresql" or bool(self.value(_SHARED_LOCK, name=name))

    def _command(self, text: str) -> None:
        self._run(Statement(text), {}, _nothing)

    def _roll_back(self) -> None:
        try:
            self._run(_ROLLBACK, {}, _nothing)
        except Exception:
            # NOTE: the connection is gone, and with it the transaction.
            self.close_thread()

    def enter_writer(self, transaction: Transaction) -> Any:
        """Let this thread's statements run on the writer's connection; what they ran on before."""
        own = getattr(self._local, "connection", None)
        if self._writer is None:
            try:
                self._writer = self.backend._connect()  # type: ignore[attr-defined]
            except Exception as error:
                self._translate(error)
                raise
            with self._connections_lock:
                self._connections.add(self._writer)
        self._local.connection = self._writer
        self._local.transaction = transaction
        return own

    def leave_writer(self, own: Any) -> None:
        """Let this thread's statements run on its own connection again."""
        self._local.connection = own
        self._local.transaction = None

    def _abandon_writer(self) -> None:
        connection, self._writer = self._writer, None
        with self._connections_lock:
            self._connections.discard(connection)
        with contextlib.suppress(Exception):
            connection.close()

    # -- connections ----------------------------------------------------------------------------------

    @property
    def _connected(self) -> bool:
        return getattr(self._local, "connection", None) is not None

    def _connection(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            if self.current is not None:
                # NOTE: on a new connection the rest of the transaction would be committed without its
                # beginning.
                raise ServiceUnavailable("The connection to the database was lost half-way")
            connection = self._local.connection = self._connect()
            with self._connections_lock:
                self._connections.add(connection)
        return connection

    def _connect(self) -> Any:
        # NOTE: peewee's own `connect` lets threads connect one after the other, however long each has to wait.
        if self._watch is None:
            return self.backend._connect()  # type: ignore[attr-defined]
        self._watch.start()
        with self._watch.over(object()):
            return self.backend._connect()  # type: ignore[attr-defined]

    def close_thread(self) -> None:
        """Close this thread's connection; the next statement opens another."""
        connection: Any = getattr(self._local, "connection", None)
        self._local.connection = None
        self._local.depth = 0
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close()
        with self._connections_lock:
            self._connections.discard(connection)

    def close(self) -> None:
        """Close every thread's connection."""
        if self._watch is not None:
            self._watch.stop()
        self.close_thread()
        with self._connections_lock:
            connections, self._connections = self._connections, set()
        for connection in connections:
            with contextlib.suppress(Exception):
                connection.close()

    def _translate(self, error: Exception) -> None:
        """Raise what the platform says in place of a driver's exception, where it has a word for it."""
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if "IntegrityError" in kinds:
            raise Conflict("The change clashes with existing data") from error
        if not kinds & {"OperationalError", "InterfaceError"}:
            return
        if self.dialect == "sqlite" and not _SQLITE_TROUBLE.search(str(error)):
            return
        code = getattr(error, "pgcode", None)
        if code in _CONTENDED or getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            raise Contended from error
        # NOTE: class 08 and 57P are about the connection; without a code there was none to answer.
        if self.dialect == "postgresql" and (code is None or code.startswith(("08", "57P"))):
            self.close_thread()
        raise ServiceUnavailable("The database can't be reached at the moment") from error


class _OnWriter:
    """While it is entered, this thread's statements belong to a transaction on the writer's connection."""

    __slots__ = ("_database", "_own", "_transaction")

    def __init__(self, database: Database, transaction: Transaction) -> None:
        self._database = database
        self._transaction = transaction

    def __enter__(self) -> None:
        self._own = self._database.enter_writer(self._transaction)

    def __exit__(self, *error: object) -> None:
        self._database.leave_writer(self._own)


def _fetch_all(cursor: Any) -> list[Row]:
    return cursor.fetchall()  # type: ignore[no-any-return]


def _fetch_one(cursor: Any) -> Row | None:
    return cursor.fetchone()  # type: ignore[no-any-return]


def _row_count(cursor: Any) -> int:
    return int(cursor.rowcount)


def _nothing(cursor: Any) -> None:
    return None


_BEGIN = Statement("BEGIN IMMEDIATE", postgresql="BEGIN")
_BEGIN_SNAPSHOT = Statement("BEGIN", postgresql="BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
_LOOK = Statement("SELECT COUNT(*) FROM sqlite_master", postgresql="SELECT 1")
_COMMIT = Statement("COMMIT")
_ROLLBACK = Statement("ROLLBACK")
# NOTE: SQLite has one exception class for a busy file and for a mistake in the SQL; the text tells them
# apart.
_SQLITE_TROUBLE = re.compile(r"locked|busy|disk|unable to open|readonly|full|closed", re.IGNORECASE)


_ADVISORY_LOCK = Statement("SELECT 1", postgresql="SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_SHARED_LOCK = Statement("SELECT 1", postgresql="SELECT pg_try_advisory_xact_lock_shared(hashtextextended(:name, 0))")
# A deadlock, a serialization failure, and a lock that was waited for too long: PostgreSQL is there, and gave one up.
_CONTENDED = ("40P01", "40001", "55P03")


def table_name(model: type[Table]) -> str:
    """The table that a model describes."""
    return str(model._meta.table_name)


def _adapt(model: type[Table], column: str, value: Any) -> Any:
    field = model._meta.columns[column]
    return field.db_value(value)


def _adapted_where(model: type[Table], where: Mapping[str, Any]) -> dict[str, Any]:
    return {f"where_{name}": _adapt(model, name, value) for name, value in where.items()}


def _adapted(model: type[Table], columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    fields = model._meta.columns
    adapters = [(column, fields[column].db_value) for column in columns]
    return [[adapt(row[column]) for column, adapt in adapters] for row in rows]


@functools.lru_cache(maxsize=512)
def _insert(model: type[Table], columns: tuple[str, ...], ignore: bool) -> RowsInsert:
    return RowsInsert(table_name(model), columns, ignore=ignore)


def _conditions(columns: tuple[str, ...]) -> str:
    if not columns:
        raise ValueError("a change of all rows must be written out as a statement")
    return " AND ".join(f'"{column}" = :where_{column}' for column in columns)


@functools.lru_cache(maxsize=512)
def _update(model: type[Table], columns: tuple[str, ...], where: tuple[str, ...]) -> Statement:
    assignments = ", ".join(f'"{column}" = :set_{column}' for column in columns)
    return Statement(f'UPDATE "{table_name(model)}" SET {assignments} WHERE {_conditions(where)}')


@functools.lru_cache(maxsize=512)
def _delete(model: type[Table], where: tuple[str, ...]) -> Statement:
    return Statement(f'DELETE FROM "{table_name(model)}" WHERE {_conditions(where)}')


def open_database(url: str, *, timeout: float = 10.0) -> Database:
    """Open ``sqlite:///path`` or ``postgresql://…``; ``ValueError`` says what is wrong with the URL.

    ``timeout`` is in seconds: how long to wait for a connection or a lock before giving up.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "sqlite":
        path = urllib.parse.unquote(parts.path.removeprefix("/") if parts.netloc else parts.path[1:])
        return _open_sqlite(path, timeout)
    if parts.scheme in ("postgresql", "postgres"):
        return _open_postgresql(url, timeout)
    raise ValueError("use sqlite:///absolute/path or postgresql://user:password@host:port/name")


def _open_sqlite(path: str, timeout: float) -> Database:
    if not path:
        raise ValueError("name a file: sqlite:////absolute/path/studio.db")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    pragmas = {
        "journal_mode": "wal",
        "synchronous": "full",
        "foreign_keys": 1,
        "cache_size": -32_000,
        "temp_store": "memory",
        "busy_timeout": int(timeout * 1000),
    }
    return Database(peewee.SqliteDatabase(path, pragmas=pragmas, timeout=timeout, check_same_thread=False), "sqlite")


def _open_postgresql(url: str, timeout: float) -> Database:
    dsn = url.replace("postgres://", "postgresql://", 1)
    backend = peewee.PostgresqlDatabase(
        dsn,
        connect_timeout=max(1, int(timeout)),
        # NOTE: for a host that is gone: the system gives up what it sent there, and asks an idle one now and then.
        tcp_user_timeout=int(timeout * 1000),
        keepalives_idle=60,
        application_name="studio",
        options=f"-c lock_timeout={int(timeout * 1000)} -c timezone=UTC",
    )
    return Database(backend, "postgresql", Watch(lambda: _answers(dsn, min(_LONGEST_PROBE, timeout / 2)), timeout))


def _answers(url: str, timeout: float) -> bool:
    """Whether a PostgreSQL server says anything to a newcomer, be it a refusal."""
    import psycopg2

    begun = time.monotonic()
    # NOTE: the driver counts in whole seconds, and takes one for two.
    limit = max(2, int(timeout))
    try:
        psycopg2.connect(url, connect_timeout=limit, application_name="studio").close()
    except psycopg2.OperationalError as error:
        return "timeout expired" not in str(error) and time.monotonic() - begun < limit
    return True

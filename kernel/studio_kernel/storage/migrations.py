"""Migrations: each plugin's steps from nothing to today's tables, applied once, in order, all or nothing.

Both databases run DDL inside transactions, so a step and the note that it ran commit together: an interrupted
run is simply run again. A database that holds a step unknown to the program is newer, and is refused.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import peewee

from studio_kernel.clock import to_text, utc_now
from studio_kernel.errors import ConfigurationError, Contended
from studio_kernel.storage.database import Database, table_name
from studio_kernel.storage.models import Table
from studio_kernel.storage.sql import Statement

_log = logging.getLogger(__name__)

_CREATE = Statement(
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "plugin VARCHAR(64) NOT NULL, name VARCHAR(128) NOT NULL, applied_at VARCHAR(27) NOT NULL, "
    "PRIMARY KEY (plugin, name))"
)
_APPLIED = Statement("SELECT plugin, name FROM schema_migrations ORDER BY applied_at, plugin, name")
_NOTED = Statement(
    "SELECT COUNT(*) FROM sqlite_master WHERE name = 'schema_migrations'",
    postgresql="SELECT CASE WHEN to_regclass('schema_migrations') IS NULL THEN 0 ELSE 1 END",
)
_RAN = Statement("SELECT COUNT(*) FROM schema_migrations WHERE plugin = :plugin AND name = :name")
_NOTE = Statement("INSERT INTO schema_migrations (plugin, name, applied_at) VALUES (:plugin, :name, :now)")


Phase = Literal["expand", "contract"]


@dataclass(frozen=True, slots=True)
class Migration:
    """One step. ``name`` sorts within its plugin (``0001_users``); ``apply`` runs inside a transaction.

    ``phase`` says whether processes of the version before go on working with it: ``expand`` adds what they don't
    look at, ``contract`` takes away what only they need, and is held back until somebody says that none is left.
    """

    name: str
    apply: Callable[[Database], None]
    summary: str = ""
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A migration and the plugin that owns it."""

    plugin: str
    migration: Migration


def create_tables(database: Database, models: Sequence[type[Table]]) -> None:
    """Create tables and indexes as the models describe them today.

    Use it in the first migration of a table with a model class frozen in the migration's own module.
    """
    builder: peewee.Database
    builder = peewee.SqliteDatabase(None) if database.dialect == "sqlite" else peewee.PostgresqlDatabase(None)
    for model in models:
        # NOTE: peewee runs DDL itself; these two only build it, as its own migrator uses them.
        manager: Any = peewee.SchemaManager(model, builder)
        contexts = [manager._create_table(safe=False), *manager._create_indexes(safe=False)]
        for context in contexts:
            text, parameters = context.query()
            if parameters:
                raise ValueError(f"table {table_name(model)}: DDL may not carry parameters")
            database.execute(Statement(text))


def pending(database: Database, steps: Sequence[Step]) -> list[Step]:
    """The steps that have not run, in order. Refuses a database that is newer than the program."""
    with turn(database):
        # NOTE: PostgreSQL's IF NOT EXISTS is no guard against another session that creates the same table.
        database.execute(_CREATE)
    applied = {(plugin, name) for plugin, name in database.rows(_APPLIED)}
    plugins = {step.plugin for step in steps}
    known = {(step.plugin, step.migration.name) for step in steps}
    newer = [f"{plugin} {name}" for plugin, name in sorted(applied - known) if plugin in plugins]
    if newer:
        raise ConfigurationError(
            [f"the database is newer than this program: it has the migration {newer[0]}; install that version"]
        )
    return [step for step in steps if (step.plugin, step.migration.name) not in applied]


@contextlib.contextmanager
def turn(database: Database) -> Iterator[None]:
    """A transaction in which nobody else migrates; it waits for whoever does, however long their steps take."""
    with contextlib.ExitStack() as entered:
        while not _entered(database, entered):
            _log.warning("another process migrates the database, or keeps it busy; waiting until it has ended")
        yield


def _entered(database: Database, turn: contextlib.ExitStack) -> bool:
    """Whether it is this process's turn. The wait for a lock ends after the database's timeout."""
    try:
        with contextlib.ExitStack() as tried:
            tried.enter_context(database.transaction())
            database.lock("studio.migrations")
            turn.push(tried.pop_all())
    except Contended:
        return False
    return True


def waiting_steps(database: Database, steps: Sequence[Step]) -> list[Step]:
    """The steps that have not run, found without writing; all of them in an empty database."""
    if not database.value(_NOTED):
        return list(steps)
    applied = {(plugin, name) for plugin, name in database.rows(_APPLIED)}
    return [step for step in steps if (step.plugin, step.migration.name) not in applied]


def held_back(database: Database, waiting: Sequence[Step]) -> list[Step]:
    """Those that wait until no older process is left: a plugin's declared ``contract`` step, and what follows it.

    A plugin that has no tables yet has no older processes either.
    """
    begun = {plugin for plugin, _ in database.rows(_APPLIED)} if database.value(_NOTED) else set()
    held: list[Step] = []
    for step in waiting:
        follows = any(each.plugin == step.plugin for each in held)
        if follows or (step.migration.phase == "contract" and step.plugin in begun):
            held.append(step)
    return held


def migrate(
    database: Database,
    steps: Sequence[Step],
    *,
    before: Callable[[Step], None] | None = None,
    contract: bool = False,
) -> list[Step]:
    """Apply what is pending; the steps that ran. Any number of processes may call this at once.

    :param contract: also what :func:`held_back` holds back, because no older process is left.
    """
    done: list[Step] = []
    waiting = pending(database, steps)
    held = [] if contract else held_back(database, waiting)
    for step in waiting:
        if step in held:
            continue
        if before is not None:
            before(step)
        with turn(database):
            if not database.value(_RAN, plugin=step.plugin, name=step.migration.name):
                step.migration.apply(database)
                database.execute(_NOTE, plugin=step.plugin, name=step.migration.name, now=to_text(utc_now()))
                done.append(step)
    return done

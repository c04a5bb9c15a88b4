"""Marks: small facts about an install, such as its last backup. They stay where they are: no backup has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import peewee

from studio_kernel.clock import to_text
from studio_kernel.storage.database import Database
from studio_kernel.storage.models import JSONField, Table, TimeField
from studio_kernel.storage.sql import Statement

FILES_HELD = "files.held"
"""Until its time, no stored file is deleted: a backup is reading them."""
FILE_COLUMNS = "files.columns"
"""Where plugins name stored files, as far as they have been here."""
WORKER = "worker"
"""A worker of that name is at work; ends by itself soon after its last sign of life."""
LAST_BACKUP = "backup.last"
RESTORED = "restore.unfinished"
"""What a restore left to the plugins is not done yet."""


class MarkRow(Table):
    """One fact. ``until`` is set where it ends by itself."""

    name = peewee.CharField(max_length=80, primary_key=True)
    value = JSONField()
    noted_at = TimeField()
    until = TimeField(null=True)

    class Meta:
        table_name = "marks"


_FORGET = Statement("DELETE FROM marks WHERE name LIKE :pattern AND until <= :now")


@dataclass(frozen=True, slots=True)
class Mark:
    """A fact that was found."""

    value: Any
    noted_at: str
    until: str | None


_SET = Statement(
    "INSERT INTO marks (name, value, noted_at, until) VALUES (:name, :value, :now, :until) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value, noted_at = excluded.noted_at, until = excluded.until"
)
_GET = Statement("SELECT value, noted_at, until FROM marks WHERE name = :name AND (until IS NULL OR until > :now)")
_ALL = Statement(
    "SELECT name, value, noted_at, until FROM marks WHERE name LIKE :pattern "
    "AND (until IS NULL OR until > :now) ORDER BY name"
)


def set_mark(database: Database, name: str, value: Any, now: datetime, *, until: datetime | None = None) -> None:
    """Note a fact, in place of an earlier one of that name."""
    text = orjson.dumps(value).decode()
    ends = to_text(until) if until is not None else None
    database.execute(_SET, name=name, value=text, now=to_text(now), until=ends)


def get_mark(database: Database, name: str, now: datetime) -> Mark | None:
    """A fact that still holds."""
    row = database.row(_GET, name=name, now=to_text(now))
    return None if row is None else Mark(orjson.loads(row[0]), row[1], row[2])


def marks_below(database: Database, prefix: str, now: datetime) -> dict[str, Mark]:
    """The facts whose name begins with ``prefix`` and a colon, by what follows it."""
    start = f"{prefix}:"
    rows = database.rows(_ALL, pattern=f"{start}%", now=to_text(now))
    return {name.removeprefix(start): Mark(orjson.loads(value), at, until) for name, value, at, until in rows}


def drop_mark(database: Database, name: str) -> None:
    """Forget a fact."""
    database.delete(MarkRow, where={"name": name})


def beat(database: Database, worker: str, now: datetime, seconds: float) -> None:
    """A worker's sign of life, good for that long; those of workers that are gone are forgotten."""
    with database.transaction():
        database.execute(_FORGET, pattern=f"{WORKER}:%", now=to_text(now))
        set_mark(database, f"{WORKER}:{worker}", {}, now, until=now + timedelta(seconds=seconds))


def hold_files(database: Database, holder: str, now: datetime, until: datetime) -> None:
    """From the commit on nobody deletes stored files, until :func:`release_files` or that moment."""
    with database.transaction():
        database.lock(FILES_HELD)
        set_mark(database, f"{FILES_HELD}:{holder}", {}, now, until=until)


def release_files(database: Database, holder: str) -> None:
    """End a hold."""
    drop_mark(database, f"{FILES_HELD}:{holder}")


def may_delete_files(database: Database, now: datetime) -> bool:
    """Whether stored files may be deleted before the open transaction ends; nobody can hold them meanwhile."""
    database.lock(FILES_HELD)
    return not marks_below(database, FILES_HELD, now)

"""What pending steps would do, before they do it: which are safe beside older processes, what they lock, how much.

Each step is tried on an empty SQLite database that is thrown away, and its statements are read. So nothing of the
install is touched or locked; what a step does only with certain rows stays unseen.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from studio_kernel.storage.database import Database, open_database
from studio_kernel.storage.migrations import Phase, Step
from studio_kernel.storage.sql import Statement

_NAME = r'"?(\w+)"?'
_BOOKKEEPING = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|SELECT)|.*\bschema_migrations\b", re.S)
_NEW_TABLE = re.compile(rf"CREATE (?:VIRTUAL )?TABLE (?:IF NOT EXISTS )?{_NAME}", re.I)
_INDEX = re.compile(rf"CREATE (?:UNIQUE )?INDEX (?:IF NOT EXISTS )?{_NAME} ON {_NAME}", re.I)
_COLUMN = re.compile(rf"ALTER TABLE {_NAME} ADD (?:COLUMN )?{_NAME}(.*)", re.I | re.S)
_ALTER = re.compile(rf"ALTER TABLE {_NAME} (DROP|RENAME|ALTER)", re.I)
_DROP = re.compile(rf"DROP (TABLE|VIEW) (?:IF EXISTS )?{_NAME}", re.I)
_ROWS = re.compile(rf"(UPDATE|DELETE FROM|INSERT INTO) {_NAME}", re.I)
_ESTIMATE = Statement("SELECT 0", postgresql="SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(:table)")
_DOES = {"UPDATE": "changes rows", "DELETE FROM": "deletes rows", "INSERT INTO": "adds rows"}


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step does to one table; ``rows`` is about how many it has, and 0 for what is new."""

    table: str
    does: str
    waits: str = ""
    rows: int = 0
    breaks_older: bool = False


@dataclass(slots=True)
class PlannedStep:
    """A step that is to come. ``safe`` tells whether processes of the version before go on working with it."""

    plugin: str
    migration: str
    summary: str
    phase: Phase = "expand"
    declared: bool = False
    effects: list[Effect] = field(default_factory=list)

    @property
    def safe(self) -> bool:
        """Whether it may run while older processes do."""
        return self.phase == "expand"


def plan(database: Database, steps: Sequence[Step], waiting: Sequence[Step]) -> list[PlannedStep]:
    """What the ``waiting`` ones of all ``steps`` would do to this database."""
    if not waiting:
        return []
    sizes = _Sizes(database)
    with tempfile.TemporaryDirectory(prefix="studio-plan-") as folder:
        scratch = open_database(f"sqlite:///{Path(folder) / 'scratch.db'}")
        try:
            return [
                planned for step in steps if (planned := _try(scratch, step, sizes, wanted=step in waiting)) is not None
            ]
        finally:
            scratch.close()


def _try(scratch: Database, step: Step, sizes: _Sizes, *, wanted: bool) -> PlannedStep | None:
    said: list[str] = []
    scratch.count_query = said.append
    try:
        with scratch.transaction():
            step.migration.apply(scratch)
        effects = [effect for text in said if (effect := _effect(text, sizes)) is not None]
    except Exception as error:
        effects = [Effect("?", f"can't be foretold: {error}", "everybody, perhaps", breaks_older=True)]
    finally:
        scratch.count_query = None
    if not wanted:
        return None
    breaks = any(effect.breaks_older for effect in effects)
    phase = step.migration.phase or ("contract" if breaks else "expand")
    return PlannedStep(
        step.plugin, step.migration.name, step.migration.summary, phase, step.migration.phase is not None, effects
    )


class _Sizes:
    """About how many rows the tables of an install have; those that steps make have none."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._there = {row[0] for row in database.rows(_THERE)}

    def of(self, table: str) -> int:
        """About how many rows; 0 for a table that isn't there yet."""
        if table not in self._there:
            return 0
        if self._database.dialect == "sqlite":
            return int(self._database.value(Statement(f'SELECT COUNT(*) FROM "{table}"')))
        return max(0, int(self._database.value(_ESTIMATE, table=f'"{table}"') or 0))

    def is_new(self, table: str) -> bool:
        """Whether the table isn't there yet."""
        return table not in self._there


_THERE = Statement(
    "SELECT name FROM sqlite_master WHERE type = 'table'",
    postgresql="SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()",
)


def _effect(text: str, sizes: _Sizes) -> Effect | None:
    """What one statement does, as far as it matters to others; None where it doesn't."""
    if _BOOKKEEPING.match(text):
        return None
    if found := _NEW_TABLE.match(text):
        return Effect(found[1], "makes the table")
    if found := _DROP.match(text):
        return Effect(found[2], f"drops the {found[1].lower()}", "everybody", sizes.of(found[2]), breaks_older=True)
    if found := _ALTER.match(text):
        does = {"DROP": "drops a column", "RENAME": "renames", "ALTER": "changes a column"}[found[2].upper()]
        return Effect(found[1], does, "everybody", sizes.of(found[1]), breaks_older=True)
    return _addition(text, sizes)


def _addition(text: str, sizes: _Sizes) -> Effect | None:
    if (found := _INDEX.match(text)) and not sizes.is_new(found[2]):
        return Effect(found[2], f"builds the index {found[1]}", "writers, until it is built", sizes.of(found[2]))
    if (found := _COLUMN.match(text)) and not sizes.is_new(found[1]):
        needs = "NOT NULL" in found[3].upper() and "DEFAULT" not in found[3].upper()
        return Effect(found[1], f"adds the column {found[2]}", "everybody, for a moment", 0, breaks_older=needs)
    if (found := _ROWS.match(text)) and not sizes.is_new(found[2]):
        return Effect(found[2], _DOES[found[1].upper()], "writers of the same rows", sizes.of(found[2]))
    return None

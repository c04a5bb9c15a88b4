"""Which stored files rows name: in every :class:`DigestField`, also of plugins that don't take part at the moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.backup.tables import table_names
from studio_kernel.errors import ServiceUnavailable
from studio_kernel.marks import FILE_COLUMNS, get_mark, set_mark
from studio_kernel.storage.database import table_name
from studio_kernel.storage.models import DigestField
from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.app import Platform

Columns = dict[str, list[list[str]]]
"""By plugin, pairs of a table and its column."""


def columns(platform: Platform) -> Columns:
    """The columns of the plugins of this platform."""
    found: Columns = {}
    for plugin, model in platform.models:
        for field in model._meta.sorted_fields:
            if isinstance(field, DigestField):
                found.setdefault(plugin, []).append([table_name(model), field.column_name])
    return found


def note_columns(platform: Platform) -> None:
    """Remember the columns of plugins that are here now, for the time when one of them isn't."""
    database, own = platform.database, columns(platform)
    if own.items() <= _noted(platform).items():
        return
    with database.transaction():
        database.lock(FILE_COLUMNS)
        set_mark(database, FILE_COLUMNS, {**_noted(platform), **own}, platform.clock())


def in_use(platform: Platform, digests: Sequence[str]) -> set[str]:
    """Those of the files that must stay.

    Plugins say so themselves. For one that is disabled, left out or can't answer, its rows do.

    :raises ServiceUnavailable: one can't answer and has no such rows, so nobody knows.
    """
    answers = platform.hooks.files_in_use(platform, digests)
    found = {digest for named in answers.values() for digest in named or ()}
    known = {**_noted(platform), **columns(platform)}
    for plugin, named in answers.items():
        if named is None and plugin not in known:
            raise ServiceUnavailable(f"the plugin {plugin!r} can't say which stored files it needs, so none is deleted")
    silent = [pair for plugin, pairs in known.items() if answers.get(plugin) is None for pair in pairs]
    there = set(table_names(platform.database)) if silent else set()
    for table, column in silent:
        if table in there:
            rows = Statement(f'SELECT DISTINCT "{column}" FROM "{table}" WHERE "{column}" IN :digests')
            found.update(row[0] for row in platform.database.rows(rows, digests=list(digests)))
    return found


def _noted(platform: Platform) -> Columns:
    mark = get_mark(platform.database, FILE_COLUMNS, platform.clock())
    return {} if mark is None else dict(mark.value)

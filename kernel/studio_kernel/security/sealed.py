"""What is sealed in the database with the platform's key: every :class:`SealedField` of every table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_kernel.backup.tables import column_names
from studio_kernel.errors import ConfigurationError
from studio_kernel.security.secrets import SecretBox
from studio_kernel.storage.database import Row, table_name
from studio_kernel.storage.models import SealedField
from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_AT_ONCE = 200
_OWNERS = Statement("SELECT DISTINCT plugin FROM schema_migrations ORDER BY plugin")


@dataclass(slots=True)
class Seals:
    """How many values of one column the key seals, how many an accepted key does, and how many no key here opens."""

    table: str
    column: str
    anew: int = 0
    earlier: int = 0
    unreadable: int = 0

    def take(self, box: SecretBox, sealed: str) -> bytes | None:
        """Count a value; its content where it has to be sealed anew."""
        if box.is_sealed_anew(sealed):
            self.anew += 1
            return None
        try:
            content = box.open(sealed)
        except ConfigurationError:
            self.unreadable += 1
            return None
        self.earlier += 1
        return content


def sealed_columns(platform: Platform) -> Iterator[tuple[str, SealedField]]:
    """Tables with their sealed columns, those that are there."""
    for _, model in platform.models:
        fields = [field for field in model._meta.sorted_fields if isinstance(field, SealedField)]
        there = column_names(platform.database, table_name(model)) if fields else []
        yield from ((table_name(model), field) for field in fields if field.column_name in there)


def unknown_owners(platform: Platform) -> list[str]:
    """Plugins that have tables here and aren't loaded: nobody knows what they have sealed."""
    known = {record.name for record in platform.plugins.active} | {"kernel"}
    return [name for (name,) in platform.database.rows(_OWNERS) if name not in known]


def count_seals(platform: Platform) -> list[Seals]:
    """How things stand, column by column."""
    return [_go_through(platform, table, field, reseal=False) for table, field in sealed_columns(platform)]


def reseal(platform: Platform) -> list[Seals]:
    """Seal everything that an accepted key has sealed with the first key; what there was.

    Some rows at a time: interrupted, what was done stays, and the next call does the rest. A value that somebody
    changes meanwhile is left as they wrote it.
    """
    return [_go_through(platform, table, field, reseal=True) for table, field in sealed_columns(platform)]


def _go_through(platform: Platform, table: str, field: SealedField, *, reseal: bool) -> Seals:
    database, box = platform.database, platform.secret_box(field.purpose)
    seals = Seals(table, field.column_name)
    key = field.model._meta.primary_key.column_name
    page = Statement(
        f'SELECT "{key}", "{field.column_name}" FROM "{table}" WHERE "{key}" > :after '
        f'AND "{field.column_name}" IS NOT NULL ORDER BY "{key}" LIMIT {_AT_ONCE}'
    )
    change = Statement(
        f'UPDATE "{table}" SET "{field.column_name}" = :fresh WHERE "{key}" = :key AND "{field.column_name}" = :sealed'
    )
    after = ""
    while rows := database.rows(page, after=after):
        after = rows[-1][0]
        fresh = [(row, content) for row in rows if (content := seals.take(box, row[1])) is not None]
        if reseal and fresh:
            _write(platform, change, box, fresh)
    return seals


def _write(platform: Platform, change: Statement, box: SecretBox, fresh: list[tuple[Row, bytes]]) -> None:
    with platform.database.transaction():
        for (key, sealed), content in fresh:
            platform.database.execute(change, fresh=box.seal(content), key=key, sealed=sealed)

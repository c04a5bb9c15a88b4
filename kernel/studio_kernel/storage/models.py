"""How tables are described: peewee models that belong to no database.

A model names a table's columns and indexes. It is never bound: queries are compiled and run by
:class:`studio_kernel.storage.database.Database`, so that any number of databases can live in one process.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
import peewee

from studio_kernel.clock import to_text


class TimeField(peewee.CharField):
    """A moment in the platform's fixed-width text form (see :mod:`studio_kernel.clock`)."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 27)
        super().__init__(**options)

    def db_value(self, value: Any) -> Any:
        return to_text(value) if isinstance(value, datetime) else value


class JSONField(peewee.TextField):
    """A value kept as JSON text; rows read without models carry the text, ready for the wire."""

    def db_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()

    def python_value(self, value: Any) -> Any:
        return orjson.loads(value) if isinstance(value, str) else value


class DigestField(peewee.CharField):
    """The SHA-256 of a file in the platform's store, in hexadecimal; empty for none.

    Backups carry the files that such columns name.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 64)
        super().__init__(**options)


class SealedField(peewee.TextField):
    """A text sealed by ``platform.secret_box(purpose)``; ``studio secret-key`` seals it anew with another key.

    ``lost`` tells an operator what to do where the key is gone for good; empty: rows with it may simply be forgotten.
    """

    def __init__(self, purpose: str, lost: str = "", **options: Any) -> None:
        self.purpose = purpose
        self.lost = lost
        super().__init__(**options)


class Table(peewee.Model):
    """Base of every table. Give ``Meta.table_name`` and use ``id = peewee.CharField(primary_key=True)``."""

    class Meta:
        legacy_table_names = False

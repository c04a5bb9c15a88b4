"""Imported frameworks as the registry takes them in, in every process that shares the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from studio_compliance.importing import queries
from studio_kernel.errors import ServiceUnavailable
from studio_kernel.frameworks import Framework, framework_from_document

if TYPE_CHECKING:
    from studio_kernel.app import Platform

CHANGING = "compliance.frameworks"
"""The fact of a transaction that changes imported frameworks: until it commits, they are what they were."""


class ImportedFrameworks:
    """Implements :class:`studio_kernel.frameworks.FrameworkSource` over the tables."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._kept: dict[tuple[Any, ...], Framework] = {}

    def state(self) -> str:
        """The token of the last change; one query, and nothing inside a transaction that may yet be undone."""
        current = self._database.current
        if current is not None and CHANGING in current.facts:
            return ""
        try:
            return str(self._database.value(queries.STATE) or "")
        except ServiceUnavailable:
            return ""

    def frameworks(self) -> Sequence[Framework]:
        """The version of each that counts; only what changed is read again."""
        rows = self._database.rows(queries.CURRENT)
        found = {row: self._kept.get(row) or self._read(row[0], row[1]) for row in rows}
        self._kept = {row: framework for row, framework in found.items() if framework is not None}
        return tuple(self._kept.values())

    def _read(self, framework_id: str, revision: int) -> Framework | None:
        """One version; None when it was removed since it was named, which the next look takes in."""
        definition = self._database.value(queries.DEFINITION, framework_id=framework_id, revision=revision)
        return None if definition is None else kept_framework(definition)


def kept_framework(definition: str) -> Framework:
    """A framework from its kept definition, which was checked when it came in."""
    document: Mapping[str, Any] = orjson.loads(definition)
    return framework_from_document(document, str(document.get("id")))

"""What is sealed in the database with the platform's key: every :class:`SealedField` of every table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from studio_kernel.storage.database import table_name
from studio_kernel.storage.models import SealedField

if TYPE_CHECKING:
    from studio_kernel.app import Platform


def sealed_columns(platform: Platform) -> Iterator[tuple[str, SealedField]]:
    """Tables with their sealed columns."""
    for _, model in platform.models:
        for field in model._meta.sorted_fields:
            if isinstance(field, SealedField):
                yield table_name(model), field

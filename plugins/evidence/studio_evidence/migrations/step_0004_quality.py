"""What the analysis of quality said of versions."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import Migration, create_tables
from studio_kernel.storage.models import JSONField, Table, TimeField


class AnalysisRow(Table):
    """A judgement on one version."""

    evidence_id = peewee.CharField(max_length=80)
    version = peewee.IntegerField()
    project_id = peewee.CharField(max_length=80, index=True)
    score = peewee.IntegerField()
    checks = JSONField()
    text_state = peewee.CharField(max_length=16)
    analyzed_at = TimeField()

    class Meta:
        table_name = "evidence_analyses"
        primary_key = peewee.CompositeKey("evidence_id", "version")


def _apply(database: Database) -> None:
    create_tables(database, (AnalysisRow,))


MIGRATION = Migration("0004_quality", _apply, "What the analysis of quality said of versions")

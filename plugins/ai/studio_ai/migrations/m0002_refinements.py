"""What analyses of evidence came to."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import Migration, create_tables
from studio_kernel.storage.models import JSONField, Table, TimeField


class _Refinement(Table):
    evidence_id = peewee.CharField(max_length=80, primary_key=True)
    version = peewee.IntegerField()
    project_id = peewee.CharField(max_length=80, index=True)
    base_score = peewee.IntegerField()
    score = peewee.IntegerField()
    summary = peewee.TextField()
    provider = peewee.CharField(max_length=40)
    model = peewee.CharField(max_length=120)
    citations = JSONField()
    refined_at = TimeField()

    class Meta:
        table_name = "ai_refinements"


def _apply(database: Database) -> None:
    create_tables(database, (_Refinement,))


MIGRATION = Migration("0002_refinements", _apply, "What analyses of evidence came to")

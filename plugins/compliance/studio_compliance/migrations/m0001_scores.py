"""Scores and their history."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import Migration, create_tables
from studio_kernel.storage.models import JSONField, Table, TimeField


class _Score(Table):
    project_id = peewee.CharField(max_length=80, primary_key=True)
    overall = peewee.IntegerField()
    parts = JSONField()
    calculated_at = TimeField()
    day = peewee.CharField(max_length=10, index=True)

    class Meta:
        table_name = "compliance_scores"


class _ScoreHistory(Table):
    project_id = peewee.CharField(max_length=80)
    day = peewee.CharField(max_length=10)
    overall = peewee.IntegerField()
    parts = JSONField()

    class Meta:
        table_name = "compliance_score_history"
        primary_key = peewee.CompositeKey("project_id", "day")


def _apply(database: Database) -> None:
    create_tables(database, (_Score, _ScoreHistory))


MIGRATION = Migration("0001_scores", _apply, "Scores of projects and their history by day")

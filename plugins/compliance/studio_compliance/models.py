"""Tables: the score of each project as it stands, and one score a project a day."""

from __future__ import annotations

import peewee

from studio_kernel.storage.models import JSONField, Table, TimeField


class ScoreRow(Table):
    """The score as of ``calculated_at``, the last time that it, or anything shown with it, changed.

    ``day`` is the UTC day of the newest row of the history.
    """

    project_id = peewee.CharField(max_length=80, primary_key=True)
    overall = peewee.IntegerField()
    parts = JSONField()
    calculated_at = TimeField()
    day = peewee.CharField(max_length=10, index=True)

    class Meta:
        table_name = "compliance_scores"


class ScoreHistoryRow(Table):
    """The last score of a UTC day (``2024-01-15``)."""

    project_id = peewee.CharField(max_length=80)
    day = peewee.CharField(max_length=10)
    overall = peewee.IntegerField()
    parts = JSONField()

    class Meta:
        table_name = "compliance_score_history"
        primary_key = peewee.CompositeKey("project_id", "day")


MODELS = (ScoreRow, ScoreHistoryRow)

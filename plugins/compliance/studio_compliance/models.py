"""Tables: the score of each project as it stands, one score a project a day, and what its evidence adds up to."""

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


class HoldingRow(Table):
    """A piece of evidence as the score last took it in; ``counted`` when it was approved and current then.

    ``controls`` are the controls that it serves, ``scopes`` the scopes of :class:`HoldingTotalsRow` it counts in.
    """

    evidence_id = peewee.CharField(max_length=80, primary_key=True)
    project_id = peewee.CharField(max_length=80)
    quality = peewee.IntegerField()
    approved = peewee.BooleanField()
    counted = peewee.BooleanField()
    expires_at = TimeField(null=True)
    controls = JSONField()
    scopes = JSONField()

    class Meta:
        table_name = "compliance_holdings"
        indexes = ((("project_id", "counted", "expires_at"), False),)


class HoldingTotalsRow(Table):
    """What the rows of :class:`HoldingRow` add up to.

    ``scope`` is empty for the whole project, else a framework and one of its categories (``soc2/security``).
    """

    project_id = peewee.CharField(max_length=80)
    scope = peewee.CharField(max_length=300)
    pieces = peewee.IntegerField()
    high = peewee.IntegerField()
    good = peewee.IntegerField()
    approved = peewee.IntegerField()
    counted = peewee.IntegerField()
    quality_sum = peewee.BigIntegerField()

    class Meta:
        table_name = "compliance_holding_totals"
        primary_key = peewee.CompositeKey("project_id", "scope")


class FactRow(Table):
    """What projects and graph were made from, to tell at a start whether that has changed."""

    name = peewee.CharField(max_length=80, primary_key=True)
    value = peewee.TextField()

    class Meta:
        table_name = "compliance_facts"


MODELS = (ScoreRow, ScoreHistoryRow, HoldingRow, HoldingTotalsRow, FactRow)

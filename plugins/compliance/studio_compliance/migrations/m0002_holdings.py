"""What each project's evidence adds up to, kept so that a score needn't read all of it."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import Migration, create_tables
from studio_kernel.storage.models import JSONField, Table, TimeField


class _Holding(Table):
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


class _HoldingTotals(Table):
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


class _Fact(Table):
    name = peewee.CharField(max_length=80, primary_key=True)
    value = peewee.TextField()

    class Meta:
        table_name = "compliance_facts"


def _apply(database: Database) -> None:
    create_tables(database, (_Holding, _HoldingTotals, _Fact))


MIGRATION = Migration("0002_holdings", _apply, "What each project's evidence adds up to")

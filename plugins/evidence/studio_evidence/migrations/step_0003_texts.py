"""The text of each version. Versions from before are noted as pending: periodic work reads them."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import Migration, create_tables
from studio_kernel.storage.models import JSONField, Table, TimeField
from studio_kernel.storage.sql import Statement


class TextRow(Table):
    """As the table was made by this step."""

    version_id = peewee.CharField(max_length=80, primary_key=True)
    evidence_id = peewee.CharField(max_length=80, index=True)
    project_id = peewee.CharField(max_length=80, index=True)
    state = peewee.CharField(max_length=12)
    outcome = peewee.CharField(max_length=12)
    text = peewee.TextField()
    passages = JSONField()
    truncated = peewee.BooleanField()
    extractor = peewee.CharField(max_length=80)
    error = peewee.TextField()
    extracted_at = TimeField(null=True)

    class Meta:
        table_name = "evidence_texts"


_EARLIER = Statement(
    "INSERT INTO evidence_texts (version_id, evidence_id, project_id, state, outcome, text, passages, truncated, "
    "extractor, error) SELECT id, evidence_id, project_id, 'pending', '', '', '[]', :no, '', '' FROM evidence_versions"
)


def _apply(database: Database) -> None:
    create_tables(database, (TextRow,))
    database.execute(
        Statement("CREATE INDEX evidence_texts_pending ON evidence_texts (version_id) WHERE state = 'pending'")
    )
    database.execute(_EARLIER, no=False)


MIGRATION = Migration("0003_texts", _apply, "The text of each version")

"""The table as it is today."""

from __future__ import annotations

import peewee

from studio_kernel.storage.models import DigestField, Table, TimeField


class WaiverRow(Table):
    """That a control isn't met for a time, and who accepted it. ``document`` is the digest of a stored file."""

    id = peewee.CharField(max_length=40, primary_key=True)
    project_id = peewee.CharField(max_length=40, index=True)
    control_id = peewee.CharField(max_length=80)
    title = peewee.CharField(max_length=200)
    reason = peewee.TextField()
    status = peewee.CharField(max_length=12)
    document = DigestField(index=True)
    document_name = peewee.CharField(max_length=200)
    granted_by = peewee.CharField(max_length=40)
    expires_at = TimeField(index=True)
    created_at = TimeField(index=True)
    severity = peewee.CharField(max_length=12)

    class Meta:
        table_name = "waivers"
        id_prefix = "waiv"

"""The table of reports that were made in the background."""

from __future__ import annotations

import peewee

from studio_kernel.storage.models import DigestField, Table, TimeField


class ReportRow(Table):
    """A report that somebody asked for; the file's columns are empty until it is made."""

    id = peewee.CharField(max_length=40, primary_key=True)
    project_id = peewee.CharField(max_length=80)
    kind = peewee.CharField(max_length=20)
    format = peewee.CharField(max_length=10)
    job_id = peewee.CharField(max_length=40)
    file_name = peewee.CharField(max_length=200)
    media_type = peewee.CharField(max_length=100)
    sha256 = DigestField()
    size = peewee.BigIntegerField()
    created_by = peewee.CharField(max_length=80)
    created_at = TimeField()
    expires_at = TimeField()

    class Meta:
        table_name = "compliance_reports"
        id_prefix = "rpt"


REPORT_TABLES: tuple[type[Table], ...] = (ReportRow,)

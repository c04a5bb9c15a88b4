"""Tables of the register."""

from __future__ import annotations

import peewee

from studio_kernel.storage.models import Table, TimeField


class VendorRow(Table):
    """A vendor, and when it must be looked at again."""

    id = peewee.CharField(max_length=40, primary_key=True)
    name = peewee.CharField(max_length=200, unique=True)
    review_due = TimeField()
    created_at = TimeField(index=True)

    class Meta:
        table_name = "vendors"
        id_prefix = "vend"


class CounterRow(Table):
    """Which projects were counted: an event may come twice, so each project is a row."""

    project_id = peewee.CharField(max_length=40, primary_key=True)

    class Meta:
        table_name = "vendors_projects"

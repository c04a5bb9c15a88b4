"""What this plugin deletes at an age."""

from __future__ import annotations

from collections.abc import Sequence

from studio_compliance.settings import ComplianceSettings
from studio_kernel.app import Platform
from studio_kernel.clock import to_text
from studio_kernel.retention import Retention
from studio_kernel.storage.sql import Statement

_DUE = Statement("SELECT COUNT(*) FROM compliance_reports WHERE expires_at <= :now")
_EXPIRED = Statement("DELETE FROM compliance_reports WHERE expires_at <= :now")


def retention(platform: Platform) -> Sequence[Retention]:
    """Reports; each has its end written with it, and its file goes with the next sweep."""
    database = platform.database

    def due(days: float) -> int:
        return int(database.value(_DUE, now=to_text(platform.clock())))

    def delete(days: float) -> int:
        return database.execute(_EXPIRED, now=to_text(platform.clock()))

    hours = platform.settings.section(ComplianceSettings).report_keep_hours
    name, setting = "compliance.reports", "compliance.report_keep_hours"
    return [Retention(name, "Reports; made again on demand", hours / 24, setting, due, delete)]

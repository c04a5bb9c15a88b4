"""The steps of this plugin's tables, oldest first."""

from studio_compliance.migrations import m0001_scores, m0002_holdings, m0003_frameworks, m0004_reports
from studio_kernel.storage.migrations import Migration

MIGRATIONS: tuple[Migration, ...] = (
    m0001_scores.MIGRATION,
    m0002_holdings.MIGRATION,
    m0003_frameworks.MIGRATION,
    m0004_reports.MIGRATION,
)

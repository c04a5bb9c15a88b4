"""The steps that bring the plugin's tables from nothing to today's form."""

from __future__ import annotations

from studio_evidence.migrations import (
    step_0001_evidence,
    step_0002_kinds,
    step_0003_texts,
    step_0004_quality,
    step_0005_search,
    step_0006_unsupported,
)

MIGRATIONS = (
    step_0001_evidence.MIGRATION,
    step_0002_kinds.MIGRATION,
    step_0003_texts.MIGRATION,
    step_0004_quality.MIGRATION,
    step_0005_search.MIGRATION,
    step_0006_unsupported.MIGRATION,
)

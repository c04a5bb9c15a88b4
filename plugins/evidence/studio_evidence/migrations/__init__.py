"""The steps that bring the plugin's tables from nothing to today's form."""

from __future__ import annotations

from studio_evidence.migrations import step_0001_evidence

MIGRATIONS = (step_0001_evidence.MIGRATION,)

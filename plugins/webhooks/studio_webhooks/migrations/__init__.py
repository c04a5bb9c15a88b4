"""The steps from nothing to today's tables."""

from __future__ import annotations

from studio_kernel.storage.migrations import Migration
from studio_webhooks.migrations import step_0001, step_0002, step_0003

MIGRATIONS = (
    Migration("0001_webhooks", step_0001.apply, "Webhooks and their deliveries"),
    Migration("0002_scope_and_health", step_0002.apply, "Projects and health of webhooks, projects of deliveries"),
    Migration("0003_attempts", step_0003.apply, "What became of each attempt at a delivery"),
)

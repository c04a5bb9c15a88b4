"""The steps from nothing to today's tables."""

from __future__ import annotations

from studio_kernel.storage.migrations import Migration
from studio_webhooks.migrations import step_0001

MIGRATIONS = (Migration("0001_webhooks", step_0001.apply, "Webhooks and their deliveries"),)

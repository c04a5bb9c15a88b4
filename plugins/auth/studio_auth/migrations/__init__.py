"""The steps from nothing to today's tables."""

from __future__ import annotations

from studio_auth.migrations import step_0001
from studio_kernel.storage.migrations import Migration

MIGRATIONS = (Migration("0001_accounts", step_0001.apply, "Users, sessions, API keys, OAuth clients and codes"),)

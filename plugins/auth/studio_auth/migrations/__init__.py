"""The steps from nothing to today's tables."""

from __future__ import annotations

from studio_auth.migrations import step_0001, step_0002, step_0003
from studio_kernel.storage.migrations import Migration

MIGRATIONS = (
    Migration("0001_accounts", step_0001.apply, "Users, sessions, API keys, OAuth clients and codes"),
    Migration("0002_factors_and_keys", step_0002.apply, "Signing keys, second factors, grants, browser sessions"),
    Migration("0003_client_secrets", step_0003.apply, "The secret that an OAuth client had before, for a while"),
)

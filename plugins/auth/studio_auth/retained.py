"""What this plugin deletes a day after it expired."""

from __future__ import annotations

from collections.abc import Sequence

from studio_kernel.app import Platform
from studio_kernel.retention import Retention
from studio_kernel.storage.sql import Statement

# Table, its key, what is expired, in words.
_EXPIRING = (
    ("auth_refresh_tokens", "token_hash", "expires_at < :before", "Refresh tokens"),
    ("auth_sessions", "id", "expires_at < :before", "Sessions"),
    ("oauth_codes", "code_hash", "expires_at < :before", "Authorization codes"),
    ("auth_password_resets", "token_hash", "expires_at < :before", "Resets of passwords"),
    ("auth_signing_keys", "kid", "ends_at < :before", "Signing keys"),
    ("auth_second_factors", "user_id", "confirmed_at IS NULL AND created_at < :before", "Unconfirmed second factors"),
)


def retention(platform: Platform) -> Sequence[Retention]:
    """A day, so that an expired token is still known for what it is."""
    return [
        Retention(
            f"auth.{table.removeprefix('auth_')}",
            f"{words}, a day after they expired",
            1.0,
            "",
            Statement(f"SELECT COUNT(*) FROM {table} WHERE {expired}"),
            Statement(f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {expired} LIMIT :limit)"),
        )
        for table, key, expired, words in _EXPIRING
    ]

"""Step 0002: signing keys, second factors, remembered consent, browser sessions, one-time resets."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import create_tables
from studio_kernel.storage.models import Table, TimeField
from studio_kernel.storage.sql import Statement


class SigningKey(Table):
    kid = peewee.CharField(max_length=32, primary_key=True)
    algorithm = peewee.CharField(max_length=10)
    sealed = peewee.TextField()
    created_at = TimeField()
    ends_at = TimeField(null=True)

    class Meta:
        table_name = "auth_signing_keys"


class SecondFactor(Table):
    user_id = peewee.CharField(max_length=80, primary_key=True)
    sealed = peewee.TextField()
    created_at = TimeField()
    confirmed_at = TimeField(null=True)
    last_step = peewee.BigIntegerField()

    class Meta:
        table_name = "auth_second_factors"


class RecoveryCode(Table):
    code_hash = peewee.CharField(max_length=64, primary_key=True)
    user_id = peewee.CharField(max_length=80, index=True)
    used_at = TimeField(null=True)

    class Meta:
        table_name = "auth_recovery_codes"


class Grant(Table):
    id = peewee.CharField(max_length=80, primary_key=True)
    user_id = peewee.CharField(max_length=80)
    client_id = peewee.CharField(max_length=80, index=True)
    scope = peewee.TextField()
    created_at = TimeField()
    updated_at = TimeField()

    class Meta:
        table_name = "oauth_grants"
        id_prefix = "grant"
        indexes = ((("user_id", "client_id"), True),)


class PasswordReset(Table):
    token_hash = peewee.CharField(max_length=64, primary_key=True)
    user_id = peewee.CharField(max_length=80, index=True)
    created_by = peewee.CharField(max_length=80)
    created_at = TimeField()
    expires_at = TimeField(index=True)

    class Meta:
        table_name = "auth_password_resets"


COLUMNS = (
    "ALTER TABLE users ADD COLUMN second_factor_at VARCHAR(27)",
    "ALTER TABLE users ADD COLUMN temporary_until VARCHAR(27)",
    "ALTER TABLE auth_sessions ADD COLUMN cookie_hash VARCHAR(64) NOT NULL DEFAULT ''",
    "ALTER TABLE auth_sessions ADD COLUMN address VARCHAR(64) NOT NULL DEFAULT ''",
    "ALTER TABLE auth_sessions ADD COLUMN agent VARCHAR(200) NOT NULL DEFAULT ''",
    "ALTER TABLE auth_sessions ADD COLUMN last_used_at VARCHAR(27)",
    "CREATE INDEX auth_sessions_cookie_hash ON auth_sessions (cookie_hash)",
    "CREATE INDEX auth_sessions_of_user ON auth_sessions (user_id, created_at, id)",
    "ALTER TABLE api_keys ADD COLUMN client_id VARCHAR(80) NOT NULL DEFAULT ''",
)


def apply(database: Database) -> None:
    """New tables, and columns with the value that earlier rows have."""
    create_tables(database, (SigningKey, SecondFactor, RecoveryCode, Grant, PasswordReset))
    for text in COLUMNS:
        database.execute(Statement(text))

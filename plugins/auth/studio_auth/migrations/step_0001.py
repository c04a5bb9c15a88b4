"""Step 0001: the tables as they were at first. These classes are frozen: they never change again."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import create_tables
from studio_kernel.storage.models import JSONField, Table, TimeField


class User(Table):
    id = peewee.CharField(max_length=80, primary_key=True)
    email = peewee.CharField(max_length=254, unique=True)
    name = peewee.CharField(max_length=200)
    role = peewee.CharField(max_length=20, index=True)
    password_hash = peewee.CharField(max_length=255)
    status = peewee.CharField(max_length=20)
    preferences = JSONField()
    created_at = TimeField()
    updated_at = TimeField()
    last_login = TimeField(null=True)

    class Meta:
        table_name = "users"
        id_prefix = "user"
        indexes = ((("created_at", "id"), False),)


class Session(Table):
    id = peewee.CharField(max_length=80, primary_key=True)
    user_id = peewee.CharField(max_length=80, index=True)
    client_id = peewee.CharField(max_length=80, index=True)
    scope = peewee.TextField()
    created_at = TimeField()
    expires_at = TimeField(index=True)
    revoked_at = TimeField(null=True)

    class Meta:
        table_name = "auth_sessions"
        id_prefix = "sess"


class RefreshToken(Table):
    token_hash = peewee.CharField(max_length=64, primary_key=True)
    session_id = peewee.CharField(max_length=80, index=True)
    expires_at = TimeField(index=True)
    used_at = TimeField(null=True)

    class Meta:
        table_name = "auth_refresh_tokens"


class ApiKey(Table):
    id = peewee.CharField(max_length=80, primary_key=True)
    user_id = peewee.CharField(max_length=80)
    name = peewee.CharField(max_length=200)
    description = peewee.TextField()
    prefix = peewee.CharField(max_length=20)
    key_hash = peewee.CharField(max_length=64, unique=True)
    scopes = JSONField()
    created_at = TimeField()
    expires_at = TimeField(null=True)
    last_used_at = TimeField(null=True)
    revoked_at = TimeField(null=True)

    class Meta:
        table_name = "api_keys"
        id_prefix = "ak"
        indexes = ((("user_id", "created_at", "id"), False),)


class OAuthClient(Table):
    id = peewee.CharField(max_length=80, primary_key=True)
    name = peewee.CharField(max_length=200)
    secret_hash = peewee.CharField(max_length=64)
    redirect_uris = JSONField()
    grant_types = JSONField()
    scopes = JSONField()
    role = peewee.CharField(max_length=20)
    created_by = peewee.CharField(max_length=80)
    created_at = TimeField()

    class Meta:
        table_name = "oauth_clients"
        id_prefix = "client"
        indexes = ((("created_at", "id"), False),)


class AuthorizationCode(Table):
    code_hash = peewee.CharField(max_length=64, primary_key=True)
    client_id = peewee.CharField(max_length=80, index=True)
    user_id = peewee.CharField(max_length=80, index=True)
    redirect_uri = peewee.TextField()
    redirect_given = peewee.BooleanField()
    scope = peewee.TextField()
    code_challenge = peewee.CharField(max_length=128)
    session_id = peewee.CharField(max_length=80)
    expires_at = TimeField(index=True)
    used_at = TimeField(null=True)

    class Meta:
        table_name = "oauth_codes"


MODELS = (User, Session, RefreshToken, ApiKey, OAuthClient, AuthorizationCode)


def apply(database: Database) -> None:
    """Create every table with its indexes."""
    create_tables(database, MODELS)

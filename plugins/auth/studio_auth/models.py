"""The tables of this plugin."""

from __future__ import annotations

import peewee

from studio_kernel.storage.models import JSONField, SealedField, Table, TimeField


class User(Table):
    """An account. A deleted one keeps its row and name, so that what it did stays readable.

    ``second_factor_at`` tells since when a login needs a code. ``temporary_until`` is set where the password is a
    temporary one that somebody else chose.
    """

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
    second_factor_at = TimeField(null=True)
    temporary_until = TimeField(null=True)

    class Meta:
        table_name = "users"
        id_prefix = "user"
        indexes = ((("created_at", "id"), False),)


class Session(Table):
    """One login or grant: the family of tokens that stop together. ``client_id`` is empty for a login.

    ``user_id`` is empty where an OAuth client acts for itself. ``cookie_hash`` is set where a browser holds the
    session by a cookie; such a session has no tokens. ``address`` and ``agent`` are those of its beginning.
    """

    id = peewee.CharField(max_length=80, primary_key=True)
    user_id = peewee.CharField(max_length=80, index=True)
    client_id = peewee.CharField(max_length=80, index=True)
    scope = peewee.TextField()
    created_at = TimeField()
    expires_at = TimeField(index=True)
    revoked_at = TimeField(null=True)
    cookie_hash = peewee.CharField(max_length=64, index=True)
    address = peewee.CharField(max_length=64)
    agent = peewee.CharField(max_length=200)
    last_used_at = TimeField(null=True)

    class Meta:
        table_name = "auth_sessions"
        id_prefix = "sess"


class RefreshToken(Table):
    """A refresh token by its hash. Used ones stay until they expire: seen again, they revoke their session."""

    token_hash = peewee.CharField(max_length=64, primary_key=True)
    session_id = peewee.CharField(max_length=80, index=True)
    expires_at = TimeField(index=True)
    used_at = TimeField(null=True)

    class Meta:
        table_name = "auth_refresh_tokens"


class ApiKey(Table):
    """An API key by its hash. ``prefix`` are the first characters, by which a person knows it again.

    ``client_id`` is the OAuth client that made it for its owner, empty where the owner did.
    """

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
    client_id = peewee.CharField(max_length=80)

    class Meta:
        table_name = "api_keys"
        id_prefix = "ak"
        indexes = ((("user_id", "created_at", "id"), False),)


class OAuthClient(Table):
    """A registered OAuth client. ``secret_hash`` is empty for a public one.

    ``previous_secret_hash`` is that of the secret before, which is taken too until ``previous_secret_until``.
    ``role`` is the account role that it has when it acts for itself.
    """

    id = peewee.CharField(max_length=80, primary_key=True)
    name = peewee.CharField(max_length=200)
    secret_hash = peewee.CharField(max_length=64)
    redirect_uris = JSONField()
    grant_types = JSONField()
    scopes = JSONField()
    role = peewee.CharField(max_length=20)
    created_by = peewee.CharField(max_length=80)
    created_at = TimeField()
    previous_secret_hash = peewee.CharField(max_length=64)
    previous_secret_until = TimeField(null=True)

    class Meta:
        table_name = "oauth_clients"
        id_prefix = "client"
        indexes = ((("created_at", "id"), False),)


class AuthorizationCode(Table):
    """An authorization code by its hash. A used one stays a while: replayed, it revokes ``session_id``."""

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


class Grant(Table):
    """What a person has agreed to let an OAuth client do. Consent is remembered by it."""

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


class SigningKey(Table):
    """A key that access tokens are signed with, sealed with the platform's own. After ``ends_at`` it verifies none."""

    kid = peewee.CharField(max_length=32, primary_key=True)
    algorithm = peewee.CharField(max_length=10)
    sealed = SealedField("auth.signing-key")
    created_at = TimeField()
    ends_at = TimeField(null=True)

    class Meta:
        table_name = "auth_signing_keys"


class SecondFactor(Table):
    """An account's authenticator (TOTP, RFC 6238): its secret, sealed, and the last time step that was accepted."""

    user_id = peewee.CharField(max_length=80, primary_key=True)
    sealed = SealedField(
        "auth.second-factor", lost="turn each off with `studio users reset-second-factor`; their owners set up new ones"
    )
    created_at = TimeField()
    confirmed_at = TimeField(null=True)
    last_step = peewee.BigIntegerField()

    class Meta:
        table_name = "auth_second_factors"


class RecoveryCode(Table):
    """A code that stands in for the authenticator once, by its hash."""

    code_hash = peewee.CharField(max_length=64, primary_key=True)
    user_id = peewee.CharField(max_length=80, index=True)
    used_at = TimeField(null=True)

    class Meta:
        table_name = "auth_recovery_codes"


class PasswordReset(Table):
    """A one-time token, by its hash, that lets an account's owner set a new password."""

    token_hash = peewee.CharField(max_length=64, primary_key=True)
    user_id = peewee.CharField(max_length=80, index=True)
    created_by = peewee.CharField(max_length=80)
    created_at = TimeField()
    expires_at = TimeField(index=True)

    class Meta:
        table_name = "auth_password_resets"


MODELS = (
    User,
    Session,
    RefreshToken,
    ApiKey,
    OAuthClient,
    AuthorizationCode,
    Grant,
    SigningKey,
    SecondFactor,
    RecoveryCode,
    PasswordReset,
)

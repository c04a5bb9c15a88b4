"""What this plugin's tables hold of people. Credentials go; the account's row stays, as a pseudonym."""

from __future__ import annotations

from studio_kernel.privacy import PersonalData

_OF_SESSION = "session_id IN (SELECT id FROM auth_sessions WHERE user_id = :person)"
_USER = ("user_id",)

PERSONAL_DATA = (
    PersonalData("auth_refresh_tokens", "token_hash", condition=_OF_SESSION, erased="deleted"),
    PersonalData(
        "auth_sessions",
        "id",
        _USER,
        shown=("id", "client_id", "scope", "created_at", "last_used_at", "address", "agent"),
        erased="deleted",
    ),
    PersonalData(
        "api_keys",
        "id",
        _USER,
        shown=("id", "name", "description", "prefix", "scopes", "created_at", "last_used_at"),
        erased="deleted",
        texts=("name", "description"),
    ),
    PersonalData("oauth_codes", "code_hash", _USER, erased="deleted"),
    PersonalData(
        "oauth_grants", "id", _USER, shown=("client_id", "scope", "created_at", "updated_at"), erased="deleted"
    ),
    PersonalData("auth_second_factors", "user_id", _USER, shown=("created_at", "confirmed_at"), erased="deleted"),
    PersonalData("auth_recovery_codes", "code_hash", _USER, shown=("used_at",), erased="deleted"),
    PersonalData("auth_password_resets", "token_hash", ("user_id", "created_by"), erased="deleted"),
    PersonalData("oauth_clients", "id", ("created_by",), shown=("id", "name", "created_at"), texts=("name",)),
    PersonalData(
        "users",
        "id",
        ("id",),
        shown=("id", "email", "name", "role", "status", "preferences", "created_at", "updated_at", "last_login"),
    ),
)

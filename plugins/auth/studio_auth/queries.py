"""Reads, as statements that are put together once."""

from __future__ import annotations

from studio_kernel.http.listing import Filter, Listing, ListQuery, Sort
from studio_kernel.security.permissions import ACCOUNT_ROLES
from studio_kernel.storage.sql import Statement

USER_COLUMNS = (
    "id",
    "email",
    "name",
    "role",
    "status",
    "preferences",
    "created_at",
    "updated_at",
    "last_login",
)
_USER = f"SELECT {', '.join(USER_COLUMNS)} FROM users"

USER_BY_ID = Statement(f"{_USER} WHERE id = :id AND status <> 'deleted'")
USER_BY_EMAIL = Statement(f"{_USER} WHERE email = :email AND status <> 'deleted'")
LOGIN_BY_EMAIL = Statement("SELECT id, password_hash, status, role FROM users WHERE email = :email")
PASSWORD_BY_ID = Statement("SELECT password_hash FROM users WHERE id = :id AND status = 'active'")
ACTIVE_AMONG = Statement("SELECT id FROM users WHERE id IN :ids AND status = 'active'")
NAMES_AMONG = Statement("SELECT id, name FROM users WHERE id IN :ids")
ANY_USER = Statement("SELECT 1 FROM users LIMIT 1")
OTHER_SUPER_ADMINS = Statement(
    "SELECT COUNT(*) FROM users WHERE role = 'super_admin' AND status = 'active' AND id <> :id"
)

USER_LISTING = Listing(
    key="users",
    id_sql="id",
    sorts={
        "created_at": Sort("created_at"),
        "updated_at": Sort("updated_at"),
        "name": Sort("name"),
        "email": Sort("email"),
        "role": Sort("role"),
    },
    filters={
        "role": Filter("role", choices=ACCOUNT_ROLES, summary="Account role."),
        "status": Filter("status", choices=("active", "disabled"), summary="State of the account."),
        "created_after": Filter("created_at", "after", summary="Created after this moment."),
        "created_before": Filter("created_at", "before", summary="Created before this moment."),
    },
    search={"name": "name", "email": "email"},
)
USERS = ListQuery(USER_LISTING, columns=USER_COLUMNS, source="users", where=("status <> 'deleted'",))

SESSION = Statement(
    "SELECT s.user_id, s.client_id, s.scope, s.expires_at, s.revoked_at, u.role, u.status, c.role "
    "FROM auth_sessions s LEFT JOIN users u ON u.id = s.user_id LEFT JOIN oauth_clients c ON c.id = s.client_id "
    "WHERE s.id = :id"
)
SESSIONS_OF_USER = Statement(
    "SELECT id FROM auth_sessions WHERE user_id = :user_id AND revoked_at IS NULL AND id <> :keep"
)
SESSIONS_OF_CLIENT = Statement("SELECT id FROM auth_sessions WHERE client_id = :client_id AND revoked_at IS NULL")
REVOKE_SESSIONS = Statement("UPDATE auth_sessions SET revoked_at = :now WHERE id IN :ids AND revoked_at IS NULL")
REFRESH_TOKEN = Statement(
    "SELECT session_id, expires_at, used_at FROM auth_refresh_tokens WHERE token_hash = :token_hash"
)
USE_REFRESH_TOKEN = Statement(
    "UPDATE auth_refresh_tokens SET used_at = :now WHERE token_hash = :token_hash AND used_at IS NULL"
)
PRUNE = tuple(
    Statement(text)
    for text in (
        "DELETE FROM auth_refresh_tokens WHERE expires_at < :horizon",
        "DELETE FROM auth_sessions WHERE expires_at < :horizon",
        "DELETE FROM oauth_codes WHERE expires_at < :horizon",
    )
)

API_KEY_COLUMNS = (
    "id",
    "name",
    "description",
    "prefix",
    "scopes",
    "created_at",
    "expires_at",
    "last_used_at",
)
API_KEY_LISTING = Listing(
    key="api_keys",
    id_sql="id",
    sorts={"created_at": Sort("created_at"), "name": Sort("name")},
    search={"name": "name", "description": "description"},
)
API_KEYS = ListQuery(API_KEY_LISTING, columns=API_KEY_COLUMNS, source="api_keys", where=("revoked_at IS NULL",))
API_KEY = Statement(
    f"SELECT {', '.join(API_KEY_COLUMNS)} FROM api_keys WHERE id = :id AND user_id = :user_id AND revoked_at IS NULL"
)
API_KEY_OWNER = Statement(
    "SELECT k.id, k.user_id, k.scopes, k.expires_at, k.last_used_at, k.revoked_at, u.role, u.status "
    "FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.key_hash = :key_hash"
)

CLIENT_COLUMNS = (
    "id",
    "name",
    "redirect_uris",
    "grant_types",
    "scopes",
    "role",
    "created_by",
    "created_at",
)
CLIENT_LISTING = Listing(
    key="clients",
    id_sql="id",
    sorts={"created_at": Sort("created_at"), "name": Sort("name")},
    search={"name": "name"},
)
CLIENTS = ListQuery(CLIENT_LISTING, columns=(*CLIENT_COLUMNS, "secret_hash"), source="oauth_clients")
CLIENT = Statement(f"SELECT {', '.join(CLIENT_COLUMNS)}, secret_hash FROM oauth_clients WHERE id = :id")
CODE = Statement(
    "SELECT client_id, user_id, redirect_uri, redirect_given, scope, code_challenge, session_id, expires_at, used_at "
    "FROM oauth_codes WHERE code_hash = :code_hash"
)
USE_CODE = Statement("UPDATE oauth_codes SET used_at = :now WHERE code_hash = :code_hash AND used_at IS NULL")

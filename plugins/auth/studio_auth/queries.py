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
    "second_factor_at",
    "temporary_until",
)
_USER = f"SELECT {', '.join(USER_COLUMNS)} FROM users"

USER_BY_ID = Statement(f"{_USER} WHERE id = :id AND status <> 'deleted'")
USER_BY_EMAIL = Statement(f"{_USER} WHERE email = :email AND status <> 'deleted'")
IDENTITY = Statement("SELECT email, name, role, status FROM users WHERE id = :id")
USER_HISTORY = Statement("SELECT data FROM events WHERE resource_id = :id AND name LIKE 'user.%' ORDER BY position")
LOGIN_BY_EMAIL = Statement(
    "SELECT id, password_hash, status, role, second_factor_at, temporary_until FROM users WHERE email = :email"
)
LOGIN_BY_ID = Statement(
    "SELECT id, password_hash, status, role, second_factor_at, temporary_until FROM users WHERE id = :id"
)
NOTE_LOGIN = Statement(
    "UPDATE users SET last_login = :now WHERE id = :id AND password_hash = :stored AND status = 'active' "
    "AND COALESCE(second_factor_at, '') = :second_factor_at"
)
PASSWORD_BY_ID = Statement("SELECT password_hash FROM users WHERE id = :id AND status = 'active'")
ACTIVE_AMONG = Statement("SELECT id FROM users WHERE id IN :ids AND status = 'active'")
ADMINISTRATORS_AMONG = Statement(
    "SELECT id FROM users WHERE id IN :ids AND status = 'active' AND role IN ('super_admin', 'admin') "
    "UNION ALL SELECT id FROM oauth_clients WHERE id IN :ids AND role IN ('super_admin', 'admin')"
)
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
    "SELECT s.user_id, s.client_id, s.scope, s.expires_at, s.revoked_at, u.role, u.status, c.role, "
    "u.second_factor_at FROM auth_sessions s "
    "LEFT JOIN users u ON u.id = s.user_id LEFT JOIN oauth_clients c ON c.id = s.client_id "
    "WHERE s.id = :id"
)
SESSION_BY_COOKIE = Statement(
    "SELECT s.id, u.id, u.email, u.name, u.role, u.second_factor_at "
    "FROM auth_sessions s JOIN users u ON u.id = s.user_id "
    "WHERE s.cookie_hash = :cookie_hash AND s.revoked_at IS NULL AND s.expires_at > :now AND u.status = 'active'"
)
SESSION_COLUMNS = (
    "s.id",
    "s.client_id",
    "c.name",
    "s.cookie_hash",
    "s.scope",
    "s.address",
    "s.agent",
    "s.created_at",
    "s.last_used_at",
    "s.expires_at",
)
SESSION_LISTING = Listing(
    key="sessions",
    id_sql="s.id",
    sorts={"created_at": Sort("s.created_at"), "expires_at": Sort("s.expires_at")},
)
_SESSIONS = "auth_sessions s LEFT JOIN oauth_clients c ON c.id = s.client_id"
SESSIONS = ListQuery(
    SESSION_LISTING,
    columns=SESSION_COLUMNS,
    source=_SESSIONS,
    where=("s.revoked_at IS NULL",),
)
OWN_SESSION = Statement(
    "SELECT id FROM auth_sessions WHERE id = :id AND user_id = :user_id AND revoked_at IS NULL AND expires_at > :now"
)
# NOTE: by what they have in common, not one by one: an account can have more than a statement has room for.
_REVOKE = "UPDATE auth_sessions SET revoked_at = :now WHERE revoked_at IS NULL"
REVOKE_SESSION = Statement(f"{_REVOKE} AND id = :id")
REVOKE_OF_USER = Statement(f"{_REVOKE} AND user_id = :user_id AND id <> :keep")
REVOKE_OF_CLIENT = Statement(f"{_REVOKE} AND client_id = :client_id")
REVOKE_OF_GRANT = Statement(f"{_REVOKE} AND user_id = :user_id AND client_id = :client_id")
REFRESH_TOKEN = Statement(
    "SELECT session_id, expires_at, used_at FROM auth_refresh_tokens WHERE token_hash = :token_hash"
)
USE_REFRESH_TOKEN = Statement(
    "UPDATE auth_refresh_tokens SET used_at = :now WHERE token_hash = :token_hash AND used_at IS NULL"
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
    "client_id",
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
    "SELECT k.id, k.user_id, k.scopes, k.expires_at, k.last_used_at, k.revoked_at, u.role, u.status, "
    "u.second_factor_at, k.client_id "
    "FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.key_hash = :key_hash"
)
REVOKE_KEYS_OF_CLIENT = Statement(
    "UPDATE api_keys SET revoked_at = :now WHERE revoked_at IS NULL AND client_id = :client_id"
)
REVOKE_KEYS_OF_GRANT = Statement(
    "UPDATE api_keys SET revoked_at = :now WHERE revoked_at IS NULL AND user_id = :user_id AND client_id = :client_id"
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
_CLIENT_SECRETS = ("secret_hash", "previous_secret_hash", "previous_secret_until")
CLIENT_LISTING = Listing(
    key="clients",
    id_sql="id",
    sorts={"created_at": Sort("created_at"), "name": Sort("name")},
    search={"name": "name"},
)
CLIENTS = ListQuery(CLIENT_LISTING, columns=(*CLIENT_COLUMNS, *_CLIENT_SECRETS), source="oauth_clients")
CLIENT = Statement(f"SELECT {', '.join((*CLIENT_COLUMNS, *_CLIENT_SECRETS))} FROM oauth_clients WHERE id = :id")
CODE = Statement(
    "SELECT client_id, user_id, redirect_uri, redirect_given, scope, code_challenge, session_id, expires_at, used_at "
    "FROM oauth_codes WHERE code_hash = :code_hash"
)
USE_CODE = Statement("UPDATE oauth_codes SET used_at = :now WHERE code_hash = :code_hash AND used_at IS NULL")

GRANT_COLUMNS = ("g.id", "g.client_id", "c.name", "g.scope", "g.created_at", "g.updated_at")
GRANT_LISTING = Listing(
    key="applications",
    id_sql="g.id",
    sorts={"created_at": Sort("g.created_at"), "updated_at": Sort("g.updated_at"), "name": Sort("c.name")},
    search={"name": "c.name"},
)
GRANTS = ListQuery(
    GRANT_LISTING, columns=GRANT_COLUMNS, source="oauth_grants g JOIN oauth_clients c ON c.id = g.client_id"
)
GRANT = Statement("SELECT id, scope FROM oauth_grants WHERE user_id = :user_id AND client_id = :client_id")

SIGNING_KEYS = Statement(
    "SELECT kid, algorithm, sealed, created_at, ends_at FROM auth_signing_keys WHERE ends_at IS NULL OR ends_at > :now"
)
SIGNING_KEY = Statement(
    "SELECT kid, algorithm, sealed, created_at, ends_at FROM auth_signing_keys "
    "WHERE kid = :kid AND (ends_at IS NULL OR ends_at > :now)"
)
END_SIGNING_KEYS = Statement(
    "UPDATE auth_signing_keys SET ends_at = :ends_at WHERE ends_at IS NULL OR ends_at > :ends_at"
)

SECOND_FACTOR = Statement("SELECT sealed, confirmed_at, last_step FROM auth_second_factors WHERE user_id = :user_id")
USE_STEP = Statement("UPDATE auth_second_factors SET last_step = :step WHERE user_id = :user_id AND last_step < :step")
USE_RECOVERY_CODE = Statement(
    "UPDATE auth_recovery_codes SET used_at = :now "
    "WHERE code_hash = :code_hash AND user_id = :user_id AND used_at IS NULL"
)
RECOVERY_CODES_LEFT = Statement("SELECT COUNT(*) FROM auth_recovery_codes WHERE user_id = :user_id AND used_at IS NULL")
RESET = Statement("SELECT user_id, expires_at FROM auth_password_resets WHERE token_hash = :token_hash")

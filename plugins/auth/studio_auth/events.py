"""What this plugin announces."""

from __future__ import annotations

from marshmallow import fields

from studio_kernel.events import EventType
from studio_kernel.http.schemas import Schema


class UserEvent(Schema):
    """An account as it stands after the change."""

    id = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    status = fields.String(required=True)


class ErasedUser(Schema):
    """An account whose person was erased, with the pseudonym that stands for them now."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class ApiKeyEvent(Schema):
    """An API key; never the key itself."""

    id = fields.String(required=True)
    user_id = fields.String(required=True)
    name = fields.String(required=True)
    prefix = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)


class OAuthClientEvent(Schema):
    """An OAuth client; never its secret."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    grant_types = fields.List(fields.String(), required=True)


_USER = {
    "id": "user_1234567890",
    "email": "person@example.org",
    "name": "John Doe",
    "role": "customer",
    "status": "active",
}
_KEY = {
    "id": "ak_1234567890",
    "user_id": "user_1234567890",
    "name": "My Application",
    "prefix": "sk_live_12345678",
    "scopes": ["read", "write"],
}
_CLIENT = {"id": "client_1234567890", "name": "Your App", "grant_types": ["authorization_code", "refresh_token"]}

USER_CREATED = EventType("user.created", "An account was created", UserEvent, _USER)
USER_UPDATED = EventType("user.updated", "An account's name, address, role or preferences changed", UserEvent, _USER)
USER_DISABLED = EventType(
    "user.disabled", "An account was disabled and its credentials stopped", UserEvent, {**_USER, "status": "disabled"}
)
USER_DELETED = EventType(
    "user.deleted", "An account was deleted and its credentials stopped", UserEvent, {**_USER, "status": "deleted"}
)
USER_ERASED = EventType(
    "user.erased",
    "A person was erased; receivers should erase what they hold of this account",
    ErasedUser,
    {"id": "user_1234567890", "name": "Erased person 567890"},
)
API_KEY_CREATED = EventType("api_key.created", "An API key was made", ApiKeyEvent, _KEY)
API_KEY_ROTATED = EventType("api_key.rotated", "An API key got a new secret; the one it had stopped", ApiKeyEvent, _KEY)
API_KEY_REVOKED = EventType("api_key.revoked", "An API key was revoked", ApiKeyEvent, _KEY)
OAUTH_CLIENT_CREATED = EventType("oauth_client.created", "An OAuth client was registered", OAuthClientEvent, _CLIENT)
OAUTH_CLIENT_ROTATED = EventType("oauth_client.rotated", "An OAuth client got a new secret", OAuthClientEvent, _CLIENT)
OAUTH_CLIENT_DELETED = EventType(
    "oauth_client.deleted", "An OAuth client was deleted and its tokens stopped", OAuthClientEvent, _CLIENT
)

EVENT_TYPES = (
    USER_CREATED,
    USER_UPDATED,
    USER_DISABLED,
    USER_DELETED,
    USER_ERASED,
    API_KEY_CREATED,
    API_KEY_ROTATED,
    API_KEY_REVOKED,
    OAUTH_CLIENT_CREATED,
    OAUTH_CLIENT_ROTATED,
    OAUTH_CLIENT_DELETED,
)

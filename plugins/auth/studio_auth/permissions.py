"""The rights that this plugin checks."""

from __future__ import annotations

from studio_kernel.security.permissions import ADMINISTRATORS, ANYONE_SIGNED_IN, Permission

PERMISSIONS = (
    Permission("users:self", "See and change one's own account, and log out", ANYONE_SIGNED_IN),
    Permission("users:read", "See all accounts", ADMINISTRATORS),
    Permission("users:create", "Create accounts", ADMINISTRATORS),
    Permission("users:update", "Change accounts of others", ADMINISTRATORS),
    Permission("users:delete", "Delete accounts", ADMINISTRATORS),
    Permission("second_factor:manage", "Set up and turn off one's own second factor", ANYONE_SIGNED_IN),
    Permission("api_keys:manage", "Make, see and revoke one's own API keys", ANYONE_SIGNED_IN),
    Permission("oauth_clients:manage", "Register, see and delete OAuth clients", ADMINISTRATORS),
)

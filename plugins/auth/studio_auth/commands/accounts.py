"""What the commands around one account share."""

from __future__ import annotations

from typing import Any

from studio_auth.service.sessions import Sessions, scopes_of_role
from studio_auth.service.throttle import Throttle
from studio_auth.service.users import Users
from studio_kernel.app import Platform
from studio_kernel.security.principal import SYSTEM, Principal


def find_account(users: Users, account: str) -> dict[str, Any]:
    """An account by address or id; ``NotFound`` when there is none."""
    return users.by_email(account) if "@" in account else users.show(SYSTEM, account)


def owner_of(platform: Platform, account: str) -> Principal:
    """An account as its own caller, with all that its role can do: what the operator does in its place."""
    user = find_account(Users(platform, Sessions(platform), Throttle(platform)), account)
    scopes = frozenset(scopes_of_role(user["role"]))
    return Principal("user", user["id"], user["id"], user["role"], scopes)

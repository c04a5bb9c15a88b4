"""Permissions: declared by plugins, asked for by operations, refused unless granted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from studio_kernel.errors import Forbidden, Unauthorized
from studio_kernel.security.principal import Principal

ACCOUNT_ROLES = ("super_admin", "admin", "manager", "auditor", "customer", "viewer")
PROJECT_ROLES = ("manager", "compliance_lead", "team_member", "auditor", "viewer")

PUBLIC = "public"
"""The permission of operations that anybody may call, such as login and health."""

ANYONE_SIGNED_IN = frozenset(ACCOUNT_ROLES)
ADMINISTRATORS = frozenset(("super_admin", "admin"))


@dataclass(frozen=True, slots=True)
class Permission:
    """A right, and the roles that carry it.

    ``account_roles`` hold it everywhere. ``project_roles`` hold it within projects they belong to: with any of
    these set, a caller whose account role doesn't hold the right is let through to the service, which checks
    membership and answers 404 or 403 (the resource decides, so the kernel can't).
    """

    name: str
    summary: str
    account_roles: frozenset[str] = ADMINISTRATORS
    project_roles: frozenset[str] = frozenset()


_NAME = re.compile(r"[a-z][a-z0-9_-]*:[a-z][a-z0-9_-]*\Z")


def check_permissions(permissions: Iterable[Permission]) -> list[str]:
    """What is wrong with declarations: a role that isn't there would grant nothing to anybody, in silence."""
    return [f"the permission {each.name!r} {problem}" for each in permissions for problem in _wrong_in(each)]


def _wrong_in(permission: Permission) -> Iterator[str]:
    if not _NAME.match(permission.name):
        yield "must be named area:action, with lower-case letters, digits, - and _"
    for kind, given, known in (
        ("account", permission.account_roles, ACCOUNT_ROLES),
        ("project", permission.project_roles, PROJECT_ROLES),
    ):
        wrong = repr(given) if isinstance(given, str) else ", ".join(sorted(map(repr, set(given).difference(known))))
        if wrong:
            yield f"names {wrong} as {kind} roles; they are a set of {', '.join(known)}"


def area_scope(permission: str, scope: str) -> str:
    """The finer scope that ``read`` and ``write`` of a permission's area can be given as; empty for none.

    ``projects:read`` reaches every operation that asks for ``read`` and a permission of ``projects``.
    """
    return f"{permission.partition(':')[0]}:{scope}" if scope in ("read", "write") else ""


def covers(principal: Principal, permission: str, scope: str) -> bool:
    """Whether the credential has ``scope``, broad or for the area of ``permission`` alone."""
    return principal.has_scope(scope) or area_scope(permission, scope) in principal.scopes


class Permissions:
    """All declared permissions of one application."""

    def __init__(self, declared: Iterable[Permission] = ()) -> None:
        self._by_name = {permission.name: permission for permission in declared}

    def __iter__(self) -> Iterator[Permission]:
        return iter(self._by_name.values())

    def get(self, name: str) -> Permission | None:
        """The declaration of that name."""
        return self._by_name.get(name)

    def add(self, permissions: Iterable[Permission]) -> None:
        """Take further declarations in; names were checked for conflicts before."""
        self._by_name.update({permission.name: permission for permission in permissions})

    def remove(self, names: Iterable[str]) -> None:
        """Forget declarations; whoever asks for them is refused."""
        for name in names:
            self._by_name.pop(name, None)

    def check(self, principal: Principal, name: str, scope: str) -> None:
        """Let the caller through to the operation, or raise ``Unauthorized`` or ``Forbidden``.

        By default no: an undeclared permission, an unknown role or a missing scope refuses.
        """
        if name == PUBLIC:
            return
        if not principal.is_authenticated:
            raise Unauthorized()
        permission = self._by_name.get(name)
        if permission is None:
            raise Forbidden()
        if scope and not covers(principal, name, scope):
            raise Forbidden(f"The credential lacks the scope {scope}", details={"required_scope": scope})
        if principal.role not in permission.account_roles and not permission.project_roles:
            raise Forbidden(details={"permission": name})

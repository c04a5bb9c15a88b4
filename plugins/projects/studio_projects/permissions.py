"""The rights in projects (product rules, Roles and permissions)."""

from __future__ import annotations

from studio_kernel.security.permissions import ADMINISTRATORS, PROJECT_ROLES, Permission

_EVERYBODY = frozenset(PROJECT_ROLES)
_LEADS = frozenset(("manager", "compliance_lead"))
_MANAGERS = frozenset(("manager",))
_CREATORS = frozenset(("super_admin", "admin", "manager", "customer"))

PERMISSIONS = (
    Permission("projects:create", "Create projects", _CREATORS),
    Permission("projects:read", "See a project and everything in it", ADMINISTRATORS, _EVERYBODY),
    Permission("projects:update", "Edit, archive and reactivate a project", ADMINISTRATORS, _LEADS),
    Permission("projects:delete", "Delete a project", ADMINISTRATORS, _MANAGERS),
    Permission("projects:team", "Manage a project's team", ADMINISTRATORS, _MANAGERS),
    Permission("projects:milestones", "Edit a project's milestones", ADMINISTRATORS, _LEADS),
    Permission("projects:controls", "Edit and assign a project's controls", ADMINISTRATORS, _LEADS),
)

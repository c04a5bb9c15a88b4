"""The plugin's permissions (product rules, Roles and permissions)."""

from __future__ import annotations

from studio_kernel.security.permissions import PROJECT_ROLES, Permission

_UPLOADERS = frozenset({"manager", "compliance_lead", "team_member"})

PERMISSIONS = (
    Permission("evidence:read", "See evidence and its files", project_roles=frozenset(PROJECT_ROLES)),
    Permission("evidence:upload", "Upload evidence and new versions", project_roles=_UPLOADERS),
    Permission("evidence:update", "Change evidence, submit it for review, link controls", project_roles=_UPLOADERS),
    Permission(
        "evidence:review",
        "Approve and reject evidence",
        project_roles=frozenset({"manager", "compliance_lead", "auditor"}),
    ),
    Permission("evidence:delete", "Delete evidence", project_roles=frozenset({"manager", "compliance_lead"})),
)

"""Reads that are put together once. Booleans are compared with ``:yes``, which is always bound to True."""

from __future__ import annotations

import functools

from studio_kernel.storage.sql import Statement

CONTROL_SOURCE = (
    "project_controls c "
    "LEFT JOIN project_controls_mapped m ON m.project_id = c.project_id AND m.control_id = c.control_id"
)
EFFECTIVE_STATUS = (
    "CASE WHEN c.applicable <> :yes THEN 'not_applicable' WHEN c.override_status IS NOT NULL THEN c.override_status "
    "WHEN c.derived_status = 'complete' OR m.status = 'complete' THEN 'complete' "
    "ELSE COALESCE(m.status, c.derived_status) END"
)
"""What a control counts as: a person's word over what evidence shows, its own or that of mapped controls, and nothing
when it doesn't apply."""

PROJECT_FIELDS = "p.id, p.name, p.description, p.status, p.framework, p.compliance_score, p.created_at, p.updated_at"

_ACCESS = (
    "SELECT p.id, p.name, p.framework, p.status, m.role FROM projects p "
    "LEFT JOIN project_members m ON m.project_id = p.id AND m.user_id = :user_id WHERE p.id = :id"
)
ACCESS = Statement(_ACCESS)
# NOTE: a change inside a project lets no one delete the project before it commits. KEY SHARE doesn't wait for
# other changes inside the project, nor for its score.
ACCESS_FOR_CHANGE = Statement(_ACCESS, postgresql=_ACCESS + " FOR KEY SHARE OF p")
KEEP_PROJECT = Statement("SELECT 1", postgresql="SELECT 1 FROM projects WHERE id = :id FOR KEY SHARE")
HOLD_PROJECT = Statement("SELECT 1", postgresql="SELECT 1 FROM projects WHERE id = :id FOR UPDATE")

PROJECT = Statement(f"SELECT {PROJECT_FIELDS} FROM projects p WHERE p.id = :id")
PROJECT_IDS = Statement("SELECT id FROM projects ORDER BY id")
PROJECTS_AMONG = Statement("SELECT id, name, framework, status FROM projects WHERE id IN :ids ORDER BY id")
PROJECT_FRAMEWORKS = Statement(
    "SELECT framework_id FROM project_frameworks WHERE project_id = :project_id ORDER BY position"
)

FRAMEWORKS = Statement(
    "SELECT f.framework_id, f.position, f.attached_at, "
    "(SELECT COUNT(*) FROM project_controls c WHERE c.project_id = f.project_id AND c.framework_id = f.framework_id) "
    "FROM project_frameworks f WHERE f.project_id = :project_id ORDER BY f.position"
)
# What a framework's controls hold in a project: evidence, and what people said of them.
FRAMEWORK_USE = Statement(
    "SELECT COALESCE(SUM(CASE WHEN evidence_count > 0 THEN 1 ELSE 0 END), 0), "
    "COALESCE(SUM(CASE WHEN override_status IS NOT NULL OR applicable <> :yes OR owner_id IS NOT NULL "
    "OR due_date IS NOT NULL THEN 1 ELSE 0 END), 0) "
    "FROM project_controls WHERE project_id = :project_id AND framework_id = :framework_id"
)
CONTROL_POSITIONS = Statement(
    "SELECT COALESCE(MIN(position), 0), COALESCE(MAX(position), -1) FROM project_controls "
    "WHERE project_id = :project_id"
)
MOVE_CONTROLS = Statement(
    "UPDATE project_controls SET position = position + :places "
    "WHERE project_id = :project_id AND framework_id = :framework_id"
)
FRAMEWORK_END = Statement(
    "SELECT COALESCE(MAX(position), 0) FROM project_controls "
    "WHERE project_id = :project_id AND framework_id = :framework_id"
)

# All that an upgrade of a framework needs of a control: what it was, and what people decided about it.
KEPT_CONTROL_FIELDS = (
    "control_id",
    "number",
    "position",
    "derived_status",
    "evidence_count",
    "override_status",
    "override_reason",
    "override_by",
    "override_at",
    "applicable",
    "not_applicable_reason",
    "not_applicable_by",
    "not_applicable_at",
    "owner_id",
    "due_date",
)
FRAMEWORK_CONTROLS = Statement(
    f"SELECT {', '.join(KEPT_CONTROL_FIELDS)} FROM project_controls "
    "WHERE project_id = :project_id AND framework_id = :framework_id ORDER BY position"
)
SHIFT_CONTROLS = Statement(
    "UPDATE project_controls SET position = position + :places WHERE project_id = :project_id AND position > :after"
)
PROJECTS_USING = Statement(
    "SELECT p.id, p.name, p.status FROM project_frameworks f JOIN projects p ON p.id = f.project_id "
    "WHERE f.framework_id = :framework_id ORDER BY p.id"
)

TEAMS = Statement(
    "SELECT project_id, user_id, role, joined_at FROM project_members "
    "WHERE project_id IN :project_ids ORDER BY joined_at, user_id"
)
TEAM = Statement(
    "SELECT user_id, role, joined_at FROM project_members WHERE project_id = :project_id ORDER BY joined_at, user_id"
)
MEMBER = Statement(
    "SELECT user_id, role, joined_at FROM project_members WHERE project_id = :project_id AND user_id = :user_id"
)
MEMBERS_AMONG = Statement(
    "SELECT user_id, project_id FROM project_members WHERE project_id IN :projects AND user_id IN :users"
)
PROJECTS_OF = Statement("SELECT project_id FROM project_members WHERE user_id = :user_id ORDER BY project_id")
OTHER_MANAGERS = Statement(
    "SELECT COUNT(*) FROM project_members WHERE project_id = :project_id AND role = 'manager' AND user_id <> :user_id"
)
RELEASE_CONTROLS = Statement(
    "UPDATE project_controls SET owner_id = NULL WHERE project_id = :project_id AND owner_id = :user_id"
)

MILESTONE_FIELDS = "id, name, description, due_date, status, created_at, updated_at"
MILESTONES = Statement(
    f"SELECT {MILESTONE_FIELDS} FROM milestones WHERE project_id = :project_id ORDER BY due_date, id"
)
MILESTONE = Statement(f"SELECT {MILESTONE_FIELDS} FROM milestones WHERE project_id = :project_id AND id = :id")

CONTROL_FIELDS = (
    "c.control_id",
    "c.framework_id",
    "c.number",
    "c.title",
    "c.category",
    "c.priority",
    EFFECTIVE_STATUS,
    "c.derived_status",
    "c.override_status",
    "c.override_reason",
    "c.override_by",
    "c.override_at",
    "c.applicable",
    "c.not_applicable_reason",
    "c.not_applicable_by",
    "c.not_applicable_at",
    "c.evidence_count",
    "c.due_date",
    "c.owner_id",
    "c.updated_at",
    "m.status",
    "m.via",
)
_CONTROLS = f"SELECT {', '.join(CONTROL_FIELDS)} FROM {CONTROL_SOURCE} WHERE c.project_id = :project_id"
CONTROLS = Statement(f"{_CONTROLS} ORDER BY c.position, c.control_id")
CONTROL = Statement(f"{_CONTROLS} AND c.control_id = :control_id")
CONTROLS_AMONG = Statement(f"{_CONTROLS} AND c.control_id IN :control_ids ORDER BY c.position, c.control_id")
SHOWN_CONTROLS = Statement(
    f"{_CONTROLS} AND (c.derived_status <> 'not_started' OR m.status IS NOT NULL) ORDER BY c.position, c.control_id"
)
# PERF: one row for each kind of control, so that a score reads the same few rows of 60 controls and of 1,200.
CONTROL_GROUPS = Statement(
    f"SELECT c.framework_id, c.category, c.priority, {EFFECTIVE_STATUS}, "
    "CASE WHEN c.due_date IS NULL THEN 0 WHEN c.due_date < :now THEN 2 ELSE 1 END, MIN(c.due_date), COUNT(*), "
    "SUM(CASE WHEN c.derived_status = 'complete' OR m.status = 'complete' THEN 1 ELSE 0 END) "
    f"FROM {CONTROL_SOURCE} WHERE c.project_id = :project_id GROUP BY 1, 2, 3, 4, 5 ORDER BY MIN(c.position)"
)


@functools.lru_cache(maxsize=4)
def named(conditions: tuple[str, ...]) -> Statement:
    """Ids and names of projects under conditions on ``projects p``."""
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    return Statement(f"SELECT p.id, p.name FROM projects p {where}ORDER BY p.id DESC LIMIT :limit")

"""The steps from nothing to today's tables."""

from __future__ import annotations

from studio_kernel.storage.migrations import Migration
from studio_projects.migrations import step_0001, step_0002, step_0003

MIGRATIONS = (
    Migration("0001_projects", step_0001.apply, "Projects, their frameworks, members, milestones and controls"),
    Migration("0002_not_applicable", step_0002.apply, "Who took a control out of scope, and when"),
    Migration("0003_mapped", step_0003.apply, "What evidence for mapped controls shows of a control"),
)

"""The words that the product's rules give projects and what is in them."""

from __future__ import annotations

PROJECT_STATUSES = ("active", "inactive", "archived")
MILESTONE_STATUSES = ("pending", "in_progress", "completed")
WORK_STATUSES = ("not_started", "in_progress", "complete")
CONTROL_STATUSES = (*WORK_STATUSES, "not_applicable")

"""Reads of this plugin's tables."""

from __future__ import annotations

from studio_kernel.storage.sql import Statement

STORED = Statement("SELECT overall, parts, calculated_at, day FROM compliance_scores WHERE project_id = :project_id")

# The projects whose history has no row of the day yet, or that were never scored, are the rest.
SCORED_ON = Statement("SELECT project_id FROM compliance_scores WHERE day = :day")

HISTORY = Statement(
    "SELECT day, overall, parts FROM compliance_score_history "
    "WHERE project_id = :project_id AND day >= :since ORDER BY day"
)

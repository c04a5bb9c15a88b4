"""Reads of this plugin's tables."""

from __future__ import annotations

from studio_kernel.storage.sql import Statement

STORED = Statement("SELECT overall, parts, calculated_at, day FROM compliance_scores WHERE project_id = :project_id")

MEASURES = Statement("SELECT project_id, parts FROM compliance_scores WHERE project_id IN :ids")

# The projects whose history has no row of the day yet, or that were never scored, are the rest.
SCORED_ON = Statement("SELECT project_id FROM compliance_scores WHERE day = :day")

NOTE_DAY = Statement(
    "INSERT INTO compliance_score_history (project_id, day, overall, parts) "
    "VALUES (:project_id, :day, :overall, :parts) "
    "ON CONFLICT (project_id, day) DO UPDATE SET overall = excluded.overall, parts = excluded.parts"
)
HISTORY = Statement(
    "SELECT day, overall, parts FROM compliance_score_history "
    "WHERE project_id = :project_id AND day >= :since ORDER BY day"
)

HOLDING_TOTALS = Statement(
    "SELECT scope, pieces, high, good, approved, counted, quality_sum, "
    "(SELECT COUNT(*) FROM compliance_holdings h WHERE h.project_id = :project_id AND h.counted = :yes "
    "AND h.expires_at > :now AND h.expires_at <= :soon) "
    "FROM compliance_holding_totals WHERE project_id = :project_id"
)
# Counted when it was taken in, but its time has come since; the event of its expiry is on the way.
HOLDINGS_OVER = Statement(
    "SELECT quality, scopes FROM compliance_holdings "
    "WHERE project_id = :project_id AND counted = :yes AND expires_at <= :now"
)
HOLDINGS = Statement(
    "SELECT evidence_id, quality, approved, counted, expires_at, controls, scopes FROM compliance_holdings "
    "WHERE project_id = :project_id AND evidence_id IN :ids"
)
ADD_TO_TOTALS = Statement(
    "INSERT INTO compliance_holding_totals (project_id, scope, pieces, high, good, approved, counted, quality_sum) "
    "VALUES (:project_id, :scope, :pieces, :high, :good, :approved, :counted, :quality_sum) "
    "ON CONFLICT (project_id, scope) DO UPDATE SET "
    "pieces = compliance_holding_totals.pieces + excluded.pieces, "
    "high = compliance_holding_totals.high + excluded.high, "
    "good = compliance_holding_totals.good + excluded.good, "
    "approved = compliance_holding_totals.approved + excluded.approved, "
    "counted = compliance_holding_totals.counted + excluded.counted, "
    "quality_sum = compliance_holding_totals.quality_sum + excluded.quality_sum"
)
REMOVE_EMPTY_TOTALS = Statement("DELETE FROM compliance_holding_totals WHERE project_id = :project_id AND pieces = 0")

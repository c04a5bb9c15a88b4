"""HTTP in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_compliance.frameworks_shown import detail_of, summary_of
from studio_compliance.schemas import (
    PERIODS,
    FrameworkDetail,
    FrameworkList,
    GapList,
    GapQuery,
    ProjectionQuery,
    ProjectionShown,
    ScoreQuery,
    ScoreShown,
    TrendQuery,
    TrendShown,
)
from studio_compliance.service import ComplianceService
from studio_kernel.errors import NotFound
from studio_kernel.http.operations import Call, operation
from studio_kernel.http.wire import encode, raw_json

if TYPE_CHECKING:
    from studio_kernel.app import Platform


class FrameworkResource:
    """What can be assessed against."""

    def __init__(self, platform: Platform) -> None:
        self._frameworks = platform.frameworks
        # PERF: definitions change rarely, so each answer is encoded once for each state of the registry.
        self._encoded: tuple[int, dict[str, bytes]] = (-1, {})

    @operation(
        "compliance.frameworks",
        "GET",
        "/api/v1/compliance/frameworks",
        summary="List frameworks",
        permission="compliance:read",
        response=FrameworkList,
        etag=True,
    )
    def frameworks(self, call: Call) -> Any:
        """Every framework of the installed plugins and every imported one, with its controls in short."""
        encoded = self._kept()
        if "" not in encoded:
            encoded[""] = encode({"frameworks": [summary_of(each) for each in self._frameworks]})
        return raw_json(encoded[""])

    def _kept(self) -> dict[str, bytes]:
        """Answers that still hold. What goes in is read after this, so that none is kept as newer than it is."""
        version, kept = self._frameworks.version, self._encoded
        if kept[0] != version:
            kept = self._encoded = (version, {})
        return kept[1]

    @operation(
        "compliance.framework",
        "GET",
        "/api/v1/compliance/frameworks/{framework_id}",
        summary="Show a framework",
        permission="compliance:read",
        response=FrameworkDetail,
        etag=True,
        errors=(NotFound,),
    )
    def framework(self, call: Call) -> Any:
        """Its controls with description, priority, renewal, expected evidence and references."""
        framework_id = call.path["framework_id"]
        framework = self._frameworks.get(framework_id)
        if framework is None:
            known = ", ".join(each.id for each in self._frameworks)
            raise NotFound(f"There is no framework {framework_id}; installed: {known}")
        encoded = self._kept()
        if framework_id not in encoded:
            encoded[framework_id] = encode(detail_of(self._frameworks.get(framework_id) or framework))
        return raw_json(encoded[framework_id])


class ScoreResource:
    """How a project stands."""

    def __init__(self, platform: Platform) -> None:
        self._service = ComplianceService(platform)

    @operation(
        "compliance.score",
        "GET",
        "/api/v1/compliance/score",
        summary="Show the compliance score",
        permission="compliance:score",
        query=ScoreQuery,
        response=ScoreShown,
        etag=True,
        errors=(NotFound,),
    )
    def score(self, call: Call) -> dict[str, Any]:
        """As of this moment."""
        project_id = call.query["project_id"]
        if call.query["explain"]:
            return self._service.explained_score(call.principal, project_id)
        return self._service.score(call.principal, project_id).shown()

    @operation(
        "compliance.gaps",
        "GET",
        "/api/v1/compliance/gaps",
        summary="List gaps",
        permission="compliance:score",
        query=GapQuery,
        response=GapList,
        errors=(NotFound,),
    )
    def gaps(self, call: Call) -> dict[str, Any]:
        """Applicable controls that aren't complete, the most severe first, and what evidence each lacks."""
        return self._service.gap_report(call.principal, call.query["project_id"], call.query.get("severity"))

    @operation(
        "compliance.trends",
        "GET",
        "/api/v1/compliance/trends",
        summary="Show the score over time",
        permission="compliance:score",
        query=TrendQuery,
        response=TrendShown,
        errors=(NotFound,),
    )
    def trends(self, call: Call) -> dict[str, Any]:
        """One score a day."""
        period = call.query["period"]
        trend = self._service.trend(call.principal, call.query["project_id"], PERIODS[period])
        return {"period": period, **trend}

    @operation(
        "compliance.projection",
        "GET",
        "/api/v1/compliance/projection",
        summary="Apply a project's evidence to another framework",
        permission="compliance:score",
        query=ProjectionQuery,
        response=ProjectionShown,
        errors=(NotFound,),
    )
    def projection(self, call: Call) -> dict[str, Any]:
        """The score that it would have there, and by which mappings."""
        query = call.query
        return self._service.projection(call.principal, query["project_id"], query["framework"])

"""HTTP in and out of the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_compliance.graph import schemas
from studio_compliance.graph.questions import GraphQuestions
from studio_kernel.errors import NotFound, ServiceUnavailable
from studio_kernel.http.operations import Call, operation

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_GRAPH = "/api/v1/compliance/graph"
_ERRORS = (NotFound, ServiceUnavailable)


class GraphResource:
    """Responders for the graph and its questions."""

    def __init__(self, platform: Platform) -> None:
        self._questions = GraphQuestions(platform)

    @operation(
        "compliance.graph",
        "GET",
        _GRAPH,
        summary="Show what is around a node of the graph",
        permission="compliance:graph",
        query=schemas.AroundQuery,
        response=schemas.AroundShown,
        errors=_ERRORS,
    )
    def around(self, call: Call) -> dict[str, Any]:
        """Within the projects that the caller belongs to, at most 500 nodes."""
        return self._questions.around(call.principal, call.query["node"], call.query["depth"])

    @operation(
        "compliance.graph.impact",
        "GET",
        f"{_GRAPH}/impact",
        summary="Tell what losing a piece of evidence would mean",
        permission="compliance:score",
        query=schemas.ImpactQuery,
        response=schemas.ImpactShown,
        errors=_ERRORS,
    )
    def impact(self, call: Call) -> dict[str, Any]:
        """For controls, also by mappings, for coverage in each framework, and for the project's score."""
        return self._questions.impact(call.principal, call.query["evidence_id"])

    @operation(
        "compliance.graph.path",
        "GET",
        f"{_GRAPH}/path",
        summary="Find the shortest way by mappings between frameworks or controls",
        permission="compliance:graph",
        query=schemas.PathQuery,
        response=schemas.PathShown,
        errors=_ERRORS,
    )
    def path(self, call: Call) -> dict[str, Any]:
        """Of several that are equally short, the one whose ids sort first."""
        return self._questions.path(call.query["from"], call.query["to"])

    @operation(
        "compliance.graph.experts",
        "GET",
        f"{_GRAPH}/experts",
        summary="Find who knows about a control",
        permission="compliance:graph",
        query=schemas.ExpertsQuery,
        response=schemas.ExpertsShown,
        errors=_ERRORS,
    )
    def experts(self, call: Call) -> dict[str, Any]:
        """Who uploaded and reviewed evidence for it in the projects that the caller belongs to."""
        return self._questions.experts(call.principal, call.query["control_id"])

    @operation(
        "compliance.graph.orphans",
        "GET",
        f"{_GRAPH}/orphans",
        summary="Find what hangs loose in a project",
        permission="compliance:score",
        query=schemas.OrphansQuery,
        response=schemas.OrphansShown,
        errors=_ERRORS,
    )
    def orphans(self, call: Call) -> dict[str, Any]:
        """Evidence without a control, controls without evidence, members who had no hand in any."""
        return self._questions.orphans(call.principal, call.query["project_id"])

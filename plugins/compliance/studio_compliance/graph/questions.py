"""What the graph is asked. Everything is narrowed to projects within the caller's reach.

Structure comes from the graph, by the same few reads whatever store it is in; scores come from the database.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from studio_compliance.assessment import rounded
from studio_compliance.graph.parts import (
    HAS_EVIDENCE,
    INCLUDES,
    MAPPED_TO,
    MEMBER_OF,
    REVIEWED,
    UPLOADED,
    framework_node_id,
)
from studio_compliance.service import ComplianceService
from studio_compliance.standing import Effect, Standing
from studio_evidence.api import EvidenceLibrary, EvidenceRef
from studio_kernel.context import current_context
from studio_kernel.errors import NotFound
from studio_kernel.mappings import INVERSE, MOST_STEPS, MappedPath, Mapping
from studio_kernel.security.principal import Principal
from studio_kernel.storage.graph import Edge, Node, shortest_ids
from studio_projects.api import ProjectControl, Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

MOST_NODES = 500
"""The most nodes of one answer: more than a person looks at."""

_SCORE = "compliance:score"
# Between frameworks there may be several in between, each a step or two.
_MOST_MAPPINGS = 8


class GraphQuestions:
    """Answers questions; ``NotFound`` for what isn't there and for what the caller may not know of."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._graph = platform.graph
        self._library = EvidenceLibrary(platform)
        self._projects = Projects(platform)
        self._service = ComplianceService(platform)

    # -- what is around -------------------------------------------------------------------------------

    def around(self, principal: Principal, node_id: str, depth: int) -> dict[str, Any]:
        """The nodes at most ``depth`` steps away with the edges between them; no way leads through other projects."""
        projects = self._projects.reach(principal)
        node = self._visible(principal, node_id, projects)
        near = self._graph.neighbourhood(node.id, depth, projects=projects, most=MOST_NODES)
        return {
            "node": node.id,
            "depth": depth,
            "nodes": [_node_view(each) for each in near.nodes],
            "edges": [_edge_view(each) for each in near.edges],
            "truncated": len(near.nodes) == MOST_NODES,
        }

    def _visible(self, principal: Principal, node_id: str, projects: list[str] | None) -> Node:
        found = self._graph.nodes([node_id, framework_node_id(node_id)])
        node = found.get(node_id) or found.get(framework_node_id(node_id))
        if node is None or not self._may_see(principal, node, projects):
            raise NotFound(f"There is no node {node_id}")
        return node

    def _may_see(self, principal: Principal, node: Node, projects: list[str] | None) -> bool:
        """Frameworks and controls are for everybody; people and tags for who shares a project with them."""
        if projects is None or node.label in ("Framework", "Control") or node.id == principal.user_id:
            return True
        if node.label in ("Project", "Evidence"):
            return node.properties.get("project_id") in projects
        near = self._graph.neighbourhood(node.id, 1, projects=projects, most=2)
        return len(near.nodes) > 1

    # -- losing evidence -------------------------------------------------------------------------------

    def impact(self, principal: Principal, evidence_id: str) -> dict[str, Any]:
        """What losing a piece of evidence would mean: for controls, its project, frameworks and scores."""
        piece = self._piece(principal, evidence_id)
        served = sorted(
            edge.source for edge in self._graph.edges([piece.id], [HAS_EVIDENCE]) if edge.source != piece.project_id
        )
        standing = self._service.standing(piece.project_id)
        effect = self._loss(piece, served)
        after = standing.recomputed(effect)
        statuses = {each.control.control_id: each.status for each in standing.moved(effect)}
        touched = {each: standing.controls[each] for each in (*served, *statuses) if each in standing.controls}
        (project,) = self._projects.found([piece.project_id])
        return {
            "evidence_id": piece.id,
            "title": piece.title,
            "counts_now": piece.status == "approved" and piece.is_current,
            "controls": [_impact_view(each, served, statuses) for each in touched.values()],
            "projects": [
                {
                    "project_id": project.id,
                    "name": project.name,
                    "score_before": standing.score.overall,
                    "score_after": after.overall,
                }
            ],
            "frameworks": _framework_views(standing, touched.values(), statuses),
        }

    def _piece(self, principal: Principal, evidence_id: str) -> EvidenceRef:
        found = self._library.found([evidence_id])
        missing = NotFound(f"There is no evidence {evidence_id}")
        if not found:
            raise missing
        try:
            self._projects.require(principal, found[0].project_id, _SCORE)
        except NotFound:
            # APPSEC: the answer must not name the project of what the caller may not know of.
            raise missing from None
        current_context().resource_id = evidence_id
        return found[0]

    def _loss(self, piece: EvidenceRef, served: Sequence[str]) -> Effect:
        counts = piece.status == "approved" and piece.is_current
        return Effect(
            own=self._library.status_without(piece.project_id, served, piece.id),
            pieces=-1,
            current=-int(counts),
            quality=-piece.quality_score if counts else 0,
        )

    # -- ways by mappings -------------------------------------------------------------------------------

    def path(self, start: str, end: str) -> dict[str, Any]:
        """A shortest way by mappings between two controls, or from any control of a framework to any of another."""
        sources, targets = self._ends(start), self._ends(end)
        both = sorted(sources & targets)
        ids = both[:1] or self._shortest(sources, targets)
        steps = self._steps(ids)
        path = MappedPath(tuple(steps)) if steps else None
        return {
            "from": start,
            "to": end,
            "found": bool(ids),
            "controls": [_node_view(node) for node in self._in_order(ids)],
            "steps": [_step_view(step, far) for step, far in zip(steps, ids[1:], strict=True)],
            "relation": path.relation if path else None,
            "counts": path.counts if path and len(path.steps) <= MOST_STEPS else "none",
        }

    def _ends(self, node_id: str) -> set[str]:
        found = self._graph.nodes([node_id, framework_node_id(node_id)])
        node = found.get(node_id) or found.get(framework_node_id(node_id))
        if node is None or node.label not in ("Framework", "Control"):
            raise NotFound(f"There is no framework or control {node_id}")
        if node.label == "Control":
            return {node.id}
        return {edge.target for edge in self._graph.edges([node.id], [INCLUDES]) if edge.source == node.id}

    def _shortest(self, sources: set[str], targets: set[str]) -> list[str]:
        """The ids along it; of several that are equally short, the one whose ids sort first."""
        start, end = "<", ">"

        def neighbours(near: Sequence[str]) -> Iterable[tuple[str, str]]:
            wanted = [each for each in near if each != end]
            if end in near:
                yield from ((end, each) for each in targets)
            for edge in self._graph.edges(wanted, [MAPPED_TO]) if wanted else ():
                yield from (
                    pair for pair in ((edge.source, edge.target), (edge.target, edge.source)) if pair[0] in near
                )
            yield from ((each, start) for each in wanted if each in sources)

        ids = shortest_ids(start, end, neighbours, _MOST_MAPPINGS + 2)
        return [] if ids is None else ids[1:-1]

    def _steps(self, ids: Sequence[str]) -> list[Mapping]:
        nodes = self._graph.nodes(ids)
        edges = {(edge.source, edge.target): edge for edge in self._graph.edges(ids, [MAPPED_TO])}
        return [_mapping(nodes[near], nodes[far], edges) for near, far in itertools.pairwise(ids)]

    def _in_order(self, ids: Sequence[str]) -> list[Node]:
        nodes = self._graph.nodes(ids)
        return [nodes[each] for each in ids]

    # -- people ---------------------------------------------------------------------------------------

    def experts(self, principal: Principal, control_id: str) -> dict[str, Any]:
        """Who knows about a control: who uploaded and reviewed evidence for it, the most active first."""
        projects = self._projects.reach(principal)
        control = self._visible(principal, control_id, projects)
        if control.label != "Control":
            raise NotFound(f"There is no control {control_id}")
        pieces = self._pieces_of([control.id], projects)
        found: dict[str, list[Edge]] = defaultdict(list)
        for edge in self._graph.edges(pieces.keys(), [UPLOADED, REVIEWED]):
            found[edge.source].append(edge)
        names = self._graph.nodes(found.keys())
        views = [_expert_view(names[user_id], edges, pieces) for user_id, edges in found.items() if user_id in names]
        views.sort(key=lambda view: (-view["uploaded"] - view["reviewed"], view["user_id"]))
        return {"control_id": control.id, "experts": views}

    def _pieces_of(self, control_ids: Collection[str], projects: list[str] | None) -> dict[str, Node]:
        """The evidence of controls that the caller may see."""
        edges = self._graph.edges(control_ids, [HAS_EVIDENCE])
        nodes = self._graph.nodes({edge.target for edge in edges})
        return {
            node.id: node
            for node in nodes.values()
            if projects is None or node.properties.get("project_id") in projects
        }

    # -- what hangs loose ----------------------------------------------------------------------------------

    def orphans(self, principal: Principal, project_id: str) -> dict[str, Any]:
        """What in a project has nothing to hold on to: evidence without a control, controls without evidence, and
        members who had no hand in any evidence."""
        self._projects.require(principal, project_id, _SCORE)
        current_context().resource_id = project_id
        edges = self._graph.edges([project_id], [HAS_EVIDENCE, INCLUDES, MEMBER_OF])
        pieces = {edge.target for edge in edges if edge.kind == HAS_EVIDENCE}
        frameworks = {edge.target for edge in edges if edge.kind == INCLUDES}
        members = {edge.source for edge in edges if edge.kind == MEMBER_OF}
        around = self._graph.edges(pieces, [HAS_EVIDENCE, UPLOADED, REVIEWED])
        serving = [edge for edge in around if edge.kind == HAS_EVIDENCE and edge.source != project_id]
        included = self._graph.edges(frameworks, [INCLUDES])
        controls = {edge.target for edge in included if edge.source in frameworks}
        busy = {edge.source for edge in around if edge.kind != HAS_EVIDENCE}
        return {
            "project_id": project_id,
            "evidence_without_control": self._named(pieces - {edge.target for edge in serving}),
            "controls_without_evidence": self._named(controls - {edge.source for edge in serving}),
            "members_without_evidence": self._named(members - busy),
        }

    def _named(self, ids: Collection[str]) -> list[dict[str, Any]]:
        return [_node_view(node) for _, node in sorted(self._graph.nodes(ids).items())]


def _node_view(node: Node) -> dict[str, Any]:
    return {"id": node.id, "label": node.label, "properties": dict(node.properties)}


def _edge_view(edge: Edge) -> dict[str, Any]:
    return {"kind": edge.kind, "source": edge.source, "target": edge.target, "properties": dict(edge.properties)}


def _impact_view(control: ProjectControl, served: Sequence[str], statuses: dict[str, str]) -> dict[str, Any]:
    return {
        "control_id": control.control_id,
        "framework": control.framework_id,
        "number": control.number,
        "title": control.title,
        "by": "evidence" if control.control_id in served else "mapping",
        "status_before": control.status,
        "status_after": statuses.get(control.control_id, control.status),
    }


def _framework_views(
    standing: Standing, touched: Iterable[ProjectControl], statuses: dict[str, str]
) -> list[dict[str, Any]]:
    """Coverage of each framework with a control that is touched, before and after."""
    counted = Counter(control.framework_id for control in touched)
    views = []
    for framework_id in dict.fromkeys(control.framework_id for control in standing.controls.values()):
        if counted[framework_id]:
            before, after = (standing.coverage(framework_id, each) for each in ({}, statuses))
            views.append(
                {
                    "framework": framework_id,
                    "controls": counted[framework_id],
                    "coverage_before": rounded(before),
                    "coverage_after": rounded(after),
                }
            )
    return views


def _mapping(near: Node, far: Node, edges: dict[tuple[str, str], Edge]) -> Mapping:
    """A step read in the direction in which it is taken."""
    there, back = edges.get((near.id, far.id)), edges.get((far.id, near.id))
    edge = there or back
    assert edge is not None, "a way is made of edges"
    relation = str(edge.properties.get("relation"))
    return Mapping(
        from_framework=str(near.properties.get("framework")),
        from_number=str(near.properties.get("number")),
        to_framework=str(far.properties.get("framework")),
        to_number=str(far.properties.get("number")),
        relation=relation if there else INVERSE[relation],
        rationale=str(edge.properties.get("rationale", "")),
        source=str(edge.properties.get("source_name", "")),
    )


def _step_view(step: Mapping, control_id: str) -> dict[str, Any]:
    return {
        "control_id": control_id,
        "framework": step.to_framework,
        "number": step.to_number,
        "relation": step.relation,
        "rationale": step.rationale,
        "source": step.source,
    }


def _expert_view(user: Node, edges: Sequence[Edge], pieces: dict[str, Node]) -> dict[str, Any]:
    kinds = Counter(edge.kind for edge in edges)
    return {
        "user_id": user.id,
        "name": user.properties.get("name", ""),
        "uploaded": kinds[UPLOADED],
        "reviewed": kinds[REVIEWED],
        "last_at": max(str(edge.properties.get("at", "")) for edge in edges),
        "projects": sorted({str(pieces[edge.target].properties.get("project_id")) for edge in edges}),
    }

"""Keeps the graph up with the events, and makes it again from nothing with the same result.

A handler never trusts the event: it reads the truth as it is now, writes that, and looks whether the truth has moved
meanwhile. So events may come twice, late, or side by side with others about the same things.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from studio_compliance.graph.parts import (
    HAS_EVIDENCE,
    INCLUDES,
    MEMBER_OF,
    REVIEWED,
    UPLOADED,
    Part,
    Truth,
    tag_node_id,
    tag_of,
)
from studio_evidence.api import EvidenceLibrary
from studio_kernel.clock import to_text
from studio_kernel.errors import ServiceUnavailable
from studio_kernel.events import Event, Subscriber
from studio_kernel.jobs import JobRun, JobType, RetryLater
from studio_kernel.storage.graph import Edge, Node
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

REBUILD = "compliance.graph_rebuild"
WATCHED = ("project.*", "member.*", "evidence.*", "user.*", "framework.*")
# Seconds after which a graph that was gone is tried again; it may be gone for days, and nothing may be lost.
_PATIENCE = 15.0
_FOR_EVER = 1_000_000
# A change may have been on its way for that long when a rebuild began.
_UNDER_WAY = timedelta(minutes=15)
# How often one thing is written anew because it changed meanwhile; the next event of it does the rest.
_MOST_ROUNDS = 10
_BATCH = 500


class GraphKeeper:
    """Writes the graph."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._graph = platform.graph
        self._truth = Truth(platform)
        self._library = EvidenceLibrary(platform)
        self._projects = Projects(platform)

    def subscribers(self) -> Sequence[Subscriber]:
        """One, after the commit."""
        return (Subscriber("compliance.graph", WATCHED, self.follow, max_attempts=_FOR_EVER),)

    def jobs(self) -> Sequence[JobType]:
        """The rebuild."""
        summary = "Makes the graph again from the database"
        return (JobType(REBUILD, self._rebuild_job, summary=summary, timeout=3600.0, max_attempts=_FOR_EVER),)

    def follow(self, event: Event) -> None:
        """Bring what an event is about up to date; ``RetryLater`` while the graph is away."""
        try:
            self._follow(event)
        except ServiceUnavailable as error:
            raise RetryLater(_PATIENCE, error.message) from error

    def _follow(self, event: Event) -> None:
        kind = event.name.partition(".")[0]
        if kind == "evidence":
            self.refresh_evidence(event.resource_id)
        elif kind == "user":
            self.refresh_user(event.resource_id)
        elif kind == "framework":
            self._platform.jobs.enqueue(REBUILD)
        else:
            self.refresh_project(event.project_id)

    # -- one thing at a time --------------------------------------------------------------------------

    def refresh_project(self, project_id: str) -> None:
        """The project, its team and its frameworks as they are now; everything of it when it is gone."""

        def write(part: Part | None) -> None:
            if part is None:
                self._drop_project(project_id)
                return
            self._write(part, self._graph.edges([project_id], [MEMBER_OF, INCLUDES]))

        self._until_settled(lambda: self._truth.project(project_id), write)

    def refresh_evidence(self, evidence_id: str) -> None:
        """A piece of evidence and all that leads to it as it is now; nothing of it when it is gone."""

        def read() -> Part | None:
            pieces = self._library.found([evidence_id])
            return self._truth.evidence(pieces) if pieces else None

        def write(part: Part | None) -> None:
            if part is None:
                self._drop([evidence_id], self._graph.edges([evidence_id]))
            else:
                self._write(part, self._graph.edges([evidence_id]))

        self._until_settled(read, write)

    def refresh_user(self, user_id: str) -> None:
        """A person's name, where the graph knows the person."""
        if self._graph.node(user_id) is not None:
            self._graph.merge_nodes(self._truth.users([user_id]))

    def _until_settled(self, read: Callable[[], Part | None], write: Callable[[Part | None], None]) -> None:
        """Write the truth until it is still the same afterwards."""
        part = read()
        for _ in range(_MOST_ROUNDS):
            write(part)
            now = read()
            if _facts(now) == _facts(part):
                return
            part = now

    def _write(self, part: Part, before: Iterable[Edge]) -> None:
        """Write nodes and edges, and remove the edges among ``before`` that are no more."""
        there = self._graph.nodes([node.id for node in part.shared])
        self._graph.merge_nodes([*part.own, *(node for node in part.shared if node.id not in there)])
        self._graph.merge_edges(part.edges)
        wanted = {edge.ends for edge in part.edges}
        gone = [edge for edge in before if edge.ends not in wanted]
        if gone:
            self._graph.delete_edges(gone)
            self._forget_unneeded(gone)

    def _drop(self, node_ids: Collection[str], edges: Iterable[Edge]) -> None:
        self._graph.delete_nodes(node_ids)
        self._forget_unneeded(edges)

    def _drop_project(self, project_id: str) -> None:
        edges = self._graph.edges([project_id])
        pieces = [edge.target for edge in edges if edge.kind == HAS_EVIDENCE]
        edges += self._graph.edges(pieces)
        self._drop([project_id, *pieces], edges)

    def _forget_unneeded(self, edges: Iterable[Edge]) -> None:
        """Remove people and tags that lost these edges and have no place in the truth any more."""
        ends = list(edges)
        users = {edge.source for edge in ends if edge.kind in (MEMBER_OF, UPLOADED, REVIEWED)}
        tags = {tag_of(edge.target) for edge in ends} - {""}
        idle = users - self._truth.needed_users(users).keys()
        loose = tags - self._truth.needed_tags(tags).keys()
        self._graph.delete_nodes([*idle, *(tag_node_id(tag) for tag in loose)])
        # NOTE: what somebody needed again meanwhile may have been written before it was removed.
        for projects, pieces in self._truth.needed_users(idle).values():
            self._refresh(projects, pieces)
        for pieces in self._truth.needed_tags(loose).values():
            self._refresh((), pieces)

    def _refresh(self, project_ids: Iterable[str], evidence_ids: Iterable[str]) -> None:
        for project_id in sorted(project_ids):
            self.refresh_project(project_id)
        for evidence_id in sorted(evidence_ids):
            self.refresh_evidence(evidence_id)

    # -- everything -------------------------------------------------------------------------------------

    def rebuild(self, report: Callable[[int], None] = lambda percent: None) -> tuple[int, int]:
        """Make the graph again from nothing; how many nodes and edges it has. ``report`` is told the percent done.

        Changes go on meanwhile: what they may have been overtaken by is brought up to date at the end.
        """
        begin = to_text(self._platform.clock() - _UNDER_WAY)
        self._graph.clear()
        self._platform.frameworks.refresh()
        definitions = self._truth.definitions()
        self._graph.merge_nodes(definitions.own)
        self._graph.merge_edges(definitions.edges)
        ids = self._projects.ids()
        for number, project_id in enumerate(ids):
            self._add_project(project_id)
            report(100 * (number + 1) // (len(ids) + 1))
        self._catch_up(begin)
        return self._graph.count()

    def _add_project(self, project_id: str) -> None:
        part = self._truth.project(project_id)
        if part is not None:
            self._add(part)
        pieces = self._library.of_project(project_id)
        for start in range(0, len(pieces), _BATCH):
            self._add(self._truth.evidence(pieces[start : start + _BATCH]))

    def _add(self, part: Part) -> None:
        self._graph.merge_nodes(_distinct([*part.own, *part.shared]))
        self._graph.merge_edges(part.edges)

    def _catch_up(self, begin: str) -> None:
        """Bring up to date what changed while the graph was made."""
        events = self._platform.events.since(begin)
        pieces = {event.resource_id for event in events if _is(event, "evidence")}
        self._refresh({event.project_id for event in events if event.project_id}, pieces)
        for user_id in sorted({event.resource_id for event in events if _is(event, "user")}):
            self.refresh_user(user_id)

    def _rebuild_job(self, run: JobRun) -> dict[str, int]:
        try:
            nodes, edges = self.rebuild(run.report)
        except ServiceUnavailable as error:
            raise RetryLater(_PATIENCE, error.message) from error
        return {"nodes": nodes, "edges": edges}


def _is(event: Event, kind: str) -> bool:
    return event.name.startswith(f"{kind}.")


def _facts(part: Part | None) -> object:
    return None if part is None else part.facts()


def _distinct(nodes: Iterable[Node]) -> list[Node]:
    return list({node.id: node for node in nodes}.values())

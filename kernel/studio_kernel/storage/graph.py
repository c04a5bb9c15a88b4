"""The graph: who works on what, which evidence serves which control, which controls say the same.

It is a projection. The relational database is the truth, the graph is kept up by events and can be rebuilt,
so a store only merges and deletes; it never invents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Property = str | int | float | bool | Sequence[str] | None

LABELS = ("User", "Project", "Framework", "Control", "Evidence", "Tag")
KINDS = ("MEMBER_OF", "INCLUDES", "HAS_EVIDENCE", "UPLOADED", "REVIEWED", "MAPPED_TO", "TAGGED")

# The most steps of a neighbourhood: beyond, the answer is everything.
MOST_DEPTH = 6

EVERYTHING = 1_000_000_000
"""No limit to a neighbourhood."""

# APPSEC: these two are all that ever becomes part of a query's text. Plugins may bring labels and kinds of
# their own.
_LABEL = re.compile(r"[A-Z][A-Za-z0-9]{0,62}\Z")
_KIND = re.compile(r"[A-Z][A-Z0-9_]{0,62}\Z")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")


@dataclass(frozen=True, slots=True)
class Node:
    """A thing, known by an id that no other thing of any label has.

    Properties are short facts for display: text, numbers, booleans, lists of text; one that is None is left
    out.
    """

    label: str
    id: str
    properties: Mapping[str, Property] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation between two nodes; there is at most one of a kind from ``source`` to ``target``."""

    kind: str
    source: str
    target: str
    properties: Mapping[str, Property] = field(default_factory=dict)

    @property
    def ends(self) -> tuple[str, str, str]:
        """What tells it from every other edge: source, kind and target."""
        return self.source, self.kind, self.target


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Nodes in the order of their ids, and edges between them in the order of source, kind and target."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()


class GraphStore(Protocol):
    """Where the graph lives. Every method raises ``ServiceUnavailable`` when the store can't be reached.

    ``ValueError`` answers labels, kinds and names of properties that don't look like one.
    """

    def merge_nodes(self, nodes: Iterable[Node]) -> None:
        """Add nodes; one that is there gets exactly the given properties. Its label never changes."""
        ...

    def merge_edges(self, edges: Iterable[Edge]) -> list[Edge]:
        """Add edges; one that is there gets exactly the given properties.

        Edges from or to unknown nodes are left out and returned, in the given order.
        """
        ...

    def delete_nodes(self, ids: Collection[str]) -> None:
        """Remove nodes and their edges; unknown ids are no error."""
        ...

    def delete_edges(self, edges: Iterable[Edge]) -> None:
        """Remove edges by kind, source and target; unknown ones are no error."""
        ...

    def clear(self) -> None:
        """Remove everything."""
        ...

    def node(self, node_id: str) -> Node | None:
        """One node, or None."""
        ...

    def nodes(self, ids: Collection[str]) -> dict[str, Node]:
        """Those of the nodes that there are, by id."""
        ...

    def edges(self, ids: Collection[str], kinds: Collection[str] | None = None) -> list[Edge]:
        """The edges of ``kinds`` (None: all) that begin or end at one of the nodes, by source, kind and target."""
        ...

    def neighbourhood(
        self, node_id: str, depth: int, *, projects: Collection[str] | None = None, most: int = EVERYTHING
    ) -> Subgraph:
        """The nodes at most ``depth`` steps away (0 to ``MOST_DEPTH``) in any direction, and their edges.

        With ``projects``, nodes with the property ``project_id`` of another project aren't there, and no way leads
        through them. Of more than ``most`` nodes the nearest are answered, then those whose ids sort first. Empty
        when the node is unknown or of another project; ``ValueError`` for another depth.
        """
        ...

    def shortest_path(
        self, source_id: str, target_id: str, kinds: Collection[str] | None, max_depth: int
    ) -> list[Node] | None:
        """A shortest way between two nodes over edges of ``kinds`` (None: all), with both ends.

        Edges are walked in any direction.

        Of several that are equally short, the one whose ids sort first. None when there is none of at most
        ``max_depth`` steps, or an end is unknown.
        """
        ...

    def count(self) -> tuple[int, int]:
        """How many nodes and edges there are."""
        ...

    def check(self) -> None:
        """Raise ``ServiceUnavailable`` unless the store answers."""
        ...


def require_label(label: str) -> str:
    """The label, or ``ValueError`` when it isn't a name such as ``Control``."""
    if not _LABEL.match(label):
        raise ValueError(f"not a label of nodes: {label!r}")
    return label


def require_kind(kind: str) -> str:
    """The kind, or ``ValueError`` when it isn't a name such as ``MAPPED_TO``."""
    if not _KIND.match(kind):
        raise ValueError(f"not a kind of edges: {kind!r}")
    return kind


def require_depth(depth: int) -> int:
    """The depth, or ``ValueError`` when it isn't a whole number from 0 to ``MOST_DEPTH``."""
    if type(depth) is not int or not 0 <= depth <= MOST_DEPTH:
        raise ValueError(f"a depth is a whole number from 0 to {MOST_DEPTH}")
    return depth


def clean_properties(properties: Mapping[str, Property]) -> dict[str, Property]:
    """The properties without those that are None; ``ValueError`` for a name or value that no store takes."""
    clean: dict[str, Property] = {}
    for name, value in sorted(properties.items()):
        if not _NAME.match(name) or name == "id":
            raise ValueError(f"not a name of properties: {name!r}")
        if value is None:
            continue
        if isinstance(value, str | bool | int | float):
            clean[name] = value
        elif isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            clean[name] = list(value)
        else:
            raise ValueError(f"the property {name} is neither text, a number, a boolean nor a list of text")
    return clean


def by_id(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Nodes in the order of their ids."""
    return tuple(sorted(nodes, key=lambda node: node.id))


def by_ends(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Edges in the order of source, kind and target."""
    return tuple(sorted(edges, key=lambda edge: edge.ends))


def allowed_projects(projects: Collection[str]) -> list[str]:
    """What ``project_id`` of a node may be; nodes without one are compared as an empty text."""
    return ["", *sorted(projects)]


Neighbours = Callable[[Sequence[str]], Iterable[tuple[str, str]]]


def shortest_ids(source_id: str, target_id: str, neighbours: Neighbours, max_depth: int) -> list[str] | None:
    """The ids along a shortest way, the first in order of those that are equally short.

    ``neighbours`` answers, for many nodes at once, pairs of one of them and a node next to it, in any order.
    It is asked once a step, so the work grows with the nodes that are reached, never with the number of
    ways.
    """
    onward: dict[str, str] = {target_id: target_id}
    frontier = [target_id]
    for _ in range(max_depth):
        if source_id in onward or not frontier:
            break
        reached: dict[str, str] = {}
        for near, far in neighbours(frontier):
            if far not in onward and (far not in reached or near < reached[far]):
                reached[far] = near
        onward |= reached
        frontier = sorted(reached)
    if source_id not in onward:
        return None
    path = [source_id]
    while path[-1] != target_id:
        path.append(onward[path[-1]])
    return path


def nearest_ids(start_id: str, neighbours: Neighbours, depth: int, most: int) -> list[str]:
    """The ids at most ``depth`` steps away, the nearest first, then in order; at most ``most`` of them.

    ``neighbours`` as in :func:`shortest_ids`.
    """
    found = [start_id]
    seen = {start_id}
    frontier = [start_id]
    for _ in range(depth):
        if not frontier or len(found) >= most:
            break
        frontier = sorted({far for _, far in neighbours(frontier)} - seen)
        seen.update(frontier)
        found += frontier
    return found[:most]

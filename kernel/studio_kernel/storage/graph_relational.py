"""The graph in the platform's own database: two tables, and recursive queries. ``relational:``"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
import peewee

from studio_kernel.storage.adapters import StorageContext
from studio_kernel.storage.database import Database
from studio_kernel.storage.graph import (
    EVERYTHING,
    Edge,
    Node,
    Property,
    Subgraph,
    allowed_projects,
    by_ends,
    by_id,
    clean_properties,
    require_depth,
    require_kind,
    require_label,
    shortest_ids,
)
from studio_kernel.storage.models import JSONField, Table
from studio_kernel.storage.sql import Dialect, Statement

_TABLES = (
    """CREATE TABLE graph_nodes (
        id VARCHAR(255) PRIMARY KEY,
        label VARCHAR(63) NOT NULL,
        properties TEXT NOT NULL
    )""",
    """CREATE TABLE graph_edges (
        source VARCHAR(255) NOT NULL REFERENCES graph_nodes (id) ON DELETE CASCADE,
        kind VARCHAR(63) NOT NULL,
        target VARCHAR(255) NOT NULL REFERENCES graph_nodes (id) ON DELETE CASCADE,
        properties TEXT NOT NULL,
        PRIMARY KEY (source, kind, target)
    )""",
    "CREATE INDEX graph_edges_target ON graph_edges (target, kind)",
)

GRAPH_SCHEMA: Mapping[Dialect, Sequence[str]] = {"sqlite": _TABLES, "postgresql": _TABLES}
"""The statements that make the tables, in order, for the kernel's migrations."""


class GraphNode(Table):
    """A node; ``properties`` is a JSON object."""

    id = peewee.CharField(primary_key=True)
    label = peewee.CharField(max_length=63)
    properties = JSONField()

    class Meta:
        table_name = "graph_nodes"


class GraphEdge(Table):
    """An edge; deleting a node deletes its edges."""

    source = peewee.CharField()
    kind = peewee.CharField(max_length=63)
    target = peewee.CharField()
    properties = JSONField()

    class Meta:
        table_name = "graph_edges"
        primary_key = peewee.CompositeKey("source", "kind", "target")


_NODES = Statement("SELECT id, label, properties FROM graph_nodes WHERE id IN :ids")
_KNOWN = Statement("SELECT id FROM graph_nodes WHERE id IN :ids")
_DELETE_NODES = Statement("DELETE FROM graph_nodes WHERE id IN :ids")
_DELETE_EDGE = Statement("DELETE FROM graph_edges WHERE source = :source AND kind = :kind AND target = :target")
_CLEAR_EDGES = Statement("DELETE FROM graph_edges")
_CLEAR_NODES = Statement("DELETE FROM graph_nodes")
_COUNT = Statement("SELECT (SELECT COUNT(*) FROM graph_nodes), (SELECT COUNT(*) FROM graph_edges)")
_CHECK = Statement("SELECT 1 FROM graph_nodes LIMIT 1")

_UPSERT_NODE = Statement(
    "INSERT INTO graph_nodes (id, label, properties) VALUES (:id, :label, :properties) "
    "ON CONFLICT (id) DO UPDATE SET properties = excluded.properties"
)
_UPSERT_EDGE = Statement(
    "INSERT INTO graph_edges (source, kind, target, properties) "
    "VALUES (:source, :kind, :target, :properties) "
    "ON CONFLICT (source, kind, target) DO UPDATE SET properties = excluded.properties"
)

# PERF: UNION drops a pair of node and distance that was seen, so the work is bounded by nodes times depth.
_WALK = """WITH RECURSIVE walk (id, depth) AS (
    SELECT n.id, 0 FROM graph_nodes n WHERE n.id = :id{scope}
    UNION
    SELECT n.id, w.depth + 1
    FROM walk w JOIN graph_edges e ON (e.source = w.id OR e.target = w.id)
    JOIN graph_nodes n ON n.id = CASE WHEN e.source = w.id THEN e.target ELSE e.source END
    WHERE w.depth < :depth{scope}
), near (id) AS (SELECT id FROM walk GROUP BY id ORDER BY MIN(depth), id{collation} LIMIT :most)
"""
_NEAR_NODES = "SELECT n.id, n.label, n.properties FROM graph_nodes n JOIN near ON near.id = n.id"
_NEAR_EDGES = (
    "SELECT e.kind, e.source, e.target, e.properties FROM graph_edges e "
    "JOIN near a ON a.id = e.source JOIN near b ON b.id = e.target"
)


def _walk(scope: str, postgresql_scope: str) -> tuple[Statement, Statement]:
    """The statements that read nodes and edges of a neighbourhood."""
    sqlite = _WALK.format(scope=scope, collation="")
    # NOTE: ids sort by their characters' codes, whatever the database's language.
    postgresql = _WALK.format(scope=postgresql_scope, collation=' COLLATE "C"')
    nodes, edges = (Statement(sqlite + each, postgresql=postgresql + each) for each in (_NEAR_NODES, _NEAR_EDGES))
    return nodes, edges


_NEAR = _walk("", "")
_NEAR_IN_PROJECTS = _walk(
    " AND COALESCE(json_extract(n.properties, '$.project_id'), '') IN :projects",
    " AND COALESCE(n.properties::json ->> 'project_id', '') IN :projects",
)

_EDGES = Statement(
    "SELECT kind, source, target, properties FROM graph_edges WHERE source IN :ids "
    "UNION SELECT kind, source, target, properties FROM graph_edges WHERE target IN :ids"
)
_EDGES_OF_KINDS = Statement(
    "SELECT kind, source, target, properties FROM graph_edges WHERE source IN :ids AND kind IN :kinds "
    "UNION SELECT kind, source, target, properties FROM graph_edges WHERE target IN :ids AND kind IN :kinds"
)
_NEIGHBOURS = Statement(
    "SELECT source, target FROM graph_edges WHERE source IN :ids "
    "UNION SELECT target, source FROM graph_edges WHERE target IN :ids"
)
_NEIGHBOURS_OF_KINDS = Statement(
    "SELECT source, target FROM graph_edges WHERE source IN :ids AND kind IN :kinds "
    "UNION SELECT target, source FROM graph_edges WHERE target IN :ids AND kind IN :kinds"
)

# ids of one statement, far below what either database allows
_BATCH = 500


def open_graph(url: str, context: StorageContext) -> RelationalGraph:
    """The graph in the platform's database; the URL says no more than ``relational:``."""
    return RelationalGraph(context.database)


class RelationalGraph:
    """The graph in the tables of :data:`GRAPH_SCHEMA`. Each change is one transaction, or joins one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def merge_nodes(self, nodes: Iterable[Node]) -> None:
        rows = [
            {
                "id": node.id,
                "label": require_label(node.label),
                "properties": _dump(node.properties),
            }
            for node in nodes
        ]
        self._run_each(_UPSERT_NODE, rows)

    def merge_edges(self, edges: Iterable[Edge]) -> list[Edge]:
        edges = list(edges)
        rows = [_edge_row(edge) for edge in edges]
        with self._writing():
            known = self._known({end for edge in edges for end in (edge.source, edge.target)})
            kept = [edge.source in known and edge.target in known for edge in edges]
            self._run_each(_UPSERT_EDGE, itertools.compress(rows, kept))
        return [edge for edge, stored in zip(edges, kept, strict=True) if not stored]

    def delete_nodes(self, ids: Collection[str]) -> None:
        with self._writing():
            for part in _batches(ids):
                self._database.execute(_DELETE_NODES, ids=part)

    def delete_edges(self, edges: Iterable[Edge]) -> None:
        rows = [{"source": edge.source, "kind": require_kind(edge.kind), "target": edge.target} for edge in edges]
        self._run_each(_DELETE_EDGE, rows)

    def clear(self) -> None:
        with self._writing():
            self._database.execute(_CLEAR_EDGES)
            self._database.execute(_CLEAR_NODES)

    def node(self, node_id: str) -> Node | None:
        return self.nodes([node_id]).get(node_id)

    def nodes(self, ids: Collection[str]) -> dict[str, Node]:
        rows = (row for part in _batches(ids) for row in self._database.rows(_NODES, ids=part))
        return {node.id: node for node in map(_node, rows)}

    def edges(self, ids: Collection[str], kinds: Collection[str] | None = None) -> list[Edge]:
        wanted = None if kinds is None else sorted(map(require_kind, kinds))
        statement = _EDGES if wanted is None else _EDGES_OF_KINDS
        rows = (row for part in _batches(ids) for row in self._database.rows(statement, ids=part, kinds=wanted))
        return list(by_ends({edge.ends: edge for edge in map(_edge, rows)}.values()))

    def neighbourhood(
        self, node_id: str, depth: int, *, projects: Collection[str] | None = None, most: int = EVERYTHING
    ) -> Subgraph:
        walk: dict[str, Any] = {"id": node_id, "depth": require_depth(depth), "most": most}
        near_nodes, near_edges = _NEAR if projects is None else _NEAR_IN_PROJECTS
        if projects is not None:
            walk["projects"] = allowed_projects(projects)
        nodes = by_id(map(_node, self._database.rows(near_nodes, **walk)))
        edges = by_ends(map(_edge, self._database.rows(near_edges, **walk)))
        known = {node.id for node in nodes}
        # NOTE: two reads; an edge may have come between them.
        return Subgraph(nodes, tuple(edge for edge in edges if edge.source in known and edge.target in known))

    def shortest_path(
        self, source_id: str, target_id: str, kinds: Collection[str] | None, max_depth: int
    ) -> list[Node] | None:
        wanted = None if kinds is None else sorted(map(require_kind, kinds))
        ids = shortest_ids(source_id, target_id, lambda near: self._neighbours(near, wanted), max_depth)
        if ids is None:
            return None
        nodes = self.nodes(ids)
        return [nodes[each] for each in ids] if len(nodes) == len(ids) else None

    def count(self) -> tuple[int, int]:
        row = self._database.row(_COUNT)
        assert row is not None
        return int(row[0]), int(row[1])

    def check(self) -> None:
        self._database.row(_CHECK)

    def _neighbours(self, ids: Sequence[str], kinds: list[str] | None) -> Iterator[Any]:
        for part in _batches(ids):
            if kinds is None:
                yield from self._database.rows(_NEIGHBOURS, ids=part)
            else:
                yield from self._database.rows(_NEIGHBOURS_OF_KINDS, ids=part, kinds=kinds)

    def _known(self, ids: Collection[str]) -> set[str]:
        return {row[0] for part in _batches(ids) for row in self._database.rows(_KNOWN, ids=part)}

    def _run_each(self, statement: Statement, rows: Iterable[Mapping[str, Any]]) -> None:
        with self._writing():
            for row in rows:
                self._database.execute(statement, **row)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer at a time: rows are merged in the given order, which could otherwise deadlock."""
        with self._database.transaction():
            self._database.lock("graph")
            yield


def _batches(ids: Collection[str]) -> Iterator[list[str]]:
    rest = sorted(ids)
    for start in range(0, len(rest), _BATCH):
        yield rest[start : start + _BATCH]


def _dump(properties: Mapping[str, Property]) -> str:
    return orjson.dumps(clean_properties(properties)).decode()


def _node(row: Sequence[Any]) -> Node:
    return Node(row[1], row[0], orjson.loads(row[2]))


def _edge(row: Sequence[Any]) -> Edge:
    return Edge(row[0], row[1], row[2], orjson.loads(row[3]))


def _edge_row(edge: Edge) -> dict[str, Any]:
    return {
        "source": edge.source,
        "kind": require_kind(edge.kind),
        "target": edge.target,
        "properties": _dump(edge.properties),
    }

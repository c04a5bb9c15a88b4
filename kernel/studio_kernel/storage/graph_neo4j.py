"""The graph in Neo4j, or whatever else speaks Bolt and Cypher, by py2neo: ``bolt://user:password@host:port``.

``neo4j://`` asks a cluster who leads it; ``bolt+s://`` and ``neo4j+s://`` use TLS. A path names a database.
py2neo is no longer maintained, so what it lacks is made up for here: it waits for ever, for a server that is
gone and for one that hangs.
"""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
import time
import urllib.parse
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from studio_kernel.errors import ServiceUnavailable
from studio_kernel.storage.adapters import StorageContext, import_driver
from studio_kernel.storage.graph import (
    EVERYTHING,
    Edge,
    Node,
    Subgraph,
    allowed_projects,
    by_ends,
    by_id,
    clean_properties,
    nearest_ids,
    require_depth,
    require_kind,
    require_label,
    shortest_ids,
)

# seconds: for a connection, and for each answer to a query
_CONNECT_TIMEOUT = 3.0
_ANSWER_TIMEOUT = 15
# how often a query is tried that other transactions get in the way of
_TRIES = 6
# rows of one query
_BATCH = 500

# Every node has this label beside its own: one constraint and one index serve all ids.
_BASE = "StudioNode"

_CONSTRAINT = f"CREATE CONSTRAINT studio_node_id IF NOT EXISTS FOR (n:{_BASE}) REQUIRE n.id IS UNIQUE"
_MERGE_NODES = f"UNWIND $rows AS row MERGE (n:{_BASE}:{{label}} {{{{id: row.id}}}}) SET n = row.properties"
_MERGE_EDGES = (
    f"UNWIND $rows AS row MATCH (a:{_BASE} {{{{id: row.source}}}}) MATCH (b:{_BASE} {{{{id: row.target}}}}) "
    "MERGE (a)-[r:{kind}]->(b) SET r = row.properties"
)
_DELETE_EDGES = (
    f"UNWIND $rows AS row MATCH (:{_BASE} {{{{id: row.source}}}})"
    f"-[r:{{kind}}]->(:{_BASE} {{{{id: row.target}}}}) DELETE r"
)
_DELETE_NODES = f"MATCH (n:{_BASE}) WHERE n.id IN $ids DETACH DELETE n"
_CLEAR = f"MATCH (n:{_BASE}) WITH n LIMIT 5000 DETACH DELETE n RETURN count(*) AS removed"
_KNOWN = f"MATCH (n:{_BASE}) WHERE n.id IN $ids RETURN n.id AS id"
_NODES = f"MATCH (n:{_BASE}) WHERE n.id IN $ids RETURN labels(n) AS labels, properties(n) AS properties"
_BETWEEN = (
    f"MATCH (a:{_BASE})-[r]->(b:{_BASE}) WHERE a.id IN $part AND b.id IN $ids "
    "RETURN type(r) AS kind, a.id AS source, b.id AS target, properties(r) AS properties"
)
_NEIGHBOURS = f"MATCH (a:{_BASE})-[r]-(b:{_BASE}) WHERE a.id IN $ids RETURN DISTINCT a.id AS near, b.id AS far"
_NEIGHBOURS_OF_KINDS = _NEIGHBOURS.replace(" RETURN", " AND type(r) IN $kinds RETURN")
_NEIGHBOURS_IN_PROJECTS = _NEIGHBOURS.replace(" RETURN", " AND coalesce(b.project_id, '') IN $projects RETURN")
_EDGES = (
    f"MATCH (a:{_BASE})-[r]->(b:{_BASE}) WHERE {{end}}.id IN $ids "
    "RETURN type(r) AS kind, a.id AS source, b.id AS target, properties(r) AS properties"
)
_EDGES_OF_KINDS = _EDGES.replace(" RETURN", " AND type(r) IN $kinds RETURN")
_COUNT_NODES = f"MATCH (n:{_BASE}) RETURN count(n) AS count"
_COUNT_EDGES = f"MATCH (:{_BASE})-[r]->(:{_BASE}) RETURN count(r) AS count"


def open_graph(url: str, context: StorageContext) -> Neo4jGraph:
    """The graph at a Bolt URL; ``ValueError`` says what is wrong with it."""
    import_driver("py2neo", extra="neo4j")
    return Neo4jGraph(url)


class Neo4jGraph:
    """The graph in a Neo4j database. It connects at the first use, and again after an outage."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        if not parts.hostname:
            raise ValueError("use bolt://user:password@host:7687, and /name for another database than the default")
        self._database = parts.path.strip("/") or None
        self._profile = {
            "scheme": parts.scheme,
            "host": parts.hostname,
            "port": parts.port or 7687,
            "user": urllib.parse.unquote(parts.username or "neo4j"),
            "password": urllib.parse.unquote(parts.password or ""),
        }
        self._connecting = threading.Lock()
        self._connector: Any = None

    def merge_nodes(self, nodes: Iterable[Node]) -> None:
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for node in nodes:
            properties = clean_properties(node.properties) | {"id": node.id}
            rows[require_label(node.label)].append({"id": node.id, "properties": properties})
        for label in sorted(rows):
            self._run_batches(_MERGE_NODES.format(label=label), rows[label])

    def merge_edges(self, edges: Iterable[Edge]) -> list[Edge]:
        edges = list(edges)
        rows = [_edge_row(edge) | {"properties": clean_properties(edge.properties)} for edge in edges]
        known = self._known({end for edge in edges for end in (edge.source, edge.target)})
        left_out: list[Edge] = []
        kept: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for edge, row in zip(edges, rows, strict=True):
            if edge.source in known and edge.target in known:
                kept[edge.kind].append(row)
            else:
                left_out.append(edge)
        for kind in sorted(kept):
            self._run_batches(_MERGE_EDGES.format(kind=kind), kept[kind])
        return left_out

    def delete_nodes(self, ids: Collection[str]) -> None:
        for part in _batches(sorted(ids)):
            self._run(_DELETE_NODES, ids=part)

    def delete_edges(self, edges: Iterable[Edge]) -> None:
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for edge in edges:
            rows[require_kind(edge.kind)].append(_edge_row(edge))
        for kind in sorted(rows):
            self._run_batches(_DELETE_EDGES.format(kind=kind), rows[kind])

    def clear(self) -> None:
        while self._run(_CLEAR)[0]["removed"]:
            pass

    def node(self, node_id: str) -> Node | None:
        return self.nodes([node_id]).get(node_id)

    def nodes(self, ids: Collection[str]) -> dict[str, Node]:
        rows = (row for part in _batches(sorted(ids)) for row in self._run(_NODES, ids=part))
        return {node.id: node for node in map(_node, rows)}

    def edges(self, ids: Collection[str], kinds: Collection[str] | None = None) -> list[Edge]:
        wanted = None if kinds is None else sorted(map(require_kind, kinds))
        query = _EDGES if wanted is None else _EDGES_OF_KINDS
        found = (
            Edge(row["kind"], row["source"], row["target"], row["properties"])
            for part in _batches(sorted(ids))
            for end in ("a", "b")
            for row in self._run(query.format(end=end), ids=part, kinds=wanted)
        )
        return list(by_ends({edge.ends: edge for edge in found}.values()))

    def neighbourhood(
        self, node_id: str, depth: int, *, projects: Collection[str] | None = None, most: int = EVERYTHING
    ) -> Subgraph:
        require_depth(depth)
        allowed = None if projects is None else allowed_projects(projects)
        start = self.node(node_id)
        if start is None or (allowed is not None and start.properties.get("project_id", "") not in allowed):
            return Subgraph()
        # PERF: step by step, because a pattern of variable length follows every way to a node, and there are many.
        near = nearest_ids(node_id, lambda ids: self._neighbours(ids, None, allowed), depth, most)
        nodes = self.nodes(near)
        ids = sorted(nodes)
        edges = (
            Edge(row["kind"], row["source"], row["target"], row["properties"])
            for part in _batches(ids)
            for row in self._run(_BETWEEN, part=part, ids=ids)
        )
        return Subgraph(by_id(nodes.values()), by_ends(edges))

    def shortest_path(
        self, source_id: str, target_id: str, kinds: Collection[str] | None, max_depth: int
    ) -> list[Node] | None:
        # NOTE: Cypher's shortestPath answers any of several paths; this answers the same one as every other
        # store.
        wanted = None if kinds is None else sorted(map(require_kind, kinds))
        ids = shortest_ids(source_id, target_id, lambda near: self._neighbours(near, wanted), max_depth)
        if ids is None:
            return None
        nodes = self.nodes(ids)
        return [nodes[each] for each in ids] if len(nodes) == len(ids) else None

    def count(self) -> tuple[int, int]:
        return self._run(_COUNT_NODES)[0]["count"], self._run(_COUNT_EDGES)[0]["count"]

    def check(self) -> None:
        self._run("RETURN 1 AS one")

    def close(self) -> None:
        """Close the connections; the next query opens another."""
        connector = self._connector
        if connector is not None:
            self._forget(connector)

    def _neighbours(
        self, ids: Sequence[str], kinds: list[str] | None, projects: list[str] | None = None
    ) -> Iterator[tuple[str, str]]:
        query = _NEIGHBOURS if kinds is None else _NEIGHBOURS_OF_KINDS
        if projects is not None:
            query = _NEIGHBOURS_IN_PROJECTS
        for part in _batches(ids):
            for row in self._run(query, ids=part, kinds=kinds, projects=projects):
                yield row["near"], row["far"]

    def _known(self, ids: Collection[str]) -> set[str]:
        return {row["id"] for part in _batches(sorted(ids)) for row in self._run(_KNOWN, ids=part)}

    def _run_batches(self, query: str, rows: Sequence[Mapping[str, Any]]) -> None:
        for part in _batches(rows):
            self._run_part(query, part)

    def _run_part(self, query: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a batch. One that gets in the way of others (on ArcadeDB, of itself) goes in two halves."""
        if len(rows) == 1:
            self._run(query, rows=rows)
            return
        from py2neo.errors import TransientError

        try:
            self._run(query, rows=rows, tries=1)
        except ServiceUnavailable as error:
            if not isinstance(error.__cause__, TransientError):
                raise
            middle = len(rows) // 2
            self._run_part(query, rows[:middle])
            self._run_part(query, rows[middle:])

    def _run(self, query: str, /, *, tries: int = _TRIES, **parameters: Any) -> list[dict[str, Any]]:
        """Run one query in a transaction of its own; rows as mappings.

        Tried again when transactions are in each other's way, as every query here can be repeated.
        """
        from py2neo import errors

        known = (
            errors.ConnectionBroken,
            errors.ConnectionLimit,
            errors.ConnectionUnavailable,
            errors.Neo4jError,
            errors.ProtocolError,
            errors.ServiceUnavailable,
            OSError,
        )
        try:
            for number in range(1, tries):
                try:
                    return self._attempt(query, parameters)
                except errors.TransientError:
                    time.sleep(random.uniform(0.5, 1) * 0.01 * 2**number)  # noqa: S311 - it only spreads the tries
            return self._attempt(query, parameters)
        except known as error:
            raise ServiceUnavailable("The graph can't be reached at the moment") from error

    def _attempt(self, query: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run a query; again when its connection turns out to be dead, or older than the server."""
        from py2neo import errors

        connector = self._connected()
        try:
            return _records(connector, query, parameters, self._database)
        except (errors.ConnectionBroken, OSError):
            self._forget(connector)
        except errors.ClientError as error:
            if error.category not in ("Security", "Request"):
                raise
            self._forget(connector)
        return _records(self._connected(), query, parameters, self._database)

    def _forget(self, connector: Any) -> None:
        with self._connecting:
            if self._connector is connector:
                self._connector = None
        connector.close()

    def _connected(self) -> Any:
        connector = self._connector
        if connector is not None:
            return connector
        # NOTE: outside the lock, so that threads that find the server gone wait side by side.
        connector = _make_connector(self._profile)
        try:
            _records(connector, _CONSTRAINT, {}, self._database)
        except BaseException:
            connector.close()
            raise
        with self._connecting:
            if self._connector is None:
                self._connector = connector
        if self._connector is not connector:
            connector.close()
        return self._connected()


def _records(connector: Any, query: str, parameters: Mapping[str, Any], database: str | None) -> list[dict[str, Any]]:
    from py2neo.cypher import Cursor

    result = connector.auto_run(query, parameters, graph_name=database)
    connector.pull(result, -1)
    return Cursor(result).data()  # type: ignore[no-any-return]  # py2neo has no types


def _make_connector(profile: Mapping[str, Any]) -> Any:
    import_driver("py2neo", extra="neo4j")
    from py2neo import ServiceProfile, client, errors
    from py2neo.client import bolt

    bolt.Wire = _impatient(bolt.Wire)

    class Connector(client.Connector):  # type: ignore[misc]  # py2neo has no types
        """py2neo's own tries again for ever when no server can be reached."""

        def _acquire_rw(self, graph_name: str | None = None) -> Any:
            readers, writers = self._get_profiles(graph_name)
            pools = [pool for profile, pool in list(self._pools.items()) if profile in (writers or readers)]
            for pool in sorted(pools, key=lambda pool: pool.in_use):
                try:
                    return pool.acquire()
                except (errors.ConnectionUnavailable, errors.ConnectionBroken):
                    self.prune(pool.profile)
            raise errors.ServiceUnavailable("no server can be reached")

    return Connector(ServiceProfile(**profile), init_size=0)


def _impatient(wire: Any) -> Any:
    """A kind of py2neo's connection that gives up after a time; py2neo itself has no setting for it."""
    if hasattr(wire, "studio_impatient"):
        return wire
    from py2neo.wiring import WireError

    class Wire(wire):  # type: ignore[misc]  # py2neo has no types
        studio_impatient = True

        @classmethod
        def open(
            cls,
            address: Any,
            timeout: float | None = None,
            keep_alive: bool = False,
            on_broken: Callable[[str], None] | None = None,
        ) -> Any:
            try:
                connection = socket.create_connection(tuple(address)[:2], timeout or _CONNECT_TIMEOUT)
            except OSError as error:
                raise WireError("Cannot connect") from error
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(keep_alive))
            # NOTE: py2neo makes the socket block without a timeout of Python's, which leaves that of the
            # system.
            limit = struct.pack("ll", _ANSWER_TIMEOUT, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            return cls(connection, on_broken)

        def __del__(self) -> None:
            # NOTE: py2neo drops a connection whose handshake fails, without closing it.
            with contextlib.suppress(Exception):
                self.close()

    return Wire


def _batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def _edge_row(edge: Edge) -> dict[str, Any]:
    require_kind(edge.kind)
    return {"source": edge.source, "target": edge.target}


def _node(row: Mapping[str, Any]) -> Node:
    properties = dict(row["properties"])
    node_id = properties.pop("id")
    label = next(label for label in sorted(row["labels"]) if label != _BASE)
    return Node(label, node_id, dict(sorted(properties.items())))

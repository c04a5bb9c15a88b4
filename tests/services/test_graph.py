"""Both graphs keep one promise; then the outage of the one that is a server."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio_kernel.errors import ServiceUnavailable
from studio_kernel.storage import graph_neo4j
from studio_kernel.storage.adapters import BUILT_IN_ADAPTERS, StorageContext, open_storage
from studio_kernel.storage.database import open_database
from studio_kernel.storage.graph import KINDS, LABELS, Edge, GraphStore, Node, Subgraph
from studio_kernel.storage.graph_neo4j import Neo4jGraph
from studio_kernel.storage.graph_relational import GRAPH_SCHEMA
from studio_kernel.storage.sql import Statement
from studio_kernel.testing.services import GraphServer


@pytest.fixture(params=["sqlite", "postgresql", "bolt"])
def graph(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    if request.param == "postgresql":
        database = open_database(request.getfixturevalue("postgres_url"))
    else:
        database = open_database(f"sqlite:///{tmp_path}/graph.db")
    for text in GRAPH_SCHEMA[database.dialect]:
        database.execute(Statement(text))
    url = request.getfixturevalue("graph_url") if request.param == "bolt" else "relational:"
    store = open_storage("graph", url, BUILT_IN_ADAPTERS, StorageContext(database, tmp_path))
    yield store
    if request.param == "bolt":
        store.close()
    database.close()


def control(node_id: str, **properties: Any) -> Node:
    return Node("Control", node_id, properties)


def mapped(source: str, target: str, kind: str = "MAPPED_TO", **properties: Any) -> Edge:
    return Edge(kind, source, target, properties)


def chain(graph: GraphStore, names: str) -> None:
    """Nodes named by single letters, each mapped to the next."""
    graph.merge_nodes([control(name) for name in names])
    graph.merge_edges([mapped(a, b) for a, b in itertools.pairwise(names)])


def ids(found: Subgraph | list[Node] | None) -> str | None:
    if found is None:
        return None
    return "".join(node.id for node in (found.nodes if isinstance(found, Subgraph) else found))


def test_a_merged_node_is_found_with_its_facts(graph: GraphStore) -> None:
    facts: dict[str, Any] = {
        "name": 'A "quoted" café',
        "weight": 3,
        "share": 0.5,
        "active": True,
        "tags": ["a", "b"],
    }
    graph.merge_nodes([Node("Project", "proj_1", facts)])
    assert graph.node("proj_1") == Node("Project", "proj_1", facts)
    assert graph.node("proj_2") is None


def test_every_label_and_kind_is_taken(graph: GraphStore) -> None:
    graph.merge_nodes([Node(label, label.lower()) for label in LABELS])
    left_out = graph.merge_edges([Edge(kind, "user", "project") for kind in KINDS])
    assert left_out == []
    assert graph.count() == (len(LABELS), len(KINDS))
    around = graph.neighbourhood("user", 1)
    assert [node.label for node in around.nodes] == ["Project", "User"]
    assert [edge.kind for edge in around.edges] == sorted(KINDS)


def test_merging_again_replaces_the_facts(graph: GraphStore) -> None:
    graph.merge_nodes([control("a", name="one", note="goes")])
    graph.merge_nodes([control("a", name="two", empty=None)])
    assert graph.node("a") == control("a", name="two")
    assert graph.count() == (1, 0)


def test_merging_an_edge_again_replaces_its_facts(graph: GraphStore) -> None:
    graph.merge_nodes([control("a"), control("b")])
    graph.merge_edges([mapped("a", "b", relation="equal", source_name="x")])
    graph.merge_edges([mapped("a", "b", relation="subset")])
    assert graph.neighbourhood("a", 1).edges == (mapped("a", "b", relation="subset"),)
    assert graph.count() == (2, 1)


def test_of_several_in_one_merge_the_last_counts(graph: GraphStore) -> None:
    graph.merge_nodes([control("a", n=1), control("a", n=2), control("b")])
    graph.merge_edges([mapped("a", "b", n=1), mapped("a", "b", n=2)])
    assert graph.node("a") == control("a", n=2)
    assert graph.neighbourhood("a", 1).edges == (mapped("a", "b", n=2),)


def test_edges_differ_by_direction_and_kind(graph: GraphStore) -> None:
    graph.merge_nodes([control("a"), control("b")])
    graph.merge_edges([mapped("b", "a"), mapped("a", "b"), mapped("a", "b", "TAGGED"), mapped("a", "a")])
    assert graph.neighbourhood("a", 1).edges == (
        mapped("a", "a"),
        mapped("a", "b"),
        mapped("a", "b", "TAGGED"),
        mapped("b", "a"),
    )


def test_edges_of_unknown_nodes_are_left_out_and_returned(graph: GraphStore) -> None:
    graph.merge_nodes([control("a"), control("b")])
    edges = [mapped("a", "nobody"), mapped("a", "b"), mapped("nobody", "b"), mapped("x", "y")]
    assert graph.merge_edges(edges) == [edges[0], edges[2], edges[3]]
    assert graph.count() == (2, 1)
    assert graph.node("nobody") is None


def test_deleting_a_node_deletes_its_edges(graph: GraphStore) -> None:
    chain(graph, "abc")
    graph.delete_nodes(["b", "unknown"])
    assert graph.count() == (2, 0)
    assert graph.node("b") is None


def test_deleting_an_edge_leaves_its_nodes_and_its_neighbours(graph: GraphStore) -> None:
    graph.merge_nodes([control("a"), control("b")])
    graph.merge_edges([mapped("a", "b"), mapped("b", "a"), mapped("a", "b", "TAGGED")])
    graph.delete_edges([mapped("a", "b"), mapped("b", "a", "TAGGED"), mapped("x", "y")])
    assert graph.neighbourhood("a", 1).edges == (mapped("a", "b", "TAGGED"), mapped("b", "a"))


def test_clearing_removes_everything(graph: GraphStore) -> None:
    chain(graph, "abcdef")
    graph.clear()
    assert graph.count() == (0, 0)
    graph.clear()


def test_nothing_to_merge_is_no_error(graph: GraphStore) -> None:
    graph.merge_nodes([])
    assert graph.merge_edges([]) == []
    graph.delete_nodes([])
    graph.delete_edges([])
    assert graph.count() == (0, 0)


@pytest.mark.parametrize(("depth", "expected"), [(0, "c"), (1, "bcd"), (2, "abcde"), (3, "abcdef"), (6, "abcdefg")])
def test_a_neighbourhood_reaches_as_far_as_asked(graph: GraphStore, depth: int, expected: str) -> None:
    chain(graph, "abcdefg" + "h")
    graph.delete_nodes(["h"])
    graph.merge_nodes([control("z")])
    around = graph.neighbourhood("c", depth)
    assert ids(around) == expected
    assert around.edges == tuple(mapped(a, b) for a, b in itertools.pairwise(expected))


def test_a_neighbourhood_has_the_edges_between_its_nodes(graph: GraphStore) -> None:
    graph.merge_nodes([control(name) for name in "abcd"])
    graph.merge_edges([mapped("a", "b"), mapped("a", "c"), mapped("b", "c", w=1), mapped("c", "d")])
    assert graph.neighbourhood("a", 1).edges == (mapped("a", "b"), mapped("a", "c"), mapped("b", "c", w=1))


def test_the_neighbourhood_of_nobody_is_empty(graph: GraphStore) -> None:
    assert graph.neighbourhood("nobody", 2) == Subgraph()


@pytest.mark.parametrize("depth", [-1, 7, True, "1) DETACH DELETE n //"])
def test_a_depth_out_of_bounds_is_refused(graph: GraphStore, depth: Any) -> None:
    with pytest.raises(ValueError, match="depth"):
        graph.neighbourhood("a", depth)


def test_nodes_and_edges_are_read_for_many_at_once(graph: GraphStore) -> None:
    chain(graph, "abcd")
    graph.merge_edges([mapped("a", "c", "TAGGED", w=1)])
    assert graph.nodes(["c", "a", "unknown"]) == {"a": control("a"), "c": control("c")}
    assert graph.nodes([]) == {}
    assert graph.edges(["c", "d"]) == [mapped("a", "c", "TAGGED", w=1), mapped("b", "c"), mapped("c", "d")]
    assert graph.edges(["a"], ["TAGGED"]) == [mapped("a", "c", "TAGGED", w=1)]
    assert graph.edges(["a"], []) == []
    assert graph.edges([]) == []


def test_a_neighbourhood_never_leads_through_other_projects(graph: GraphStore) -> None:
    graph.merge_nodes(
        [control("a"), control("z"), control("mine", project_id="p1"), control("theirs", project_id="p2")]
    )
    graph.merge_nodes([control("behind"), control("shared")])
    pairs = [("a", "mine"), ("a", "theirs"), ("theirs", "behind"), ("mine", "shared"), ("theirs", "shared")]
    graph.merge_edges([mapped(*pair) for pair in pairs])
    assert [node.id for node in graph.neighbourhood("a", 4, projects=["p1"]).nodes] == ["a", "mine", "shared"]
    assert graph.neighbourhood("a", 4, projects=["p1"]).edges == (mapped("a", "mine"), mapped("mine", "shared"))
    assert [node.id for node in graph.neighbourhood("a", 4, projects=[]).nodes] == ["a"]
    assert graph.neighbourhood("theirs", 4, projects=["p1"]) == Subgraph()
    assert len(graph.neighbourhood("a", 4, projects=["p1", "p2"]).nodes) == len(graph.neighbourhood("a", 4).nodes) == 5


def test_a_large_neighbourhood_ends_with_the_nearest_in_order(graph: GraphStore) -> None:
    chain(graph, "abcd")
    graph.merge_nodes([control("B:x"), control("b_y")])
    graph.merge_edges([mapped("a", "b_y"), mapped("B:x", "a")])
    assert [node.id for node in graph.neighbourhood("a", 3, most=3).nodes] == ["B:x", "a", "b"]
    assert [node.id for node in graph.neighbourhood("a", 3, most=5).nodes] == ["B:x", "a", "b", "b_y", "c"]
    assert graph.neighbourhood("a", 3, most=1).edges == ()


def test_the_shortest_path_is_found_in_any_direction(graph: GraphStore) -> None:
    chain(graph, "abcde")
    graph.merge_nodes([control("x")])
    graph.merge_edges([mapped("x", "a"), mapped("x", "d")])
    assert ids(graph.shortest_path("a", "e", None, 10)) == "axde"
    assert ids(graph.shortest_path("e", "a", None, 10)) == "edxa"
    assert ids(graph.shortest_path("a", "a", None, 10)) == "a"


def test_of_equally_short_paths_the_first_in_order_is_taken(graph: GraphStore) -> None:
    graph.merge_nodes([control(name) for name in "abcdefg"])
    graph.merge_edges([mapped(*pair) for pair in ("ac", "ab", "bf", "be", "cd", "eg", "fg", "dg")])
    assert ids(graph.shortest_path("a", "g", None, 5)) == "abeg"
    assert ids(graph.shortest_path("g", "a", None, 5)) == "gdca"


def test_a_path_uses_only_the_wanted_kinds(graph: GraphStore) -> None:
    chain(graph, "abc")
    graph.merge_edges([mapped("a", "c", "TAGGED")])
    assert ids(graph.shortest_path("a", "c", None, 5)) == "ac"
    assert ids(graph.shortest_path("a", "c", ["MAPPED_TO"], 5)) == "abc"
    assert ids(graph.shortest_path("a", "c", {"MAPPED_TO", "TAGGED"}, 5)) == "ac"
    assert graph.shortest_path("a", "b", ["TAGGED", "REVIEWED"], 1) is None
    assert graph.shortest_path("a", "b", [], 5) is None


def test_no_path_is_longer_than_allowed(graph: GraphStore) -> None:
    chain(graph, "abcde")
    assert ids(graph.shortest_path("a", "e", None, 4)) == "abcde"
    assert graph.shortest_path("a", "e", None, 3) is None
    assert graph.shortest_path("a", "b", None, 0) is None


def test_there_is_no_path_between_parts_or_to_nobody(graph: GraphStore) -> None:
    chain(graph, "ab")
    graph.merge_nodes([control("z")])
    assert graph.shortest_path("a", "z", None, 9) is None
    assert graph.shortest_path("a", "nobody", None, 9) is None
    assert graph.shortest_path("nobody", "a", None, 9) is None
    assert graph.shortest_path("nobody", "nobody", None, 9) is None


@pytest.mark.parametrize("name", ["", "user", "User {id: 1})--(x", "Us er", "`User`", "User\n"])
def test_what_is_no_label_or_kind_is_refused(graph: GraphStore, name: str) -> None:
    with pytest.raises(ValueError, match="not a label"):
        graph.merge_nodes([Node(name, "a")])
    with pytest.raises(ValueError, match="not a kind"):
        graph.merge_edges([Edge(name.lower(), "a", "b")])
    with pytest.raises(ValueError, match="not a kind"):
        graph.delete_edges([Edge(name.lower(), "a", "b")])
    with pytest.raises(ValueError, match="not a kind"):
        graph.shortest_path("a", "b", [name.lower()], 3)


@pytest.mark.parametrize("facts", [{"id": "x"}, {"Not-A-Name": 1}, {"nested": {"a": 1}}, {"numbers": [1, 2]}])
def test_facts_that_no_store_takes_are_refused(graph: GraphStore, facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="propert"):
        graph.merge_nodes([Node("User", "a", facts)])
    assert graph.count() == (0, 0)


@pytest.mark.parametrize("text", ["'; DROP TABLE graph_nodes; --", '"}) DETACH DELETE n //', "a b:c/d%s?", "%"])
def test_ids_and_facts_are_only_ever_values(graph: GraphStore, text: str) -> None:
    graph.merge_nodes([control("a"), control(text, name=text)])
    graph.merge_edges([mapped("a", text, note=text)])
    assert graph.node(text) == control(text, name=text)
    assert graph.neighbourhood(text, 1).edges == (mapped("a", text, note=text),)
    assert ids(graph.shortest_path("a", text, None, 2)) == "a" + text
    graph.delete_nodes([text])
    assert graph.count() == (1, 0)


def test_a_thousand_at_once_are_merged_and_deleted(graph: GraphStore) -> None:
    names = [f"n{number:04}" for number in range(1001)]
    graph.merge_nodes([control(name) for name in names])
    assert graph.merge_edges([mapped(names[0], name) for name in names[1:]]) == []
    assert graph.count() == (1001, 1000)
    assert [node.id for node in graph.neighbourhood(names[0], 1).nodes] == names
    assert [node.id for node in graph.shortest_path(names[5], names[900], None, 3) or []] == [
        names[5],
        names[0],
        names[900],
    ]
    graph.delete_nodes(names[1:])
    assert graph.count() == (1, 0)


def test_threads_merge_side_by_side(graph: GraphStore) -> None:
    failures: list[Exception] = []
    # NOTE: ArcadeDB can't make the type behind a label in two transactions at once.
    graph.merge_nodes([Node("User", "u"), Node("Tag", "t")])
    graph.merge_edges([Edge("TAGGED", "u", "t")])

    def work(number: int) -> None:
        try:
            for step in range(5):
                graph.merge_nodes([Node("User", f"u{number}"), Node("Tag", f"t{number}_{step}")])
                graph.merge_edges([Edge("TAGGED", f"u{number}", f"t{number}_{step}")])
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert graph.count() == (26, 21)


def test_a_graph_that_works_passes_its_check(graph: GraphStore) -> None:
    graph.check()


# -- by Bolt -------------------------------------------------------------------------------------------


def test_the_graph_server_goes_away_and_comes_back() -> None:
    with GraphServer() as server:
        graph = Neo4jGraph(server.create("outage"))
        graph.merge_nodes([control("a"), control("b")])
        server.stop()
        begin = time.monotonic()
        for attempt in (
            graph.check,
            lambda: graph.node("a"),
            lambda: graph.merge_nodes([control("c")]),
            lambda: graph.neighbourhood("a", 2),
            graph.count,
        ):
            with pytest.raises(ServiceUnavailable):
                attempt()
        assert time.monotonic() - begin < 10
        server.start()
        graph.check()
        assert graph.count() == (2, 0)
        graph.close()


def test_a_restart_between_two_uses_is_not_noticed() -> None:
    with GraphServer() as server:
        graph = Neo4jGraph(server.create("restart"))
        graph.merge_nodes([control("a")])
        server.stop()
        server.start()
        assert graph.node("a") == control("a")
        graph.close()


def test_wrong_credentials_are_unavailable(graph_url: str) -> None:
    graph = Neo4jGraph(graph_url.replace("studio-tests", "wrong"))
    with pytest.raises(ServiceUnavailable):
        graph.check()
    graph.close()


def test_a_server_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_neo4j, "_ANSWER_TIMEOUT", 1)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        graph = Neo4jGraph(f"bolt://127.0.0.1:{listener.getsockname()[1]}")
        begin = time.monotonic()
        with pytest.raises(ServiceUnavailable):
            graph.check()
        assert time.monotonic() - begin < 10


@pytest.mark.parametrize("url", ["bolt:", "bolt:///name"])
def test_a_url_without_a_host_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="bolt://user:password@host"):
        Neo4jGraph(url)


def test_failed_queries_give_their_connections_back(graph_url: str) -> None:
    graph = Neo4jGraph(graph_url)
    for _ in range(3):
        with pytest.raises(ServiceUnavailable):
            graph._run("THIS IS NOT CYPHER")
        graph.check()
    assert sum(graph._connector.in_use.values()) == 0
    graph.close()

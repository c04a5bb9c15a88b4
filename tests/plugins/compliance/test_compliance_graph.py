"""The graph: kept up by events, made again with the same result, and asked within the caller's reach."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from studio_compliance.graph.commands import graph as graph_command
from studio_compliance.graph.keeper import GraphKeeper
from studio_compliance.graph.questions import GraphQuestions
from studio_kernel.security.principal import SYSTEM
from studio_kernel.storage.graph import Edge, GraphStore, Node
from studio_kernel.storage.graph_neo4j import Neo4jGraph
from studio_kernel.storage.graph_relational import RelationalGraph
from studio_kernel.storage.sql import Statement
from studio_kernel.testing.app import Client
from studio_kernel.testing.services import GraphServer

from .conftest import CRITICAL, HIGH, LOW, MEDIUM, OTHERS, TEN, House, MakeHouse

_IDS = Statement("SELECT id FROM graph_nodes")


def dump(store: GraphStore, house: House) -> tuple[list[Node], list[Edge]]:
    """Everything in a graph, in order."""
    if isinstance(store, Neo4jGraph):
        ids = [row["id"] for row in store._run("MATCH (n:StudioNode) RETURN n.id AS id")]
    else:
        ids = [row[0] for row in house.app.platform.database.rows(_IDS)]
    return sorted(store.nodes(ids).values(), key=lambda node: node.id), store.edges(ids)


def act(house: House) -> None:
    """Everything that the graph tells of, done and partly undone."""
    house.project_id = house.project("four", frameworks=["other", "ten"])
    piece = house.upload("First", CRITICAL)
    house.approve(piece, 90)
    house.admin.put(f"/api/v1/evidence/{piece}/controls/{HIGH}")
    house.admin.patch(f"/api/v1/evidence/{piece}", json={"tags": ["access", "yearly"]})
    house.admin.patch(f"/api/v1/evidence/{piece}", json={"tags": ["access"], "title": "First, renamed"})
    second = house.upload("Second", MEDIUM)
    house.admin.delete(f"/api/v1/evidence/{second}")
    loose = house.upload("Loose", LOW)
    house.admin.delete(f"/api/v1/evidence/{loose}/controls/{LOW}")
    here = f"/api/v1/projects/{house.project_id}"
    member, gone = house.app.client("customer"), house.app.client("customer")
    for each in (member, gone):
        house.admin.post(f"{here}/members", json={"user_id": each.user_id, "role": "viewer"})
    house.admin.put(f"{here}/members/{member.user_id}", json={"role": "team_member"})
    house.admin.delete(f"{here}/members/{gone.user_id}")
    house.admin.patch(here, json={"name": "Renamed"})
    house.admin.delete(f"{here}/frameworks/ten")
    other = house.project("four")
    kept, house.project_id = house.project_id, other
    house.upload("Goes with its project", CRITICAL)
    house.admin.delete(f"/api/v1/projects/{other}")
    house.project_id = kept


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, make_house: MakeHouse) -> House:
    """A house on each kind of database, with the graph in it."""
    postgresql = request.param == "postgresql"
    return make_house(database_url=request.getfixturevalue("postgres_url")) if postgresql else make_house()


def work(house: House) -> None:
    """Do the background work, also what waits for a graph that was away."""
    for _ in range(4):
        house.app.clock.advance(20)
        house.app.run_jobs()


def test_events_keep_the_graph_up_and_a_rebuild_is_identical(place: House) -> None:
    act(place)
    work(place)
    store = place.app.platform.graph
    kept = dump(store, place)
    counted = GraphKeeper(place.app.platform).rebuild()
    assert counted == (len(kept[0]), len(kept[1])) == store.count()
    assert dump(store, place) == kept
    labels = {node.label for node in kept[0]}
    kinds = {edge.kind for edge in kept[1]}
    assert labels == {"User", "Project", "Framework", "Control", "Evidence", "Tag"}
    assert kinds == {"MEMBER_OF", "INCLUDES", "HAS_EVIDENCE", "UPLOADED", "REVIEWED", "MAPPED_TO", "TAGGED"}
    assert [node.id for node in kept[0] if node.label == "Tag"] == ["tag:access"]
    assert [node.properties["name"] for node in kept[0] if node.label == "Project" and node.id == place.project_id] == [
        "Renamed"
    ]


def test_both_adapters_give_the_same_answers(make_house: MakeHouse, graph_url: str) -> None:
    house = make_house(overrides={"neo4j_url": graph_url})
    act(house)
    work(house)
    there = house.app.platform
    here = replace(there, graph=RelationalGraph(there.database))
    GraphKeeper(here).rebuild()
    # NOTE: the one was kept up by events, the other made from nothing.
    assert dump(there.graph, house) == dump(here.graph, house)
    piece = house.admin.get("/api/v1/evidence", params={"search": "First"}).json()["data"]["evidence"][0]["id"]
    asked: list[Any] = [
        lambda ask: ask.impact(SYSTEM, piece),
        lambda ask: ask.path("four", "ten"),
        lambda ask: ask.path(CRITICAL, OTHERS[0]),
        lambda ask: ask.path("soc2", "four"),
        lambda ask: ask.experts(SYSTEM, CRITICAL),
        lambda ask: ask.orphans(SYSTEM, house.project_id),
    ]
    for node in ("four", CRITICAL, house.project_id, house.admin.user_id, "tag:access", piece):
        asked += [lambda ask, node=node, depth=depth: ask.around(SYSTEM, node, depth) for depth in (0, 1, 2, 4)]
    for question in asked:
        assert question(GraphQuestions(there)) == question(GraphQuestions(here))
    there.graph.close()  # type: ignore[attr-defined]


def test_nothing_is_missing_after_the_graph_server_was_away(make_house: MakeHouse) -> None:
    with GraphServer() as server:
        house = make_house(overrides={"neo4j_url": server.create("away")})
        act(house)
        work(house)
        server.stop()
        act(house)
        house.app.run_jobs()
        piece = house.upload("While it is away", CRITICAL)
        assert house.admin.get("/api/v1/compliance/graph", params={"node": "four"}).status_code == 503
        server.start()
        house.approve(piece, 80)
        work(house)
        platform = house.app.platform
        relational = replace(platform, graph=RelationalGraph(platform.database))
        GraphKeeper(relational).rebuild()
        assert dump(platform.graph, house) == dump(relational.graph, house)
        platform.graph.close()  # type: ignore[attr-defined]


def test_an_event_that_comes_late_or_twice_does_no_harm(house: House) -> None:
    act(house)
    work(house)
    platform = house.app.platform
    kept = dump(platform.graph, house)
    keeper = GraphKeeper(platform)
    for event in reversed(platform.events.since("2000-01-01T00:00:00.000000Z")):
        if event.name.split(".")[0] in ("evidence", "project", "member", "user"):
            keeper.follow(event)
    assert dump(platform.graph, house) == kept


def test_a_graph_is_made_again_when_the_frameworks_changed(house: House) -> None:
    work(house)
    platform = house.app.platform
    assert platform.graph.node("framework:four") is not None
    assert house.app.run_jobs() == 0
    from studio_compliance.plugin import studio_startup

    studio_startup(platform)
    assert house.app.run_jobs() == 0
    platform.graph.clear()
    platform.mappings.remove("samples")
    studio_startup(platform)
    work(house)
    assert platform.graph.node("framework:four") is not None


# -- questions -------------------------------------------------------------------------------------------


@pytest.fixture
def told(house: House) -> House:
    """A house with a graph that knows a project on two frameworks."""
    house.project_id = house.project("four", frameworks=["other", "ten"])
    house.approve(house.upload("First", CRITICAL), 90)
    house.approve(house.upload("Second", MEDIUM), 70)
    work(house)
    return house


def ask(house: House, what: str, *, by: Client | None = None, **params: Any) -> Any:
    path = f"/api/v1/compliance/graph{what}"
    answer = (by or house.admin).get(path, params=params)
    return answer.json()["data"] if answer.status_code == 200 else answer.status_code


def found(house: House, title: str) -> str:
    answer = house.admin.get("/api/v1/evidence", params={"search": title})
    return str(answer.json()["data"]["evidence"][0]["id"])


def test_around_a_node_shows_what_it_hangs_together_with(told: House) -> None:
    data = ask(told, "", node=CRITICAL)
    labels = {node["label"] for node in data["nodes"]}
    assert labels == {"Control", "Framework", "Evidence"}
    assert {(edge["kind"], edge["target"]) for edge in data["edges"]} >= {("MAPPED_TO", OTHERS[0])}
    assert data["truncated"] is False
    assert ask(told, "", node="four", depth=0)["node"] == "framework:four"
    assert ask(told, "", node="nothing") == 404
    assert ask(told, "", node="four", depth=7) == 400


def test_the_impact_of_losing_evidence_is_what_losing_it_does(told: House) -> None:
    piece = found(told, "Second")
    data = ask(told, "/impact", evidence_id=piece)
    moves = {(each["framework"], each["number"]): each for each in data["controls"]}
    assert set(moves) == {("four", "002"), ("other", "002"), ("ten", "003")}
    assert {each["by"] for each in data["controls"]} == {"evidence", "mapping"}
    assert all((each["status_before"], each["status_after"]) == ("complete", "not_started") for each in moves.values())
    assert [each["framework"] for each in data["frameworks"]] == ["four", "other", "ten"]
    (project,) = data["projects"]
    assert project["score_before"] == told.score()
    assert told.admin.delete(f"/api/v1/evidence/{piece}").status_code == 200
    assert told.score() == project["score_after"] < project["score_before"]
    coverage = told.get("score")["coverage"]["value"]
    assert 0 < data["frameworks"][0]["coverage_after"] != coverage


def test_losing_evidence_that_does_not_count_moves_little(told: House) -> None:
    piece = told.upload("Waiting", LOW)
    work(told)
    data = ask(told, "/impact", evidence_id=piece)
    assert (data["counts_now"], data["controls"][0]["status_after"]) == (False, "not_started")


def test_the_shortest_way_between_frameworks_and_controls_is_told(told: House) -> None:
    data = ask(told, "/path", **{"from": "four", "to": "ten"})
    assert [node["properties"]["framework"] for node in data["controls"]] == ["four", "other", "ten"]
    one = ask(told, "/path", **{"from": MEDIUM, "to": TEN.controls[3].id})
    assert ([step["relation"] for step in one["steps"]], one["relation"], one["counts"]) == (
        ["equal", "superset"],
        "superset",
        "full",
    )
    back = ask(told, "/path", **{"from": TEN.controls[3].id, "to": MEDIUM})
    assert ([step["relation"] for step in back["steps"]], back["counts"]) == (["subset", "equal"], "partial")
    assert ask(told, "/path", **{"from": HIGH, "to": TEN.controls[5].id})["counts"] == "none"
    assert ask(told, "/path", **{"from": "four", "to": "sixty"}) | {"from": ""} == {
        "from": "",
        "to": "sixty",
        "found": False,
        "controls": [],
        "steps": [],
        "relation": None,
        "counts": "none",
    }
    assert ask(told, "/path", **{"from": "four", "to": "unknown"}) == 404
    assert ask(told, "/path", **{"from": "four", "to": told.project_id}) == 404
    assert ask(told, "/path", **{"from": CRITICAL, "to": "four"})["steps"] == []


def test_who_knows_about_a_control_is_who_worked_on_its_evidence(told: House) -> None:
    data = ask(told, "/experts", control_id=CRITICAL)
    people = {each["user_id"]: (each["uploaded"], each["reviewed"]) for each in data["experts"]}
    assert people == {told.admin.user_id: (1, 0), told.reviewer.user_id: (0, 1)}
    assert all(each["projects"] == [told.project_id] and each["name"] for each in data["experts"])
    assert ask(told, "/experts", control_id=LOW)["experts"] == []
    assert ask(told, "/experts", control_id="ctrl_unknown") == 404


def test_orphans_are_what_hangs_loose(told: House) -> None:
    loose = told.upload("Loose", LOW)
    assert told.admin.delete(f"/api/v1/evidence/{loose}/controls/{LOW}").status_code == 200
    work(told)
    data = ask(told, "/orphans", project_id=told.project_id)
    assert [node["id"] for node in data["evidence_without_control"]] == [loose]
    without = {node["id"] for node in data["controls_without_evidence"]}
    assert {HIGH, LOW, OTHERS[0]} <= without
    assert not {CRITICAL, MEDIUM} & without
    assert data["members_without_evidence"] == []


# -- reach -----------------------------------------------------------------------------------------------


def test_a_member_sees_only_projects_within_reach(told: House) -> None:
    mine = told.project_id
    member = told.app.client("customer")
    body = {"user_id": member.user_id, "role": "viewer"}
    assert told.admin.post(f"/api/v1/projects/{mine}/members", json=body).status_code == 201
    told.project_id = told.project("four")
    theirs = told.upload("Theirs", CRITICAL)
    told.admin.patch(f"/api/v1/evidence/{theirs}", json={"tags": ["secret"]})
    work(told)
    for depth in (1, 2, 4, 6):
        data = ask(told, "", by=member, node=CRITICAL, depth=depth)
        assert {node["properties"].get("project_id", mine) for node in data["nodes"]} == {mine}
        assert not {theirs, told.project_id, "tag:secret"} & {node["id"] for node in data["nodes"]}
    assert len(ask(told, "", node=CRITICAL, depth=4)["nodes"]) > len(
        ask(told, "", by=member, node=CRITICAL, depth=4)["nodes"]
    )
    experts = ask(told, "/experts", by=member, control_id=CRITICAL)["experts"]
    assert {project for each in experts for project in each["projects"]} == {mine}
    for node in (theirs, told.project_id, "tag:secret"):
        assert ask(told, "", by=member, node=node) == 404
    assert ask(told, "", by=member, node=told.reviewer.user_id)["node"] == told.reviewer.user_id
    assert ask(told, "/impact", by=member, evidence_id=theirs) == 404
    assert ask(told, "/orphans", by=member, project_id=told.project_id) == 404
    assert ask(told, "/impact", by=member, evidence_id=found(told, "Second")) != 404


def test_strangers_see_definitions_and_nothing_else(told: House) -> None:
    stranger = told.app.client("manager")
    data = ask(told, "", by=stranger, node=CRITICAL, depth=4)
    assert {node["label"] for node in data["nodes"]} == {"Control", "Framework"}
    for node in (told.project_id, told.admin.user_id, found(told, "Second")):
        assert ask(told, "", by=stranger, node=node) == 404
    assert ask(told, "/experts", by=stranger, control_id=CRITICAL)["experts"] == []
    assert ask(told, "/impact", by=stranger, evidence_id=found(told, "Second")) == 404
    assert told.app.anonymous.get("/api/v1/compliance/graph", params={"node": "four"}).status_code == 401


@pytest.mark.parametrize("what", ["/orphans", ""])
def test_questions_cost_the_same_queries_whatever_the_evidence(told: House, what: str) -> None:
    params = {"project_id": told.project_id} if what else {"node": told.project_id, "depth": 2}

    def queries() -> int:
        ask(told, what, **params)
        with told.app.count_queries() as seen:
            ask(told, what, **params)
        return len(seen)

    few = queries()
    for number in range(5):
        told.upload(f"More {number}", HIGH)
    work(told)
    assert queries() == few <= 12


# -- the command line ----------------------------------------------------------------------------------


def test_studio_graph_rebuilds_and_answers(make_studio: Any, tmp_path: Path) -> None:
    """`studio graph rebuild`, `graph show`, `graph impact`, `graph path`, `graph experts`, `graph orphans`."""
    home = tmp_path / "home"
    app = make_studio(home=home)
    admin = app.client("admin")
    project = admin.post("/api/v1/projects", json={"name": "One", "framework": "soc2"}).json()["data"]["id"]
    control = next(each.id for each in app.platform.frameworks.get("soc2").controls if each.number == "CC6.1")
    fields = {"title": "Access policy", "project_id": project, "control_id": control}
    files = {"file": ("policy.md", b"# Policy\n\nEverybody must.\n", "text/markdown")}
    piece = admin.post("/api/v1/evidence", data=fields, files=files).json()["data"]["id"]

    def run(*words: str) -> str:
        done = CliRunner().invoke(graph_command, list(words), env={"STUDIO_HOME": str(home)})
        assert done.exit_code == 0, done.output
        return done.output

    assert json.loads(run("rebuild", "--json"))["nodes"] == app.platform.graph.count()[0] > 500
    assert "nodes" in run("rebuild")
    assert "HAS_EVIDENCE" in run("show", project)
    assert "WITHOUT IT" in run("impact", piece)
    assert "→" in run("path", "soc2", "iso27001")
    assert "Admin 1" in run("experts", control)
    assert "controls without evidence" in run("orphans", project)

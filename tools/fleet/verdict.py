"""What must be true when everything has calmed down: nothing lost, nothing doubled, nothing derived that is wrong."""

from __future__ import annotations

import dataclasses
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from fleet.fleet import Fleet
from fleet.people import Assessor, Piece
from studio_compliance.graph.keeper import GraphKeeper
from studio_compliance.scorekeeper import Scorekeeper
from studio_kernel.app import Platform, build_platform
from studio_kernel.clock import from_text
from studio_kernel.storage.database import Database
from studio_kernel.storage.graph import Edge, GraphStore, Node
from studio_kernel.storage.graph_neo4j import Neo4jGraph
from studio_kernel.storage.graph_relational import RelationalGraph
from studio_kernel.storage.sql import Statement

_UNFINISHED = Statement(
    "SELECT COUNT(*) FROM jobs WHERE state IN ('queued', 'waiting', 'running') AND kind <> 'fleet_probe.tick'"
)
_UNDELIVERED = Statement("SELECT COUNT(*) FROM webhook_deliveries WHERE state <> 'succeeded'")
_FAILED = Statement("SELECT kind, error FROM jobs WHERE state = 'failed'")
_EVENTS = Statement("SELECT id, position, project_id, resource_id, data FROM events")
_DELIVERIES = Statement("SELECT message_id, event_id FROM webhook_deliveries WHERE webhook_id = :webhook")
_TICKS = Statement("SELECT id, attempts, state FROM jobs WHERE kind = 'fleet_probe.tick'")
_VERSIONS = Statement("SELECT evidence_id, number, sha256, comment FROM evidence_versions ORDER BY number")
_REVIEWS = Statement("SELECT evidence_id, comment FROM evidence_reviews")
_PIECES = Statement("SELECT id, title, status FROM evidence")
_MILESTONES = Statement("SELECT name FROM milestones WHERE project_id = :project")
_PROJECTS = Statement("SELECT id FROM projects")
_DESCRIPTION = Statement("SELECT description FROM projects WHERE id = :project")
_OVERRIDES = Statement("SELECT control_id, override_status FROM project_controls WHERE project_id = :project")
_SCORED = Statement(
    "SELECT p.id, p.created_at, s.day, s.overall FROM projects p LEFT JOIN compliance_scores s ON s.project_id = p.id "
    "WHERE EXISTS (SELECT 1 FROM project_frameworks f WHERE f.project_id = p.id) ORDER BY p.id"
)
_HISTORY = Statement("SELECT project_id, day, overall FROM compliance_score_history")
# After midnight until each project has a score of the new day: the job is an hourly one, and may be late.
_SCORED_WITHIN = timedelta(minutes=75)
_GRAPH_IDS = Statement("SELECT id FROM graph_nodes")
# Everything that is kept of a project's score, without times.
_KEPT = tuple(
    Statement(f"SELECT {columns} FROM {table} WHERE {key} = :id")
    for columns, table, key in (
        ("overall, parts", "compliance_scores", "project_id"),
        ("compliance_score", "projects", "id"),
        ("control_id, status, via", "project_controls_mapped", "project_id"),
        ("evidence_id, quality, approved, counted, controls, scopes", "compliance_holdings", "project_id"),
        ("scope, pieces, high, good, approved, counted, quality_sum", "compliance_holding_totals", "project_id"),
    )
)


class Verdict:
    """Looks at what is stored with a platform of its own; ``problems`` is empty when all promises were kept."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        environment = {name: value for name, value in fleet.environment.items() if name.startswith("STUDIO_")}
        self.platform: Platform = build_platform(environment=environment)
        self.numbers: Counter[str] = Counter()

    def settle(self, seconds: float = 120.0) -> None:
        """Wait until all background work is done and every webhook delivered; at most ``seconds`` without progress."""
        database = self.platform.database
        least, deadline = 10**9, time.monotonic() + seconds
        while left := database.value(_UNFINISHED) + database.value(_UNDELIVERED):
            if left < least:
                least, deadline = left, time.monotonic() + seconds
            assert time.monotonic() < deadline, f"background work stands still: {self.platform.jobs.backlog()}"
            time.sleep(0.2)

    def problems(self) -> list[str]:
        """All that is wrong, in words."""
        # NOTE: the days come before the scores, which are made again there and would bring a day that is missing.
        parts: list[Callable[[], Iterator[str]]] = [
            self._work, self._deliveries, self._ticks, self._scored_days, self._scores, self._graph, self._errors,
        ]  # fmt: skip
        found = [problem for part in parts for problem in part()]
        return found + [problem for each in self._fleet.assessors for problem in self._assessor(each)]

    def close(self) -> None:
        """Let go of the platform."""
        if isinstance(self.platform.graph, Neo4jGraph):
            self.platform.graph.close()
        self.platform.close()

    def _rows(self, statement: Statement, **values: Any) -> list[tuple[Any, ...]]:
        return self.platform.database.rows(statement, **values)

    # -- what was acknowledged ------------------------------------------------------------------------

    def _assessor(self, person: Assessor) -> Iterator[str]:
        titles = Counter(title for _, title, _ in self._rows(_PIECES))
        statuses = {name: status for name, _, status in self._rows(_PIECES)}
        for name, piece in person.pieces.items():
            if titles[piece.title] != 1:
                yield f"{name} {piece.title!r} is there {titles[piece.title]} times"
            elif (statuses[name] == "approved") != piece.approved:
                yield f"{name} is {statuses[name]}, acknowledged approved: {piece.approved}"
            yield from self._piece(name, piece)
        yield from (f"{name} was deleted and is there" for name, title in person.gone.items() if titles[title])
        milestones = Counter(name for (name,) in self._rows(_MILESTONES, project=person.project_id))
        yield from (
            f"{each!r} is there {milestones[each]} times" for each in person.milestones if milestones[each] != 1
        )
        description = self.platform.database.value(_DESCRIPTION, project=person.project_id)
        if description != person.description:
            yield f"{person.project_id} says {description!r} in place of {person.description!r}"
        overrides = dict(self._rows(_OVERRIDES, project=person.project_id))
        for control, status in person.overrides.items():
            if overrides[control] != status:
                yield f"{control} is set to {overrides[control]} in place of {status}"
        self.numbers["pieces"] += len(person.pieces)
        self.numbers["milestones"] += len(person.milestones)

    def _piece(self, name: str, piece: Piece) -> Iterator[str]:
        versions = [row[1:] for row in self._rows(_VERSIONS) if row[0] == name]
        if [sha256 for _, sha256, _ in versions] != piece.hashes:
            yield f"{name} has {len(versions)} versions in place of {len(piece.hashes)}, or others"
        if [comment for *_, comment in versions][1:] != piece.comments:
            yield f"{name} has other versions than were acknowledged"
        yield from (f"the file of {name} is damaged" for _, sha256, _ in versions if not self._sound(sha256))
        reviews = Counter(comment for owner, comment in self._rows(_REVIEWS) if owner == name)
        if reviews != Counter(piece.reviews):
            yield f"{name} has the reviews {reviews} in place of {piece.reviews}"
        self.numbers["versions"] += len(versions)
        self.numbers["reviews"] += len(piece.reviews)

    def _sound(self, sha256: str) -> bool:
        return self.platform.files.verify(sha256)

    # -- what follows from it -------------------------------------------------------------------------

    def _work(self) -> Iterator[str]:
        yield from (f"{kind} failed for good: {error}" for kind, error in self._rows(_FAILED))

    def _deliveries(self) -> Iterator[str]:
        """Each event once for a receiver that tells repeats by their id, in order for each resource."""
        events = {row[0]: row[1:] for row in self._rows(_EVENTS)}
        owed = {name for name, (position, *_) in events.items() if position > self._fleet.first_event}
        event_of = dict(self._rows(_DELIVERIES, webhook=self._fleet.webhook_id))
        counts = Counter(event_of.values())
        if owed - set(counts) or max(counts.values(), default=1) != 1:
            yield f"{len(owed)} events, deliveries of {len(counts)}, at most {max(counts.values())} of one"
        # NOTE: a control has the same id in every project; it is a resource of each.
        order: dict[tuple[str, str], list[int]] = defaultdict(list)
        bodies: dict[str, bytes] = {}
        for taken in self._fleet.receiver.taken:
            if taken.message_id in bodies:
                self.numbers["deliveries repeated"] += 1
                if bodies[taken.message_id] != taken.body:
                    yield f"{taken.message_id} came with other bytes the second time"
                continue
            bodies[taken.message_id] = taken.body
            position, project_id, resource_id, data = events[event_of[taken.message_id]]
            if json.loads(taken.body)["data"] != json.loads(data):
                yield f"{taken.message_id} tells something else than its event"
            order[project_id, resource_id].append(position)
        if set(bodies) != set(event_of):
            yield f"{len(set(event_of) - set(bodies))} deliveries never came"
        yield from (f"events of {name} came out of order" for name, came in order.items() if came != sorted(came))
        self.numbers["events"] = len(owed)

    def _ticks(self) -> Iterator[str]:
        """Periodic work: one job a period; each ran as often as it was tried, once where nobody was killed."""
        runs = Counter(line.split()[0] for line in self._fleet.trace.read_text().splitlines())
        for name, attempts, state in self._rows(_TICKS):
            self.numbers["periods"] += 1
            self.numbers["periods tried again"] += attempts > 1
            # NOTE: a worker that is killed between the work and its note leaves a run that is tried again.
            if state == "succeeded" and not 1 <= runs[name] <= attempts:
                yield f"the periodic job {name} ran {runs[name]} times in {attempts} attempts"

    def _scores(self) -> Iterator[str]:
        """Every score equals one that is made from nothing."""
        keeper = Scorekeeper(self.platform)
        for (project_id,) in self._rows(_PROJECTS):
            before = [sorted(self._rows(statement, id=project_id)) for statement in _KEPT]
            with self.platform.database.transaction():
                keeper.recompute(project_id)
            after = [sorted(self._rows(statement, id=project_id)) for statement in _KEPT]
            if before != after:
                yield f"the score of {project_id} is {before[:2]}, made from nothing {after[:2]}"
            self.numbers["scores"] += 1

    def _scored_days(self) -> Iterator[str]:
        """Every project has a score of each day since it was made, and that of the last day is the one it shows."""
        yield from unscored_days(self.platform.database, self.platform.clock())

    def _graph(self) -> Iterator[str]:
        """The graph that events kept up equals one that is made from nothing."""
        relational = RelationalGraph(self.platform.database)
        GraphKeeper(dataclasses.replace(self.platform, graph=relational)).rebuild()
        deadline = time.monotonic() + 30
        while (kept := self._dump(self.platform.graph)) != (made := self._dump(relational)):
            if time.monotonic() > deadline:
                yield f"the graph differs: {_difference(kept, made)}"
                return
            time.sleep(1)
        self.numbers["graph nodes"], self.numbers["graph edges"] = len(kept[0]), len(kept[1])

    def _dump(self, store: GraphStore) -> tuple[list[Node], list[Edge]]:
        if isinstance(store, Neo4jGraph):
            ids = [row["id"] for row in store._run("MATCH (n:StudioNode) RETURN n.id AS id")]
        else:
            ids = [row[0] for row in self._rows(_GRAPH_IDS)]
        return sorted(store.nodes(ids).values(), key=lambda node: node.id), store.edges(ids)

    def _errors(self) -> Iterator[str]:
        """No request ended in an error of our own making."""
        for log in self._fleet.logs():
            for line in log.read_text(errors="replace").splitlines():
                if '"operation' in line and "failed" in line and '"level": "error"' in line:
                    yield f"{log.name}: {line[:400]}"


def unscored_days(database: Database, now: datetime) -> Iterator[str]:
    """What is missing or wrong in the history of scores, in words."""
    history = {(project, day): overall for project, day, overall in database.rows(_HISTORY)}
    owed_until = (now - _SCORED_WITHIN).date()
    for project, created_at, last, overall in database.rows(_SCORED):
        first = from_text(created_at).date()
        days = range(max(0, (owed_until - first).days) + 1)
        for day in ((first + timedelta(days=number)).isoformat() for number in days):
            if (project, day) not in history:
                yield f"{project} has no score of {day}"
        if history.get((project, last)) != overall:
            yield f"{project} has the score {overall}, of {last} {history.get((project, last))}"


def _difference(kept: tuple[list[Node], list[Edge]], made: tuple[list[Node], list[Edge]]) -> str:
    too_many = [each for part in (0, 1) for each in kept[part] if each not in made[part]]
    missing = [each for part in (0, 1) for each in made[part] if each not in kept[part]]
    return f"{len(too_many)} too many {too_many[:2]}, {len(missing)} missing {missing[:2]}"

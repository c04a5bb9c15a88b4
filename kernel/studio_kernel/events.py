"""Events: published inside the change that they tell of, delivered to subscribers.

``publish`` writes the event's row in the same transaction as the change. In-transaction subscribers run at once
and commit or roll back with it. For each after-commit subscriber a job row is written (the outbox), so that an
event reaches it at least once, in order per resource, however often processes die.
"""

from __future__ import annotations

import contextlib
import fnmatch
import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import marshmallow
import orjson
import peewee

from studio_kernel.clock import Clock, from_text, later, to_text
from studio_kernel.context import current_context
from studio_kernel.declarations import called_plainly
from studio_kernel.errors import ConfigurationError
from studio_kernel.ids import new_id
from studio_kernel.job_claims import UNFINISHED
from studio_kernel.jobs import JobRun, Jobs, JobType, Work
from studio_kernel.plugins import closest
from studio_kernel.storage.database import Database
from studio_kernel.storage.models import JSONField, Table, TimeField
from studio_kernel.storage.sql import Statement

Mode = Literal["in_transaction", "after_commit"]

_log = logging.getLogger(__name__)


class EventRow(Table):
    """Every event that was ever published and not yet pruned."""

    position = peewee.BigAutoField()
    id = peewee.CharField(max_length=40, unique=True)
    name = peewee.CharField(max_length=100)
    version = peewee.IntegerField()
    resource_id = peewee.CharField(max_length=80)
    project_id = peewee.CharField(max_length=80)
    actor_id = peewee.CharField(max_length=80)
    request_id = peewee.CharField(max_length=80)
    occurred_at = TimeField(index=True)
    data = JSONField()

    class Meta:
        table_name = "events"
        id_prefix = "evt"
        indexes = ((("resource_id", "position"), False), (("project_id", "position"), False))


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of event. ``name`` is ``thing.happened``; a change of ``schema`` that breaks readers is a new version.

    ``schema`` describes ``data``, ``example`` is a valid instance of it; both are shown in the event catalogue.
    """

    name: str
    summary: str
    schema: type[marshmallow.Schema]
    example: Mapping[str, Any]
    version: int = 1


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``occurred_at`` is RFC 3339 text; ``data`` is what receivers see."""

    id: str
    name: str
    version: int
    resource_id: str
    project_id: str
    actor_id: str
    request_id: str
    occurred_at: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A listener. ``events`` are names or patterns such as ``evidence.*``; ``name`` is unique in the platform.

    A handler may get the same event again after a failure or a crash: use ``event.id`` to tell. An exception in
    an after-commit handler means a later try, up to ``max_attempts``, with growing delay.

    ``together`` takes several events, of different resources, inside the transaction that ends their delivery: what
    it writes is written once. For after-commit subscribers that only write to the database. When it raises, it gets
    the events one by one.
    """

    name: str
    events: tuple[str, ...]
    handler: Callable[[Event], None]
    mode: Mode = "after_commit"
    max_attempts: int = 8
    together: Callable[[Sequence[Event]], None] | None = None

    def wants(self, name: str) -> bool:
        """Whether an event of that name is for this subscriber."""
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.events)


_COLUMNS = "id, name, version, resource_id, project_id, actor_id, request_id, occurred_at, data"
_FIND = Statement(f"SELECT {_COLUMNS} FROM events WHERE id = :id")
_FIND_MANY = Statement(f"SELECT {_COLUMNS} FROM events WHERE id IN :ids")
_BETWEEN = Statement(
    f"SELECT {_COLUMNS}, position FROM events WHERE position > :position AND occurred_at >= :since "
    "AND occurred_at < :until ORDER BY position LIMIT :limit"
)
_LATEST = Statement("SELECT COALESCE(MAX(position), 0) FROM events")
_FIRST_UNDELIVERED = Statement(
    f"SELECT MIN(created_at) FROM jobs WHERE state IN {UNFINISHED} AND kind LIKE 'event:%' "
    "AND (kind IN :known OR created_at >= :since)"
)
_COUNT_OLD = Statement("SELECT COUNT(*) FROM events WHERE occurred_at < :before")
_PRUNE = Statement(
    "DELETE FROM events WHERE position IN (SELECT position FROM events WHERE occurred_at < :before LIMIT :limit)"
)
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+\Z")
_HANDED_TOGETHER = 25
_KEPT_FOR_UNKNOWN_DAYS = 30


def check_event_types(types: Iterable[EventType]) -> list[str]:
    """What is wrong with declarations: names are ``thing.happened``, in lower case, versions count from 1."""
    problems = []
    for kind in types:
        if not _NAME.match(kind.name):
            problems.append(f"the event {kind.name!r} must be named thing.happened, with lower-case letters, digits, _")
        if kind.version < 1:
            problems.append(f"the event {kind.name!r} has the version {kind.version}; versions count from 1")
    return problems


def check_subscribers(subscribers: Iterable[Subscriber]) -> list[str]:
    """What is wrong with declarations: whatever would let a subscriber wait for ever, or run otherwise than meant."""
    return [f"the subscriber {each.name!r}: {problem}" for each in subscribers for problem in _wrong_in(each)]


def _wrong_in(subscriber: Subscriber) -> Iterator[str]:
    names = subscriber.events
    if isinstance(names, str) or not isinstance(names, Collection) or not all(isinstance(name, str) for name in names):
        yield f"its events are {names!r}; a tuple of names is needed, such as ('project.created',)"
    if subscriber.mode not in get_args(Mode):
        yield f"its mode is {subscriber.mode!r}; it must be one of {', '.join(get_args(Mode))}"
    if subscriber.max_attempts < 1:
        yield f"its max_attempts is {subscriber.max_attempts}; at least 1 is needed"
    yield from called_plainly("its handler", subscriber.handler)
    if subscriber.together is not None:
        yield from called_plainly("its together", subscriber.together)


_SINCE = Statement(
    "SELECT id, name, version, resource_id, project_id, actor_id, request_id, occurred_at, data "
    "FROM events WHERE occurred_at >= :moment ORDER BY position"
)


def event_from_row(row: tuple[Any, ...]) -> Event:
    """An event from its columns in the order of the class."""
    facts = dict(zip(Event.__slots__, row[:9], strict=True))
    facts["data"] = orjson.loads(row[8])
    return Event(**facts)


@dataclass(slots=True)
class _Owned:
    owner: str
    trusted: bool
    subscriber: Subscriber


@dataclass(slots=True)
class Events:
    """Publishing and delivery for one application."""

    database: Database
    jobs: Jobs
    clock: Clock
    timeout: float = 30.0
    types: dict[str, EventType] = field(default_factory=dict)
    on_publish: Callable[[EventType, Event], None] | None = None
    """Told of every event, in the transaction that publishes it; tests look at them with it."""
    _subscribers: list[_Owned] = field(default_factory=list)
    _routes: dict[str, list[_Owned]] = field(default_factory=dict)

    def declare(self, types: Iterable[EventType]) -> None:
        """Make event types known; names were checked for conflicts before."""
        self.types.update({each.name: each for each in types})

    def forget(self, types: Iterable[EventType]) -> None:
        """Make event types unknown again, of a plugin that was left out."""
        for each in types:
            self.types.pop(each.name, None)

    def subscribe(self, owner: str, subscribers: Iterable[Subscriber], *, trusted: bool) -> None:
        """Add a plugin's listeners. ``trusted`` ones fail together with the change they listen to."""
        for subscriber in subscribers:
            self._subscribers.append(_Owned(owner, trusted, subscriber))
            self.jobs.declare(
                JobType(
                    name=job_name(subscriber),
                    handler=self._deliverer(subscriber),
                    max_attempts=subscriber.max_attempts,
                    timeout=self.timeout,
                    summary=f"Delivers events to {subscriber.name} of plugin {owner}",
                    stream=None if subscriber.together is None else _Together(self, subscriber.together),
                    kept=subscriber.together is None,
                )
            )
        self._routes.clear()

    def subscribers(self) -> list[tuple[str, Subscriber]]:
        """All listeners with their plugins."""
        return [(owned.owner, owned.subscriber) for owned in self._subscribers]

    def check(self) -> None:
        """Refuse a subscriber whose pattern matches no declared event: it would wait for ever.

        A third party's may wait for a plugin that isn't here, so that is only logged.
        """
        problems = []
        for owned in self._subscribers:
            for pattern in owned.subscriber.events:
                if "*" in pattern or any(fnmatch.fnmatchcase(name, pattern) for name in self.types):
                    continue
                line = (
                    f"subscriber {owned.subscriber.name!r} of plugin {owned.owner!r} waits for {pattern!r}, "
                    f"which no active plugin publishes{closest(pattern, self.types)}"
                )
                if owned.trusted:
                    problems.append(line)
                else:
                    _log.warning(line)
        if problems:
            raise ConfigurationError(problems)

    def publish(self, kind: EventType, *, resource_id: str, data: Mapping[str, Any], project_id: str = "") -> Event:
        """Record an event inside the open transaction and hand it to its subscribers.

        Raises ``RuntimeError`` outside a transaction and ``LookupError`` for an undeclared type: both are
        mistakes of the caller's program.
        """
        if self.database.current is None:
            raise RuntimeError(f"{kind.name} must be published inside the transaction of its change")
        if self.types.get(kind.name) is not kind:
            raise LookupError(f"{kind.name} is not among the declared event types")
        context = current_context()
        event = Event(
            id=new_id("evt"),
            name=kind.name,
            version=kind.version,
            resource_id=resource_id,
            project_id=project_id,
            actor_id=context.principal.user_id or context.principal.id,
            request_id=context.request_id,
            occurred_at=to_text(self.clock()),
            data=data,
        )
        if self.on_publish is not None:
            self.on_publish(kind, event)
        self.database.insert(EventRow, {name: getattr(event, name) for name in Event.__slots__})
        route = self._route(kind.name)
        # NOTE: first, because a handler may publish about the same resource, and that is to come afterwards.
        self._put_in_outbox([each.subscriber for each in route if each.subscriber.mode == "after_commit"], event)
        for owned in route:
            if owned.subscriber.mode != "after_commit":
                self._hand_over(owned, event)
        return event

    def _route(self, name: str) -> list[_Owned]:
        route = self._routes.get(name)
        if route is None:
            route = [owned for owned in self._subscribers if owned.subscriber.wants(name)]
            self._routes[name] = route
        return route

    def _hand_over(self, owned: _Owned, event: Event) -> None:
        subscriber = owned.subscriber
        if owned.trusted:
            subscriber.handler(event)
            return
        try:
            with self.database.savepoint():
                subscriber.handler(event)
        except (Exception, SystemExit):
            _log.exception(
                "subscriber %r of plugin %r failed; it is tried again after the commit", subscriber.name, owned.owner
            )
            self._put_in_outbox([subscriber], event)

    def _put_in_outbox(self, subscribers: Sequence[Subscriber], event: Event) -> None:
        arguments = {"event": event.id}
        works = [
            (job_name(each), Work(arguments, f"{each.name}:{event.resource_id}", project_id=event.project_id))
            for each in subscribers
        ]
        self.jobs.enqueue_all(works, owner_id="")

    def _deliverer(self, subscriber: Subscriber) -> Callable[[JobRun], None]:
        def deliver(run: JobRun) -> None:
            event = self.find(run.arguments["event"])
            if event is None:
                return
            # NOTE: one that was meant to run inside the change's transaction still expects to be in one.
            in_transaction = subscriber.mode == "in_transaction"
            with self.database.transaction() if in_transaction else contextlib.nullcontext():
                subscriber.handler(event)

        return deliver

    def since(self, moment: str) -> list[Event]:
        """The events from a moment on (RFC 3339 text in UTC), in order. Those of long ago may be pruned."""
        return [event_from_row(row) for row in self.database.rows(_SINCE, moment=moment)]

    def find(self, event_id: str) -> Event | None:
        """A past event, unless it was pruned."""
        row = self.database.row(_FIND, id=event_id)
        return None if row is None else event_from_row(row)

    def find_many(self, event_ids: Sequence[str]) -> dict[str, Event]:
        """Past events by id; those that were pruned are left out."""
        return {row[0]: event_from_row(row) for row in self.database.rows(_FIND_MANY, ids=event_ids)}

    def latest(self) -> int:
        """The position of the last event, 0 without one."""
        return int(self.database.value(_LATEST))

    def between(
        self, *, after: int = 0, since: str = "", until: str = "9999", limit: int = 500
    ) -> list[tuple[int, Event]]:
        """Past events in order, with their positions: those beyond ``after`` that happened in a span of time."""
        rows = self.database.rows(_BETWEEN, position=after, since=since, until=until, limit=limit)
        return [(row[9], event_from_row(row)) for row in rows]

    def count_old(self, days: float) -> int:
        """How many events :meth:`prune` would forget."""
        return int(self.database.value(_COUNT_OLD, before=self._forgotten_before(days)))

    def _forgotten_before(self, days: float) -> str:
        now = self.clock()
        # NOTE: a subscriber that isn't here is of another version or of a plugin that may never be active again.
        since = later(now, -_KEPT_FOR_UNKNOWN_DAYS * 86_400)
        known = [job_name(owned.subscriber) for owned in self._subscribers]
        undelivered = self.database.value(_FIRST_UNDELIVERED, known=known, since=since)
        before = later(now, -days * 86_400)
        # NOTE: a job is a little younger than the event that it delivers.
        return before if undelivered is None else min(before, later(from_text(undelivered), -3600))

    def prune(self, days: float, *, at_once: int = 1000) -> int:
        """Forget events older than ``days`` that every subscriber has, some at a time; how many there were.

        Subscribers that are not active here hold them up for 30 days.
        """
        before, forgotten = self._forgotten_before(days), 0
        while part := self.database.execute(_PRUNE, before=before, limit=at_once):
            forgotten += part
        return forgotten


class _Together:
    """The stream of a subscriber that takes events together: nothing to wait for, all is done in ``settle``."""

    limit = _HANDED_TOGETHER

    def __init__(self, events: Events, handler: Callable[[Sequence[Event]], None]) -> None:
        self._events = events
        self._handler = handler

    def room(self, lane: str) -> int:
        return self.limit

    def prepare(self, runs: Sequence[JobRun]) -> Sequence[Event | None]:
        found = self._events.find_many([run.arguments["event"] for run in runs])
        return [found.get(run.arguments["event"]) for run in runs]

    async def perform(self, item: Event | None) -> None:
        return None

    def settle(self, done: Sequence[tuple[Event | None, None]]) -> Sequence[None]:
        events = [event for event, _ in done if event is not None]
        if events:
            self._handler(events)
        return [None] * len(done)

    async def close(self) -> None:
        return None


def job_name(subscriber: Subscriber) -> str:
    """The kind of job that delivers to ``subscriber``."""
    return f"event:{subscriber.name}"

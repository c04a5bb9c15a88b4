"""A small plugin that shows every part of the kernel to its tests."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

import peewee
from marshmallow import fields

from studio_kernel.context import current_context
from studio_kernel.errors import NotFound
from studio_kernel.events import EventType, Subscriber
from studio_kernel.hookspecs import hookimpl
from studio_kernel.http.listing import Filter, Listing, ListQuery, Sort
from studio_kernel.http.operations import PUBLIC, Answer, Call, Operation, operation, operations_of
from studio_kernel.http.schemas import Choice, Flag, Schema, Text, Time, Whole
from studio_kernel.ids import new_id
from studio_kernel.plugins import PluginInfo
from studio_kernel.security.permissions import Permission
from studio_kernel.security.principal import Principal
from studio_kernel.storage.migrations import Migration, create_tables
from studio_kernel.storage.models import Table, TimeField
from studio_kernel.storage.sql import Statement


class ThingRow(Table):
    id = peewee.CharField(max_length=40, primary_key=True)
    name = peewee.CharField(max_length=100, unique=True)
    size = peewee.IntegerField()
    created_at = TimeField(index=True)

    class Meta:
        table_name = "things"
        id_prefix = "thing"


class ThingIn(Schema):
    name = Text(required=True, minimum=1, maximum=50)
    size = Whole(minimum=0, maximum=1000, load_default=1)
    due = Time()
    kind = Choice("small", "large")
    shiny = Flag()


class Thing(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    size = fields.Integer(required=True)
    created_at = Time(required=True)


class ThingData(Schema):
    name = fields.String(required=True)


THING_MADE = EventType("thing.made", "A thing was made", ThingData, {"name": "spoon"})
LISTING = Listing(
    key="things",
    id_sql="id",
    sorts={"created_at": Sort("created_at"), "name": Sort("name"), "size": Sort("size", "number")},
    filters={
        "size": Filter("size", choices=("1", "2", "3")),
        "created_after": Filter("created_at", "after"),
    },
    search={"name": "name", "id": "id"},
)
COLUMNS = ("id", "name", "size", "created_at")
_FIND = Statement("SELECT id, name, size, created_at FROM things WHERE id = :id")


class Things:
    def __init__(self, platform: Any) -> None:
        self.platform = platform
        self.list_query = ListQuery(LISTING, columns=COLUMNS, source="things")

    @operation(
        "things.list", "GET", "/api/v1/things", summary="List", permission=PUBLIC, listing=LISTING, response=Thing
    )
    def list(self, call: Call) -> Any:
        page = self.list_query.run(self.platform.database, call.listing)
        return {"things": [dict(zip(COLUMNS, row, strict=True)) for row in page.rows], "pagination": page.pagination}

    @operation(
        "things.create", "POST", "/api/v1/things", summary="Make", permission="things:make",
        body=ThingIn, response=Thing, status=201,
    )  # fmt: skip
    def create(self, call: Call) -> Answer:
        return Answer(self.make(call.body["name"], call.body["size"]), location="/api/v1/things")

    @operation(
        "things.read", "GET", "/api/v1/things/{thing_id}", summary="Show", permission=PUBLIC, response=Thing, etag=True
    )
    def read(self, call: Call) -> Any:
        row = self.platform.database.row(_FIND, id=call.path["thing_id"])
        if row is None:
            raise NotFound()
        return dict(zip(COLUMNS, row, strict=True))

    @operation(
        "things.update", "PATCH", "/api/v1/things/{thing_id}", summary="Change", permission="things:make",
        body=ThingIn, partial=True, response=Thing,
    )  # fmt: skip
    def update(self, call: Call) -> Any:
        with self.platform.database.transaction():
            self.platform.database.update(ThingRow, {"size": call.body["size"]}, where={"id": call.path["thing_id"]})
        return self.read(call)

    @operation("things.break", "GET", "/api/v1/broken", summary="Fail", permission=PUBLIC, response=Thing)
    def broken(self, call: Call) -> Any:
        raise RuntimeError("secret inside detail")

    @operation("things.quick", "GET", "/api/v1/quick", summary="Quick", permission="things:make", scope="read",
               response=Thing, blocking=False)  # fmt: skip
    def quick(self, call: Call) -> Any:
        return {"id": "x", "name": "x", "size": 1, "created_at": ""}

    @operation("things.limited", "GET", "/api/v1/limited", summary="Few", permission=PUBLIC, response=Thing,
               rate_limit="2/minute")  # fmt: skip
    def limited(self, call: Call) -> Any:
        return {"id": "x", "name": "x", "size": 1, "created_at": ""}

    def make(self, name: str, size: int = 1) -> dict[str, Any]:
        platform = self.platform
        thing = {"id": new_id("thing"), "name": name, "size": size, "created_at": platform.clock().isoformat()}
        thing["created_at"] = TimeField().db_value(platform.clock())
        with platform.database.transaction():
            platform.database.insert(ThingRow, thing)
            current_context().resource_id = thing["id"]
            platform.events.publish(THING_MADE, resource_id=thing["id"], data={"name": name})
        return thing


class ProbePlugin:
    """A plugin object; tests add subscribers and operations to it."""

    def __init__(self, name: str = "probe", **members: Any) -> None:
        self.info = PluginInfo(name=name, version="1.0")
        self.subscribers: list[Subscriber] = []
        self.things: Things | None = None
        for member, value in members.items():
            setattr(self, member, value)

    @hookimpl
    def studio_models(self) -> Sequence[type[Table]]:
        return [ThingRow]

    @hookimpl
    def studio_migrations(self) -> Sequence[Migration]:
        return [Migration("0001_things", lambda database: create_tables(database, [ThingRow]))]

    @hookimpl
    def studio_permissions(self) -> Sequence[Permission]:
        return [Permission("things:make", "Make things")]

    @hookimpl
    def studio_event_types(self) -> Sequence[EventType]:
        return [THING_MADE]

    @hookimpl
    def studio_operations(self, platform: Any) -> Sequence[Operation]:
        self.things = Things(platform)
        return operations_of(self.things)

    @hookimpl
    def studio_subscribers(self, platform: Any) -> Sequence[Subscriber]:
        return self.subscribers

    @hookimpl
    def studio_authenticate(self, platform: Any, credentials: Any) -> Principal | None:
        """``Authorization: Test <role> [scopes]`` signs in, so that the kernel can be tested without auth."""
        scheme, _, rest = credentials.headers.get("authorization", "").partition(" ")
        if scheme != "Test":
            return None
        role, _, scopes = rest.partition(" ")
        granted = frozenset(scopes.split() or ["read", "write", "admin"])
        return Principal(kind="user", id=f"user_{role}", user_id=f"user_{role}", role=role, scopes=granted)


def plugin(name: str, *, requires: tuple[str, ...] = (), kernel: str = ">=0", **hooks: Callable[..., Any]) -> Any:
    """A plugin module made on the spot: hook names with their functions."""
    module = types.ModuleType(name)
    module.info = PluginInfo(name=name, version="1", requires=requires, kernel=kernel)  # type: ignore[attr-defined]
    for hook, function in hooks.items():
        setattr(module, hook, hookimpl(function))
    return module


ADMIN = {"Authorization": "Test admin"}
VIEWER = {"Authorization": "Test viewer"}

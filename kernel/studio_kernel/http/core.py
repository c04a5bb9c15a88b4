"""The kernel's own operations: health, metrics, the OpenAPI document, the audit log."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, get_args

import marshmallow
import orjson
from marshmallow import fields, validate

from studio_kernel.errors import ServiceUnavailable, StudioError
from studio_kernel.http.listing import Filter, Listing, ListQuery, Sort
from studio_kernel.http.operations import PUBLIC, Call, RawAnswer, operation
from studio_kernel.http.schemas import Schema, Time
from studio_kernel.http.wire import JSON
from studio_kernel.plugins import PluginRecord, State
from studio_kernel.security.permissions import ADMINISTRATORS, ANYONE_SIGNED_IN, Permission

if TYPE_CHECKING:
    from studio_kernel.app import Platform

KERNEL_PERMISSIONS = (
    Permission("jobs:read", "See background jobs that one started; administrators see all", ANYONE_SIGNED_IN),
    Permission("jobs:manage", "Cancel and repeat background jobs that one started", ANYONE_SIGNED_IN),
    Permission("audit:read", "Read the audit log", ADMINISTRATORS),
    Permission("plugins:read", "See which plugins are installed, and what became of them", ADMINISTRATORS),
)


class OpenApiDocument(marshmallow.Schema):
    """An OpenAPI 3.1 document."""

    openapi = fields.String(required=True)
    info = fields.Dict(required=True)
    paths = fields.Dict(required=True)


class AuditEntry(Schema):
    """One call, as the audit log keeps it."""

    id = fields.String(required=True)
    at = Time(required=True)
    actor_kind = fields.String(required=True)
    actor_id = fields.String(required=True)
    user_id = fields.String(required=True)
    action = fields.String(required=True)
    resource_id = fields.String(required=True)
    project_id = fields.String(required=True)
    address = fields.String(required=True)
    method = fields.String(required=True)
    path = fields.String(required=True)
    status = fields.Integer(required=True)
    request_id = fields.String(required=True)
    seal = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Number of its seal; null until then."}
    )


class AuditSeal(Schema):
    """The last seal of the audit log."""

    number = fields.Integer(required=True)
    hash = fields.String(required=True)
    sealed_at = Time(required=True)
    entries = fields.Integer(
        required=True, metadata={"description": "Entries sealed so far, with those deleted since."}
    )
    key_id = fields.String(required=True)


class AuditSealState(Schema):
    """How far the audit log is sealed."""

    seal = fields.Nested(AuditSeal, required=True, allow_none=True)
    unsealed = fields.Integer(required=True, metadata={"description": "Entries not sealed yet, up to 10,000."})
    unsealed_since = Time(required=True, allow_none=True)
    unsealed_seconds = fields.Float(required=True)
    public_keys = fields.List(fields.String(), required=True)


class PluginEntry(Schema):
    """An installed plugin; ``reason`` tells why it isn't active, ``operations`` how many it adds to the API."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    summary = fields.String(required=True)
    distribution = fields.String(required=True)
    built_in = fields.Boolean(required=True)
    state = fields.String(required=True, validate=validate.OneOf(get_args(State)))
    reason = fields.String(required=True)
    requires = fields.List(fields.String(), required=True)
    operations = fields.Integer(required=True)


class PluginList(Schema):
    """Every installed plugin."""

    plugins = fields.List(fields.Nested(PluginEntry), required=True)


_AUDIT_COLUMNS = tuple(AuditEntry._declared_fields)
AUDIT_LISTING = Listing(
    key="entries",
    id_sql="id",
    sorts={"at": Sort("at")},
    default_sort="at",
    filters={
        "actor": Filter("user_id", summary="Account id."),
        "action": Filter("action", summary="Operation id, such as projects.create."),
        "resource": Filter("resource_id", summary="Resource id."),
        "created_after": Filter("at", "after"),
        "created_before": Filter("at", "before"),
    },
)


class CoreResource:
    """Responders of the kernel."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._document: bytes | None = None
        self._audit = ListQuery(AUDIT_LISTING, columns=_AUDIT_COLUMNS, source="audit_log")

    @operation(
        "health",
        "GET",
        "/health",
        summary="Whether the process lives",
        permission=PUBLIC,
        shape="raw",
        blocking=False,
        rate_limit="exempt",
    )
    def health(self, call: Call) -> RawAnswer:
        """Nothing is looked at: an answer is the answer."""
        return RawAnswer(b'{"status":"ok"}', JSON)

    @operation(
        "ready",
        "GET",
        "/ready",
        summary="Whether requests can be served, storage by storage",
        permission=PUBLIC,
        shape="raw",
        rate_limit="exempt",
    )
    def ready(self, call: Call) -> RawAnswer:
        """503 when something that is needed fails, or when the process is about to end."""
        lines = []
        ready = not self._platform.draining.begun
        for check in self._platform.health_checks:
            line: dict[str, Any] = {"name": check.name, "needed": check.needed, "ok": True}
            try:
                check.check()
            except (Exception, SystemExit) as error:
                # APPSEC: anybody may ask, so the reason stays short and says nothing of the inside.
                line["ok"] = False
                line["reason"] = error.message if isinstance(error, StudioError) else "not available"
                ready = ready and not check.needed
            lines.append(line)
        plugins = [
            {"name": record.name, "state": record.state, "reason": record.public_reason or record.reason}
            for record in self._platform.plugins.records
        ]
        body = {"status": "ready" if ready else "not ready", "checks": lines, "plugins": plugins}
        return RawAnswer(orjson.dumps(body), JSON, 200 if ready else 503)

    @operation(
        "metrics",
        "GET",
        "/metrics",
        summary="Prometheus metrics",
        permission=PUBLIC,
        shape="raw",
        media_type="text/plain",
        rate_limit="exempt",
    )
    def metrics(self, call: Call) -> RawAnswer:
        """Counters of this process and the state of the queue; without the database only the former."""
        metrics, jobs = self._platform.metrics, self._platform.jobs
        try:
            state = self._platform.sealer.state()
            counts, backlog = jobs.counts(), jobs.backlog()
        except ServiceUnavailable:
            metrics.hide_shared()
        else:
            metrics.show_seal(state.unsealed, state.unsealed_age)
            metrics.show_jobs(counts, backlog, jobs.types, self._platform.clock())
        return RawAnswer(metrics.text(), "text/plain; version=0.0.4; charset=utf-8")

    @operation(
        "openapi",
        "GET",
        "/api/v1/openapi.json",
        summary="The OpenAPI 3.1 document",
        permission=PUBLIC,
        shape="raw",
        response=OpenApiDocument,
    )
    def openapi(self, call: Call) -> RawAnswer:
        """Built once, at the first request."""
        if self._document is None:
            self._document = orjson.dumps(self._platform.openapi())
        return RawAnswer(self._document, JSON)

    @operation(
        "audit.list",
        "GET",
        "/api/v1/audit-log",
        summary="Read the audit log",
        permission="audit:read",
        scope="admin",
        response=AuditEntry,
        listing=AUDIT_LISTING,
    )
    def audit_log(self, call: Call) -> dict[str, Any]:
        """Newest first."""
        page = self._audit.run(self._platform.database, call.listing)
        entries = [dict(zip(_AUDIT_COLUMNS, row, strict=True)) for row in page.rows]
        return {"entries": entries, "pagination": page.pagination}

    @operation(
        "audit.seal",
        "GET",
        "/api/v1/audit-log/seal",
        summary="Show how far the audit log is sealed",
        permission="audit:read",
        scope="admin",
        response=AuditSealState,
    )
    def audit_seal(self, call: Call) -> dict[str, Any]:
        """The chain's end, as an anchor would tell it, and what has yet to be sealed."""
        state = self._platform.sealer.state()
        head = state.head
        shown = {name: head[name] for name in ("number", "hash", "sealed_at", "key_id")} if head else None
        return {
            "seal": None if head is None or shown is None else {**shown, "entries": head["total"]},
            "unsealed": state.unsealed,
            "unsealed_since": state.unsealed_since,
            "unsealed_seconds": state.unsealed_age,
            "public_keys": [key.public_key for key in self._platform.audit.keys.all],
        }

    @operation(
        "plugins.list",
        "GET",
        "/api/v1/plugins",
        summary="List the installed plugins",
        permission="plugins:read",
        scope="admin",
        response=PluginList,
    )
    def plugins(self, call: Call) -> dict[str, Any]:
        """In the order in which they were started; an installation changes with the next start."""
        adds = Counter(each.owner for each in self._platform.operations)
        return {"plugins": [_plugin_shown(each, adds[each.name]) for each in self._platform.plugins.records]}


def _plugin_shown(record: PluginRecord, operations: int) -> dict[str, Any]:
    info = record.info
    return {
        "name": record.name,
        "version": info.version if info else "",
        "summary": info.summary if info else "",
        "distribution": record.distribution,
        "built_in": record.built_in,
        "state": record.state,
        "reason": record.public_reason or record.reason,
        "requires": list(info.requires) if info else [],
        "operations": operations,
    }

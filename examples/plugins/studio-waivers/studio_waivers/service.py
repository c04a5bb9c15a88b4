"""What can be done with waivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio_kernel.clock import later, to_text
from studio_kernel.context import current_context
from studio_kernel.errors import NotFound
from studio_kernel.http.listing import Filter, Listing, ListQuery, ListRequest, Sort
from studio_kernel.http.operations import FileAnswer, UploadedFile
from studio_kernel.ids import new_id
from studio_kernel.security.principal import Principal
from studio_kernel.storage.file_locks import hold_kept
from studio_kernel.storage.sql import Statement
from studio_projects.api import Projects
from studio_waivers.events import WAIVER_GRANTED, data_of
from studio_waivers.models import WaiverRow
from studio_waivers.settings import WaiverSettings

if TYPE_CHECKING:
    from studio_kernel.app import Platform

SHOWN = (
    "id", "project_id", "control_id", "title", "reason", "severity", "status", "document_name", "granted_by",
    "expires_at", "created_at",
)  # fmt: skip
STATUSES = ("active", "expired")
SEVERITIES = ("low", "medium", "high")
LISTING = Listing(
    key="waivers",
    id_sql="id",
    sorts={"created_at": Sort("created_at"), "expires_at": Sort("expires_at"), "title": Sort("title")},
    filters={
        "project_id": Filter("project_id"),
        "status": Filter("status", "in", choices=STATUSES),
        "severity": Filter("severity", choices=SEVERITIES),
        "expires_before": Filter("expires_at", "before"),
    },
    search={"title": "title", "reason": "reason"},
)
_ONE = Statement(f"SELECT {', '.join(SHOWN)} FROM waivers WHERE id = :id")
_DOCUMENT = Statement("SELECT document FROM waivers WHERE id = :id")


class Waivers:
    """The waivers of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._projects = Projects(platform)
        self._list = ListQuery(LISTING, columns=SHOWN, source="waivers")

    def page(self, principal: Principal, request: ListRequest) -> dict[str, Any]:
        """A part of what the caller may see."""
        scope, values = self._projects.visible(principal, "project_id")
        page = self._list.run(self._database, request, scope=scope, **values)
        return {"waivers": [shown(row) for row in page.rows], "pagination": page.pagination}

    def read(self, principal: Principal, waiver_id: str) -> dict[str, Any]:
        """One waiver; ``NotFound`` also where the caller isn't in its project."""
        return self._require(principal, waiver_id, "waivers:read")

    def grant(self, principal: Principal, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Accept for a time that a control isn't met."""
        now = self._platform.clock()
        days = self._platform.settings.section(WaiverSettings).default_days
        waiver = {
            "reason": "",
            "severity": "low",
            "expires_at": later(now, days * 86_400),
            **wanted,
            "id": new_id("waiv"),
            "status": "active",
            "document_name": "",
            "granted_by": principal.user_id,
            "created_at": to_text(now),
        }
        with self._database.transaction():
            project = self._projects.require(principal, wanted["project_id"], "waivers:grant", writable=True)
            self._projects.control(project.id, wanted["control_id"])
            self._database.insert(WaiverRow, {**waiver, "document": ""})
            current_context().resource_id = waiver["id"]
            self._platform.events.publish(
                WAIVER_GRANTED, resource_id=waiver["id"], project_id=project.id, data=data_of(waiver)
            )
        return {name: waiver[name] for name in SHOWN}

    def change(self, principal: Principal, waiver_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Set what is given; the waiver as it is then."""
        with self._database.transaction():
            waiver = self._require(principal, waiver_id, "waivers:grant", writable=True)
            if changes:
                self._database.update(WaiverRow, changes, where={"id": waiver_id})
        return {**waiver, **changes}

    def delete(self, principal: Principal, waiver_id: str) -> None:
        """Remove a waiver; its document goes with the platform's next sweep."""
        with self._database.transaction():
            self._require(principal, waiver_id, "waivers:grant", writable=True)
            self._database.delete(WaiverRow, where={"id": waiver_id})

    def attach(self, principal: Principal, waiver_id: str, file: UploadedFile) -> dict[str, Any]:
        """Keep the signed document, in place of an earlier one."""
        self._require(principal, waiver_id, "waivers:grant")
        digest = self._platform.files.keep(file.staged)
        with self._database.transaction():
            waiver = self._require(principal, waiver_id, "waivers:grant", writable=True)
            hold_kept(self._database, self._platform.files, digest)
            kept = {"document": digest, "document_name": file.name[:200]}
            self._database.update(WaiverRow, kept, where={"id": waiver_id})
        return {**waiver, "document_name": kept["document_name"]}

    def document(self, principal: Principal, waiver_id: str) -> FileAnswer:
        """The signed document as it came."""
        waiver = self._require(principal, waiver_id, "waivers:read")
        digest = self._database.value(_DOCUMENT, id=waiver_id)
        size = self._platform.files.size(digest) if digest else None
        if size is None:
            raise NotFound("This waiver has no document")
        return FileAnswer(
            lambda start, end: self._platform.files.open(digest, start, end),
            size,
            "application/octet-stream",
            waiver["document_name"],
            digest,
        )

    def _require(
        self, principal: Principal, waiver_id: str, permission: str, *, writable: bool = False
    ) -> dict[str, Any]:
        """The waiver, if the caller has ``permission`` in its project; it is what the audit log's entry names."""
        row = self._database.row(_ONE, id=waiver_id)
        if row is None:
            raise NotFound(f"There is no waiver {waiver_id}")
        waiver = shown(row)
        self._projects.require(principal, waiver["project_id"], permission, writable=writable)
        current_context().resource_id = waiver_id
        return waiver


def shown(row: Sequence[Any]) -> dict[str, Any]:
    """A waiver from the columns :data:`SHOWN`."""
    return dict(zip(SHOWN, row, strict=True))

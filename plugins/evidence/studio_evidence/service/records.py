"""What every use case needs: a piece of evidence that the caller may reach, its view, its events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import orjson

from studio_evidence import queries
from studio_evidence.library import status_shown
from studio_evidence.models import EvidenceRow
from studio_evidence.settings import EvidenceSettings
from studio_kernel.clock import from_text, to_text
from studio_kernel.context import current_context
from studio_kernel.errors import NotFound
from studio_kernel.events import EventType
from studio_kernel.frameworks import Control
from studio_kernel.http.wire import raw_json
from studio_kernel.security.principal import Principal
from studio_kernel.storage.database import Row
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the table ``evidence``; ``control_ids`` and ``tags`` are JSON text."""

    id: str
    project_id: str
    title: str
    description: str
    control_id: str | None
    control_ids: str
    tags: str
    status: str
    quality_score: int
    quality_source: str
    version: int
    file_name: str
    file_size: int
    content_type: str
    sha256: str
    uploaded_by: str
    uploaded_at: str
    updated_at: str
    approved_at: str | None
    expires_at: str | None
    period_start: str | None
    period_end: str | None
    valid_until: str | None
    kind: str
    url: str | None

    @property
    def controls(self) -> list[str]:
        """The ids of the controls that it serves, the first one first."""
        return cast("list[str]", orjson.loads(self.control_ids))


class Records:
    """Finds, shows, changes and announces single pieces of evidence."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.database = platform.database
        self.projects = Projects(platform)
        self.settings = platform.settings.section(EvidenceSettings)

    def now(self) -> str:
        """The present moment, as text."""
        return to_text(self.platform.clock())

    def find(self, principal: Principal, evidence_id: str, permission: str) -> Record:
        """A piece of evidence to look at; two queries.

        :raises NotFound: it isn't there, or lies in a project that the caller may not know of.
        :raises Forbidden: the caller's role in the project lacks the permission.
        """
        record = self.read(evidence_id)
        self._require(principal, record, permission, writable=False)
        return record

    def find_for_change(self, principal: Principal, evidence_id: str, permission: str) -> Record:
        """The same inside a transaction, as it is once nobody else changes it; ``Conflict`` when archived."""
        record = self.read(evidence_id)
        self._require(principal, record, permission, writable=True)
        self.lock(record.project_id)
        return self.read(evidence_id)

    def read(self, evidence_id: str) -> Record:
        """A piece of evidence, whoever asks; :class:`NotFound` without one."""
        row = self.database.row(queries.RECORD, id=evidence_id)
        if row is None:
            raise missing(evidence_id)
        return Record(*row)

    def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Names of accounts by their ids, also of those that left; one query."""
        from studio_auth.api import Accounts

        return Accounts(self.platform).names(user_ids)

    def begin(self, project_id: str) -> None:
        """Lock evidence of a project for work that nobody asked for, where no check of rights came before."""
        self.projects.keep(project_id)
        self.lock(project_id)

    def begin_all(self, project_ids: Sequence[str]) -> None:
        """The same for several projects."""
        self.projects.keep_all(project_ids)
        for project_id in sorted(project_ids):
            self.lock(project_id)

    def lock(self, project_id: str) -> None:
        """Until the transaction ends, nobody else changes evidence of the project: counts stay right.

        NOTE: a transaction that changes more than evidence has the project first, from the check of rights or
        :meth:`begin`. The other way round two of them could wait for each other.
        """
        self.database.lock(f"evidence:{project_id}")

    def _require(self, principal: Principal, record: Record, permission: str, *, writable: bool) -> None:
        try:
            self.projects.require(principal, record.project_id, permission, writable=writable)
        except NotFound:
            # APPSEC: the answer must not name the project of what the caller may not know of.
            raise missing(record.id) from None
        current_context().resource_id = record.id

    def write(self, evidence_id: str, values: dict[str, Any]) -> Record:
        """Set columns and the time of the change; the piece as it is then."""
        self.database.update(EvidenceRow, {**values, "updated_at": self.now()}, where={"id": evidence_id})
        return self.read(evidence_id)

    def publish(self, kind: EventType, record: Record, **more: Any) -> None:
        """Announce something about a piece of evidence."""
        self.platform.events.publish(
            kind,
            resource_id=record.id,
            project_id=record.project_id,
            data={"evidence": facts(record), **more},
        )

    def expiry(
        self,
        approved_at: str | None,
        controls: Sequence[str],
        valid_until: str | None,
        *,
        find: Callable[[str], Control | None] | None = None,
    ) -> str | None:
        """When evidence approved at that time stops counting; None for never (product rules, Evidence).

        The shortest renewal period of its controls decides, and ``valid_until`` when that comes first. ``find``
        answers a control by its id, where those that count at present aren't meant.
        """
        if approved_at is None:
            return None
        limits = [valid_until] if valid_until is not None else []
        if self.settings.expires:
            find = find or self.platform.frameworks.control
            found = [find(control_id) for control_id in controls]
            days = [each.renewal_days for each in found if each is not None]
            renewal = timedelta(days=min(days, default=self.settings.default_renewal_days))
            limits.append(to_text(from_text(approved_at) + renewal))
        return min(limits, default=None)

    def refresh_controls(self, project_id: str, control_ids: Collection[str]) -> None:
        """Count the evidence of controls anew and note what follows from it, in the same transaction.

        ``complete``: at least one approved piece whose time isn't over; ``in_progress``: any evidence; else
        ``not_started`` (product rules, Controls and frameworks).
        """
        if not control_ids:
            return
        rows = self.database.rows(
            queries.CONTROL_EVIDENCE, project_id=project_id, control_ids=sorted(control_ids), now=self.now()
        )
        counted = {control_id: (count, current) for control_id, count, current in rows}
        for control_id in sorted(control_ids):
            count, current = counted.get(control_id, (0, 0))
            status = status_shown(count, current)
            try:
                self.projects.set_control_evidence(project_id, control_id, evidence_count=count, derived_status=status)
            except NotFound:
                # NOTE: the control left the project with its framework; the evidence may stay.
                continue


def missing(evidence_id: str) -> NotFound:
    """One answer for what isn't there and for what the caller may not know of."""
    return NotFound(f"There is no evidence {evidence_id}")


def facts(record: Record) -> dict[str, Any]:
    """A piece of evidence as events tell of it."""
    return {
        "id": record.id,
        "title": record.title,
        "file_name": record.file_name,
        "project_id": record.project_id,
        "control_id": record.control_id,
        "uploaded_by": record.uploaded_by,
    }


def view(record: Record, now: str) -> dict[str, Any]:
    """A piece of evidence as the API shows it."""
    return views([tuple(getattr(record, name) for name in queries.RECORD_COLUMNS)], now)[0]


def views(rows: Sequence[Row], now: str) -> list[dict[str, Any]]:
    """Rows of evidence as the API shows them. PERF: plain dicts from plain tuples, JSON columns as they stand."""
    return [
        {
            "id": id_,
            "title": title,
            "description": description,
            "file_name": file_name,
            "file_size": file_size,
            "content_type": content_type,
            "control_id": control_id,
            "project_id": project_id,
            "uploaded_by": uploaded_by,
            "uploaded_at": uploaded_at,
            "quality_score": quality_score,
            "status": status,
            "tags": raw_json(tags),
            "control_ids": raw_json(control_ids),
            "version": version,
            "sha256": sha256,
            "updated_at": updated_at,
            "approved_at": approved_at,
            "expires_at": expires_at,
            "is_current": status == "approved" and (expires_at is None or expires_at > now),
            "period_start": period_start,
            "period_end": period_end,
            "valid_until": valid_until,
            "kind": kind,
            "url": url,
        }
        for (
            id_,
            project_id,
            title,
            description,
            control_id,
            control_ids,
            tags,
            status,
            quality_score,
            _,
            version,
            file_name,
            file_size,
            content_type,
            sha256,
            uploaded_by,
            uploaded_at,
            updated_at,
            approved_at,
            expires_at,
            period_start,
            period_end,
            valid_until,
            kind,
            url,
        ) in rows
    ]

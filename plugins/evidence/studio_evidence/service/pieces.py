"""Pieces of evidence: upload, list, show, change, delete, and their links to controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from studio_evidence import queries
from studio_evidence.events import (
    EVIDENCE_DELETED,
    EVIDENCE_LINKED,
    EVIDENCE_UNLINKED,
    EVIDENCE_UPDATED,
    EVIDENCE_UPLOADED,
)
from studio_evidence.models import AnalysisRow, ControlLinkRow, EvidenceRow, ReviewRow, TagRow, TextRow, VersionRow
from studio_evidence.service.intake import Arrival, Intake, KeptFile
from studio_evidence.service.records import Record, Records, view, views
from studio_evidence.service.upkeep import let_files_go
from studio_kernel.context import current_context
from studio_kernel.errors import Conflict, NotFound, ValidationFailed
from studio_kernel.http.listing import ListRequest
from studio_kernel.ids import new_id
from studio_kernel.security.principal import Principal

if TYPE_CHECKING:
    from studio_kernel.app import Platform

DATES = ("period_start", "period_end", "valid_until")


class Pieces:
    """The use cases around one piece of evidence as a whole."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._records = Records(platform)
        self._intake = Intake(platform)

    def list(self, principal: Principal, request: ListRequest) -> dict[str, Any]:
        """A part of the evidence of all projects that the caller belongs to; one query."""
        visible = self._records.projects.visible
        scope, values = visible(principal, "e.project_id")
        query, rows_scope = queries.LIST, scope
        if "control_id" in request.filters:
            query = queries.LIST_OF_CONTROL
        elif "tag" in request.filters:
            query = queries.LIST_OF_TAG
        elif self._database.dialect == "sqlite":
            # PERF: the plus keeps SQLite from gathering and sorting all that lies in the caller's projects.
            rows_scope, _ = visible(principal, "+e.project_id")
        page = query.run(self._database, request, scope=scope, rows_scope=rows_scope, **values)
        return {"evidence": views(page.rows, self._records.now()), "pagination": page.pagination}

    def show(self, principal: Principal, evidence_id: str) -> dict[str, Any]:
        """One piece of evidence."""
        return self._view(self._records.find(principal, evidence_id, "evidence:read"))

    def upload(self, principal: Principal, arrival: Arrival, given: Mapping[str, Any]) -> dict[str, Any]:
        """Take a file in as new evidence. ``ValidationFailed`` says what is wrong with it or its fields."""
        return self._create(principal, given, lambda: self._intake.keep(arrival))

    def add_link(self, principal: Principal, given: Mapping[str, Any]) -> dict[str, Any]:
        """New evidence that is the address ``url``; nothing is fetched from there."""
        return self._create(principal, given, lambda: self._intake.keep_link(given["url"]))

    def add_note(self, principal: Principal, given: Mapping[str, Any]) -> dict[str, Any]:
        """New evidence that is a ``text``, in Markdown."""
        return self._create(principal, given, lambda: self._intake.keep_note(given["text"]))

    def _create(self, principal: Principal, given: Mapping[str, Any], keep: Callable[[], KeptFile]) -> dict[str, Any]:
        project_id, control_id = given["project_id"], given["control_id"]
        projects = self._records.projects
        projects.require(principal, project_id, "evidence:upload", writable=True)
        self._check_control(project_id, control_id)
        check_dates(given)
        file = keep()
        with self._database.transaction():
            # NOTE: once more, now that nobody changes the project: keeping a file may have taken a while.
            projects.require(principal, project_id, "evidence:upload", writable=True)
            self._check_control(project_id, control_id)
            self._records.lock(project_id)
            now = self._records.now()
            values = {
                "id": new_id("ev"),
                "project_id": project_id,
                "title": given["title"],
                "description": given["description"],
                "control_id": control_id,
                "control_ids": [control_id] if control_id else [],
                "tags": _distinct(given["tags"]),
                "status": "pending",
                "quality_score": 0,
                "quality_source": "",
                "version": 1,
                **file.columns(),
                "uploaded_by": principal.user_id,
                "uploaded_at": now,
                "updated_at": now,
                "expired": False,
                **{name: given[name] for name in DATES},
                "searchable": True,
            }
            return self._view(self._add(principal, values, given.get("text", "")))

    def _add(self, principal: Principal, values: Mapping[str, Any], note: str) -> Record:
        """Write a new piece with all that belongs to it, and announce it."""
        evidence_id, project_id = values["id"], values["project_id"]
        current_context().resource_id = evidence_id
        self._database.insert(EvidenceRow, values)
        self._intake.add_version(evidence_id, project_id, 1, {**values, "comment": ""}, note)
        self._write_tags(evidence_id, values["tags"])
        for control_id in values["control_ids"]:
            self._add_link(principal, evidence_id, project_id, control_id)
        self._records.refresh_controls(project_id, values["control_ids"])
        record = self._records.read(evidence_id)
        self._records.publish(EVIDENCE_UPLOADED, record)
        return record

    def change(self, principal: Principal, evidence_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Set title, description, tags, dates, or submit for review and withdraw; what isn't given stays."""
        with self._database.transaction():
            record = self._records.find_for_change(principal, evidence_id, "evidence:update")
            changes = {name: value for name, value in given.items() if value != self._present(record, name)}
            if not changes:
                return self._view(record)
            if "status" in changes:
                _check_submission(record.status)
            check_dates({**{name: getattr(record, name) for name in DATES}, **changes})
            if "tags" in changes:
                changes["tags"] = _distinct(changes["tags"])
                self._database.delete(TagRow, where={"evidence_id": evidence_id})
                self._write_tags(evidence_id, changes["tags"])
            expiry = self._expiry(record, record.controls, changes.get("valid_until", record.valid_until))
            self._date_version(record, changes)
            record = self._records.write(evidence_id, {**changes, **expiry})
            self._records.refresh_controls(record.project_id, record.controls)
            self._records.publish(EVIDENCE_UPDATED, record, changed=sorted(changes))
            return self._view(record)

    def delete(self, principal: Principal, evidence_id: str) -> None:
        """Remove a piece of evidence with its versions and reviews; files that nobody else needs go with it."""
        with self._database.transaction():
            record = self._records.find_for_change(principal, evidence_id, "evidence:delete")
            let_files_go(self._platform, queries.DIGESTS_OF_PIECE, evidence_id=evidence_id)
            for model in (TagRow, ControlLinkRow, ReviewRow, AnalysisRow, TextRow, VersionRow):
                self._database.delete(model, where={"evidence_id": evidence_id})
            self._database.delete(EvidenceRow, where={"id": evidence_id})
            self._records.refresh_controls(record.project_id, record.controls)
            self._records.publish(EVIDENCE_DELETED, record)

    def link(self, principal: Principal, evidence_id: str, control_id: str) -> dict[str, Any]:
        """Let evidence serve a further control of its project; does nothing when it already does."""
        with self._database.transaction():
            record = self._records.find_for_change(principal, evidence_id, "evidence:update")
            return self.serve(principal, evidence_id, list(dict.fromkeys([*record.controls, control_id])))

    def unlink(self, principal: Principal, evidence_id: str, control_id: str) -> None:
        """Let evidence serve a control no longer; ``NotFound`` when it doesn't serve it."""
        with self._database.transaction():
            record = self._records.find_for_change(principal, evidence_id, "evidence:update")
            if control_id not in record.controls:
                raise NotFound(f"The evidence does not serve the control {control_id}")
            self.serve(principal, evidence_id, [each for each in record.controls if each != control_id])

    def serve(self, principal: Principal, evidence_id: str, controls: Sequence[str]) -> dict[str, Any]:
        """Let evidence serve these controls of its project and no others, the first one first.

        ``NotFound``, before anything is changed, for a control that isn't part of the project.
        """
        with self._database.transaction():
            record = self._records.find_for_change(principal, evidence_id, "evidence:update")
            before = record.controls
            added = [each for each in controls if each not in before]
            removed = [each for each in before if each not in controls]
            for control_id in added:
                self._records.projects.control(record.project_id, control_id)
            if not added and not removed:
                return self._view(record)
            for control_id in added:
                self._add_link(principal, evidence_id, record.project_id, control_id)
            for control_id in removed:
                where = {"evidence_id": evidence_id, "control_id": control_id}
                self._database.delete(ControlLinkRow, where=where)
            record = self._set_controls(record, controls)
            self._records.refresh_controls(record.project_id, {*before, *controls})
            for control_id in added:
                self._records.publish(EVIDENCE_LINKED, record, control_id=control_id)
            for control_id in removed:
                self._records.publish(EVIDENCE_UNLINKED, record, control_id=control_id)
            return self._view(record)

    def _date_version(self, record: Record, changes: Mapping[str, Any]) -> None:
        """The dates of a piece are those of its current version."""
        dates = {name: changes[name] for name in DATES if name in changes}
        if dates:
            self._database.update(VersionRow, dates, where={"evidence_id": record.id, "number": record.version})

    def _view(self, record: Record) -> dict[str, Any]:
        return view(record, self._records.now())

    def _present(self, record: Record, name: str) -> Any:
        return orjson.loads(record.tags) if name == "tags" else getattr(record, name)

    def _expiry(self, record: Record, controls: Sequence[str], valid_until: str | None) -> dict[str, Any]:
        """The columns that tell when an approved piece stops counting, after a change of what decides that."""
        expires_at = self._records.expiry(record.approved_at, controls, valid_until)
        if expires_at == record.expires_at:
            return {}
        # NOTE: what is over by the change is announced by the periodic job, as if its time had just come.
        return {"expires_at": expires_at, "expired": False}

    def _set_controls(self, record: Record, controls: Sequence[str]) -> Record:
        columns = {"control_ids": list(controls), "control_id": controls[0] if controls else None}
        return self._records.write(record.id, {**columns, **self._expiry(record, controls, record.valid_until)})

    def _add_link(self, principal: Principal, evidence_id: str, project_id: str, control_id: str) -> None:
        self._database.insert(
            ControlLinkRow,
            {
                "evidence_id": evidence_id,
                "control_id": control_id,
                "project_id": project_id,
                "linked_by": principal.user_id,
                "linked_at": self._records.now(),
            },
        )

    def _write_tags(self, evidence_id: str, tags: Sequence[str]) -> None:
        self._database.insert_many(TagRow, [{"evidence_id": evidence_id, "tag": tag} for tag in tags])

    def _check_control(self, project_id: str, control_id: str | None) -> None:
        if control_id is None:
            return
        try:
            self._records.projects.control(project_id, control_id)
        except NotFound:
            raise ValidationFailed("control_id", "Must be a control of the project") from None


def _check_submission(status: str) -> None:
    """People move evidence between ``pending`` and ``in_review``; the rest follows from reviews."""
    if status not in ("pending", "in_review"):
        raise Conflict(
            f"Evidence that is {status} can't be submitted; upload a new version", details={"status": status}
        )


def check_dates(values: Mapping[str, Any]) -> None:
    """Refuse a period that ends before it starts."""
    start, end = values["period_start"], values["period_end"]
    if start is not None and end is not None and end < start:
        raise ValidationFailed("period_end", "Must not lie before period_start")


def _distinct(tags: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(tags))

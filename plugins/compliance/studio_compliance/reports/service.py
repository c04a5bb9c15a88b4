"""The use cases of reports: answer at once, make in the background, hand out what was made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_compliance.importing.export import MadeFile
from studio_compliance.reports import queries
from studio_compliance.reports.dossier import Dossiers
from studio_compliance.reports.making import FORMS, PACK, make_file
from studio_compliance.reports.models import ReportRow
from studio_compliance.reports.pack import AuditPack, Sink
from studio_compliance.settings import ComplianceSettings
from studio_evidence.api import EvidenceHoldings
from studio_kernel.clock import later, to_text
from studio_kernel.context import current_context
from studio_kernel.errors import Conflict, NotFound, ValidationFailed
from studio_kernel.events import Event, Subscriber
from studio_kernel.ids import new_id
from studio_kernel.jobs import GiveUp, JobRun, JobType, RetryLater
from studio_kernel.security.principal import SYSTEM, Principal
from studio_kernel.storage.file_locks import hold_kept
from studio_kernel.storage.files import StagedFile
from studio_projects.api import PROJECT_DELETED, ProjectRef, Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

MAKE = "compliance.report"
_PERMISSION = "compliance:report"
_ROOT = "/api/v1/compliance/reports"
# Bytes beside the files of a pack: its reports and index.
_ROOM_BESIDE = 32_000_000
# Attempts, and seconds after the first of them that found no room; each wait is three times as long as the one before.
# So room that comes within three hours is found.
_ATTEMPTS = 5
_PATIENCE = 300.0


class Reports:
    """Reports about projects. Methods with a principal raise ``NotFound`` and ``Forbidden`` as projects do."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._settings = platform.settings.section(ComplianceSettings)
        self._projects = Projects(platform)
        self._dossiers = Dossiers(platform)
        self._holdings = EvidenceHoldings(platform)

    # -- for callers ----------------------------------------------------------------------------------

    def at_once(self, principal: Principal, project_id: str, kind: str, form: str) -> MadeFile:
        """A report as of now. ``ValidationFailed`` for what there isn't, and for what takes too long."""
        project = self._require(principal, project_id)
        form = checked_form(kind, form)
        if kind == PACK:
            raise ValidationFailed("kind", f"An audit pack is made in the background: POST {_ROOT}")
        return make_file(self._dossiers.of(project), kind, form, self._fonts)

    def order(self, principal: Principal, project_id: str, kind: str, form: str) -> dict[str, Any]:
        """Have a report made in the background; the job tells how far it is."""
        form = checked_form(kind, form)
        with self._database.transaction():
            self._require(principal, project_id)
            report_id, now = new_id("rpt"), self._platform.clock()
            current_context().resource_id = report_id
            job_id = self._platform.jobs.enqueue(MAKE, {"report_id": report_id}, project_id=project_id)
            row = {
                "id": report_id,
                "project_id": project_id,
                "kind": kind,
                "format": form,
                "job_id": job_id,
                "file_name": "",
                "media_type": "",
                "sha256": "",
                "size": 0,
                "created_by": principal.user_id,
                "created_at": to_text(now),
                "expires_at": later(now, self._settings.report_keep_hours * 3600),
            }
            self._database.insert(ReportRow, row)
        return self._view(row)

    def show(self, principal: Principal, report_id: str) -> dict[str, Any]:
        """A report that was asked for, with how far it is."""
        return self._view(self._find(principal, report_id))

    def file(self, principal: Principal, report_id: str) -> dict[str, Any]:
        """The row of a report whose file is ready; :class:`Conflict` before that."""
        row = self._find(principal, report_id)
        if not row["sha256"]:
            state = self._platform.jobs.show(row["job_id"])["state"]
            raise Conflict(f"The report isn't made yet; its job is {state}", details={"job_id": row["job_id"]})
        return row

    # -- in the background ----------------------------------------------------------------------------

    def jobs(self) -> Sequence[JobType]:
        """Making reports."""
        summary = "Makes a report or an audit pack"
        return (JobType(MAKE, self._make, summary=summary, timeout=3600.0, max_attempts=_ATTEMPTS),)

    def subscribers(self) -> Sequence[Subscriber]:
        """Reports go with their project."""
        return (Subscriber("compliance.reports", (PROJECT_DELETED.name,), self._forget, mode="in_transaction"),)

    def files_in_use(self, digests: Sequence[str]) -> list[str]:
        """Those of the stored files that are reports."""
        return [row[0] for row in self._database.rows(queries.IN_USE, digests=list(digests))]

    def write_pack(self, project_id: str, sink: Sink, report: Callable[[int], None]) -> dict[str, Any]:
        """An audit pack into something that can be written to, for the operator."""
        return self._pack(self._projects.require(SYSTEM, project_id, _PERMISSION)).write(sink, report)

    def _make(self, run: JobRun) -> dict[str, Any] | None:
        report_id = str(run.arguments["report_id"])
        row = self._row(report_id)
        if row is None:
            return None
        project = self._projects.require(SYSTEM, row["project_id"], _PERMISSION)
        with self._platform.files.stage(report_id) as staged:
            if row["kind"] == PACK:
                pack = self._pack(project)
                _check_room(pack, staged, run.attempt)
                told = pack.write(staged, run.report)
                made = MadeFile(f"audit-pack-{project.id}.zip", "application/zip", b"")
            else:
                run.report(10)
                made = make_file(self._dossiers.of(project), row["kind"], row["format"], self._fonts)
                staged.write(made.content)
                told = {}
            staged.finish()
            run.report(95)
            size = staged.size
            # NOTE: the file first: one without a row is swept away, a row without a file could never be read.
            sha256 = self._platform.files.keep(staged)
        values = {"file_name": made.name, "media_type": made.media_type, "sha256": sha256, "size": size}
        with self._database.transaction():
            hold_kept(self._database, self._platform.files, sha256)
            self._database.update(ReportRow, values, where={"id": report_id})
        return {"report_id": report_id, "link": f"{_ROOT}/{report_id}/file", "sha256": sha256, "size": size, **told}

    def _pack(self, project: ProjectRef) -> AuditPack:
        return AuditPack(self._dossiers.of(project), self._holdings, self._fonts)

    def _forget(self, event: Event) -> None:
        self._database.delete(ReportRow, where={"project_id": event.project_id})

    # -- parts ----------------------------------------------------------------------------------------

    def _require(self, principal: Principal, project_id: str) -> ProjectRef:
        project = self._projects.require(principal, project_id, _PERMISSION)
        current_context().resource_id = project_id
        return project

    def _row(self, report_id: str) -> dict[str, Any] | None:
        row = self._database.row(queries.REPORT, id=report_id, now=to_text(self._platform.clock()))
        return None if row is None else dict(zip(queries.FIELDS, row, strict=True))

    def _find(self, principal: Principal, report_id: str) -> dict[str, Any]:
        missing = NotFound(f"There is no report {report_id}")
        row = self._row(report_id)
        if row is None:
            raise missing
        try:
            self._require(principal, row["project_id"])
        except NotFound:
            # APPSEC: the answer must not name the project of what the caller may not know of.
            raise missing from None
        return row

    def _view(self, row: dict[str, Any]) -> dict[str, Any]:
        job = self._platform.jobs.show(row["job_id"])
        ready = bool(row["sha256"])
        return {
            "id": row["id"],
            "project_id": row["project_id"],
            "kind": row["kind"],
            "format": row["format"],
            "state": "ready" if ready else job["state"],
            "progress": 100 if ready else job["progress"],
            "job_id": row["job_id"],
            "link": f"{_ROOT}/{row['id']}/file" if ready else None,
            "file_name": row["file_name"] or None,
            "size": row["size"] if ready else None,
            "sha256": row["sha256"] or None,
            "created_by": row["created_by"],
            "created_at": row["created_at"],
            "expires_at": row["expires_at"],
        }

    @property
    def _fonts(self) -> list[Path]:
        return [Path(each) for each in self._settings.report_fonts]


def _check_room(pack: AuditPack, staged: StagedFile, attempt: int) -> None:
    """Begin nothing that can't be ended.

    ``RetryLater`` where the whole pack finds no room before it is kept, ``GiveUp`` where it never will.
    """
    needed, room, most = pack.size + _ROOM_BESIDE, staged.room, staged.most_room
    wanted = f"The pack needs {needed / 1e6:.1f} MB on the disk of STUDIO_HOME"
    if needed > most:
        raise GiveUp(f"{wanted}, which has {most / 1e6:.1f} MB in all")
    if needed > room:
        raise RetryLater(_PATIENCE * 3 ** (attempt - 1), f"{wanted}, where {room / 1e6:.1f} MB are free")


def checked_form(kind: str, form: str) -> str:
    """The form, or the usual one of the kind; ``ValidationFailed`` when the two don't go together."""
    forms = FORMS[kind]
    if not form:
        return forms[0]
    if form not in forms:
        raise ValidationFailed("format", f"A report of the kind {kind} comes as {', '.join(forms)}")
    return form

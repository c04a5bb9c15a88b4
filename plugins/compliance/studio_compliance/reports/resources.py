"""Reports over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_compliance.reports import schemas
from studio_compliance.reports.service import Reports
from studio_kernel.errors import Conflict, Forbidden, NotFound
from studio_kernel.http.application import disposition
from studio_kernel.http.operations import Answer, Call, FileAnswer, RawAnswer, operation

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_ALL = "/api/v1/compliance/reports"
_ONE = f"{_ALL}/{{report_id}}"


class ReportResource:
    """Reports at once and in the background."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._reports = Reports(platform)

    @operation(
        "compliance.report",
        "GET",
        "/api/v1/compliance/report",
        summary="Report on a project: summary, gaps, Statement of Applicability, OSCAL",
        permission="compliance:report",
        query=schemas.ReportQuery,
        shape="raw",
        media_type="*/*",
        errors=(NotFound, Forbidden),
    )
    def report(self, call: Call) -> RawAnswer:
        """HTML to print, PDF, CSV, JSON, or OSCAL assessment results and system security plan."""
        query = call.query
        file = self._reports.at_once(call.principal, query["project_id"], query["kind"], query.get("format", ""))
        content = file.content
        if query.get("format") == "json":
            content = b'{"success":true,"data":' + content + b"}"
        kind = "inline" if file.media_type.startswith(("text/html", "application/json")) else "attachment"
        headers = {
            "Content-Disposition": disposition(file.name).replace("attachment", kind, 1),
            # APPSEC: the page needs its style and nothing else, whatever a title might smuggle in.
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        }
        return RawAnswer(content, file.media_type, headers=headers)

    @operation(
        "compliance.reports.create",
        "POST",
        _ALL,
        summary="Have a report or an audit pack made in the background",
        permission="compliance:report",
        body=schemas.ReportOrder,
        response=schemas.ReportShown,
        status=202,
        errors=(NotFound, Forbidden),
    )
    def create(self, call: Call) -> Answer:
        """The job tells how far it is; the report's link leads to the file."""
        body = call.body
        made = self._reports.order(call.principal, body["project_id"], body["kind"], body.get("format", ""))
        return Answer(made, location=f"{_ALL}/{made['id']}")

    @operation(
        "compliance.reports.read",
        "GET",
        _ONE,
        summary="Show a report that is made in the background",
        permission="compliance:report",
        response=schemas.ReportShown,
        errors=(NotFound, Forbidden),
    )
    def read(self, call: Call) -> dict[str, Any]:
        """How far it is, and where its file is."""
        return self._reports.show(call.principal, call.path["report_id"])

    @operation(
        "compliance.reports.file",
        "GET",
        f"{_ONE}/file",
        summary="Download a report that was made in the background",
        permission="compliance:report",
        shape="file",
        errors=(NotFound, Forbidden, Conflict),
    )
    def file(self, call: Call) -> FileAnswer:
        """Whoever may have reports of the project; 409 until it is ready."""
        row = self._reports.file(call.principal, call.path["report_id"])
        files, sha256 = self._platform.files, row["sha256"]
        return FileAnswer(
            lambda start, end: files.open(sha256, start, end), row["size"], row["media_type"], row["file_name"], sha256
        )

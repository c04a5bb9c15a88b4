"""Shapes on the wire of reports."""

from __future__ import annotations

from marshmallow import fields

from studio_compliance.reports.making import ALL_FORMS, KINDS
from studio_kernel.http.schemas import Choice, Identifier, Schema, Time


class ReportQuery(Schema):
    """Which project, what about it, and in which form; without one, the usual form of the kind."""

    project_id = Identifier("proj", required=True)
    kind = Choice(*KINDS, load_default="summary", metadata={"enum": list(KINDS)})
    format = Choice(*ALL_FORMS, metadata={"enum": list(ALL_FORMS)})


class ReportOrder(ReportQuery):
    """A report to be made in the background."""


class ReportShown(Schema):
    """A report that is made in the background; ``link`` leads to its file once ``state`` is ``ready``."""

    id = fields.String(required=True)
    project_id = fields.String(required=True)
    kind = fields.String(required=True)
    format = fields.String(required=True)
    state = fields.String(required=True)
    progress = fields.Integer(required=True)
    job_id = fields.String(required=True)
    link = fields.String(required=True, allow_none=True)
    file_name = fields.String(required=True, allow_none=True)
    size = fields.Integer(required=True, allow_none=True)
    sha256 = fields.String(required=True, allow_none=True)
    created_by = fields.String(required=True)
    created_at = Time(required=True)
    expires_at = Time(required=True)

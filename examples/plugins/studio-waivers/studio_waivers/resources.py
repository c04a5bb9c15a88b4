"""Waivers over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from studio_kernel.errors import Conflict, Forbidden, NotFound
from studio_kernel.http.operations import Answer, Call, FileAnswer, Upload, operation
from studio_kernel.http.schemas import Choice, Identifier, Schema, Text, Time
from studio_waivers.service import LISTING, SEVERITIES, STATUSES, Waivers

LARGEST_DOCUMENT = 5_000_000
_MAY_FAIL = (NotFound, Forbidden, Conflict)


class WaiverChange(Schema):
    """What can be set later too."""

    title = Text(minimum=1)
    reason = Text(maximum=5000, lines=True)
    severity = Choice(*SEVERITIES)
    expires_at = Time()


class WaiverIn(WaiverChange):
    """A waiver to grant."""

    project_id = Identifier("proj", required=True)
    control_id = Identifier("ctrl", required=True)
    title = Text(required=True, minimum=1)


class Waiver(Schema):
    """A waiver."""

    id = fields.String(required=True)
    project_id = fields.String(required=True)
    control_id = fields.String(required=True)
    title = fields.String(required=True)
    reason = fields.String(required=True)
    severity = Choice(*SEVERITIES, required=True)
    status = Choice(*STATUSES, required=True)
    document_name = fields.String(required=True)
    granted_by = fields.String(required=True)
    expires_at = Time(required=True)
    created_at = Time(required=True)


class WaiverResource:
    """Operations on waivers."""

    def __init__(self, waivers: Waivers) -> None:
        self._waivers = waivers

    @operation(
        "waivers.list",
        "GET",
        "/api/v1/waivers",
        summary="List waivers",
        permission="waivers:read",
        listing=LISTING,
        response=Waiver,
    )
    def list(self, call: Call) -> dict[str, Any]:
        """Of all projects that the caller belongs to."""
        return self._waivers.page(call.principal, call.listing)

    @operation(
        "waivers.create",
        "POST",
        "/api/v1/waivers",
        summary="Grant a waiver",
        permission="waivers:grant",
        body=WaiverIn,
        response=Waiver,
        status=201,
        errors=_MAY_FAIL,
    )
    def create(self, call: Call) -> Answer:
        """The new waiver."""
        waiver = self._waivers.grant(call.principal, call.body)
        return Answer(waiver, location=f"/api/v1/waivers/{waiver['id']}")

    @operation(
        "waivers.read",
        "GET",
        "/api/v1/waivers/{waiver_id}",
        summary="Show a waiver",
        permission="waivers:read",
        response=Waiver,
        etag=True,
        errors=(NotFound,),
    )
    def read(self, call: Call) -> dict[str, Any]:
        """With an ``ETag``, which changes of the same path take as ``If-Match``."""
        return self._waivers.read(call.principal, call.path["waiver_id"])

    @operation(
        "waivers.update",
        "PATCH",
        "/api/v1/waivers/{waiver_id}",
        summary="Change a waiver",
        permission="waivers:grant",
        body=WaiverChange,
        response=Waiver,
        errors=_MAY_FAIL,
    )
    def update(self, call: Call) -> dict[str, Any]:
        """What isn't given stays."""
        return self._waivers.change(call.principal, call.path["waiver_id"], call.body)

    @operation(
        "waivers.delete",
        "DELETE",
        "/api/v1/waivers/{waiver_id}",
        summary="Delete a waiver",
        permission="waivers:grant",
        shape="message",
        message="Waiver deleted successfully",
        errors=_MAY_FAIL,
    )
    def delete(self, call: Call) -> None:
        """With its document."""
        self._waivers.delete(call.principal, call.path["waiver_id"])

    @operation(
        "waivers.document.attach",
        "PUT",
        "/api/v1/waivers/{waiver_id}/document",
        summary="Attach the signed document",
        permission="waivers:grant",
        upload=Upload(limit=lambda: LARGEST_DOCUMENT),
        response=Waiver,
        errors=_MAY_FAIL,
    )
    def attach(self, call: Call) -> dict[str, Any]:
        """The part ``file`` of a form; streamed and hashed before this is called."""
        assert call.file is not None, "the upload requires it"
        return self._waivers.attach(call.principal, call.path["waiver_id"], call.file)

    @operation(
        "waivers.document.read",
        "GET",
        "/api/v1/waivers/{waiver_id}/document",
        summary="Get the signed document",
        permission="waivers:read",
        shape="file",
        errors=(NotFound,),
    )
    def document(self, call: Call) -> FileAnswer:
        """Its bytes, also in parts (``Range``)."""
        return self._waivers.document(call.principal, call.path["waiver_id"])

"""The register over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from studio_kernel.errors import Conflict
from studio_kernel.http.operations import Answer, Call, operation
from studio_kernel.http.schemas import Schema, Text, Time
from studio_vendors.service import LISTING, Vendors


class VendorIn(Schema):
    """A vendor to add."""

    name = Text(required=True, minimum=1)


class Vendor(Schema):
    """A vendor of the register."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    review_due = Time(required=True)
    created_at = Time(required=True)


class VendorResource:
    """Operations of the register."""

    def __init__(self, vendors: Vendors) -> None:
        self._vendors = vendors

    @operation(
        "vendors.list",
        "GET",
        "/api/v1/vendors",
        summary="List vendors",
        permission="vendors:read",
        listing=LISTING,
        response=Vendor,
    )
    def list(self, call: Call) -> dict[str, Any]:
        """By time of entry, newest first."""
        return self._vendors.list(call.listing)

    @operation(
        "vendors.create",
        "POST",
        "/api/v1/vendors",
        summary="Add a vendor",
        permission="vendors:manage",
        body=VendorIn,
        response=Vendor,
        status=201,
        errors=(Conflict,),
    )
    def create(self, call: Call) -> Answer:
        """The new vendor."""
        return Answer(self._vendors.add(call.body["name"]), location="/api/v1/vendors")

"""What the register announces."""

from __future__ import annotations

from marshmallow import fields

from studio_kernel.events import EventType
from studio_kernel.http.schemas import Schema


class VendorAdded(Schema):
    """Data of ``vendor.added``."""

    vendor_id = fields.String(required=True)
    name = fields.String(required=True)


VENDOR_ADDED = EventType(
    "vendor.added",
    "A vendor was added to the register",
    VendorAdded,
    {"vendor_id": "vend_01j9z3k4", "name": "Example Hosting"},
)

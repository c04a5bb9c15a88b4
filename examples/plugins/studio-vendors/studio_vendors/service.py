"""What can be done with the register."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_kernel.clock import later, to_text
from studio_kernel.context import current_context
from studio_kernel.errors import Conflict
from studio_kernel.events import Event
from studio_kernel.http.listing import Listing, ListQuery, ListRequest, Sort
from studio_kernel.ids import new_id
from studio_kernel.storage.sql import Statement
from studio_vendors.events import VENDOR_ADDED
from studio_vendors.models import CounterRow, VendorRow
from studio_vendors.settings import VendorSettings

if TYPE_CHECKING:
    from studio_kernel.app import Platform

COLUMNS = ("id", "name", "review_due", "created_at")
LISTING = Listing(
    key="vendors",
    id_sql="id",
    sorts={"created_at": Sort("created_at"), "name": Sort("name")},
    search={"name": "name"},
)
_NAMED = Statement("SELECT 1 FROM vendors WHERE name = :name")
_COUNT = Statement("SELECT COUNT(*) FROM vendors_projects")


class Vendors:
    """The register of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._list = ListQuery(LISTING, columns=COLUMNS, source="vendors")

    def add(self, name: str) -> dict[str, Any]:
        """Add a vendor; ``Conflict`` when one has that name."""
        platform = self._platform
        now = platform.clock()
        days = platform.settings.section(VendorSettings).review_days
        vendor = {
            "id": new_id("vend"),
            "name": name,
            "review_due": later(now, days * 86_400),
            "created_at": to_text(now),
        }
        with platform.database.transaction():
            if platform.database.value(_NAMED, name=name):
                raise Conflict("A vendor has this name", details={"field": "name", "error": "Must be new"})
            platform.database.insert(VendorRow, vendor)
            current_context().resource_id = vendor["id"]
            data = {"vendor_id": vendor["id"], "name": name}
            platform.events.publish(VENDOR_ADDED, resource_id=vendor["id"], data=data)
        return vendor

    def list(self, request: ListRequest) -> dict[str, Any]:
        """A part of the register."""
        page = self._list.run(self._platform.database, request)
        vendors = [dict(zip(COLUMNS, row, strict=True)) for row in page.rows]
        return {"vendors": vendors, "pagination": page.pagination}

    def count_project(self, event: Event) -> None:
        """Count a new project once, however often the event comes."""
        row = {"project_id": event.resource_id}
        with self._platform.database.transaction():
            self._platform.database.insert(CounterRow, row, ignore=True)

    def projects(self) -> int:
        """How many projects were made since the register is here."""
        return int(self._platform.database.value(_COUNT))

"""HTTP in and out of mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_compliance.mappings_shown import MappingCatalogue
from studio_compliance.schemas import MappingList, MappingQuery
from studio_kernel.http.operations import Call, operation

if TYPE_CHECKING:
    from studio_kernel.app import Platform


class MappingResource:
    """Which control of one framework says what a control of another says."""

    def __init__(self, platform: Platform) -> None:
        self._catalogue = MappingCatalogue(platform)

    @operation(
        "compliance.mappings",
        "GET",
        "/api/v1/compliance/mappings",
        summary="List mappings between controls",
        permission="compliance:read",
        query=MappingQuery,
        response=MappingList,
        etag=True,
    )
    def mappings(self, call: Call) -> dict[str, Any]:
        """Each with its relation, why, and who holds so; also over several steps, with the way."""
        query = call.query
        return self._catalogue.list(
            query.get("from"), query.get("to"), query.get("control_id"), transitive=query["transitive"]
        )

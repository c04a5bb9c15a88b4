"""Search in evidence, over HTTP."""

from __future__ import annotations

from typing import Any

from studio_evidence import queries, schemas
from studio_evidence.service.searching import EvidenceSearch
from studio_kernel.http.operations import Call, operation


class SearchResource:
    """Evidence by its words."""

    def __init__(self, search: EvidenceSearch) -> None:
        self._search = search

    @operation(
        "evidence.search",
        "GET",
        "/api/v1/evidence/search",
        summary="Search evidence",
        permission="evidence:read",
        scope="evidence:read",
        listing=queries.SEARCH_LISTING,
        response=schemas.FoundEvidence,
    )
    def find(self, call: Call) -> Any:
        """Evidence by its title, description, tags, address, file name, and the text of its current version."""
        return self._search.find(call.principal, call.listing)

"""Many pieces of evidence at once, over HTTP."""

from __future__ import annotations

from typing import Any

from studio_evidence import schemas
from studio_evidence.service.bulk import Bulk
from studio_kernel.http.operations import Call, operation

_BULK = "/api/v1/evidence/bulk"


class BulkResource:
    """Tags and links of many pieces, with a result for each."""

    def __init__(self, bulk: Bulk) -> None:
        self._bulk = bulk

    @operation(
        "evidence.bulk.tags",
        "POST",
        f"{_BULK}/tags",
        summary="Add tags to many pieces of evidence and remove others",
        permission="evidence:update",
        scope="evidence:write",
        body=schemas.BulkTags,
        response=schemas.BulkResults,
    )
    def tags(self, call: Call) -> Any:
        """A piece that is refused doesn't keep the others from being changed."""
        body = call.body
        return _told(self._bulk.tag(call.principal, body["evidence_ids"], add=body["add"], remove=body["remove"]))

    @operation(
        "evidence.bulk.controls",
        "POST",
        f"{_BULK}/controls",
        summary="Link many pieces of evidence to controls and unlink them from others",
        permission="evidence:update",
        scope="evidence:write",
        body=schemas.BulkLinks,
        response=schemas.BulkResults,
    )
    def controls(self, call: Call) -> Any:
        """A piece that is refused, as for a control that its project lacks, keeps all its links."""
        body = call.body
        return _told(self._bulk.link(call.principal, body["evidence_ids"], link=body["link"], unlink=body["unlink"]))


def _told(results: list[dict[str, Any]]) -> dict[str, Any]:
    changed = sum(each["changed"] for each in results)
    failed = sum(not each["ok"] for each in results)
    return {"changed": changed, "failed": failed, "results": results}

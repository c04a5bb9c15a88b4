"""Evidence over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio_evidence import queries, schemas
from studio_evidence.resources_bulk import BulkResource
from studio_evidence.resources_quality import QualityResource
from studio_evidence.resources_search import SearchResource
from studio_evidence.resources_texts import TextResource
from studio_evidence.service.analysis import Analysis
from studio_evidence.service.bulk import Bulk
from studio_evidence.service.files import EvidenceFiles
from studio_evidence.service.intake import Arrival
from studio_evidence.service.pieces import Pieces
from studio_evidence.service.reviews import Reviews
from studio_evidence.service.searching import EvidenceSearch
from studio_evidence.settings import EvidenceSettings
from studio_kernel.errors import Conflict, Forbidden, NotFound, PayloadTooLarge, ServiceUnavailable
from studio_kernel.http.operations import Answer, Call, FileAnswer, Operation, Upload, operation, operations_of

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_ROOT = "/api/v1/evidence"
_ONE = f"{_ROOT}/{{evidence_id}}"
_CONTROL = f"{_ONE}/controls/{{control_id}}"
_READ = "evidence:read"
_WRITE = "evidence:write"


def make_operations(platform: Platform) -> list[Operation]:
    """The plugin's operations; those with a file take as much as the setting ``evidence.max_file_mb`` says."""
    settings = platform.settings.section(EvidenceSettings)
    pieces, files = Pieces(platform), EvidenceFiles(platform)
    declared = operations_of(
        PieceResource(pieces),
        SearchResource(EvidenceSearch(platform)),
        QualityResource(Analysis(platform)),
        TextResource(pieces, files),
        BulkResource(Bulk(platform)),
        FileResource(files),
        ReviewResource(Reviews(platform)),
    )
    return [
        replace(each, upload=replace(each.upload, limit=lambda: settings.max_file_bytes))
        if each.upload is not None
        else each
        for each in declared
    ]


def _no_limit_yet() -> int:
    raise AssertionError("make_operations sets the limit")


def _arrival(call: Call) -> Arrival:
    assert call.file is not None, "the operation declares an upload"
    return Arrival(call.file.name, call.file.staged)


class PieceResource:
    """Pieces of evidence."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces

    @operation(
        "evidence.list",
        "GET",
        _ROOT,
        summary="List evidence",
        permission="evidence:read",
        scope=_READ,
        listing=queries.LISTING,
        response=schemas.EvidenceView,
    )
    def list(self, call: Call) -> Any:
        """Evidence of all projects that the caller belongs to, the latest first."""
        return self._pieces.list(call.principal, call.listing)

    @operation(
        "evidence.upload",
        "POST",
        _ROOT,
        summary="Upload evidence",
        permission="evidence:upload",
        scope=_WRITE,
        upload=Upload(limit=_no_limit_yet, lists=("tags",)),
        body=schemas.EvidenceUpload,
        response=schemas.EvidenceView,
        status=201,
        errors=(NotFound, Forbidden, Conflict, PayloadTooLarge, ServiceUnavailable),
    )
    def upload(self, call: Call) -> Any:
        """The file's type is told from its content; ``tags`` are a JSON list or separated by commas."""
        made = self._pieces.upload(call.principal, _arrival(call), call.body)
        return Answer(made, location=f"{_ROOT}/{made['id']}")

    @operation(
        "evidence.read",
        "GET",
        _ONE,
        summary="Show a piece of evidence",
        permission="evidence:read",
        scope=_READ,
        response=schemas.EvidenceView,
        etag=True,
        errors=(NotFound,),
    )
    def read(self, call: Call) -> Any:
        """One piece."""
        return self._pieces.show(call.principal, call.path["evidence_id"])

    @operation(
        "evidence.replace",
        "PUT",
        _ONE,
        summary="Replace what people say of evidence",
        permission="evidence:update",
        scope=_WRITE,
        body=schemas.EvidenceReplacement,
        response=schemas.EvidenceView,
        errors=(NotFound, Forbidden, Conflict),
    )
    def replace(self, call: Call) -> Any:
        """Fields that aren't given go back to empty."""
        return self._pieces.change(call.principal, call.path["evidence_id"], call.body)

    @operation(
        "evidence.update",
        "PATCH",
        _ONE,
        summary="Change what people say of evidence",
        permission="evidence:update",
        scope=_WRITE,
        body=schemas.EvidenceReplacement,
        partial=True,
        response=schemas.EvidenceView,
        errors=(NotFound, Forbidden, Conflict),
    )
    def update(self, call: Call) -> Any:
        """Fields that aren't given stay."""
        return self._pieces.change(call.principal, call.path["evidence_id"], call.body)

    @operation(
        "evidence.delete",
        "DELETE",
        _ONE,
        summary="Delete evidence",
        permission="evidence:delete",
        scope=_WRITE,
        shape="message",
        message="Evidence deleted successfully",
        errors=(NotFound, Forbidden, Conflict),
    )
    def delete(self, call: Call) -> None:
        """With all versions and reviews."""
        self._pieces.delete(call.principal, call.path["evidence_id"])

    @operation(
        "evidence.link",
        "PUT",
        _CONTROL,
        summary="Let evidence serve a control",
        permission="evidence:update",
        scope=_WRITE,
        response=schemas.EvidenceView,
        errors=(NotFound, Forbidden, Conflict),
    )
    def link(self, call: Call) -> Any:
        """One piece can serve many controls, of all frameworks of its project."""
        return self._pieces.link(call.principal, call.path["evidence_id"], call.path["control_id"])

    @operation(
        "evidence.unlink",
        "DELETE",
        _CONTROL,
        summary="Let evidence serve a control no longer",
        permission="evidence:update",
        scope=_WRITE,
        shape="message",
        message="Evidence unlinked successfully",
        errors=(NotFound, Forbidden, Conflict),
    )
    def unlink(self, call: Call) -> None:
        """Without its first control, the next one takes that place."""
        self._pieces.unlink(call.principal, call.path["evidence_id"], call.path["control_id"])


class FileResource:
    """Files and versions of evidence."""

    def __init__(self, files: EvidenceFiles) -> None:
        self._files = files

    @operation(
        "evidence.file",
        "GET",
        f"{_ONE}/file",
        summary="Download the file of evidence",
        permission="evidence:read",
        scope=_READ,
        shape="file",
        media_type="application/octet-stream",
        query=schemas.FileQuery,
        errors=(NotFound, ServiceUnavailable),
    )
    def file(self, call: Call) -> FileAnswer:
        """The current version, or another by number, byte for byte; the ETag is its SHA-256."""
        file = self._files.find(call.principal, call.path["evidence_id"], call.query["version"])
        source = self._files.source(file)
        return FileAnswer(source.open, file.file_size, file.content_type, file.file_name, file.sha256)

    @operation(
        "evidence.versions.create",
        "POST",
        f"{_ONE}/versions",
        summary="Upload a new version",
        permission="evidence:upload",
        scope=_WRITE,
        upload=Upload(limit=_no_limit_yet),
        body=schemas.VersionUpload,
        response=schemas.AddedVersion,
        status=201,
        errors=(NotFound, Forbidden, Conflict, PayloadTooLarge, ServiceUnavailable),
    )
    def add_version(self, call: Call) -> Any:
        """The review starts again; earlier versions stay readable."""
        evidence_id = call.path["evidence_id"]
        made = self._files.add_version(call.principal, evidence_id, _arrival(call), call.body)
        return Answer(made, location=f"{_ROOT}/{evidence_id}/file?version={made['version']}")

    @operation(
        "evidence.versions.list",
        "GET",
        f"{_ONE}/versions",
        summary="List the versions of evidence",
        permission="evidence:read",
        scope=_READ,
        listing=queries.VERSIONS_LISTING,
        response=schemas.ListedVersion,
        errors=(NotFound,),
    )
    def versions(self, call: Call) -> Any:
        """The newest first."""
        return self._files.versions(call.principal, call.path["evidence_id"], call.listing)


class ReviewResource:
    """Reviews of evidence."""

    def __init__(self, reviews: Reviews) -> None:
        self._reviews = reviews

    @operation(
        "evidence.reviews.create",
        "POST",
        f"{_ONE}/reviews",
        summary="Review evidence",
        permission="evidence:review",
        scope=_WRITE,
        body=schemas.ReviewRequest,
        response=schemas.AddedReview,
        status=201,
        errors=(NotFound, Forbidden, Conflict),
    )
    def add(self, call: Call) -> Any:
        """Approve, reject or request changes; nobody reviews what they uploaded."""
        evidence_id = call.path["evidence_id"]
        made = self._reviews.add(call.principal, evidence_id, call.body)
        return Answer(made, location=f"{_ROOT}/{evidence_id}/reviews")

    @operation(
        "evidence.reviews.list",
        "GET",
        f"{_ONE}/reviews",
        summary="List the reviews of evidence",
        permission="evidence:read",
        scope=_READ,
        listing=queries.REVIEWS_LISTING,
        response=schemas.ListedReview,
        errors=(NotFound,),
    )
    def list(self, call: Call) -> Any:
        """The latest first, of all versions."""
        return self._reviews.list(call.principal, call.path["evidence_id"], call.listing)

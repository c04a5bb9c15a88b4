"""Evidence that is a link or a note instead of a file, over HTTP."""

from __future__ import annotations

from typing import Any

from studio_evidence import schemas
from studio_evidence.service.files import EvidenceFiles
from studio_evidence.service.pieces import Pieces
from studio_kernel.errors import Conflict, Forbidden, NotFound, ServiceUnavailable
from studio_kernel.http.operations import Answer, Call, operation

_ROOT = "/api/v1/evidence"
_VERSIONS = f"{_ROOT}/{{evidence_id}}/versions"
_ERRORS = (NotFound, Forbidden, Conflict, ServiceUnavailable)


class TextResource:
    """Links and notes, as new evidence and as new versions."""

    def __init__(self, pieces: Pieces, files: EvidenceFiles) -> None:
        self._pieces = pieces
        self._files = files

    @operation(
        "evidence.links.create",
        "POST",
        f"{_ROOT}/links",
        summary="Add a link as evidence",
        permission="evidence:upload",
        scope="evidence:write",
        body=schemas.LinkInput,
        response=schemas.EvidenceView,
        status=201,
        errors=_ERRORS,
    )
    def add_link(self, call: Call) -> Any:
        """The address is kept and hashed; what lies behind it is not fetched."""
        return _made(self._pieces.add_link(call.principal, call.body))

    @operation(
        "evidence.notes.create",
        "POST",
        f"{_ROOT}/notes",
        summary="Add a note as evidence",
        permission="evidence:upload",
        scope="evidence:write",
        body=schemas.NoteInput,
        response=schemas.EvidenceView,
        status=201,
        errors=_ERRORS,
    )
    def add_note(self, call: Call) -> Any:
        """The text is kept as a Markdown file."""
        return _made(self._pieces.add_note(call.principal, call.body))

    @operation(
        "evidence.versions.link",
        "POST",
        f"{_VERSIONS}/links",
        summary="Add a link as a new version",
        permission="evidence:upload",
        scope="evidence:write",
        body=schemas.LinkVersionInput,
        response=schemas.AddedVersion,
        status=201,
        errors=_ERRORS,
    )
    def link_version(self, call: Call) -> Any:
        """The review starts again; earlier versions stay readable, of whatever kind they are."""
        return _version(self._files.add_link(call.principal, call.path["evidence_id"], call.body))

    @operation(
        "evidence.versions.note",
        "POST",
        f"{_VERSIONS}/notes",
        summary="Add a note as a new version",
        permission="evidence:upload",
        scope="evidence:write",
        body=schemas.NoteVersionInput,
        response=schemas.AddedVersion,
        status=201,
        errors=_ERRORS,
    )
    def note_version(self, call: Call) -> Any:
        """The review starts again; earlier versions stay readable, of whatever kind they are."""
        return _version(self._files.add_note(call.principal, call.path["evidence_id"], call.body))


def _made(piece: dict[str, Any]) -> Answer:
    return Answer(piece, location=f"{_ROOT}/{piece['id']}")


def _version(version: dict[str, Any]) -> Answer:
    return Answer(version, location=f"{_ROOT}/{version['evidence_id']}/file?version={version['version']}")

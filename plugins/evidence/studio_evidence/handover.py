"""Reading current files and handing new ones in, for other plugins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_evidence.service.intake import Arrival
from studio_evidence.service.pieces import Pieces
from studio_evidence.service.records import Records
from studio_kernel.errors import NotFound
from studio_kernel.security.principal import Principal

if TYPE_CHECKING:
    from studio_kernel.app import Platform


@dataclass(frozen=True, slots=True)
class Content:
    """The file of the current version of a piece of evidence, as far as it was asked for."""

    evidence_id: str
    project_id: str
    title: str
    version: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of evidence that somebody may read; ``quality_score`` is 0 until analysed or reviewed."""

    id: str
    project_id: str
    title: str
    version: int
    control_ids: tuple[str, ...]
    status: str
    quality_score: int


class EvidenceContents:
    """Reads files. Only :meth:`find` looks at who asks; the rest is for trusted callers, such as an index."""

    def __init__(self, platform: Platform) -> None:
        self._files = platform.files
        self._records = Records(platform)

    def current(self, evidence_id: str, most: int) -> Content | None:
        """The first ``most`` bytes of the current version; None when the evidence is gone."""
        try:
            record = self._records.read(evidence_id)
        except NotFound:
            return None
        with_file = self._files.open(record.sha256, 0, most)
        try:
            body = b"".join(with_file)
        finally:
            with_file.close()
        return Content(record.id, record.project_id, record.title, record.version, record.content_type, body)

    def find(self, principal: Principal, evidence_id: str) -> Piece:
        """A piece that the caller may read. :raises NotFound: there is none of which the caller may know."""
        record = self._records.find(principal, evidence_id, "evidence:read")
        return Piece(
            record.id,
            record.project_id,
            record.title,
            record.version,
            tuple(record.controls),
            record.status,
            record.quality_score,
        )

    def described(self, evidence_id: str) -> tuple[str, int] | None:
        """Title and number of the current version, as this transaction sees them; None when the evidence is gone."""
        try:
            record = self._records.read(evidence_id)
        except NotFound:
            return None
        return record.title, record.version

    def content_type(self, evidence_id: str) -> str | None:
        """The media type of the current version; None when the evidence is gone. Reads no file."""
        try:
            return self._records.read(evidence_id).content_type
        except NotFound:
            return None


class EvidenceDeposit:
    """Hands files in that a plugin made, with the rights of whoever asked for them."""

    def __init__(self, platform: Platform) -> None:
        self._files = platform.files
        self._pieces = Pieces(platform)

    def add(
        self,
        principal: Principal,
        *,
        project_id: str,
        title: str,
        file_name: str,
        body: bytes,
        control_id: str | None = None,
        description: str = "",
        tags: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Take the bytes in as an upload by ``principal``; the piece as the API shows it.

        :raises NotFound: no such project, or none that the caller may know of.
        :raises Forbidden: the caller may not upload there.
        :raises ValidationFailed: the file or a field isn't acceptable.
        """
        given = {
            "project_id": project_id,
            "control_id": control_id,
            "title": title,
            "description": description,
            "tags": list(tags),
            "period_start": None,
            "period_end": None,
            "valid_until": None,
        }
        with self._files.stage() as staged:
            staged.write(body)
            staged.finish()
            return self._pieces.upload(principal, Arrival(file_name, staged), given)

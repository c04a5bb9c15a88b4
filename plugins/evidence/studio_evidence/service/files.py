"""Versions of evidence and reading their files."""

from __future__ import annotations

import hashlib
import io
import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from studio_evidence import queries
from studio_evidence.events import EVIDENCE_VERSIONED
from studio_evidence.service.intake import Arrival, Intake, KeptFile
from studio_evidence.service.pieces import DATES, check_dates
from studio_evidence.service.records import Records
from studio_kernel.errors import NotFound, ServiceUnavailable
from studio_kernel.http.listing import ListRequest
from studio_kernel.security.principal import Principal

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.storage.files import FileReader, FileStore

_log = logging.getLogger(__name__)

# bytes: files up to this size are read and checked before anything of them is sent.
_CHECKED_FIRST = 256 * 1024
# seconds: how long a large file that was read through needs no other look
_CHECK_HOLDS = 60.0
_MOST_CHECKED = 10_000
_DAMAGED = "The stored file is missing or damaged; an administrator can restore it from a backup"


class EvidenceFiles:
    """The files behind evidence."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._files = platform.files
        self._records = Records(platform)
        self._intake = Intake(platform)
        self._checked: dict[str, float] = {}

    def add_version(
        self, principal: Principal, evidence_id: str, arrival: Arrival, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Take a new version in. Its review starts again at ``pending``; earlier versions stay readable.

        ``given`` may have a ``comment`` and the dates that the version speaks of; dates that it lacks stay as they
        were.
        """
        return self._add_version(principal, evidence_id, given, lambda: self._intake.keep(arrival))

    def add_link(self, principal: Principal, evidence_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The same with the address ``url``."""
        return self._add_version(principal, evidence_id, given, lambda: self._intake.keep_link(given["url"]))

    def add_note(self, principal: Principal, evidence_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The same with a ``text``."""
        return self._add_version(principal, evidence_id, given, lambda: self._intake.keep_note(given["text"]))

    def _add_version(
        self, principal: Principal, evidence_id: str, given: Mapping[str, Any], keep: Callable[[], KeptFile]
    ) -> dict[str, Any]:
        record = self._records.find(principal, evidence_id, "evidence:upload")
        self._records.projects.require(principal, record.project_id, "evidence:upload", writable=True)
        file = keep()
        with self._database.transaction():
            record = self._records.find_for_change(principal, evidence_id, "evidence:upload")
            number = record.version + 1
            dates = {name: given.get(name, getattr(record, name)) for name in DATES}
            check_dates(dates)
            made = {"uploaded_by": principal.user_id, "uploaded_at": self._records.now(), "comment": given["comment"]}
            values = {**file.columns(), **made, **dates}
            version_id = self._intake.add_version(evidence_id, record.project_id, number, values, given.get("text", ""))
            anew = {
                "status": "pending",
                "quality_score": 0,
                "quality_source": "",
                "approved_at": None,
                "expires_at": None,
                "expired": False,
            }
            record = self._records.write(evidence_id, {"version": number, **file.columns(), **dates, **anew})
            self._records.refresh_controls(record.project_id, record.controls)
            self._records.publish(EVIDENCE_VERSIONED, record, version=number)
        return {
            "id": version_id,
            "evidence_id": evidence_id,
            "version": number,
            **values,
            "status": record.status,
        }

    def versions(self, principal: Principal, evidence_id: str, request: ListRequest) -> dict[str, Any]:
        """A part of the versions, the newest first."""
        self._records.find(principal, evidence_id, "evidence:read")
        page = queries.VERSIONS.run(self._database, request, evidence_id=evidence_id)
        versions = [dict(zip(queries.VERSION_FIELDS, row, strict=True)) for row in page.rows]
        names = self._records.names({each["uploaded_by"] for each in versions})
        versions = [{**each, "uploaded_by_name": names.get(each["uploaded_by"], "")} for each in versions]
        return {"versions": versions, "pagination": page.pagination}

    def find(self, principal: Principal, evidence_id: str, version: int | None) -> KeptFile:
        """The file of a version, the current one without a number; ``NotFound`` without such a version."""
        record = self._records.find(principal, evidence_id, "evidence:read")
        if version is None or version == record.version:
            return KeptFile(record.file_name, record.file_size, record.content_type, record.sha256)
        row = self._database.row(queries.VERSION_FILE, evidence_id=evidence_id, number=version)
        if row is None:
            raise NotFound(f"There is no version {version} of the evidence {evidence_id}")
        return KeptFile(*row)

    def source(self, file: KeptFile) -> FileSource:
        """The bytes of a file, to be read in full or in part.

        ``ServiceUnavailable`` when the file is missing or is not what was once kept: nothing of it is sent then.
        """
        if file.file_size > _CHECKED_FIRST:
            self._check(file)
            return FileSource(self._files, file)
        try:
            reader = self._files.open(file.sha256)
        except NotFound:
            raise _damaged(file.sha256) from None
        try:
            content = b"".join(reader)
        finally:
            reader.close()
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise _damaged(file.sha256)
        return FileSource(self._files, file, content)

    def _check(self, file: KeptFile) -> None:
        """Read a large file through before any of it is sent, unless that was done a moment ago.

        PERF: somebody who fetches a file in parts has it checked once, not with each part.
        """
        if self._files.size(file.sha256) != file.file_size:
            raise _damaged(file.sha256)
        now = time.monotonic()
        if now - self._checked.get(file.sha256, -_CHECK_HOLDS) < _CHECK_HOLDS:
            return
        if not self._files.verify(file.sha256):
            raise _damaged(file.sha256)
        if len(self._checked) >= _MOST_CHECKED:
            self._checked.clear()
        self._checked[file.sha256] = now


class FileSource:
    """Opens parts of one file."""

    def __init__(self, files: FileStore, file: KeptFile, content: bytes | None = None) -> None:
        self._files = files
        self._file = file
        self._content = content

    def open(self, start: int, end: int) -> io.BytesIO | FileReader | CheckedReader:
        """The bytes from ``start`` up to, not including, ``end``; a read of everything is checked on its way."""
        if self._content is not None:
            return io.BytesIO(self._content[start:end])
        reader = self._files.open(self._file.sha256, start, end)
        if start == 0 and end == self._file.file_size:
            return CheckedReader(reader, self._file.sha256)
        return reader


class CheckedReader:
    """Hashes what it reads and holds the last chunk back until the hash is right.

    A damaged file thus never arrives in full length: the client sees a broken transfer instead of wrong bytes.
    """

    def __init__(self, reader: FileReader, sha256: str) -> None:
        self._reader = reader
        self._sha256 = sha256
        self._digest = hashlib.sha256()
        self._next: bytes | None = None

    def read(self, size: int = -1, /) -> bytes:
        """A chunk of the file, however many bytes are asked for; empty at the end."""
        chunk = self._fetch() if self._next is None else self._next
        if chunk:
            self._next = self._fetch()
            if not self._next and self._digest.hexdigest() != self._sha256:
                raise _damaged(self._sha256)
        return chunk

    def close(self) -> None:
        """Give back what lies beneath."""
        self._reader.close()

    def _fetch(self) -> bytes:
        chunk = self._reader.read()
        self._digest.update(chunk)
        return chunk


def _damaged(sha256: str) -> ServiceUnavailable:
    _log.error("the stored file %s is missing or does not have that hash any more", sha256)
    return ServiceUnavailable(_DAMAGED, details={"reason": "checksum_mismatch", "sha256": sha256})

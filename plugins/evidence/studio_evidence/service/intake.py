"""Taking files in: what they are, keeping them, and noting them as versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_evidence.archives import ArchiveLimits
from studio_evidence.content import inspect_file
from studio_evidence.extraction.extractors import Part, joined
from studio_evidence.extraction.sandbox import clean
from studio_evidence.models import TextRow, VersionRow
from studio_evidence.settings import EvidenceSettings
from studio_kernel.ids import new_id
from studio_kernel.storage.file_locks import hold_kept

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.storage.files import StagedFile


_VERSION_COLUMNS = (
    "file_name",
    "file_size",
    "content_type",
    "sha256",
    "kind",
    "url",
    "uploaded_by",
    "uploaded_at",
    "comment",
    "period_start",
    "period_end",
    "valid_until",
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A received file. ``name`` is as the client sent it."""

    name: str
    staged: StagedFile


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file in the store; no row refers to it yet."""

    file_name: str
    file_size: int
    content_type: str
    sha256: str
    kind: str = "file"
    url: str | None = None

    def columns(self) -> dict[str, Any]:
        """The columns that tables with files share."""
        return {
            "file_name": self.file_name,
            "file_size": self.file_size,
            "content_type": self.content_type,
            "sha256": self.sha256,
            "kind": self.kind,
            "url": self.url,
        }


class Intake:
    """Accepts files into the store."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        settings = platform.settings.section(EvidenceSettings)
        self._limits = ArchiveLimits(settings.max_archive_files, settings.max_unpacked_mb * 1024 * 1024)

    def keep(self, arrival: Arrival) -> KeptFile:
        """Inspect a file and keep it; ``ValidationFailed`` for the field ``file`` when it can't come in.

        Call it before the row that refers to the file is committed: a file without a row is swept away later,
        a row without a file could never be read.
        """
        inspected = inspect_file(arrival.staged, arrival.name, self._limits)
        size = arrival.staged.size
        sha256 = self._platform.files.keep(arrival.staged)
        return KeptFile(inspected.file_name, size, inspected.content_type, sha256)

    def keep_note(self, text: str) -> KeptFile:
        """Keep a note: its text is a file like any other."""
        return self._keep_text("note", "note.md", "text/markdown", text)

    def keep_link(self, url: str) -> KeptFile:
        """Keep a link: the address is kept, as a list of one (RFC 2483), not what lies behind it."""
        return self._keep_text("link", "link.uri", "text/uri-list", f"{url}\r\n", url)

    def _keep_text(self, kind: str, name: str, media_type: str, text: str, url: str | None = None) -> KeptFile:
        with self._platform.files.stage() as staged:
            staged.write(text.encode())
            sha256 = self._platform.files.keep(staged)
            return KeptFile(name, staged.size, media_type, sha256, kind, url)

    def add_version(
        self, evidence_id: str, project_id: str, number: int, values: Mapping[str, Any], note: str = ""
    ) -> str:
        """Note a kept file as a version and have its text read; ``values`` has its columns. The version's id.

        ``note`` is the text of a note: it is there without being read first.
        """
        hold_kept(self._platform.database, self._platform.files, values["sha256"])
        version_id = new_id("evv")
        row = {"id": version_id, "evidence_id": evidence_id, "project_id": project_id, "number": number}
        self._platform.database.insert(VersionRow, {**row, **{name: values[name] for name in _VERSION_COLUMNS}})
        text, passages = joined([Part(clean(note).strip())] if note else [])
        unread = {"state": "pending", "outcome": "", "text": text, "passages": passages, "truncated": False}
        unread |= {"extractor": "", "error": ""}
        ids = {"version_id": version_id, "evidence_id": evidence_id, "project_id": project_id}
        self._platform.database.insert(TextRow, {**ids, **unread})
        self._platform.jobs.enqueue("evidence.extract", {"version_id": version_id}, owner_id="")
        return version_id

"""Reading the text of versions, in the background."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from studio_evidence.events import EVIDENCE_TEXT_READY
from studio_evidence.extraction.extractors import Extractor, Part, joined
from studio_evidence.extraction.registry import Extractors
from studio_evidence.extraction.sandbox import Extraction, Limits, clean, failed, run
from studio_evidence.models import TextRow
from studio_evidence.service.analysis import order_analysis
from studio_evidence.service.records import Records
from studio_kernel.clock import to_text
from studio_kernel.errors import NotFound
from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.app import Platform

# By then the work that came with the upload is over, whether or not it succeeded.
_PATIENCE = timedelta(minutes=15)
_PENDING = Statement(
    "SELECT v.evidence_id, v.project_id, v.number, v.content_type, v.sha256, v.kind FROM evidence_texts t "
    "JOIN evidence_versions v ON v.id = t.version_id WHERE t.version_id = :version_id AND t.state = 'pending'"
)
_FORGOTTEN = Statement(
    "SELECT t.version_id FROM evidence_texts t JOIN evidence_versions v ON v.id = t.version_id "
    "WHERE t.state = 'pending' AND v.uploaded_at < :before ORDER BY t.version_id LIMIT 100"
)
_STATES = {"extracted": "done", "no_text": "done", "unsupported": "unsupported"}
_MISSING = "The stored file is missing"


class Extracting:
    """Reads files and keeps their text."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._records = Records(platform)
        self._extractors = Extractors(platform)
        self._limits = Limits()

    def read(self, version_id: str) -> None:
        """Read a version that waits for it, and announce its text; nothing happens to others."""
        row = self._database.row(_PENDING, version_id=version_id)
        if row is None:
            return
        evidence_id, project_id, number, content_type, sha256, kind = row
        extractor = self._extractors.reading(content_type)
        found = self._extract(extractor, sha256, kind)
        with self._database.transaction():
            self._records.lock(project_id)
            values = {
                **_columns(found),
                "extractor": extractor.name if extractor and kind == "file" else "",
                "extracted_at": self._records.now(),
            }
            # NOTE: the version may be gone by now, or another worker was faster.
            if not self._database.update(TextRow, values, where={"version_id": version_id, "state": "pending"}):
                return
            order_analysis(self._platform, evidence_id, project_id, "")
            if values["state"] == "done":
                record = self._records.read(evidence_id)
                facts = {"version_id": version_id, "version": number, "characters": len(values["text"])}
                self._records.publish(EVIDENCE_TEXT_READY, record, **facts)

    def catch_up(self) -> int:
        """Have versions read whose work was lost, or that came before texts were read; how many."""
        before = to_text(self._platform.clock() - _PATIENCE)
        waiting = [row[0] for row in self._database.rows(_FORGOTTEN, before=before)]
        for version_id in waiting:
            self.read(version_id)
        return len(waiting)

    def _extract(self, extractor: Extractor | None, sha256: str, kind: str) -> Extraction:
        if extractor is None and kind == "file":
            return failed("unsupported")
        try:
            content = self._content(sha256)
            if extractor is None or kind != "file":
                text = clean(b"".join(content).decode()).strip()
                return Extraction("extracted", parts=(Part(text),)) if text else failed("no_text")
            return run(extractor, content, self._limits)
        except NotFound:
            return failed("damaged", _MISSING)

    def _content(self, sha256: str) -> Iterator[bytes]:
        reader = self._platform.files.open(sha256)
        try:
            yield from reader
        finally:
            reader.close()


def _columns(found: Extraction) -> dict[str, Any]:
    text, passages = joined(found.parts)
    return {
        "state": _STATES.get(found.state, "failed"),
        "outcome": found.state,
        "text": text,
        "passages": passages,
        "truncated": found.truncated,
        "error": found.reason,
    }

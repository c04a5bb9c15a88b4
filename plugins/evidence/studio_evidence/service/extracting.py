"""Reading the text of versions, in the background."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

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
_FORGOTTEN = (
    "FROM evidence_texts t JOIN evidence_versions v ON v.id = t.version_id "
    "WHERE t.state = 'pending' AND v.uploaded_at < :before "
)
_NEXT_FORGOTTEN = Statement(
    f"SELECT t.version_id {_FORGOTTEN} AND t.version_id > :after ORDER BY t.version_id LIMIT 100"
)
_ALL_FORGOTTEN = Statement(f"SELECT COUNT(*) {_FORGOTTEN}")
# NOTE: what nothing reads stays as it is.
_AGAIN = "UPDATE evidence_texts SET state = 'pending' WHERE state = '{}' AND version_id IN ({})"
_READABLE = "SELECT v.id FROM evidence_versions v WHERE v.id = version_id AND v.content_type IN :readable"
_UNSUPPORTED_AGAIN = Statement(_AGAIN.format("unsupported", _READABLE))
_FAILED_AGAIN = Statement(_AGAIN.format("failed", _READABLE))
_STATES = {"extracted": "done", "no_text": "done", "unsupported": "unsupported"}
_MISSING = "The stored file is missing"


class Extracting:
    """Reads files and keeps their text."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._records = Records(platform)
        self._extractors = Extractors(platform)
        settings = self._records.settings
        self._limits = Limits(
            seconds=settings.reading_seconds,
            memory=settings.reading_memory_mb * 1024 * 1024,
            wait=settings.reading_wait_seconds,
        )

    @property
    def longest(self) -> float:
        """Seconds that :meth:`read` may take: that of the reader, and some for storage."""
        return self._limits.wait + 60.0

    def read(self, version_id: str) -> None:
        """Read a version that waits for it, and announce its text; nothing happens to others."""
        row = self._database.row(_PENDING, version_id=version_id)
        if row is None:
            return
        evidence_id, project_id, number, content_type, sha256, kind = row
        extractor = self._extractors.reading(content_type)
        found = self._extract(extractor, sha256, kind)
        with self._database.transaction():
            self._records.begin(project_id)
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
        """Read what was forgotten, and what nothing could read until an extractor for it was installed; how many."""
        self.put_off("unsupported")
        return sum(1 for _ in self.read_on())

    def put_off(self, state: Literal["unsupported", "failed"]) -> int:
        """Note that versions which ended so are to be read again, if something reads their kind; how many."""
        statement = _UNSUPPORTED_AGAIN if state == "unsupported" else _FAILED_AGAIN
        return self._database.execute(statement, readable=self._extractors.readable)

    def waiting(self) -> int:
        """How many versions :meth:`read_on` will read."""
        return int(self._database.value(_ALL_FORGOTTEN, before=self._forgotten_before()))

    def read_on(self) -> Iterator[str]:
        """Read versions whose work was lost, or that came before texts were read, one by one, and name each."""
        after, before = "", self._forgotten_before()
        while found := self._database.rows(_NEXT_FORGOTTEN, before=before, after=after):
            for (version_id,) in found:
                self.read(version_id)
                yield version_id
            after = found[-1][0]

    def _forgotten_before(self) -> str:
        return to_text(self._platform.clock() - _PATIENCE)

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

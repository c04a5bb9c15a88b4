"""The index of search: what people say of evidence, and the text of its current version.

What people say goes in with the change itself; the text follows when it was read. Passages are numbered so that a hit
tells where it lies: the first numbers are fields, the others the place in the text where the passage begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import orjson

from studio_evidence import queries
from studio_evidence.events import (
    EVIDENCE_DELETED,
    EVIDENCE_TEXT_READY,
    EVIDENCE_UPDATED,
    EVIDENCE_UPLOADED,
    EVIDENCE_VERSIONED,
)
from studio_evidence.models import EvidenceRow
from studio_evidence.service.records import Record, Records
from studio_evidence.texts import ExtractedTexts, VersionText
from studio_kernel.errors import NotFound
from studio_kernel.events import Event, Subscriber
from studio_kernel.storage.fulltext import LAST_NUMBER, Passage

if TYPE_CHECKING:
    from studio_kernel.app import Platform

COLLECTION = "evidence"
FIELDS = ("title", "description", "tags", "url", "file_name")
TEXT = 16
"""The number of a passage at the very beginning of the text; that of any other is as much larger as it lies behind."""
LONGEST = 2000
"""Characters of the longest passage of a text."""
# A passage begins so many characters before the end of the last one: phrases across the cut are found.
_OVERLAP = 120
# PERF: long texts go in by parts, so that nobody waits long for the one writer of SQLite.
_TOGETHER = 64
_WAITING_AT_ONCE = 200


class SearchIndex:
    """Writes the index. All of it can be made again from the tables of evidence."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._fulltext = platform.fulltext
        self._records = Records(platform)
        self._texts = ExtractedTexts(platform)

    def subscribers(self) -> tuple[Subscriber, ...]:
        """Fields change with the evidence, in one transaction; a text is put in after it was read."""
        changes = (EVIDENCE_UPLOADED, EVIDENCE_UPDATED, EVIDENCE_VERSIONED, EVIDENCE_DELETED)
        return (
            Subscriber("evidence.search", tuple(each.name for each in changes), self._follow, mode="in_transaction"),
            Subscriber("evidence.search_text", (EVIDENCE_TEXT_READY.name,), self._take),
        )

    # -- all of it anew ---------------------------------------------------------------------------------

    def put_off(self, project_ids: Sequence[str] | None = None) -> None:
        """Note that all evidence, or that of some projects, has to go in again; what is in stays until then."""
        if project_ids is None:
            self._database.execute(queries.PUT_OFF)
        else:
            self._database.execute(queries.PUT_OFF_PROJECTS, project_ids=list(project_ids))

    def waiting(self) -> int:
        """How many pieces have to go in."""
        return int(self._database.value(queries.WAITING))

    def catch_up(self) -> Iterator[str]:
        """Put in all that waits, piece by piece, and name each. One that is stopped goes on where it was."""
        while found := self._database.rows(queries.NEXT_WAITING, most=_WAITING_AT_ONCE):
            for (evidence_id,) in found:
                self._refresh(evidence_id)
                yield evidence_id

    def _refresh(self, evidence_id: str) -> None:
        with self._database.transaction():
            record = self._locked(evidence_id)
            if record is None:
                return
            self._put_fields(record)
        self._put_text(evidence_id, self._texts.current(evidence_id))
        self._database.update(EvidenceRow, {"searchable": True}, where={"id": evidence_id})

    # -- as it changes ----------------------------------------------------------------------------------

    def _follow(self, event: Event) -> None:
        """NOTE: runs inside the transaction of the change, which holds the lock of the project."""
        evidence_id = event.resource_id
        if event.name == EVIDENCE_DELETED.name:
            self._fulltext.remove(COLLECTION, evidence_id)
            return
        if event.name == EVIDENCE_UPDATED.name and not set(event.data["changed"]).intersection(FIELDS):
            return
        record = self._records.read(evidence_id)
        self._put_fields(record, new=event.name == EVIDENCE_UPLOADED.name)
        if event.name == EVIDENCE_VERSIONED.name:
            self._fulltext.remove(COLLECTION, evidence_id, first=TEXT)
        if event.name != EVIDENCE_UPDATED.name and record.kind == "note":
            self._put_text(evidence_id, self._texts.current(evidence_id))

    def _take(self, event: Event) -> None:
        """A text that isn't that of the current version any more is nobody's to find."""
        text = self._texts.current(event.resource_id)
        if text is not None and text.number == event.data["version"]:
            self._put_text(event.resource_id, text)

    def _put_fields(self, record: Record, *, new: bool = False) -> None:
        if not new:
            self._fulltext.remove(COLLECTION, record.id, last=TEXT - 1)
        title, *others = fields_of(record)
        passages = [Passage(0, "", title), *(Passage(number, text) for number, text in enumerate(others, 1) if text)]
        self._fulltext.put(COLLECTION, record.id, record.project_id, passages)

    def _put_text(self, evidence_id: str, text: VersionText | None) -> None:
        """Replace the text, part by part from its beginning, as long as it is that of the current version."""
        if text is None:
            return
        passages = [Passage(TEXT + start, text.text[start:end]) for start, end in _cut(text)]
        first = TEXT
        for start in range(0, max(1, len(passages)), _TOGETHER):
            part, behind = passages[start : start + _TOGETHER], passages[start + _TOGETHER : start + _TOGETHER + 1]
            last = behind[0].number - 1 if behind else LAST_NUMBER
            with self._database.transaction():
                record = self._locked(evidence_id)
                if record is None or record.version != text.number:
                    return
                self._fulltext.remove(COLLECTION, evidence_id, first=first, last=last)
                # NOTE: the text of a link is its address, which is a field.
                self._fulltext.put(COLLECTION, evidence_id, record.project_id, part if record.kind != "link" else [])
            first = last + 1

    def _locked(self, evidence_id: str) -> Record | None:
        """A piece that nobody changes until the transaction ends; None when it is gone."""
        try:
            self._records.lock(self._records.read(evidence_id).project_id)
            return self._records.read(evidence_id)
        except NotFound:
            return None


def fields_of(record: Record) -> tuple[str, ...]:
    """What is found of a piece beside its text, in the order of :data:`FIELDS`; empty where there is nothing."""
    tags = ", ".join(orjson.loads(record.tags))
    name = record.file_name if record.kind == "file" else ""
    return record.title, record.description, tags, record.url or "", name


def _cut(text: VersionText) -> Iterator[tuple[int, int]]:
    """The passages of a text: its places in the file, long ones in parts."""
    for place in text.passages:
        for start, end in _parts(text.text, place.start, place.end):
            if not text.text[start:end].isspace():
                yield start, end


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        half, whole = start + LONGEST // 2, start + LONGEST
        stop = max(text.rfind(" ", half, whole), text.rfind("\n", half, whole))
        stop = stop if stop > 0 else whole
        yield start, stop
        # NOTE: not every script has blanks to begin at.
        start = text.find(" ", stop - _OVERLAP, stop) + 1 or stop - _OVERLAP
    if start < end:
        yield start, end

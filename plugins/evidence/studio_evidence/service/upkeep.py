"""What happens without a caller: expiry, sweeping files, and what goes with a project."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from studio_evidence import queries
from studio_evidence.events import EVIDENCE_EXPIRED
from studio_evidence.models import AnalysisRow, ControlLinkRow, EvidenceRow, ReviewRow, TextRow, VersionRow
from studio_evidence.service.indexing import COLLECTION
from studio_evidence.service.records import Records
from studio_kernel.clock import to_text
from studio_kernel.marks import may_delete_files
from studio_kernel.storage.file_locks import lock_for_deletion
from studio_kernel.storage.sql import Statement
from studio_kernel.stored_files import in_use

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_BATCH = 500
# Files that are deleted in one transaction: on SQLite, others have to wait for it.
_DELETED_AT_ONCE = 20
# An upload is over long before: a file that nobody refers to by then is an orphan.
_ORPHAN_AGE = timedelta(hours=1)
_STAGING_AGE = timedelta(days=1)


class Upkeep:
    """Periodic and consequential work on evidence."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._records = Records(platform)

    def expire(self) -> int:
        """Announce approved evidence whose time is over and count its controls anew; how many pieces."""
        expired = 0
        while due := self._database.rows(queries.DUE, now=to_text(self._platform.clock()), no=False):
            done = 0
            for project_id, pieces in itertools.groupby(due, key=lambda row: row[1]):
                done += self._expire_in(project_id, [row[0] for row in pieces])
            if not done:
                break
            expired += done
        return expired

    def _expire_in(self, project_id: str, evidence_ids: list[str]) -> int:
        controls: set[str] = set()
        done = 0
        with self._database.transaction():
            self._records.begin(project_id)
            now = self._records.now()
            for evidence_id in evidence_ids:
                if self._database.execute(queries.EXPIRE, id=evidence_id, now=now, yes=True, no=False):
                    record = self._records.read(evidence_id)
                    controls.update(record.controls)
                    self._records.publish(EVIDENCE_EXPIRED, record, expires_at=record.expires_at)
                    done += 1
            self._records.refresh_controls(project_id, controls)
        return done

    def sweep(self) -> int:
        """Delete stored files that nobody refers to; how many there were."""
        now = self._platform.clock()
        batches = _batches(self._platform.files.digests(now - _ORPHAN_AGE))
        removed = sum(self.remove_unreferred(batch) for batch in batches)
        self._platform.files.sweep_staging(now - _STAGING_AGE)
        return removed

    def remove_unreferred(self, digests: list[str]) -> int:
        """Delete those of the files that nobody refers to; how many there were.

        One that was kept within the last hour stays for the sweep: an upload of the same bytes may be under way.
        While a backup reads files all stay for the sweep.
        """
        parts = (digests[start : start + _DELETED_AT_ONCE] for start in range(0, len(digests), _DELETED_AT_ONCE))
        return sum(map(self._remove_part, parts))

    def _remove_part(self, digests: list[str]) -> int:
        now = self._platform.clock()
        limit = now - _ORPHAN_AGE
        with self._database.transaction():
            if not may_delete_files(self._database, now):
                return 0
            lock_for_deletion(self._database, digests)
            referred = in_use(self._platform, digests)
            # NOTE: a file that is kept anew meanwhile is younger than the limit and mostly stays; where the store can't
            # look and delete in one go, its uploader finds it gone once this transaction ends.
            return sum(self._platform.files.delete(each, older_than=limit) for each in digests if each not in referred)

    def referred(self, digests: Sequence[str]) -> list[str]:
        """Those of the stored files that a version refers to."""
        return [row[0] for row in self._database.rows(queries.REFERRED, digests=list(digests))]

    def objections(self, project_id: str) -> list[str]:
        """Why a project can't be deleted now (product rules, Projects)."""
        count = self._database.value(queries.IN_REVIEW, project_id=project_id)
        if not count:
            return []
        pieces = "1 piece of evidence is" if count == 1 else f"{count} pieces of evidence are"
        return [f"{pieces} under review"]

    def forget_project(self, project_id: str) -> None:
        """Remove all rows of a deleted project, inside its transaction, and let its files go."""
        self._records.lock(project_id)
        let_files_go(self._platform, queries.DIGESTS_OF_PROJECT, project_id=project_id)
        self._database.execute(queries.REMOVE_TAGS_OF_PROJECT, project_id=project_id)
        for model in (ControlLinkRow, ReviewRow, AnalysisRow, TextRow, VersionRow, EvidenceRow):
            self._database.delete(model, where={"project_id": project_id})
        self._platform.fulltext.remove_scope(COLLECTION, project_id)


def let_files_go(platform: Platform, statement: Statement, **values: Any) -> None:
    """Have files deleted once the transaction has committed, as far as nobody refers to them then."""
    digests = [row[0] for row in platform.database.rows(statement, **values)]
    for batch in _batches(iter(digests)):
        platform.jobs.enqueue("evidence.remove_files", {"digests": batch})


def _batches(digests: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(itertools.islice(digests, _BATCH)):
        yield batch

"""The audit pack: a ZIP file with reports, every version of the evidence, an index and hashes, written as a stream."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any, Protocol, cast

import orjson

from studio_compliance.reports.blocks import Column, Report, Table
from studio_compliance.reports.dossier import Dossier
from studio_compliance.reports.html import html_of
from studio_compliance.reports.making import make_file, suffix_of
from studio_evidence.api import EvidenceHoldings, HeldVersion
from studio_kernel.errors import NotFound
from studio_kernel.storage.files import CHUNK

_REPORTS = (("summary", "html"), ("summary", "pdf"), ("summary", "csv"), ("soa", "html"), ("soa", "csv"),
            ("gap", "csv"), ("summary", "oscal"), ("ssp", "oscal"))  # fmt: skip
_UNSAFE = re.compile(r"[^\w.() -]+")
# ZIP keeps times in steps of two seconds from 1980 on.
_FIRST_YEAR = 1980


class Sink(Protocol):
    """Where the bytes of the pack go, in order."""

    def write(self, chunk: bytes | memoryview) -> Any: ...


class _Stream:
    """What ``zipfile`` needs to write without going back."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, chunk: bytes) -> int:
        """Pass bytes on."""
        self._sink.write(chunk)
        return len(chunk)

    def flush(self) -> None:
        """Nothing is held back."""


class AuditPack:
    """Writes one pack. Memory stays flat: files go through in pieces."""

    def __init__(self, dossier: Dossier, holdings: EvidenceHoldings, fonts: Sequence[Path] = ()) -> None:
        self._dossier = dossier
        self._holdings = holdings
        self._fonts = fonts
        self._hashes: list[tuple[str, str]] = []
        self._entries: list[dict[str, Any]] = []

    @property
    def size(self) -> int:
        """The bytes of the files that go in; the pack is hardly larger, and often smaller."""
        return sum(each.file_size for each in self._dossier.versions if each.sha256)

    def write(self, sink: Sink, report: Callable[[int], None]) -> dict[str, Any]:
        """The whole pack into ``sink``; ``report`` is told how far it is, in percent. How many files, and missing."""
        with zipfile.ZipFile(cast("IO[bytes]", _Stream(sink)), "w", zipfile.ZIP_DEFLATED) as archive:
            for number, (kind, form) in enumerate(_REPORTS):
                file = make_file(self._dossier, kind, form, self._fonts)
                self._add(archive, f"reports/{kind}.{suffix_of(form)}", [file.content])
                report(20 * (number + 1) // len(_REPORTS))
            self._evidence(archive, report)
            index = self._index()
            self._add(archive, "index.json", [orjson.dumps(index, option=orjson.OPT_INDENT_2)])
            self._add(archive, "index.html", [html_of(self._cover())])
            sums = "".join(f"{digest}  {name}\n" for name, digest in self._hashes)
            archive.writestr(self._named("SHA256SUMS"), sums)
        missing = [each["file"] for each in self._entries if each["state"] != "ok"]
        return {"files": len(self._hashes) + 1, "evidence": len(self._entries), "missing": missing}

    def _evidence(self, archive: zipfile.ZipFile, report: Callable[[int], None]) -> None:
        versions = [each for each in self._dossier.versions if each.sha256]
        whole, done = sum(each.file_size for each in versions) or 1, 0
        for each in versions:
            name = f"evidence/{each.evidence_id}/v{each.number}-{_safe(each.file_name)}"
            state = self._copy(archive, name, each)
            self._entries.append(self._entry(each, name, state))
            done += each.file_size
            report(20 + 75 * done // whole)
        for each in self._dossier.versions:
            if not each.sha256:
                self._entries.append(self._entry(each, each.url or "", "ok"))

    def _copy(self, archive: zipfile.ZipFile, name: str, version: HeldVersion) -> str:
        """One file, hashed on its way; what became of it: ``ok``, ``missing`` or ``damaged``."""
        try:
            reader = self._holdings.open(version.sha256)
        except NotFound:
            return "missing"
        try:
            digest = self._add(archive, name, iter(lambda: reader.read(CHUNK), b""))
        finally:
            reader.close()
        return "ok" if digest == version.sha256 else "damaged"

    def _add(self, archive: zipfile.ZipFile, name: str, chunks: Iterable[bytes]) -> str:
        digest = hashlib.sha256()
        with archive.open(self._named(name), "w", force_zip64=True) as entry:
            for chunk in chunks:
                digest.update(chunk)
                entry.write(chunk)
        self._hashes.append((name, digest.hexdigest()))
        return digest.hexdigest()

    def _named(self, name: str) -> zipfile.ZipInfo:
        at = self._dossier.at
        year = max(_FIRST_YEAR, int(at[:4]))
        info = zipfile.ZipInfo(
            name, (year, int(at[5:7]), int(at[8:10]), int(at[11:13]), int(at[14:16]), int(at[17:19]))
        )
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        return info

    def _entry(self, version: HeldVersion, name: str, state: str) -> dict[str, Any]:
        numbers = {each.control_id: each.number for each in self._dossier.controls}
        return {
            "evidence_id": version.evidence_id,
            "title": version.title,
            "version": version.number,
            "current": version.number == version.current,
            "status": version.status,
            "controls": [numbers[each] for each in version.control_ids if each in numbers],
            "kind": version.kind,
            "file": name,
            "size": version.file_size,
            "sha256": version.sha256,
            "uploaded_by": self._dossier.name(version.uploaded_by),
            "uploaded_at": version.uploaded_at,
            "state": state,
        }

    def _index(self) -> dict[str, Any]:
        dossier = self._dossier
        return {
            "project": {"id": dossier.project.id, "name": dossier.project.name, "status": dossier.project.status},
            "made_at": dossier.at,
            "frameworks": [{"id": each, "name": dossier.framework_name(each)} for each, _ in dossier.frameworks],
            "score": dossier.score,
            "files": [{"file": name, "sha256": digest} for name, digest in self._hashes],
            "evidence": self._entries,
            "reviews": [
                {
                    "evidence_id": each.evidence_id,
                    "version": each.version,
                    "reviewer": dossier.name(each.reviewer_id),
                    "decision": each.decision,
                    "score": each.score,
                    "comment": each.comment,
                    "at": each.created_at,
                }
                for each in dossier.reviews
            ],
        }

    def _cover(self) -> Report:
        columns = (Column("Evidence", 1.6), Column("Version", 0.5), Column("Status", 0.7), Column("Controls", 1.2),
                   Column("File", 2.0), Column("SHA-256", 2.4), Column("State", 0.6))  # fmt: skip
        rows = [
            [each["title"], str(each["version"]), each["status"], ", ".join(each["controls"]), each["file"],
             each["sha256"], each["state"]]
            for each in self._entries
        ]  # fmt: skip
        files = Table("Files", (Column("File", 2), Column("SHA-256", 3)), [list(each) for each in self._hashes])
        evidence = Table("Evidence", columns, rows, empty="The project has no evidence.")
        facts = [("Project", self._dossier.project.name), ("As of", self._dossier.at)]
        note = "SHA256SUMS lists every file: sha256sum --check SHA256SUMS"
        return Report("Audit pack", self._dossier.project.name, facts, [evidence, files], evidence, note)


def _safe(name: str) -> str:
    """A file name that stays in its folder on every system."""
    return _UNSAFE.sub("_", name).strip(". ")[:120] or "file"

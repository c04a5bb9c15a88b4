"""Handing a part of the log to somebody who trusts neither the platform nor its database, and checking such a part.

An export is lines of JSON: a header; for each seal of the span the seal and its entries, with a proof for each where
the span takes only some of them; at the end an anchor. :func:`check_export` needs the file and a public key only.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from studio_kernel.audit import form
from studio_kernel.audit.anchors import Anchors
from studio_kernel.audit.keys import confirms
from studio_kernel.audit.seals import SEAL_ROW
from studio_kernel.clock import to_text
from studio_kernel.storage.database import Database
from studio_kernel.storage.sql import Statement

_TYPE = "studio-audit-export-1"
_ENTRY = ", ".join(form.ENTRY_COLUMNS)
_SPAN = Statement("SELECT MIN(number), MAX(number) FROM audit_seals WHERE last_at >= :since AND first_at < :until")
_BEFORE = Statement("SELECT MAX(number) FROM audit_seals WHERE last_at < :since AND number < :first")
_AFTER = Statement("SELECT MIN(number) FROM audit_seals WHERE first_at >= :until AND number >= :last")
_SEALS = Statement(
    f"SELECT {', '.join(SEAL_ROW)} FROM audit_seals WHERE number >= :first AND number <= :last "
    "ORDER BY number LIMIT 100"
)
_ENTRIES = Statement(f"SELECT {_ENTRY} FROM audit_log WHERE seal = :number ORDER BY position")
_SHOWN_SEAL = (*form.SEAL_COLUMNS, "hash", "signature")
CSV_COLUMNS = ("seal", *form.ENTRY_COLUMNS)
_BEYOND = 2**62


@dataclass(slots=True)
class Exporter:
    """Writes parts of one application's log."""

    database: Database
    anchors: Anchors

    def lines(self, since: str, until: str) -> Iterator[bytes]:
        """JSON lines of the sealed entries with ``since`` ≤ time < ``until``."""
        anchor = self.anchors.make()
        keys = {key.id: key.public_key for key in self.anchors.keys.all}
        made = to_text(self.anchors.clock())
        yield _line({"type": _TYPE, "exported_at": made, "since": since, "until": until, "public_keys": keys})
        if anchor is None:
            return
        for seal in self._seals(since, until, anchor["number"]):
            pruned = {"pruned": True} if seal["pruned"] else {}
            yield _line({"type": "seal", **{name: seal[name] for name in _SHOWN_SEAL}, **pruned})
            yield from map(_line, self._proved(seal, since, until))
        yield _line(anchor)

    def rows(self, since: str, until: str) -> Iterator[str]:
        """The same entries as CSV, for people; without proofs."""
        yield _csv(CSV_COLUMNS)
        for seal in self._seals(since, until):
            for entry in self._entries(seal["number"]):
                if since <= entry["at"] < until:
                    yield _csv([seal["number"], *(_harmless(entry[name]) for name in form.ENTRY_COLUMNS)])

    def _seals(self, since: str, until: str, most: int = _BEYOND) -> Iterator[Mapping[str, Any]]:
        """The seals of a span, from one that lies before it to one after, which show that none is left out."""
        first, last = self._places(since, until)
        while rows := self.database.rows(_SEALS, first=first, last=min(last, most)):
            for row in rows:
                yield dict(zip(SEAL_ROW, row, strict=True))
            first = rows[-1][0] + 1

    def _places(self, since: str, until: str) -> tuple[int, int]:
        """The numbers of the first and the last seal for a span; nothing has to lie in it."""
        inside = self.database.row(_SPAN, since=since, until=until)
        first, last = (None, None) if inside is None else inside
        before = self.database.value(_BEFORE, since=since, first=first or _BEYOND) or 1
        after = self.database.value(_AFTER, until=until, last=last or before)
        return before, after or _BEYOND

    def _entries(self, number: int) -> list[dict[str, Any]]:
        rows = self.database.rows(_ENTRIES, number=number)
        return [dict(zip(form.ENTRY_COLUMNS, row, strict=True)) for row in rows]

    def _proved(self, seal: Mapping[str, Any], since: str, until: str) -> Iterator[dict[str, Any]]:
        entries = self._entries(seal["number"])
        wanted = [place for place, entry in enumerate(entries) if since <= entry["at"] < until]
        levels = form.tree_levels([form.leaf(entry) for entry in entries]) if len(wanted) < len(entries) else []
        for place in wanted:
            proof = {"proof": form.proof(levels, place)} if levels else {}
            yield {"type": "entry", "index": place, **entries[place], **proof}


def _line(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def _csv(values: Iterable[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue()


def _harmless(value: Any) -> Any:
    # APPSEC: a request id is the caller's choice, and a spreadsheet takes some texts for formulas.
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


@dataclass(slots=True)
class ExportCheck:
    """What became of checking an export. ``trusted`` says whether the public key was given from outside.

    ``since`` and ``until`` are the span that the file says it is of; nothing is known of what came after the moment of
    the anchor, which alone shows that nothing is left out. ``pruned`` counts seals of the span whose entries the
    platform says it deleted for their age.
    """

    since: str = ""
    until: str = ""
    entries: int = 0
    seals: int = 0
    anchor: Mapping[str, Any] | None = None
    trusted: bool = False
    pruned: int = 0
    problems: list[str] = field(default_factory=list)


def check_export(lines: Iterable[bytes], public_keys: Iterable[str] = ()) -> ExportCheck:
    """Check an export by itself: no database, no secret.

    ``public_keys`` are those that the install is known by; without any, those that the file names are believed, which
    shows that the file is of one piece but not whose it is.
    """
    return _Check(list(public_keys)).run(lines)


class _Check:
    def __init__(self, public_keys: list[str]) -> None:
        self._known = public_keys
        self._keys: dict[str, str] = {}
        self._seal: dict[str, Any] | None = None
        self._entries: list[dict[str, Any]] = []
        self.result = ExportCheck(trusted=bool(public_keys))

    def run(self, lines: Iterable[bytes]) -> ExportCheck:
        for place, line in enumerate(lines, 1):
            try:
                self._take(orjson.loads(line), first=place == 1)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                self.result.problems.append(f"line {place}: {type(error).__name__}: {error}")
                return self.result
        self._close()
        if self.result.anchor is None:
            self.result.problems.append("the file has no anchor at its end: it was cut off, or nothing was sealed")
        return self.result

    def _take(self, value: dict[str, Any], *, first: bool) -> None:
        kind = value["type"]
        if first != (kind == _TYPE):
            raise ValueError("an export begins with its header, and has one")
        if kind == _TYPE:
            self._begin(value)
        elif kind == "entry":
            self._entries.append(value)
        elif kind == "seal":
            self._next_seal(value)
        else:
            self._end(value)

    def _begin(self, header: dict[str, Any]) -> None:
        self.result.since, self.result.until = str(header["since"]), str(header["until"])
        self._keys = {str(name): str(key) for name, key in header["public_keys"].items()}
        unknown = set(self._keys.values()) - set(self._known) if self._known else set()
        self._keys = {name: key for name, key in self._keys.items() if key not in unknown}

    def _next_seal(self, seal: dict[str, Any]) -> None:
        before = self._seal
        self._close()
        if before is None and seal["number"] != 1 and not seal["last_at"] < self.result.since:
            self._problem(seal, "doesn't lie before the span: its beginning is missing")
        if before is not None and (seal["previous"], seal["number"]) != (before["hash"], before["number"] + 1):
            self._problem(seal, "doesn't follow from the one before it")
        if form.seal_hash(seal) != seal["hash"]:
            self._problem(seal, "was changed")
        elif not self._signed(seal, form.seal_signed_part(seal["hash"])):
            self._problem(seal, "has a signature that no known key made")
        self.result.seals += 1
        self._seal = seal

    def _end(self, anchor: dict[str, Any]) -> None:
        last = self._seal
        self._close()
        self._seal = None
        self.result.anchor = anchor
        if not self._signed(anchor, form.anchor_signed_part(anchor)):
            self.result.problems.append("the anchor has a signature that no known key made")
        elif last is None:
            self.result.problems.append("the file has no seal, which would show that nothing of the span is missing")
        elif anchor["number"] == last["number"]:
            if anchor["hash"] != last["hash"]:
                self.result.problems.append("the anchor names another last seal")
        elif not last["first_at"] >= self.result.until:
            self._problem(last, "doesn't lie after the span: its end is missing")

    def _signed(self, value: Mapping[str, Any], message: bytes) -> bool:
        return confirms(self._keys.get(value["key_id"], ""), message, value["signature"])

    def _problem(self, seal: Mapping[str, Any], what: str) -> None:
        self.result.problems.append(f"seal {seal['number']} {what}")

    def _close(self) -> None:
        """Check the entries of the seal that ends here."""
        entries, self._entries = self._entries, []
        seal = self._seal
        if seal is None:
            if entries:
                raise ValueError("entries come after their seal")
            return
        self.result.entries += len(entries)
        if entries and "proof" in entries[0]:
            self._check_proofs(seal, entries)
        elif entries and form.tree_root([form.leaf(entry) for entry in entries]) != seal["root"]:
            self._problem(seal, f"doesn't hold these {len(entries)} entries")
        if seal.get("pruned"):
            self.result.pruned += 1
            return
        inside = self.result.since <= seal["first_at"] and seal["last_at"] < self.result.until
        if inside and len(entries) != seal["entries"]:
            self._problem(seal, f"holds {seal['entries']} entries of this span, of which {len(entries)} are here")

    def _check_proofs(self, seal: Mapping[str, Any], entries: Sequence[dict[str, Any]]) -> None:
        for entry in entries:
            if form.root_by_proof(form.leaf(entry), entry["index"], entry["proof"]) != seal["root"]:
                self._problem(seal, f"doesn't hold the entry {entry['id']}")

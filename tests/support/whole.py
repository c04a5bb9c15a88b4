"""Whether the state of evidence is whole: nothing half done, nothing lost, nothing left over."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from studio_kernel.app import Platform
from studio_kernel.storage.sql import Statement

_FILE = ("file_name", "file_size", "content_type", "sha256", "kind", "url")


def table(platform: Platform, name: str) -> list[dict[str, Any]]:
    """All rows of a table, as far as they are looked at here."""
    columns = {
        "evidence": ("id", "project_id", "version", "status", "control_ids", "tags", "approved_at", *_FILE),
        "evidence_versions": ("evidence_id", "number", *_FILE),
        "evidence_controls": ("evidence_id", "control_id"),
        "evidence_tags": ("evidence_id", "tag"),
        "evidence_reviews": ("evidence_id", "version", "decision", "created_at", "id"),
        "evidence_texts": ("evidence_id",),
        "evidence_analyses": ("evidence_id",),
        "project_controls": ("project_id", "control_id", "evidence_count", "derived_status"),
        "events": ("name", "resource_id"),
        "audit_log": ("action", "resource_id", "status"),
    }[name]
    rows = platform.database.rows(Statement(f"SELECT {', '.join(columns)} FROM {name}"))
    return [dict(zip(columns, row, strict=True)) for row in rows]


def problems(platform: Platform) -> list[str]:
    """What is half done, in words; nothing when all is whole."""
    return [*_pieces(platform), *_leftovers(platform), *_controls(platform), *_events(platform), *_files(platform)]


def _by_piece(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for row in rows:
        found[row["evidence_id"]].append(row)
    return found


def _pieces(platform: Platform) -> Iterator[str]:
    versions = _by_piece(table(platform, "evidence_versions"))
    links = _by_piece(table(platform, "evidence_controls"))
    tags = _by_piece(table(platform, "evidence_tags"))
    reviews = _by_piece(table(platform, "evidence_reviews"))
    for piece in table(platform, "evidence"):
        name = piece["id"]
        own = {each["number"]: each for each in versions[name]}
        if sorted(own) != list(range(1, piece["version"] + 1)):
            yield f"{name} says version {piece['version']} and has {sorted(own)}"
        elif any(own[piece["version"]][column] != piece[column] for column in _FILE):
            yield f"{name} shows another file than its current version has"
        if {each["control_id"] for each in links[name]} != set(json.loads(piece["control_ids"])):
            yield f"{name} has other links than it shows"
        if {each["tag"] for each in tags[name]} != set(json.loads(piece["tags"])):
            yield f"{name} has other tags than it shows"
        current = [each for each in reviews[name] if each["version"] == piece["version"]]
        judged = [each["decision"] for each in sorted(current, key=lambda each: (each["created_at"], each["id"]))]
        if (piece["status"] == "approved") != (judged[-1:] == ["approve"]):
            yield f"{name} is {piece['status']} with the reviews {judged}"
        if (piece["status"] == "approved") != (piece["approved_at"] is not None):
            yield f"{name} is {piece['status']}, approved at {piece['approved_at']}"


def _leftovers(platform: Platform) -> Iterator[str]:
    there = {piece["id"] for piece in table(platform, "evidence")}
    parts = ("versions", "controls", "tags", "reviews", "texts", "analyses")
    for part in (f"evidence_{name}" for name in parts):
        for name in {row["evidence_id"] for row in table(platform, part)} - there:
            yield f"{part} has rows of {name}, which is not there"


def _controls(platform: Platform) -> Iterator[str]:
    status = {piece["id"]: piece["status"] for piece in table(platform, "evidence")}
    served = defaultdict(list)
    for link in table(platform, "evidence_controls"):
        served[link["control_id"]].append(status.get(link["evidence_id"]))
    for control in table(platform, "project_controls"):
        found = served[control["control_id"]]
        derived = "complete" if "approved" in found else "in_progress" if found else "not_started"
        shown = (control["evidence_count"], control["derived_status"])
        if shown != (len(found), derived):
            yield f"{control['control_id']} shows {shown} and has {(len(found), derived)}"


def _events(platform: Platform) -> Iterator[str]:
    told = Counter((event["name"], event["resource_id"]) for event in table(platform, "events"))
    reviews = Counter(row["evidence_id"] for row in table(platform, "evidence_reviews"))
    there = table(platform, "evidence")
    for piece in there:
        name = piece["id"]
        expected = {"uploaded": 1, "versioned": piece["version"] - 1, "reviewed": reviews[name], "deleted": 0}
        for kind, count in expected.items():
            if told[f"evidence.{kind}", name] != count:
                yield f"{name}: {told[f'evidence.{kind}', name]} events {kind} instead of {count}"
    gone = {name for kind, name in told if kind == "evidence.uploaded"} - {piece["id"] for piece in there}
    for name in gone:
        if told["evidence.deleted", name] != 1:
            yield f"{name} is gone with {told['evidence.deleted', name]} events"


def _files(platform: Platform) -> Iterator[str]:
    for sha256 in referred(platform):
        if not platform.files.verify(sha256):
            yield f"the file {sha256} is missing or damaged"


def referred(platform: Platform) -> set[str]:
    """The hashes that versions name."""
    return {row["sha256"] for row in table(platform, "evidence_versions")}


def kept(platform: Platform) -> set[str]:
    """The hashes of all files in the store."""
    return set(platform.files.digests(platform.clock() + timedelta(days=1)))


def sweep_later(platform: Platform) -> None:
    """Sweep as two days from now."""
    from studio_evidence.service.upkeep import Upkeep

    today = platform.clock
    platform.clock = lambda: today() + timedelta(days=2)
    try:
        Upkeep(platform).sweep()
    finally:
        platform.clock = today

"""Telling the chain's end to the outside, so that nobody can cut the log off or write all of it anew.

An anchor is one line of JSON: number, hash and count of the last seal, signed with the key of the seals. Whoever keeps
it, a file on another disk, a web address or a printed page, can later show what the log must contain.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from studio_kernel.audit import form
from studio_kernel.audit.keys import SealKeys
from studio_kernel.audit.seals import last_seal
from studio_kernel.clock import Clock, to_text
from studio_kernel.errors import ServiceUnavailable, ValidationFailed
from studio_kernel.storage.database import Database

_TYPE = "studio-audit-anchor-1"
_URL_SECONDS = 15.0


@dataclass(slots=True)
class Anchors:
    """Makes anchors of one application's log, and carries them out."""

    database: Database
    clock: Clock
    keys: SealKeys

    def make(self) -> dict[str, Any] | None:
        """A signed anchor of the chain as it ends now; None when nothing is sealed yet."""
        seal = last_seal(self.database)
        if seal is None:
            return None
        key = self.keys.newest
        anchor = {
            "type": _TYPE,
            **{name: seal[name] for name in ("number", "hash", "total", "sealed_at")},
            "anchored_at": to_text(self.clock()),
            "key_id": key.id,
            "public_key": key.public_key,
        }
        anchor["signature"] = key.sign(form.anchor_signed_part(anchor))
        return anchor


def append(file: Path, anchor: Mapping[str, Any]) -> None:
    """Add an anchor to a file of them, durably."""
    line = orjson.dumps(anchor, option=orjson.OPT_APPEND_NEWLINE)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ServiceUnavailable(f"The anchor can't be written to {file}: {error.strerror}") from error


def send(url: str, anchor: Mapping[str, Any]) -> None:
    """POST an anchor as JSON; anything but 2xx is ``ServiceUnavailable``."""
    if not url.startswith(("http://", "https://")):
        raise ValidationFailed("url", "Must begin with http:// or https://")
    body = orjson.dumps(anchor)
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 - as above
    try:
        with urllib.request.urlopen(request, timeout=_URL_SECONDS) as answer:  # noqa: S310 - as above
            answer.read(1)
    except (OSError, urllib.error.URLError) as error:
        raise ServiceUnavailable(f"The anchor can't be sent to STUDIO_AUDIT_ANCHOR_URL: {error}") from error


def read_anchors(file: Path) -> list[dict[str, Any]]:
    """The anchors in a file, one a line; ``ValidationFailed`` names a line that is none."""
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise ValidationFailed("anchor", f"Can't read {file}: {error.strerror}") from error
    return [_read(line, f"{file} line {place}") for place, line in enumerate(lines, 1) if line.strip()]


def _read(line: bytes, place: str) -> dict[str, Any]:
    try:
        anchor: dict[str, Any] = orjson.loads(line)
        missing = [name for name in (*form.ANCHOR_COLUMNS, "signature") if name not in anchor]
    except (ValueError, TypeError) as error:
        raise ValidationFailed("anchor", f"{place} is no JSON") from error
    if missing or anchor["type"] != _TYPE or type(anchor["number"]) is not int:
        raise ValidationFailed("anchor", f"{place} is no anchor of an audit log")
    return anchor

"""Reading a file in a process of its own, bound in time, memory and output: a hostile file harms nothing."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from studio_evidence.extraction.extractors import Extractor, Part

_log = logging.getLogger(__name__)

State = Literal["extracted", "no_text", "unsupported", "protected", "damaged", "too_costly"]

_CHILD = Path(__file__).with_name("child.py")
# bytes: of one line of the child's output; a part is cut before it gets that long
_LONGEST_LINE = 16 * 1024 * 1024
# bytes: what a reader may write to the folder that it runs in, in one file
_LARGEST_FILE = 128 * 1024 * 1024

REASONS: dict[str, str] = {
    "no_text": "The file can be read but holds no text, as a scan does",
    "unsupported": "No installed extractor reads files of this kind",
    "protected": "The file is protected by a password",
    "damaged": "The file is damaged: its text can't be read",
    "too_costly": "Reading the file took more time or memory than is allowed",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost: ``seconds`` of CPU time, ``memory`` in bytes, ``characters`` of text.

    ``wait`` is in seconds on the clock, which runs on while other processes have the CPU: it only ends readers that
    do nothing, and should be long beside ``seconds``.
    """

    seconds: int = 30
    memory: int = 1024 * 1024 * 1024
    characters: int = 2_000_000
    wait: int = 240


@dataclass(frozen=True, slots=True)
class Extraction:
    """What came of reading a file. ``reason`` says why there is no text; ``truncated`` that there was more of it."""

    state: State
    reason: str = ""
    parts: tuple[Part, ...] = ()
    truncated: bool = False


def failed(state: State, reason: str = "") -> Extraction:
    """An extraction without text."""
    return Extraction(state, reason or REASONS[state])


def run(extractor: Extractor, content: Iterable[bytes], limits: Limits) -> Extraction:
    """Read a file, given as chunks of bytes; never raises for what the file holds."""
    with tempfile.TemporaryDirectory(prefix="studio-extraction-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "file"
        with path.open("wb") as file:
            for chunk in content:
                file.write(chunk)
        return _run(extractor, path, limits)


def _run(extractor: Extractor, path: Path, limits: Limits) -> Extraction:
    job = {
        "path": str(path),
        "target": extractor.target,
        "sys_path": sys.path,
        "seconds": limits.seconds,
        "memory": max(limits.memory, extractor.memory_mb * 1024 * 1024),
        "characters": limits.characters,
        "largest_file": _LARGEST_FILE,
    }
    # APPSEC: no variables of the platform reach the process, and with them no secrets.
    environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    with subprocess.Popen(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-I", "-X", "utf8", str(_CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=path.parent,
        env={**environment, "TMPDIR": str(path.parent)},
        start_new_session=True,
    ) as process:
        timer = threading.Timer(limits.wait, _kill, [process])
        timer.daemon = True
        timer.start()
        try:
            lines, whole = _talk(process, job, limits)
        finally:
            timer.cancel()
            _kill(process)
    return _outcome(extractor, lines, whole, process.returncode)


def _talk(process: subprocess.Popen[bytes], job: dict[str, Any], limits: Limits) -> tuple[list[dict[str, Any]], bool]:
    """The lines that the child said, and whether it kept to the amount."""
    assert process.stdin is not None, "opened as a pipe"
    assert process.stdout is not None, "opened as a pipe"
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(job).encode() + b"\n")
        process.stdin.close()
    lines: list[dict[str, Any]] = []
    # NOTE: JSON writes a character in at most 12 bytes; each line has a frame of its own.
    allowed = limits.characters * 12 + _LONGEST_LINE
    while line := process.stdout.readline(_LONGEST_LINE):
        allowed -= len(line)
        if allowed < 0 or not line.endswith(b"\n"):
            return lines, False
        try:
            lines.append(json.loads(line))
        except ValueError:
            # NOTE: a library printed something of its own.
            continue
    return lines, True


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the child and what it started."""
    with contextlib.suppress(OSError, AttributeError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()


def _outcome(extractor: Extractor, lines: list[dict[str, Any]], whole: bool, code: int | None) -> Extraction:
    end = lines[-1] if lines and "state" in lines[-1] else None
    if end is None:
        # NOTE: over its limits a process is killed; a parser that crashes dies by another signal.
        crashed = code in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGILL)
        _log.info("the extractor %s ended with %s", extractor.name, code)
        return failed("damaged" if crashed and whole else "too_costly")
    if end["state"] != "extracted":
        if end.get("detail"):
            _log.info("the extractor %s could not read a file: %s", extractor.name, end["detail"])
        return failed(end["state"], "" if end["state"] == "too_costly" else end.get("reason", ""))
    parts = tuple(_cleaned(lines[:-1]))
    if not parts:
        return failed("no_text")
    return Extraction("extracted", parts=parts, truncated=bool(end.get("truncated")))


def _cleaned(lines: Iterable[dict[str, Any]]) -> Iterator[Part]:
    """Parts as text that every database takes; empty ones are left out."""
    for line in lines:
        text = clean(str(line.get("text", "")))
        if text.strip():
            yield Part(text, str(line.get("kind", "")), " ".join(clean(str(line.get("label", ""))).split()))


def clean(text: str) -> str:
    """Text in composed form, without what no database takes: NUL, lone surrogates, control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").replace("\xa0", " ")
    text = "".join(c for c in text if c in "\n\t" or (c >= " " and c != "\x7f" and not "\ud800" <= c <= "\udfff"))
    return unicodedata.normalize("NFC", text)

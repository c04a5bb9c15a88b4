"""What an uploaded file is, told from its content, and whether it may come in (product rules, Evidence).

Nothing here trusts the file's name or the media type that the client claims: the name is only compared with what
the content is. No file is read into memory as a whole.
"""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

import orjson
import puremagic

from studio_evidence.archives import ArchiveLimits, inspect_archive
from studio_kernel.errors import ValidationFailed

if TYPE_CHECKING:
    from collections.abc import Collection

_CHUNK = 256 * 1024
# bytes: JSON up to this size is parsed; of larger files only the beginning is looked at.
_PARSED_JSON = 1024 * 1024
_LONGEST_NAME = 200
# bytes: file systems mostly take 255, and whoever saves a file may add something to its name
_LARGEST_NAME = 240
_OLD_OFFICE = "This is an Office file in the old form, which may hold macros; save it as docx, xlsx or pptx"
_NEVER_TAKEN = (
    (b"MZ", "This is a program for Windows"),
    (b"\x7fELF", "This is a program for Linux"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLD_OFFICE),
    (b"\x1f\x8b", "This is a gzip file; pack it as ZIP"),
    (b"7z\xbc\xaf\x27\x1c", "This is a 7-Zip archive; pack it as ZIP"),
    (b"Rar!", "This is a RAR archive; pack it as ZIP"),
)
# bytes: the end of an archive lies within so many from the end of a file
_LAST_PART = 22 + 65_535
_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(10))}

TEXT_KINDS = {
    "text/csv": ("csv",),
    "text/markdown": ("md", "markdown"),
    "text/html": ("html", "htm"),
    "application/json": ("json",),
    "text/plain": ("txt", "text", "log", "conf", "cfg", "ini", "yaml", "yml", "toml"),
}
BINARY_KINDS = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
}
ARCHIVE_KINDS = {
    "application/zip": ("zip",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx",),
}
EXTENSIONS = {**TEXT_KINDS, **BINARY_KINDS, **ARCHIVE_KINDS}
_BY_EXTENSION = {extension: kind for kind, extensions in EXTENSIONS.items() for extension in extensions}

_ALLOWED = "PDF, docx, xlsx, pptx, text, CSV, Markdown, HTML, JSON, PNG, JPEG, GIF, WebP and ZIP are"


class StagedContent(Protocol):
    """A received file, before it is kept."""

    size: int
    head: bytes

    def open(self) -> BinaryIO: ...


@dataclass(frozen=True, slots=True)
class Inspected:
    """An accepted file: its cleaned name and its media type."""

    file_name: str
    content_type: str


def inspect_file(staged: StagedContent, name: str, limits: ArchiveLimits) -> Inspected:
    """Accept a file or raise ``ValidationFailed`` for the field ``file``, saying why it can't come in."""
    if not staged.size:
        raise _refused("The file is empty")
    file_name = clean_name(name)
    extension = _extension(file_name)
    content_type = _content_type(staged, extension, limits)
    _check_extension(extension, content_type)
    return Inspected(file_name, content_type)


def clean_name(name: str) -> str:
    """A file name that is safe to show and to save: no path, no invisible or reserved characters, 200 at most.

    In UTF-8 it has at most 240 bytes.
    """
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    # APPSEC: category C holds control characters and those that turn the direction of writing, as in "gpj.exe".
    visible = "".join(" " if c.isspace() else c for c in last if c.isspace() or unicodedata.category(c)[0] != "C")
    plain = "".join("_" if c in '<>:"|?*' else c for c in visible)
    plain = " ".join(plain.split()).rstrip(". ")
    if not plain.strip("._ "):
        return "file"
    if plain.partition(".")[0].rstrip().lower() in _DEVICES:
        plain = f"_{plain}"
    stem, dot, extension = plain.rpartition(".")
    if not dot or len(extension) > 20:
        return _shortened(plain)
    return _shortened(stem, dot + extension)


def _shortened(name: str, end: str = "") -> str:
    """``name``, with ``end`` behind it, no longer than a name may be."""
    kept = name[: _LONGEST_NAME - len(end)].encode()[: _LARGEST_NAME - len(end.encode())]
    return kept.decode(errors="ignore") + end


def _content_type(staged: StagedContent, extension: str, limits: ArchiveLimits) -> str:
    if staged.head.startswith(b"PK\x03\x04"):
        with staged.open() as file:
            return inspect_archive(file, staged.size, limits)
    kinds = _signatures(staged.head)
    for kind in BINARY_KINDS:
        if kind in kinds:
            _check_single(staged, kind)
            return kind
    problem = _text_problem(staged)
    if problem:
        raise _refused(f"{_known_kind(staged.head) or problem}; {_ALLOWED} taken")
    return _text_type(staged, extension)


def _check_single(staged: StagedContent, kind: str) -> None:
    """APPSEC: refuse a file that is another one as well, for programs that look at its end or a little behind its
    beginning: archives (and so Office and Java files) are found from the end, PDF within the first 1024 bytes.
    """
    hidden = kind != "application/pdf" and b"%PDF-" in staged.head[:1024]
    with staged.open() as file:
        file.seek(max(0, staged.size - _LAST_PART))
        tail = file.read(_LAST_PART)
    end = tail.rfind(b"PK\x05\x06")
    if end >= 0 and kind == "application/pdf":
        # NOTE: a document may carry an archive; then its own last lines follow, and no archive's comment holds them.
        comment = int.from_bytes(tail[end + 20 : end + 22], "little")
        hidden = end > tail.rfind(b"%%EOF") or end + 22 + comment >= len(tail.rstrip())
    elif end >= 0:
        hidden = True
    if hidden:
        raise _refused("Another file is hidden in this one")


def _signatures(head: bytes) -> Collection[str]:
    """The media types that the first bytes may mean."""
    try:
        return {each.mime_type for each in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        return ()


def _known_kind(head: bytes) -> str:
    """What a file is that is often sent and never taken; empty for all others."""
    return next((words for start, words in _NEVER_TAKEN if head.startswith(start)), "")


def _text_problem(staged: StagedContent) -> str:
    """Why a file can't be text: it must be UTF-8 without NUL. Empty when it is text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with staged.open() as file:
        try:
            if staged.head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "This is text in UTF-16; save it as UTF-8"
            while chunk := file.read(_CHUNK):
                if b"\0" in chunk:
                    return "The file's kind is unknown"
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "The file's kind is unknown (text must be UTF-8)"
    return ""


def _text_type(staged: StagedContent, extension: str) -> str:
    if staged.head.startswith(b"#!"):
        raise _refused(f"Scripts are not taken; {_ALLOWED}")
    kind = _BY_EXTENSION.get(extension, "text/plain")
    if kind not in TEXT_KINDS:
        return "text/plain"
    if kind == "application/json":
        _check_json(staged)
    return kind


def _check_json(staged: StagedContent) -> None:
    if staged.size <= _PARSED_JSON:
        with staged.open() as file:
            content = file.read().removeprefix(codecs.BOM_UTF8)
        try:
            orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise _refused(f"Not valid JSON at line {error.lineno}, column {error.colno}") from None
    elif staged.head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] not in (b"{", b"["):
        raise _refused("Not valid JSON: it must begin with { or [")


def _check_extension(extension: str, content_type: str) -> None:
    """A name may say nothing, but nothing wrong."""
    if not extension or extension in EXTENSIONS[content_type]:
        return
    expected = " or ".join(f".{each}" for each in EXTENSIONS[content_type])
    raise _refused(f"The name ends in .{extension}, but the content is {content_type} ({expected})")


def _extension(file_name: str) -> str:
    stem, _, extension = file_name.rpartition(".")
    return extension.lower() if stem else ""


def _refused(error: str) -> ValidationFailed:
    return ValidationFailed("file", error)

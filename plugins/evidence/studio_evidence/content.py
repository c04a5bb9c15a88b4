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

TEXT_KINDS = {
    "text/csv": ("csv",),
    "text/markdown": ("md", "markdown"),
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

_ALLOWED = "PDF, docx, xlsx, pptx, text, CSV, Markdown, JSON, PNG, JPEG, GIF, WebP and ZIP are"


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
    """A file name that is safe to show and to save: no path, no invisible or reserved characters, 200 at most."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    # APPSEC: category C holds control characters and those that turn the direction of writing, as in "gpj.exe".
    visible = "".join(" " if c.isspace() else c for c in last if c.isspace() or unicodedata.category(c)[0] != "C")
    plain = "".join("_" if c in '<>:"|?*' else c for c in visible)
    plain = " ".join(plain.split()).rstrip(". ")
    if not plain.strip("._ "):
        return "file"
    stem, dot, extension = plain.rpartition(".")
    if not dot or len(extension) > 20:
        return plain[:_LONGEST_NAME]
    return stem[: _LONGEST_NAME - len(extension) - 1] + dot + extension


def _content_type(staged: StagedContent, extension: str, limits: ArchiveLimits) -> str:
    if staged.head.startswith(b"PK\x03\x04"):
        with staged.open() as file:
            return inspect_archive(file, staged.size, limits)
    names, kinds = _signatures(staged.head)
    for kind in BINARY_KINDS:
        if kind in kinds:
            return kind
    problem = _text_problem(staged)
    if problem:
        what = f"This is a file of the kind “{names[0]}”" if names else problem
        raise _refused(f"{what}; {_ALLOWED} taken")
    return _text_type(staged, extension)


def _signatures(head: bytes) -> tuple[list[str], Collection[str]]:
    """What the first bytes look like: names, best match first, and media types."""
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return [], ()
    return [each.name for each in found if each.name], {each.mime_type for each in found}


def _text_problem(staged: StagedContent) -> str:
    """Why a file can't be text: it must be UTF-8 without NUL. Empty when it is text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with staged.open() as file:
        try:
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

"""ZIP archives and the Office files that are ZIP archives, judged by their directory, without unpacking them.

A directory can lie about sizes; whoever unpacks entries later must count what really comes out. Here the aim is
that nothing comes in that announces to be a bomb, that carries macros, or whose directory can't be read.
"""

from __future__ import annotations

import struct
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from studio_kernel.errors import ValidationFailed

_END = b"PK\x05\x06"
_END64 = b"PK\x06\x06"
_LOCATOR64 = b"PK\x06\x07"
# bytes: an end record and its longest comment
_TAIL = 22 + 65_535
# bytes: of an entry in the directory, at most, on average
_DIRECTORY_PER_FILE = 512
_LARGEST_TYPES = 1024 * 1024
_LARGEST_INNER = 32 * 1024 * 1024
_MOST_DEPTH = 2
_MIB = 1024 * 1024
# Deflate reaches about 1:1000; real documents and logs stay far below this.
_MOST_RATIO = 250
_RATIO_FREE = 16 * _MIB

_MAIN = b"application/vnd.openxmlformats-officedocument."
_OFFICE = {
    b"wordprocessingml.document": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"spreadsheetml.sheet": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"presentationml.presentation": ("application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}
_MACRO_MARKS = (b"macroenabled", b"vbaproject", b"macrosheet")
_MACRO_NAMES = ("vbaproject.bin", "vbadata.xml", "macrosheets/", "activex/")


@dataclass(slots=True)
class ArchiveLimits:
    """What an archive, with the archives inside it, may hold. ``unpacked`` is in bytes."""

    files: int
    unpacked: int


def inspect_archive(file: IO[bytes], size: int, limits: ArchiveLimits) -> str:
    """The media type of a ZIP or Office file; ``ValidationFailed`` says why it can't come in."""
    left = ArchiveLimits(limits.files, limits.unpacked)
    with _opened(file, size, left) as archive:
        entries = archive.infolist()
        types = [each for each in entries if each.filename.lower() == "[content_types].xml"]
        if types:
            return _office_type(archive, entries, types)
        _look_inside(archive, entries, left, depth=1)
        return "application/zip"


def _opened(file: IO[bytes], size: int, left: ArchiveLimits) -> zipfile.ZipFile:
    """Open an archive whose directory is small enough to be read, and charge its entries to what is left."""
    _check_directory(file, size, left)
    try:
        archive = zipfile.ZipFile(file)
    except Exception:
        # NOTE: a broken directory shows as BadZipFile, but also as errors of struct, of decoding, of ranges.
        raise _refused("The ZIP archive is damaged") from None
    _charge(archive.infolist(), size, left)
    return archive


def _check_directory(file: IO[bytes], size: int, left: ArchiveLimits) -> None:
    """PERF, APPSEC: zipfile reads the whole directory at once, as large as the file says it is."""
    start = max(0, size - _TAIL - 20)
    file.seek(start)
    tail = file.read(_TAIL + 20)
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < 22:
        raise _refused("The ZIP archive is damaged: it has no directory")
    files, length = struct.unpack_from("<HI", tail, end + 10)
    if end >= 20 and tail[end - 20 : end - 16] == _LOCATOR64:
        files, length = _directory64(file, size, struct.unpack_from("<Q", tail, end - 12)[0])
    if files > left.files or length > left.files * _DIRECTORY_PER_FILE:
        raise _refused(f"The ZIP archive holds more than {left.files} files")
    if not files:
        raise _refused("The ZIP archive is empty")


def _directory64(file: IO[bytes], size: int, offset: int) -> tuple[int, int]:
    if offset + 56 > size:
        raise _refused("The ZIP archive is damaged")
    file.seek(offset)
    record = file.read(56)
    if record[:4] != _END64:
        raise _refused("The ZIP archive is damaged")
    files, length = struct.unpack_from("<QQ", record, 32)
    return files, length


def _charge(entries: Sequence[zipfile.ZipInfo], size: int, left: ArchiveLimits) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    left.files -= len(entries)
    left.unpacked -= unpacked
    if left.files < 0:
        raise _refused("The ZIP archive holds too many files")
    if left.unpacked < 0:
        raise _refused("The ZIP archive unpacks to more than is taken")
    if unpacked > max(_RATIO_FREE, size * _MOST_RATIO):
        raise _refused("The ZIP archive unpacks to suspiciously much (an archive bomb)")
    if any(entry.file_size > max(_RATIO_FREE, entry.compress_size * _MOST_RATIO) for entry in entries):
        raise _refused("A file in the ZIP archive unpacks to suspiciously much (an archive bomb)")


def _office_type(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], types: Sequence[zipfile.ZipInfo]) -> str:
    names = [entry.filename.lower().replace("\\", "/") for entry in entries]
    if len(set(names)) != len(names):
        raise _refused("The Office file is damaged: it holds two parts of the same name")
    if any(mark in name for name in names for mark in _MACRO_NAMES):
        raise _macros()
    declared = _read_types(archive, types[0])
    if any(mark in declared for mark in _MACRO_MARKS):
        raise _macros()
    for name, media_type in _OFFICE.items():
        if _MAIN + name + b".main+xml" in declared:
            return media_type
    raise _refused("This kind of Office file is not taken; save it as docx, xlsx or pptx")


def _read_types(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The part that tells what all others are, in lower case; UTF-16 is turned into bytes to search in."""
    try:
        with archive.open(entry) as part:
            content = part.read(_LARGEST_TYPES + 1)
    except Exception:
        # NOTE: decompressors raise errors of their own (zlib.error, LZMAError), encryption a RuntimeError.
        raise _refused("The Office file is damaged or encrypted") from None
    if len(content) > _LARGEST_TYPES:
        raise _refused("The Office file is damaged: its list of parts is too long")
    return content.replace(b"\0", b"").lower()


def _look_inside(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], left: ArchiveLimits, depth: int) -> None:
    """Judge archives inside the archive by the same limits, to a small depth."""
    for entry in entries:
        if not entry.filename.lower().endswith(".zip"):
            continue
        if depth > _MOST_DEPTH or entry.file_size > _LARGEST_INNER:
            raise _refused("ZIP archives inside the archive lie too deep or are too large to be checked")
        with tempfile.SpooledTemporaryFile(max_size=_MIB) as inner:
            size = _unpack(archive, entry, inner)
            with _opened(inner, size, left) as nested:
                _look_inside(nested, nested.infolist(), left, depth + 1)


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: IO[bytes]) -> int:
    size = 0
    try:
        with archive.open(entry) as part:
            while chunk := part.read(256 * 1024):
                size += len(chunk)
                if size > _LARGEST_INNER:
                    raise _refused("A ZIP archive inside the archive is too large to be checked")
                target.write(chunk)
    except ValidationFailed:
        raise
    except Exception:
        # NOTE: decompressors raise errors of their own (zlib.error, LZMAError), encryption a RuntimeError.
        raise _refused("A ZIP archive inside the archive is damaged or encrypted") from None
    return size


def _macros() -> ValidationFailed:
    return _refused("Office files with macros are not taken; save it without them")


def _refused(error: str) -> ValidationFailed:
    return ValidationFailed("file", error)

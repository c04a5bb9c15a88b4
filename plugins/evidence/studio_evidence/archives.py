"""ZIP archives and the Office files that are ZIP archives, judged by their directory and by how each entry begins.

A directory can lie about sizes; whoever unpacks entries later must count what really comes out. Here the aim is
that nothing comes in that announces to be a bomb, that carries macros or programs, that leads outside of where it
is unpacked, that is another file as well, or whose directory can't be read.
"""

from __future__ import annotations

import stat
import struct
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
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
_LARGEST_INNER = 128 * 1024 * 1024
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
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
)
_ZIP = (b"PK\x03\x04", _END)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The stream that every VBA project in an old Office file has, as its directory spells it.
_OLE_MACROS = "_VBA_PROJECT".encode("utf-16-le")
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
        types = _types_of(entries)
        media_type = _office_type(archive, entries, types) if types else "application/zip"
        _check_entries(archive, entries, left, depth=1)
        return media_type


def _opened(file: IO[bytes], size: int, left: ArchiveLimits) -> zipfile.ZipFile:
    """Open an archive whose directory is small enough to be read, and charge its entries to what is left."""
    _check_directory(file, size, left)
    try:
        archive = zipfile.ZipFile(file)
    except Exception:
        # NOTE: a broken directory shows as BadZipFile, but also as errors of struct, of decoding, of ranges.
        raise _refused("The ZIP archive is damaged") from None
    _charge(archive.infolist(), size, left)
    _check_names(archive.infolist())
    return archive


def _check_directory(file: IO[bytes], size: int, left: ArchiveLimits) -> None:
    """PERF, APPSEC: zipfile reads the whole directory at once, as large as the file says it is."""
    start = max(0, size - _TAIL - 20)
    file.seek(start)
    tail = file.read(_TAIL + 20)
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < 22:
        raise _refused("The ZIP archive is damaged: it has no directory")
    files, length, offset, comment = struct.unpack_from("<HIIH", tail, end + 10)
    directory_end = size - len(tail) + end
    if end >= 20 and tail[end - 20 : end - 16] == _LOCATOR64:
        directory_end = struct.unpack_from("<Q", tail, end - 12)[0]
        files, length, offset = _directory64(file, size, directory_end)
    if files > left.files or length > left.files * _DIRECTORY_PER_FILE:
        raise _refused(f"The ZIP archive holds more than {left.files} files")
    if not files:
        raise _refused("The ZIP archive is empty")
    if end + 22 + comment != len(tail) or offset + length != directory_end:
        # APPSEC: what lies before or behind the archive may be a file of another kind, for those who look there.
        raise _refused("The ZIP archive is damaged, or another file is hidden in it")


def _directory64(file: IO[bytes], size: int, offset: int) -> tuple[int, int, int]:
    if offset + 56 > size:
        raise _refused("The ZIP archive is damaged")
    file.seek(offset)
    record = file.read(56)
    if record[:4] != _END64:
        raise _refused("The ZIP archive is damaged")
    files, length, start = struct.unpack_from("<QQQ", record, 32)
    return files, length, start


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
    if sum(entry.compress_size for entry in entries) > size:
        raise _refused("Files in the ZIP archive overlap (an archive bomb)")
    if any(entry.file_size > max(_RATIO_FREE, entry.compress_size * _MOST_RATIO) for entry in entries):
        raise _refused("A file in the ZIP archive unpacks to suspiciously much (an archive bomb)")


def _check_names(entries: Sequence[zipfile.ZipInfo]) -> None:
    """APPSEC: a careless program that unpacks the archive must not write anywhere else."""
    for entry in entries:
        path = entry.orig_filename.replace("\\", "/")
        unprintable = any(ord(c) < 32 for c in path)
        if path.startswith("/") or path[1:2] == ":" or ".." in path.split("/") or unprintable:
            raise _refused("A file in the ZIP archive has a path that leads outside of it")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise _refused("The ZIP archive holds a symbolic link")
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise _refused("The ZIP archive is damaged: it holds two files of the same name")


def _types_of(entries: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The part that makes an archive an Office file; none in other archives."""
    return [each for each in entries if each.filename.lower() == "[content_types].xml"]


def _office_type(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], types: Sequence[zipfile.ZipInfo]) -> str:
    names = [entry.filename.lower().replace("\\", "/") for entry in entries]
    if len(set(names)) != len(names):
        raise _refused("The Office file is damaged: it holds two parts of the same name")
    declared = _check_macros(archive, names, types[0])
    for name, media_type in _OFFICE.items():
        if _MAIN + name + b".main+xml" in declared:
            return media_type
    raise _refused("This kind of Office file is not taken; save it as docx, xlsx or pptx")


def _check_macros(archive: zipfile.ZipFile, names: Sequence[str], types: zipfile.ZipInfo) -> bytes:
    """Refuse an Office file with macros; what it says its parts are."""
    if any(mark in name for name in names for mark in _MACRO_NAMES):
        raise _macros()
    declared = _read_types(archive, types)
    if any(mark in declared for mark in _MACRO_MARKS):
        raise _macros()
    return declared


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


def _check_entries(
    archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], left: ArchiveLimits, depth: int
) -> None:
    """Judge each entry by how it begins; archives inside by the same limits, to a small depth."""
    for entry in entries:
        if entry.is_dir():
            continue
        if entry.flag_bits & 1:
            raise _refused("The archive is encrypted and can't be checked; upload it without a password")
        head = next(_chunks(archive, entry, 8), b"")
        if head.startswith(_PROGRAMS):
            raise _refused("The archive holds a program; programs are not taken")
        if head.startswith(_OLE):
            _check_old_office(archive, entry)
        if head.startswith(_ZIP) or entry.filename.lower().endswith(".zip"):
            _check_inner(archive, entry, left, depth)


def _check_inner(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: ArchiveLimits, depth: int) -> None:
    if depth > _MOST_DEPTH or entry.file_size > _LARGEST_INNER:
        raise _refused("Archives inside the archive lie too deep or are too large to be checked")
    with tempfile.SpooledTemporaryFile(max_size=_MIB) as inner:
        size = 0
        for chunk in _chunks(archive, entry):
            size += len(chunk)
            if size > _LARGEST_INNER:
                raise _refused("An archive inside the archive is too large to be checked")
            inner.write(chunk)
        with _opened(inner, size, left) as nested:
            entries = nested.infolist()
            for types in _types_of(entries):
                _check_macros(nested, [each.filename.lower() for each in entries], types)
            _check_entries(nested, entries, left, depth + 1)


def _check_old_office(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    before = b""
    for chunk in _chunks(archive, entry):
        if _OLE_MACROS in before + chunk:
            raise _macros()
        before = chunk[-len(_OLE_MACROS) :]


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, size: int = 256 * 1024) -> Iterator[bytes]:
    """An entry's content, never more at once than ``size`` bytes."""
    try:
        with archive.open(entry) as part:
            while chunk := part.read(size):
                yield chunk
    except ValidationFailed:
        raise
    except Exception:
        # NOTE: decompressors raise errors of their own (zlib.error, LZMAError), an unknown method
        # NotImplementedError, two headers that differ BadZipFile.
        raise _refused(f"The archive is damaged: {entry.filename[:100]!r} can't be read") from None


def _macros() -> ValidationFailed:
    return _refused("Office files with macros are not taken; save it without them")


def _refused(error: str) -> ValidationFailed:
    return ValidationFailed("file", error)

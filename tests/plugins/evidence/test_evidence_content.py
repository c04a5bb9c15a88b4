"""What may come in as evidence: the content decides, not the name."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from studio_evidence.archives import ArchiveLimits
from studio_evidence.content import clean_name, inspect_file
from studio_kernel.errors import ValidationFailed
from studio_kernel.storage.files import StagedFile

MIB = 1024 * 1024
OFFICE = "application/vnd.openxmlformats-officedocument."
WORD = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SHEET = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
SLIDES = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
WEBP = b"RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0" + bytes(24)
MACHO = b"\xcf\xfa\xed\xfe\x07\0\0\1\3\0\0\0\2\0\0\0" + bytes(32)


def zip_of(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def office(main: bytes, parts: Mapping[str, bytes] | None = None) -> bytes:
    types = b'<Types><Override PartName="/main.xml" ContentType="' + main + b'"/></Types>'
    return zip_of({"[Content_Types].xml": types, "_rels/.rels": b"<x/>", **(parts or {})})


@pytest.fixture
def inspect(tmp_path: Path) -> Iterator[Any]:
    def run(content: bytes, name: str = "", limits: ArchiveLimits | None = None) -> str:
        with StagedFile(tmp_path / "staging") as staged:
            staged.write(content)
            staged.finish()
            return inspect_file(staged, name, limits or ArchiveLimits(1000, 64 * MIB)).content_type

    yield run
    assert not list((tmp_path / "staging").iterdir())


ACCEPTED = {
    "report.pdf": (PDF, "application/pdf"),
    "shot.png": (PNG, "image/png"),
    "shot.JPG": (JPEG, "image/jpeg"),
    "shot.jpeg": (JPEG, "image/jpeg"),
    "shot.gif": (b"GIF89a\1\0\1\0\0\0\0;", "image/gif"),
    "shot.webp": (WEBP, "image/webp"),
    "policy.docx": (office(WORD), OFFICE + "wordprocessingml.document"),
    "list.xlsx": (office(SHEET), OFFICE + "spreadsheetml.sheet"),
    "talk.pptx": (office(SLIDES), OFFICE + "presentationml.presentation"),
    "all.zip": (zip_of({"a.txt": b"a", "b/c.zip": zip_of({"d.txt": b"d"})}), "application/zip"),
    "notes.txt": ("Größe: 5 µm\n".encode(), "text/plain"),
    "users.csv": (b"\xef\xbb\xbfname,role\nAda,admin\n", "text/csv"),
    "readme.md": (b"# Title\n", "text/markdown"),
    "config.json": (b'{"mfa": true}', "application/json"),
    "page.html": (b"<!doctype html><html><script>1</script></html>", "text/html"),
    "server.log": (b"GET / 200\n", "text/plain"),
    "README": (b"text without an extension", "text/plain"),
    "scan": (PDF, "application/pdf"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_allowed_file_is_known_by_its_content(inspect: Any, name: str) -> None:
    content, media_type = ACCEPTED[name]
    assert inspect(content, name) == media_type


REFUSED = {
    "windows program": (b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff" + bytes(300), "setup.pdf", "taken"),
    "elf program": (b"\x7fELF\2\1\1" + bytes(60), "tool", "taken"),
    "mach-o program": (MACHO, "tool.txt", "taken"),
    "java class": (b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(30), "A.txt", "taken"),
    "script": (b"#!/bin/sh\nrm -rf /\n", "notes.txt", "Scripts"),
    "old office": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "policy.doc", "taken"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0\0\3", "log.txt", "taken"),
    "7-zip": (b"7z\xbc\xaf\x27\x1c\0\4" + bytes(30), "a.zip", "taken"),
    "random bytes": (bytes(range(256)) * 40, "data.txt", "unknown"),
    "nul late in text": (b"a" * 300_000 + b"\0", "log.txt", "unknown"),
    "latin-1 text": ("Größe".encode("latin-1"), "notes.txt", "UTF-8"),
    "text cut in a character": ("Größe".encode()[:3], "notes.txt", "UTF-8"),
    "text called pdf": (b"just text", "report.pdf", ".pdf"),
    "pdf called text": (PDF, "report.txt", "application/pdf"),
    "pdf called exe": (PDF, "report.exe", ".exe"),
    "text called exe": (b"just text", "report.pdf.exe", ".exe"),
    "html called pdf": (b"<html><script>1</script></html>", "page.pdf", ".pdf"),
    "svg image": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "logo.svg", ".svg"),
    "utf-16 text": ("Größe".encode("utf-16"), "notes.txt", "UTF-16"),
    "png called jpg": (PNG, "shot.jpg", "image/png"),
    "zip called docx": (zip_of({"a.txt": b"a"}), "policy.docx", "application/zip"),
    "docx called zip": (office(WORD), "policy.zip", "wordprocessingml"),
    "broken json": (b'{"mfa": ', "config.json", "JSON"),
    "macros by type": (office(b"application/vnd.ms-word.document.macroEnabled.main+xml"), "policy.docx", "macros"),
    "macros by part": (office(WORD, {"word/vbaProject.bin": b"x"}), "policy.docx", "macros"),
    "macros by odd case": (office(WORD, {"word/VBAPROJECT.BIN": b"x"}), "policy.docx", "macros"),
    "macro sheet": (office(SHEET, {"xl/macrosheets/sheet1.xml": b"x"}), "list.xlsx", "macros"),
    "template": (office(WORD.replace(b"document.main", b"template.main")), "policy.docx", "kind of Office"),
    "zip cut short": (zip_of({"a.txt": b"a" * 500})[:-30], "a.zip", "damaged"),
    "zip without directory": (b"PK\3\4" + bytes(100), "a.zip", "damaged"),
    "empty zip inside": (zip_of({"a.zip": zip_of({})}), "a.zip", "empty"),
    "bomb": (zip_of({"zeros": bytes(40 * MIB)}), "a.zip", "bomb"),
    "bomb by number": (zip_of({f"{i}": bytes(12 * MIB) for i in range(6)}), "a.zip", "unpacks"),
    "bomb inside": (zip_of({"inner.zip": zip_of({"zeros": bytes(40 * MIB)})}), "a.zip", "bomb"),
    "docx bomb": (office(WORD, {"word/media/zeros": bytes(40 * MIB)}), "policy.docx", "bomb"),
    "nothing": (b"", "empty.txt", "empty"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_hostile_file_is_refused_and_the_reason_is_told(inspect: Any, case: str) -> None:
    content, name, words = REFUSED[case]
    with pytest.raises(ValidationFailed) as refusal:
        inspect(content, name)
    assert refusal.value.details["field"] == "file"
    assert words in refusal.value.details["error"]


def test_an_archive_with_too_many_files_is_refused(inspect: Any) -> None:
    content = zip_of({f"{number}.txt": b"x" for number in range(11)})
    with pytest.raises(ValidationFailed):
        inspect(content, "a.zip", ArchiveLimits(10, MIB))


def test_an_archive_in_an_archive_in_an_archive_counts_as_too_deep(inspect: Any) -> None:
    content = zip_of({"a.txt": b"a"})
    for _ in range(4):
        content = zip_of({"inner.zip": content})
    with pytest.raises(ValidationFailed) as refusal:
        inspect(content, "a.zip")
    assert "deep" in refusal.value.details["error"]


def test_a_directory_that_claims_a_billion_entries_is_not_read(inspect: Any) -> None:
    content = bytearray(zip_of({"a.txt": b"a"}))
    end = content.rfind(b"PK\5\6")
    offset = end
    record = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 10**9, 10**9, 46 * 10**9, 0)
    locator = b"PK\6\7" + struct.pack("<IQI", 0, offset, 1)
    content[end:end] = record + locator
    with pytest.raises(ValidationFailed) as refusal:
        inspect(bytes(content), "a.zip")
    assert "more than" in refusal.value.details["error"]


def test_an_archive_with_a_directory_of_its_own_size_is_accepted_with_zip64(inspect: Any) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", allowZip64=True) as archive, archive.open("a.txt", "w", force_zip64=True) as part:
        part.write(b"hello")
    assert inspect(buffer.getvalue(), "a.zip") == "application/zip"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("policy v2.1.pdf", "policy v2.1.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\policy.pdf", "policy.pdf"),
        ("a\nb\t\x00c.pdf", "a b c.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ('a"b<c>.pdf', "a_b_c_.pdf"),
        ("Pru\u0308fung.pdf", "Prüfung.pdf"),
        ("", "file"),
        ("..", "file"),
        ("CON.txt", "_CON.txt"),
        ("lpt1", "_lpt1"),
        ("console.txt", "console.txt"),
        ("policy.pdf. . ", "policy.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("y" * 300, "y" * 200),
        ("方" * 200 + ".pdf", "方" * 78 + ".pdf"),
        ("🗎" * 100, "🗎" * 60),
    ],
)
def test_file_names_are_cleaned(sent: str, kept: str) -> None:
    assert clean_name(sent) == kept

"""Files as people and attackers send them, each with what must become of it: a media type, or words of the refusal."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping

OFFICE = "application/vnd.openxmlformats-officedocument."
MIB = 1024 * 1024


def archive(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return buffer.getvalue()


def document(kind: str = "wordprocessingml.document", parts: Mapping[str, bytes] | None = None) -> bytes:
    """An Office file as LibreOffice and Word lay it out, with the parts that both write."""
    main = {"wordprocessingml.document": "word/document.xml", "spreadsheetml.sheet": "xl/workbook.xml"}
    place = main.get(kind, "ppt/presentation.xml")
    types = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/{place}" ContentType="{OFFICE}{kind}.main+xml"/></Types>'
    )
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
    own = {"[Content_Types].xml": types.encode(), "_rels/.rels": relations.encode(), place: b"<x/>" * 200}
    return archive({**own, **(parts or {})})


def pdf(text: str = "Access policy", *, tail: bytes = b"") -> bytes:
    """A document of one page with a sound table of contents; ``tail`` comes before its last lines."""
    stream = zlib.compress(f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode())
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(stream) + stream + b"\nendstream",
    ]
    content, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n" % number + each + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    content += tail
    start = len(content)
    content += b"xref\n0 5\n0000000000 65535 f \n" + table + b"trailer\n<< /Size 5 /Root 1 0 R >>\n"
    return content + b"startxref\n%d\n%%%%EOF\n" % start


def png(width: int = 8, height: int = 8) -> bytes:
    """A picture with every checksum in place."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    rows = b"".join(b"\0" + b"\x30\x60\x90" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def jpeg(comment: bytes = b"") -> bytes:
    """The frame of a photograph, with a comment."""
    start = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    note = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment if comment else b""
    return start + note + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + b"\x12\x34" * 400 + b"\xff\xd9"


def _with_flag(content: bytes, flag: int) -> bytes:
    """The same archive with a flag set on its first entry, in both of its headers."""
    changed = bytearray(content)
    changed[6] |= flag
    changed[content.find(b"PK\1\2") + 8] |= flag
    return bytes(changed)


def _link() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        entry = zipfile.ZipInfo("passwords")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


def _renamed(content: bytes, old: bytes, new: bytes) -> bytes:
    """The same archive with an entry called otherwise in its directory, which is read last."""
    place = content.rfind(old)
    return content[:place] + new + content[place + len(old) :]


def _overlapping() -> bytes:
    """Many names for one compressed block, after David Fifield's bombs."""
    content = archive({"a": bytes(MIB)})
    start, end = content.find(b"PK\1\2"), content.find(b"PK\5\6")
    entry, count = content[start:end], 40
    entries = b"".join(
        entry.replace(b"a", bytes([97 + number % 26]) if number < 26 else b"a") for number in range(count)
    )
    tail = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(entries), start, 0)
    return content[:start] + entries + tail


def _old_office(stream: str) -> bytes:
    """The beginning of an old Office file whose directory names a stream."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le").ljust(512, b"\0") + bytes(4096)


PROGRAM = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff" + bytes(300)
_MACROS = document(parts={"word/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)})

TAKEN: dict[str, tuple[str, bytes, str]] = {
    "a policy as PDF": ("Access policy v2.pdf", pdf(), "application/pdf"),
    "a PDF with a spreadsheet in it": ("report.pdf", pdf(tail=document("spreadsheetml.sheet")), "application/pdf"),
    "a PDF with bytes behind its end": ("scan.pdf", pdf() + b"\r\n\r\n", "application/pdf"),
    "a Word document": ("policy.docx", document(), OFFICE + "wordprocessingml.document"),
    "a workbook": ("users.xlsx", document("spreadsheetml.sheet"), OFFICE + "spreadsheetml.sheet"),
    "slides": ("training.pptx", document("presentationml.presentation"), OFFICE + "presentationml.presentation"),
    "a document with a table from Excel": (
        "policy.docx",
        document(parts={"word/embeddings/Microsoft_Excel_Sheet.xlsx": document("spreadsheetml.sheet")}),
        OFFICE + "wordprocessingml.document",
    ),
    "a screenshot": ("mfa.png", png(), "image/png"),
    "a photograph": ("door.jpeg", jpeg(b"Taken on site"), "image/jpeg"),
    "a photograph with a film behind it": ("IMG_1.jpg", jpeg() + b"\0\0\0\x18ftypmp42" + bytes(2000), "image/jpeg"),
    "an export with a byte order mark": ("users.csv", b"\xef\xbb\xbfname;role\r\nAda;admin\r\n", "text/csv"),
    "a configuration": ("mfa.json", b'{"mfa": {"required": true}}\n', "application/json"),
    "a saved web page": ("console.html", b"<!DOCTYPE html>\n<title>Users</title>", "text/html"),
    "notes in Markdown": ("visit.md", "# Besuch\n\n- Tür verschlossen ✓\n".encode(), "text/markdown"),
    "a log": ("auth.log", b"Jan  1 00:00:00 host sshd[1]: Accepted publickey\n" * 1000, "text/plain"),
    "infrastructure as code, zipped": (
        "terraform.zip",
        archive({"main.tf": b"resource {}", "run.sh": b"#!/bin/sh\nterraform plan\n", "modules/": b""}),
        "application/zip",
    ),
    "a mailbox with old documents": (
        "mail.zip",
        archive({"1/plan.doc": _old_office("WordDocument"), "2/plan.docx": document()}),
        "application/zip",
    ),
    "an archive without compression": ("all.zip", archive({"a.pdf": pdf()}, zipfile.ZIP_STORED), "application/zip"),
    "a name from another world": ("../../\u202efdp.exe\r\nX: 1/Prüfung „Ä“.pdf", pdf(), "application/pdf"),
}

REFUSED: dict[str, tuple[str, bytes, str]] = {
    "nothing": ("empty.pdf", b"", "empty"),
    "a program called PDF": ("invoice.pdf", PROGRAM, "taken"),
    "a PDF called program": ("invoice.exe", pdf(), ".exe"),
    "a picture called document": ("policy.docx", png(), "image/png"),
    "a web page called picture": ("logo.png", b"<html><script>alert(1)</script></html>", ".png"),
    "a picture and an archive in one": ("shot.png", png() + archive({"a.class": b"x"}), "hidden"),
    "a GIF and a Java archive in one": ("a.gif", b"GIF89a\1\0\1\0\0\0\0;" + archive({"A": b"x"}), "hidden"),
    "a photograph and a PDF in one": ("door.jpg", jpeg(b"%PDF-1.7 obj"), "hidden"),
    "a PDF and an archive in one": ("policy.pdf", pdf() + archive({"a.txt": b"x"}), "hidden"),
    "a PDF inside the comment of an archive": (
        "policy.pdf",
        b"%PDF-1.7\n" + archive({"a": b"x"})[:-2] + struct.pack("<H", 30) + b"%%EOF".rjust(30),
        "hidden",
    ),
    "an archive and a program in one": ("a.zip", archive({"a.txt": b"x"}) + PROGRAM, "hidden"),
    "two archives in one": ("a.zip", archive({"a.txt": b"x"}) + archive({"b.txt": b"y"}), "hidden"),
    "a document with macros": ("policy.docx", _MACROS, "macros"),
    "a document with macros and an honest name": ("policy.docm", _MACROS, "macros"),
    "a document with macros in an archive": ("mail.zip", archive({"policy.docx": _MACROS}), "macros"),
    "an old document with macros in an archive": (
        "mail.zip",
        archive({"plan.doc": _old_office("_VBA_PROJECT")}),
        "macros",
    ),
    "a workbook with macros in a document": (
        "policy.docx",
        document(parts={"word/embeddings/sheet.bin": _MACROS}),
        "macros",
    ),
    "a program in an archive": ("tools.zip", archive({"docs/readme.txt": PROGRAM}), "program"),
    "a program in an archive in an archive": (
        "a.zip",
        archive({"b.bin": archive({"c": b"\x7fELF" + bytes(60)})}),
        "program",
    ),
    "a path out of the archive": ("a.zip", archive({"../../etc/cron.d/x": b"x"}), "outside"),
    "a path out of the archive, on Windows": ("a.zip", archive({"..\\..\\startup.bat": b"x"}), "outside"),
    "an absolute path": ("a.zip", archive({"/etc/passwd": b"x"}), "outside"),
    "a drive": ("a.zip", archive({"C:/Windows/x": b"x"}), "outside"),
    "a symbolic link": ("a.zip", _link(), "symbolic link"),
    "two files of one name": (
        "a.zip",
        _renamed(archive({"a.txt": b"x", "b.txt": b"y"}), b"b.txt", b"a.txt"),
        "damaged",
    ),
    "another name in the directory": ("a.zip", _renamed(archive({"a.txt": b"x"}), b"a.txt", b"b.txt"), "damaged"),
    "an encrypted archive": ("a.zip", _with_flag(archive({"a.txt": b"x"}), 1), "encrypted"),
    "an archive bomb": ("a.zip", archive({"zeros": bytes(40 * MIB)}), "bomb"),
    "an archive bomb in a document": ("p.docx", document(parts={"word/media/x.png": bytes(40 * MIB)}), "bomb"),
    "an archive bomb under another name": ("a.zip", archive({"x.dat": archive({"y": bytes(40 * MIB)})}), "bomb"),
    "an archive whose files overlap": ("a.zip", _overlapping(), "bomb"),
    "an archive cut short": ("a.zip", archive({"a.txt": b"x" * 500})[:-30], "damaged"),
    "a document cut short": ("policy.docx", document()[:-200], "damaged"),
    "a vector graphic with a script": ("logo.svg", b"<svg onload='alert(1)'/>", ".svg"),
    "a shortcut": ("policy.url", b"[InternetShortcut]\nURL=file:///c:/windows/system32/calc.exe\n", ".url"),
    "an application for HTML": ("policy.hta", b"<script>1</script>", ".hta"),
    "a disk image": ("disk.zip", b"\0" * 32_769 + b"CD001" + bytes(3000), "unknown"),
    "a document of another age": ("plan.doc", _old_office("WordDocument"), "save it as docx"),
    "a tarball": ("logs.tgz", b"\x1f\x8b\x08\0\0\0\0\0\0\3" + bytes(60), "ZIP"),
    "half a sentence of JSON": ("mfa.json", b'{"mfa": tru', "JSON"),
}

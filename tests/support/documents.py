"""Documents as people bring them, and as attackers would, made from nothing: each with what must come of reading it."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import docx
import openpyxl
import pptx
import pypdf

OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX = f"{OFFICE}.wordprocessingml.document"
XLSX = f"{OFFICE}.spreadsheetml.sheet"
PPTX = f"{OFFICE}.presentationml.presentation"
PDF = "application/pdf"
MIB = 1024 * 1024


@dataclass(frozen=True)
class Sample:
    """A file and what must come of reading it: a state, text that must be in a place, text that must be nowhere."""

    make: Callable[[], bytes]
    content_type: str
    state: str = "extracted"
    holds: Sequence[tuple[str, str, str]] = ()
    lacks: Sequence[str] = ()
    truncated: bool = False


def pdf(*pages: str, compress: bool = False, info: str = "") -> bytes:
    """A PDF of pages with lines of text in a standard font."""
    streams = []
    for page in pages:
        lines = page.split("\n")
        shown = " T* ".join(f"({_pdf_text(line)}) Tj" for line in lines)
        streams.append(f"BT /F1 12 Tf 14 TL 72 720 Td {shown} ET".encode("cp1252", "replace"))
    return pdf_of(streams, compress=compress)


def pdf_of(streams: Sequence[bytes], *, compress: bool = False) -> bytes:
    """A PDF of pages with these content streams."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    kids = []
    for stream in streams:
        content = zlib.compress(stream) if compress else stream
        extra = b"/Filter /FlateDecode " if compress else b""
        objects.append(b"<< %s/Length %d >>\nstream\n%s\nendstream" % (extra, len(content), content))
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % n for n in kids))
    return pdf_file(objects)


def pdf_file(objects: Sequence[bytes]) -> bytes:
    """Objects, numbered from 1, with their table and trailer; the first is the catalogue."""
    content = bytearray(b"%PDF-1.7\n")
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(content)


def _pdf_text(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def locked_pdf(*, owner_only: bool) -> bytes:
    """A PDF behind a password, or one that only changes need a password for."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("Locked away")))
    writer.encrypt("" if owner_only else "secret", owner_password="owner", algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def word(*blocks: tuple[str, str] | list[list[str]], header: str = "") -> bytes:
    """A Word document of (style, text) paragraphs and tables."""
    document = docx.Document()
    if header:
        document.sections[0].header.paragraphs[0].text = header
    for block in blocks:
        if isinstance(block, list):
            table = document.add_table(rows=0, cols=len(block[0]))
            for row in block:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
        else:
            document.add_paragraph(block[1], style=block[0])
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def excel(sheets: Mapping[str, Iterable[Sequence[object]]]) -> bytes:
    """A workbook of sheets with rows."""
    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def powerpoint(*slides: tuple[str, str, str]) -> bytes:
    """Slides with title, text and notes."""
    deck = pptx.Presentation()
    for title, text, notes in slides:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    target = io.BytesIO()
    deck.save(target)
    return target.getvalue()


def zipped(files: Mapping[str, bytes], *, stored: bool = False) -> bytes:
    """A ZIP archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """An Office file with one part changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    parts[name] = change(parts[name])
    return zipped(parts)


def png(text: bytes = b"") -> bytes:
    """A picture of one pixel, with a comment."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    comment = chunk(b"tEXt", b"Comment\0" + text) if text else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + comment
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


def _table() -> bytes:
    target = io.StringIO()
    csv.writer(target).writerows(
        [["User", "Role", "Reviewed"], ["ann", "admin", "2026-03-14"], ["bob", "dev, ops", "no"]]
    )
    return target.getvalue().encode()


_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (c + 1, b"&%c;" % c * 10) for c in range(ord("a"), ord("k")))
    + b"]>"
)
_OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY outside SYSTEM "file:///etc/passwd">]>'


def _entity(content: bytes, prologue: bytes, name: bytes, marker: bytes) -> bytes:
    body = content.partition(b"?>")[2] if content.startswith(b"<?xml") else content
    return prologue + body.replace(marker, b"&" + name + b";")


def _endless_tree() -> bytes:
    """A tree of pages that contains itself."""
    return pdf_file([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [2 0 R] >>"])


def _bomb_page() -> bytes:
    """A page whose content unpacks to 128 MiB."""
    packer = zlib.compressobj(9)
    block = b"0 0 m " * (MIB // 6)
    content = b"".join(packer.compress(block) for _ in range(128)) + packer.flush()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << >> >>",
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    return pdf_file(objects)


def _busy_page() -> bytes:
    """A page with more to do than there is time for."""
    return pdf_of([b"BT /F1 12 Tf " + b"(busy) Tj 1 0 0 1 0 0 cm " * 400_000 + b" ET"], compress=True)


def _deep_sheet() -> bytes:
    """A sheet of one cell in the last row that says it is as large as can be."""

    def change(content: bytes) -> bytes:
        body = b'<dimension ref="A1:XFD1048576"/><sheetData>'
        body += b'<row r="262144"><c r="XFD262144"><v>7</v></c></row></sheetData>'
        start, end = content.index(b"<sheetData"), content.index(b"</sheetData>") + len(b"</sheetData>")
        return content[:start] + body + content[end:]

    return with_part(excel({"Deep": [[1]]}), "xl/worksheets/sheet1.xml", change)


REAL: dict[str, Sample] = {
    "pdf": Sample(
        lambda: pdf("Access Policy\nVersion 2.1", "Reviewed (quarterly) by the CISO \x80"),
        PDF,
        holds=[("Access Policy", "page", "1"), ("Reviewed (quarterly)", "page", "2")],
    ),
    "pdf, compressed": Sample(lambda: pdf("One", "Two", "Three", compress=True), PDF, holds=[("Three", "page", "3")]),
    "pdf, owner password": Sample(lambda: locked_pdf(owner_only=True), PDF, holds=[("Locked away", "page", "1")]),
    "pdf, user password": Sample(lambda: locked_pdf(owner_only=False), PDF, "protected"),
    "pdf, scanned": Sample(lambda: pdf_of([b"q 612 0 0 792 0 0 cm Q"]), PDF, "no_text"),
    "pdf, cut off": Sample(lambda: pdf("Half a file", "is gone")[:300], PDF, "damaged"),
    "pdf, table astray": Sample(
        lambda: pdf("Still here").replace(b"startxref\n", b"startxref\n9"), PDF, holds=[("Still here", "page", "1")]
    ),
    "word": Sample(
        lambda: word(
            ("Title", "Backup Policy"),
            ("Normal", "Owner: Head of IT"),
            ("Heading 1", "Scope"),
            ("Normal", "All servers"),
            [["Server", "Backup"], ["db1", "daily"]],
            header="Version 3 – confidential",
        ),
        DOCX,
        holds=[
            ("Version 3", "header", ""),
            ("Owner: Head of IT", "section", "Backup Policy"),
            ("db1 | daily", "section", "Scope"),
        ],
    ),
    "word, empty": Sample(lambda: word(), DOCX, "no_text"),
    "word, not a document": Sample(lambda: zipped({"[Content_Types].xml": b"<Types/>"}), DOCX, "damaged"),
    "excel": Sample(
        lambda: excel(
            {
                "Users": [["Name", "Since"], ["Ann", date(2026, 3, 14)], [], ["Bob", datetime(2026, 1, 2, 3, 4)]],
                "Summary": [["Total", 2, 0.5, True]],
            }
        ),
        XLSX,
        holds=[
            ("Ann | 2026-03-14", "sheet", "Users, rows 1-4"),
            ("Bob | 2026-01-02 03:04:00", "sheet", "Users, rows 1-4"),
            ("Total | 2 | 0.5 | True", "sheet", "Summary, row 1"),
        ],
    ),
    "excel, long": Sample(
        lambda: excel({"Log": [[f"user{n}", "signed in", n] for n in range(5_000)]}),
        XLSX,
        holds=[("user4999 | signed in | 4999", "sheet", "")],
    ),
    "powerpoint": Sample(
        lambda: powerpoint(("Awareness", "Phishing training", "All staff attended"), ("Results", "97 %", "")),
        PPTX,
        holds=[("Phishing training", "slide", "1"), ("All staff attended", "slide", "1"), ("97 %", "slide", "2")],
    ),
    "html": Sample(
        lambda: (
            b"<html><head><title>Scan report</title><style>p{}</style></head><body><h1>Findings</h1><p>No critical"
            b" <b>issues</b></p><script>alert(1)</script><table><tr><td>Host</td><td>ok</td></tr></table>"
            b"<h2>Method &amp; scope</h2><p>Caf\xc3\xa9</p><!-- hidden --></body></html>"
        ),
        "text/html",
        holds=[
            ("Scan report", "section", ""),
            ("No critical issues", "section", "Findings"),
            ("Host | ok", "section", "Findings"),
            ("Café", "section", "Method & scope"),
        ],
        lacks=["alert", "hidden", "p{}"],
    ),
    "html, broken": Sample(lambda: b"<p>one<p>two<table><b>three", "text/html", holds=[("two", "section", "")]),
    "csv": Sample(
        _table, "text/csv", holds=[("ann | admin | 2026-03-14", "rows", "rows 1-3"), ("dev, ops", "rows", "")]
    ),
    "csv, semicolons": Sample(
        lambda: "\ufeffName;Größe\nÄnne;170,5\n".encode(), "text/csv", holds=[("Änne | 170,5", "rows", "rows 1-2")]
    ),
    "markdown": Sample(
        lambda: b"Intro\n\n# Scope #\nAll systems\n```\n# not a heading\n```\n## Roles\nThe CISO\n",
        "text/markdown",
        holds=[("Intro", "section", ""), ("# not a heading", "section", "Scope"), ("The CISO", "section", "Roles")],
    ),
    "json": Sample(
        lambda: json.dumps(
            {"users": [{"name": "ann", "mfa": True}, {"name": "bob", "mfa": False}], "date": "2026-03-14"}
        ).encode(),
        "application/json",
        holds=[
            ("users.name: ann", "member", "users"),
            ("users.mfa: False", "member", "users"),
            ("date: 2026-03-14", "member", "date"),
        ],
    ),
    "json, list": Sample(
        lambda: b'\xef\xbb\xbf[1, "two", null, {"a": {"b": "c"}}]', "application/json", holds=[("a.b: c", "member", "")]
    ),
    "text": Sample(
        lambda: "first\r\nsecond\u00a0line\n".encode(), "text/plain", holds=[("second line", "lines", "1-2")]
    ),
    "text, decomposed": Sample(lambda: "Re\u0301sume\u0301".encode(), "text/plain", holds=[("Résumé", "lines", "1-1")]),
    "text, blank": Sample(lambda: b" \n\t\n", "text/plain", "no_text"),
    "zip": Sample(
        lambda: zipped(
            {
                "policies/access.md": b"# Access\nleast privilege",
                "report.html": b"<h1>Report</h1><p>fine</p>",
                "deep/plan.pdf": pdf("Plan of action"),
                "program.exe": b"MZ",
                "broken.docx": b"PK",
            }
        ),
        "application/zip",
        holds=[
            ("least privilege", "file", "policies/access.md: section Access"),
            ("fine", "file", "report.html: section Report"),
            ("Plan of action", "file", "deep/plan.pdf: page 1"),
        ],
    ),
    "zip, nothing to read": Sample(lambda: zipped({"a.bin": b"1"}), "application/zip", "no_text"),
    "zip, all broken": Sample(lambda: zipped({"a.docx": b"1"}), "application/zip", "damaged"),
    "image": Sample(png, "image/png", "unsupported"),
}

HOSTILE: dict[str, Sample] = {
    "pdf, pages in a circle": Sample(_endless_tree, PDF, "damaged"),
    "pdf, page bomb": Sample(_bomb_page, PDF, "no_text"),
    "pdf, too much to do": Sample(_busy_page, PDF, "too_costly"),
    "pdf, deep nesting": Sample(
        lambda: pdf_file([b"<< /Type /Catalog /Pages " + b"[" * 50_000 + b"]" * 50_000 + b" >>"]), PDF, "damaged"
    ),
    "pdf, only a head": Sample(lambda: b"%PDF-1.7\n" + b"\0" * 100, PDF, "damaged"),
    "word, billion laughs": Sample(
        lambda: with_part(
            word(("Normal", "MARK")), "word/document.xml", lambda part: _entity(part, _LAUGHS, b"k", b"MARK")
        ),
        DOCX,
        "damaged",
    ),
    "word, a file of the server": Sample(
        lambda: with_part(
            word(("Normal", "MARK"), ("Normal", "safe")),
            "word/document.xml",
            lambda part: _entity(part, _OUTSIDE, b"outside", b"MARK"),
        ),
        DOCX,
        holds=[("safe", "section", "")],
        lacks=["root:"],
    ),
    "word, deep nesting": Sample(
        lambda: with_part(
            word(("Normal", "MARK")),
            "word/document.xml",
            lambda part: part.replace(b"<w:body>", b"<w:body>" + b"<w:p>" * 100_000).replace(
                b"</w:body>", b"</w:p>" * 100_000 + b"</w:body>"
            ),
        ),
        DOCX,
        "damaged",
    ),
    "word, bomb": Sample(
        lambda: with_part(
            word(("Normal", "MARK")),
            "word/document.xml",
            lambda part: part.replace(b"<w:body>", b"<w:body>" + b"<w:p><w:r><w:t>boom</w:t></w:r></w:p>" * 3_000_000),
        ),
        DOCX,
        "too_costly",
    ),
    "excel, billion laughs": Sample(
        lambda: with_part(
            excel({"A": [["MARK"]]}), "xl/worksheets/sheet1.xml", lambda part: _entity(part, _LAUGHS, b"k", b"MARK")
        ),
        XLSX,
        "damaged",
    ),
    "excel, as large as can be": Sample(_deep_sheet, XLSX, holds=[("7", "sheet", "Deep, row 262144")]),
    "excel, endless": Sample(
        lambda: excel({"A": [["x" * 1000] for _ in range(1_000)]}), XLSX, holds=[("xxx", "sheet", "")], truncated=True
    ),
    "html, deep nesting": Sample(
        lambda: b"<p>before</p>" + b"<div>" * 200_000 + b"deep", "text/html", holds=[("before", "section", "")]
    ),
    "html, entities": Sample(
        lambda: _LAUGHS + b"<html><body><p>calm &k; &amp; quiet</p></body></html>",
        "text/html",
        holds=[("calm", "section", "")],
        lacks=["haha"],
    ),
    "html, a file of the server": Sample(
        lambda: _OUTSIDE + b"<html><body><p>safe &outside;</p></body></html>",
        "text/html",
        holds=[("safe", "section", "")],
        lacks=["root:"],
    ),
    "json, deep nesting": Sample(lambda: b"[" * 200_000 + b"]" * 200_000, "application/json", "damaged"),
    "json, not at all": Sample(lambda: b'{"a": ', "application/json", "damaged"),
    "csv, one endless field": Sample(lambda: b'"' + b"x" * 400_000, "text/csv", holds=[("xxx", "rows", "row 1")]),
    "text, one endless line": Sample(
        lambda: b"x" * 400_000, "text/plain", holds=[("xxx", "lines", "")], truncated=True
    ),
    "text, control characters": Sample(
        lambda: b"bell\x07 escape\x1b[31m red \xed\xa0\x80 end",
        "text/plain",
        holds=[("escape[31m red", "lines", "1-1")],
    ),
    "zip, bomb": Sample(
        lambda: zipped({"bomb.txt": b"0" * (65 * MIB), "note.txt": b"still read"}),
        "application/zip",
        holds=[("still read", "file", "note.txt: lines 1-1")],
    ),
    "zip, names that climb": Sample(
        lambda: zipped({"../../../../tmp/studio-climbed.txt": b"climbed"}),
        "application/zip",
        holds=[("climbed", "file", "")],
    ),
    "zip, protected": Sample(
        lambda: _protected(zipped({"a.txt": b"secret"}, stored=True)), "application/zip", "protected"
    ),
    "zip, cut off": Sample(lambda: zipped({"a.txt": b"secret"})[:40], "application/zip", "damaged"),
}


def _protected(content: bytes) -> bytes:
    """The archive with the mark of encryption on its entry, in both places."""
    changed = bytearray(content)
    changed[6] |= 1
    directory = content.index(b"PK\x01\x02")
    changed[directory + 8] |= 1
    return bytes(changed)

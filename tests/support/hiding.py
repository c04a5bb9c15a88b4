"""PDF and Office files that say something to whoever reads them with a machine, hidden from people.

Each maker takes a function from the name of a hiding place to what is hidden there.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import docx
import openpyxl
import pptx
from docx.oxml.parser import OxmlElement
from docx.shared import Pt, RGBColor
from openpyxl.comments import Comment
from openpyxl.styles import Font
from pptx.dml.color import RGBColor as SlideColor
from pptx.util import Inches

from .documents import DOCX, PDF, PPTX, XLSX, pdf_file, png

Hide = Callable[[str], str]

VISIBLE = "Access rules for systems"


def hiding_pdf(hide: Hide) -> bytes:
    """White, unpainted, tiny and off-page text, a note, and the file's metadata."""
    pages = {
        "white text": "1 1 1 rg 1 0 0 1 72 700 Tm ({0}) Tj",
        "unpainted text": "3 Tr 1 0 0 1 72 700 Tm ({0}) Tj",
        "tiny text": "/F1 0.1 Tf 1 0 0 1 72 700 Tm ({0}) Tj",
        "text beside the page": "1 0 0 1 5000 9000 Tm ({0}) Tj",
    }
    objects: list[bytes] = [b"", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    note = f"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents ({hide('comment')}) >>".encode()
    objects.append(note)
    kids = []
    for place, form in pages.items():
        stream = f"BT /F1 12 Tf 1 0 0 1 72 720 Tm ({VISIBLE}) Tj {form.format(_escaped(hide(place)))} ET".encode()
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        content = len(objects)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Annots [4 0 R] "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % content
        )
        kids.append(len(objects))
    named = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{hide('metadata')}</x:xmpmeta>".encode()
    objects.append(b"<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%s\nendstream" % (len(named), named))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R /Metadata %d 0 R >>" % len(objects)
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % each for each in kids))
    return pdf_file(objects)


def hiding_word(hide: Hide) -> bytes:
    """White and hidden runs, a table, a header, a comment, a picture's description, and the file's properties."""
    document = docx.Document()
    for place, change in (("white text", _whiten), ("hidden text", _vanish)):
        document.add_heading(VISIBLE)
        change(document.add_paragraph().add_run(hide(place)))
    document.add_heading(VISIBLE)
    document.add_table(rows=1, cols=2).rows[0].cells[1].text = hide("table")
    document.sections[0].header.paragraphs[0].text = hide("header")
    document.add_comment(document.paragraphs[0].runs, text=hide("comment"))
    picture = document.add_picture(io.BytesIO(png()))
    picture._inline.docPr.set("descr", hide("alt text"))
    document.core_properties.subject = hide("metadata")
    return _saved(document)


def hiding_excel(hide: Hide) -> bytes:
    """A hidden sheet, a hidden row and column, white text, a comment, and the file's properties."""
    book = openpyxl.Workbook()
    for place in ("hidden row", "hidden column", "white text"):
        sheet = book.create_sheet(place)
        sheet.append([VISIBLE])
        sheet.append(["", hide(place)])
        sheet["B2"].font = Font(color="FFFFFF", size=1)
    book["hidden row"].row_dimensions[2].hidden = True
    book["hidden column"].column_dimensions["B"].hidden = True
    secret = book.create_sheet("secret")
    secret.sheet_state = "veryHidden"
    secret.append([VISIBLE, hide("hidden sheet")])
    book["white text"]["A1"].comment = Comment(hide("comment"), "x")
    book.properties.description = hide("metadata")
    return _saved(book)


def hiding_powerpoint(hide: Hide) -> bytes:
    """White text, a box beside the slide, a table, notes, a hidden slide, alt text, and the file's properties."""
    deck = pptx.Presentation()
    for place in ("white text", "text beside the slide", "table", "notes", "hidden slide"):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = VISIBLE
        if place == "notes":
            slide.notes_slide.notes_text_frame.text = hide(place)
        elif place == "table":
            slide.shapes.add_table(1, 1, 0, 0, Inches(1), Inches(1)).table.cell(0, 0).text = hide(place)
        else:
            left = Inches(90) if place == "text beside the slide" else 0
            frame = slide.shapes.add_textbox(left, 0, Inches(1), Inches(1)).text_frame
            frame.text = hide(place)
            frame.paragraphs[0].runs[0].font.color.rgb = SlideColor(255, 255, 255)
        if place == "hidden slide":
            slide._element.set("show", "0")
    title = deck.slides[0].shapes.title
    title._element.nvSpPr.cNvPr.set("descr", hide("alt text"))
    deck.core_properties.comments = hide("metadata")
    return _saved(deck)


# For each kind: the maker, a file name, the media type, and the places that reading the text brings to light.
KINDS: dict[str, tuple[Callable[[Hide], bytes], str, str, frozenset[str]]] = {
    "pdf": (
        hiding_pdf,
        "rules.pdf",
        PDF,
        frozenset({"white text", "unpainted text", "tiny text", "text beside the page"}),
    ),
    "word": (hiding_word, "rules.docx", DOCX, frozenset({"white text", "hidden text", "table", "header"})),
    "excel": (
        hiding_excel,
        "rules.xlsx",
        XLSX,
        frozenset({"hidden row", "hidden column", "white text", "hidden sheet"}),
    ),
    "powerpoint": (
        hiding_powerpoint,
        "rules.pptx",
        PPTX,
        frozenset({"white text", "text beside the slide", "table", "notes", "hidden slide"}),
    ),
}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _whiten(run: Any) -> None:
    run.font.color.rgb = RGBColor(255, 255, 255)
    run.font.size = Pt(1)


def _vanish(run: Any) -> None:
    run._element.get_or_add_rPr().append(OxmlElement("w:vanish"))


def _saved(document: Any) -> bytes:
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()

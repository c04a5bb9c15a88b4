"""Reports as PDF, laid out by fpdf2: no browser, no system package; fonts come with Python packages."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

from studio_compliance.reports.blocks import (
    TONES,
    Bars,
    Block,
    Figures,
    Line,
    Report,
    Shares,
    Table,
    Text,
    tone_of_score,
)
from studio_compliance.reports.charts import COLOURS

_FAMILY = "studio"
_INK, _SOFT, _LINE, _HEAD = (28, 39, 51), (70, 82, 95), (214, 218, 224), (238, 242, 246)
_PLAIN = ("fontpkg_noto_sans", "NotoSans[wdth,wght].ttf")
# Scripts beyond Latin, Greek, Cyrillic and Devanagari that a package brings a font for.
_FURTHER = (("fontpkg_noto_sans_arabic", "NotoSansArabic[wdth,wght].ttf"),)
# More letters than any line holds.
_LONGEST_LINE = 400
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"
# Scripts whose letters join or move: only texts with them are shaped, because shaping is slow.
_SHAPED = ((0x0590, 0x08FF), (0x0900, 0x0DFF), (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0xFB1D, 0xFEFC))


def pdf_of(report: Report, fonts: Sequence[Path] = ()) -> bytes:
    """The document. ``fonts`` are further font files, tried in their order for what the others lack."""
    page = _Page(report, fonts)
    for block in report.blocks:
        _DRAWN[type(block)](page, block)
    page.ending(report)
    return bytes(page.output())


class _Page(FPDF):
    """A4 across, with a running foot."""

    def __init__(self, report: Report, fonts: Sequence[Path]) -> None:
        super().__init__(orientation="landscape", unit="mm", format="A4")
        self.subject_line = f"{report.title} · {report.subject}"
        self._add_fonts(fonts)
        self.set_title(f"{report.title}: {report.subject}")
        self.set_lang("en")
        self.set_margins(14, 14)
        self.set_auto_page_break(True, margin=16)
        self.set_text_shaping(any(_is_shaped(text) for text in _texts(report)))
        self.add_page()
        self._opening(report)

    def _add_fonts(self, fonts: Sequence[Path]) -> None:
        plain = _font_file(*_PLAIN)
        assert plain is not None, "the package of the font is a dependency"
        self.add_font(_FAMILY, "", plain)
        self.add_font(_FAMILY, "B", _bold(plain))
        further = [file for file in (_font_file(*each) for each in _FURTHER) if file is not None]
        names = []
        for number, file in enumerate([*further, *fonts]):
            self.add_font(f"further{number}", "", file)
            names.append(f"further{number}")
        self.set_fallback_fonts(names, exact_match=False)
        self._covered = {code for font in self.fonts.values() for code in getattr(font, "cmap", ())}
        self.lacking = False

    def shown(self, text: str) -> str:
        """A text whose letters all have a shape: those that no font has are shown as what they are, unknown."""
        if text.isascii():
            return text
        found = "".join(letter if ord(letter) in self._covered else _UNKNOWN for letter in text)
        self.lacking = self.lacking or (found != text and _UNKNOWN in found)
        return found

    def _opening(self, report: Report) -> None:
        self.set_text_color(*_INK)
        self.set_font(_FAMILY, "B", 20)
        self.paragraph(report.title, 9)
        self.set_font(_FAMILY, "", 13)
        self.set_text_color(*_SOFT)
        self.paragraph(report.subject, 6.5)
        self.ln(1)
        self.set_draw_color(*_rgb(""))
        self.set_line_width(0.8)
        self.line(self.l_margin, self.y, self.w - self.r_margin, self.y)
        self.ln(3)
        self.set_font(_FAMILY, "", 9.5)
        for label, value in report.facts:
            self.set_text_color(*_SOFT)
            self.cell(28, 5, label)
            self.set_text_color(*_INK)
            self.multi_cell(
                0, 5, self.shown(value), new_x=XPos.LMARGIN, new_y=YPos.NEXT, wrapmode=WrapMode.WORD, align="L"
            )
        self.ln(3)

    def footer(self) -> None:
        """The subject and the page's number."""
        self.set_y(-11)
        self.set_font(_FAMILY, "", 7.5)
        self.set_text_color(*_SOFT)
        self.cell(self.epw - 30, 4, _fitting(self, self.subject_line, self.epw - 32))
        self.cell(30, 4, f"{self.page_no()} / {{nb}}", align="R")

    def heading(self, text: str, room: float = 30) -> None:
        """A heading that stays with at least ``room`` mm of what follows."""
        if self.y + room > self.page_break_trigger:
            self.add_page()
        self.ln(3)
        self.set_font(_FAMILY, "B", 12)
        self.set_text_color(*_INK)
        self.paragraph(text, 6)
        self.ln(1)
        self.set_font(_FAMILY, "", 8.5)

    def paragraph(self, text: str, height: float) -> None:
        """Text over the whole width."""
        self.multi_cell(0, height, self.shown(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")

    def ending(self, report: Report) -> None:
        """What to keep in mind."""
        if report.note:
            self.ln(4)
            self.set_font(_FAMILY, "", 8)
            self.set_text_color(*_SOFT)
            self.paragraph(report.note, 4)
        if self.lacking:
            self.paragraph(f"{_UNKNOWN} stands for letters that no font has; name one in compliance.report_fonts.", 4)


def _figures(page: _Page, block: Figures) -> None:
    gap = 4.0
    width = (page.epw - gap * (len(block.items) - 1)) / max(1, len(block.items))
    top = page.y
    for number, each in enumerate(block.items):
        left = page.l_margin + number * (width + gap)
        page.set_draw_color(*_LINE)
        page.set_line_width(0.2)
        page.rect(left, top, width, 22)
        page.set_fill_color(*_rgb(each.tone))
        page.rect(left, top, width, 1.2, style="F")
        for text, size, style, colour, offset in (
            (each.label, 8.5, "", _SOFT, 3.0),
            (each.value, 17, "B", _INK, 7.0),
            (each.note, 7.5, "", _SOFT, 16.0),
        ):
            page.set_xy(left + 2.5, top + offset)
            page.set_font(_FAMILY, style, size)
            page.set_text_color(*colour)
            page.cell(width - 5, size * 0.42, _fitting(page, text, width - 6))
    page.set_xy(page.l_margin, top + 25)


def _text(page: _Page, block: Text) -> None:
    page.heading(block.title)
    for each in block.paragraphs:
        page.paragraph(each, 4.4)


def _shares(page: _Page, block: Shares) -> None:
    page.heading(block.title)
    total = sum(part.count for part in block.parts)
    left, top = page.l_margin, page.y
    for part in block.parts:
        width = page.epw * part.count / total if total else 0
        page.set_fill_color(*_rgb(part.tone))
        if width:
            page.rect(left, top, width, 7, style="F")
        left += width
    page.set_xy(page.l_margin, top + 9)
    for part in block.parts:
        page.set_fill_color(*_rgb(part.tone))
        page.rect(page.x, page.y + 0.7, 3, 3, style="F")
        page.set_x(page.x + 4.5)
        text = f"{part.label}: {part.count}"
        page.cell(page.get_string_width(text) + 8, 4.5, text)
    page.ln(7)


def _bars(page: _Page, block: Bars) -> None:
    page.heading(block.title)
    names = page.epw * 0.38
    for label, value in block.items:
        if page.y + 6 > page.page_break_trigger:
            page.add_page()
        top, width = page.y, page.epw - names - 14
        page.cell(names - 3, 5, _fitting(page, label, names - 4), align="R")
        page.set_fill_color(*_HEAD)
        page.rect(page.l_margin + names, top + 0.6, width, 3.8, style="F")
        page.set_fill_color(*_rgb(tone_of_score(value)))
        if value:
            page.rect(page.l_margin + names, top + 0.6, width * value / 100, 3.8, style="F")
        page.set_x(page.l_margin + names + width + 2)
        page.cell(10, 5, str(value), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _line(page: _Page, block: Line) -> None:
    page.heading(block.title, room=45)
    left, top, width, height = page.l_margin + 8, page.y, page.epw - 12, 32.0
    page.set_draw_color(*_LINE)
    page.set_line_width(0.2)
    for value in (0, 50, 100):
        y = top + height * (1 - value / 100)
        page.line(left, y, left + width, y)
        page.set_xy(page.l_margin, y - 2)
        page.cell(7, 4, str(value), align="R")
    step = width / max(1, len(block.points) - 1)
    places = [(left + step * n, top + height * (1 - value / 100)) for n, (_, value) in enumerate(block.points)]
    page.set_draw_color(*_rgb(""))
    page.set_line_width(0.6)
    page.polyline(places)
    page.set_xy(left, top + height + 1)
    page.cell(width / 2, 4, block.points[0][0])
    page.cell(width / 2, 4, block.points[-1][0], align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _table(page: _Page, block: Table) -> None:
    page.heading(block.title)
    if not block.rows:
        page.paragraph(block.empty, 4.5)
        return
    layout = _Layout(page, block)
    layout.head()
    for cells in block.rows:
        layout.row(cells)


class _Layout:
    """Draws a table row by row. PERF: fpdf2's own table lays every cell out twice, at 9 ms a row."""

    SIZE, HEIGHT, PADDING = 7.6, 3.6, 1.2

    def __init__(self, page: _Page, block: Table) -> None:
        self._page = page
        self._block = block
        whole = sum(column.weight for column in block.columns)
        self._widths = [page.epw * column.weight / whole for column in block.columns]
        self._words: dict[tuple[str, str], float] = {}
        page.set_line_width(0.2)

    def head(self) -> None:
        """The headings, at the top of each page again."""
        self._draw([column.title for column in self._block.columns], head=True)

    def row(self, cells: Sequence[str]) -> None:
        """One row, on the next page when it doesn't fit; one that is longer than a page is cut off there."""
        self._draw(cells, head=False)

    def _draw(self, cells: Sequence[str], *, head: bool) -> None:
        page = self._page
        styles = [
            "B" if head or (number == self._block.toned and cell in TONES) else "" for number, cell in enumerate(cells)
        ]
        lines = [
            self._wrapped(cell, style, width) for cell, style, width in zip(cells, styles, self._widths, strict=True)
        ]
        room = page.page_break_trigger - page.t_margin - 2 * self.HEIGHT
        lines = [each[: int(room / self.HEIGHT)] for each in lines]
        height = max(map(len, lines)) * self.HEIGHT + 2 * self.PADDING
        if page.y + height > page.page_break_trigger:
            page.add_page()
            if not head:
                self.head()
        top, left = page.y, page.l_margin
        if head:
            page.set_fill_color(*_HEAD)
            page.rect(left, top, page.epw, height, style="F")
        for number, (texts, style, width) in enumerate(zip(lines, styles, self._widths, strict=True)):
            toned = not head and number == self._block.toned
            page.set_text_color(*(_rgb(TONES[cells[number]]) if toned and cells[number] in TONES else _INK))
            page.set_font(_FAMILY, style, self.SIZE)
            for place, text in enumerate(texts):
                page.set_xy(left, top + self.PADDING + place * self.HEIGHT)
                page.cell(width, self.HEIGHT, text)
            left += width
        page.set_draw_color(*_LINE)
        page.line(page.l_margin, top + height, page.l_margin + page.epw, top + height)
        page.set_xy(page.l_margin, top + height)

    def _wrapped(self, text: str, style: str, width: float) -> list[str]:
        """Lines that fit; a word that is longer than a line is broken."""
        self._page.set_font(_FAMILY, style, self.SIZE)
        room = width - 2 * self._page.c_margin
        lines, line, used = [], "", 0.0
        for word in self._page.shown(text).split():
            for piece in self._pieces(word, style, room):
                wide = self._width(piece, style)
                gap = self._width(" ", style) if line else 0.0
                if line and used + gap + wide > room:
                    lines.append(line)
                    line, used, gap = "", 0.0, 0.0
                line = f"{line} {piece}" if line else piece
                used += gap + wide
        return [*lines, line]

    def _pieces(self, word: str, style: str, room: float) -> list[str]:
        """A word in parts that fit on a line."""
        pieces = []
        while len(word) > 1 and (len(word) > _LONGEST_LINE or self._width(word, style) > room):
            low, high = 1, min(len(word), _LONGEST_LINE)
            while low < high:
                middle = (low + high + 1) // 2
                low, high = (middle, high) if self._width(word[:middle], style) <= room else (low, middle - 1)
            pieces.append(word[:low])
            word = word[low:]
        return [*pieces, word]

    def _width(self, word: str, style: str) -> float:
        known = self._words.get((word, style))
        if known is None:
            known = self._words[word, style] = self._page.get_string_width(word)
        return known


@functools.cache
def _bold(plain: Path) -> Path:
    """The bold face of a variable font, made once a process, without kerning: merging that takes seconds."""
    font = TTFont(plain)
    for name in ("GPOS", "GSUB", "GDEF", "HVAR", "MVAR", "STAT"):
        if name in font:
            del font[name]
    bold = instancer.instantiateVariableFont(font, {"wght": 700, "wdth": 100})
    folder = tempfile.mkdtemp(prefix="studio-font-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = Path(folder) / "bold.ttf"
    bold.save(file)
    return file


def _rgb(tone: str) -> tuple[int, int, int]:
    colour = COLOURS[tone]
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _fitting(page: _Page, text: str, width: float) -> str:
    """As much of a text as fits on one line of that many mm."""
    text = page.shown(text[:_LONGEST_LINE])
    if page.get_string_width(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if page.get_string_width(f"{text[:middle]}…") <= width:
            low = middle
        else:
            high = middle - 1
    return f"{text[:low]}…"


def _font_file(package: str, name: str) -> Path | None:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    file = Path(spec.origin).parent / "files" / name
    return file if file.is_file() else None


def _texts(report: Report) -> Sequence[str]:
    rows = [cell for block in report.blocks if isinstance(block, Table) for row in block.rows for cell in row]
    return [report.subject, *(value for _, value in report.facts), *rows]


def _is_shaped(text: str) -> bool:
    return not text.isascii() and any(low <= ord(letter) <= high for letter in text for low, high in _SHAPED)


_DRAWN: dict[type[Block], Callable[[_Page, Any], None]] = {
    Figures: _figures,
    Text: _text,
    Shares: _shares,
    Bars: _bars,
    Line: _line,
    Table: _table,
}

"""Reports as one HTML page that prints well: no scripts, nothing loaded from elsewhere, every text escaped."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from studio_compliance.reports import charts
from studio_compliance.reports.blocks import TONES, Bars, Block, Figures, Line, Report, Shares, Table, Text

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 15px/1.5 "Noto Sans", system-ui, sans-serif; color: #1c2733; background: #fff; margin: 0 auto;
  padding: 2rem; max-width: 72rem; overflow-wrap: anywhere; }
header { border-bottom: 3px solid #2f5d8c; padding-bottom: 1rem; margin-bottom: 1.5rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2rem 0 .6rem; break-after: avoid; }
header p { margin: 0; font-size: 1.15rem; color: #46525f; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0 0; }
dl.facts dt { color: #46525f; } dl.facts dd { margin: 0; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.5rem 0; padding: 0; list-style: none; }
.figures li { flex: 1 1 9rem; border: 1px solid #d6dae0; border-top: 4px solid #2f5d8c; border-radius: 4px;
  padding: .7rem 1rem; break-inside: avoid; }
.figures .value { display: block; font-size: 2rem; font-weight: 700; line-height: 1.2; }
.figures .note { color: #46525f; font-size: .88rem; }
.figures .good { border-top-color: #1b7f4d; } .figures .fair { border-top-color: #c77700; }
.figures .bad { border-top-color: #b3261e; }
figure { margin: 0; break-inside: avoid; overflow-x: auto; }
svg { max-width: 100%; height: auto; font: 13px "Noto Sans", system-ui, sans-serif; fill: #1c2733; }
svg .big { font-size: 30px; font-weight: 700; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .87rem; table-layout: fixed; }
th, td { text-align: start; vertical-align: top; padding: .35rem .5rem; border-bottom: 1px solid #d6dae0; }
th { background: #eef2f6; border-bottom: 2px solid #9fb3c8; hyphens: none; overflow-wrap: normal; }
tr { break-inside: avoid; } thead { display: table-header-group; }
td.good { color: #14633c; font-weight: 600; } td.fair { color: #8f5500; font-weight: 600; }
td.bad { color: #9b1c15; font-weight: 600; } td.none { color: #5a6570; }
footer { margin-top: 2.5rem; border-top: 1px solid #d6dae0; padding-top: .6rem; color: #46525f; font-size: .85rem; }
@page { size: A4 landscape; margin: 14mm; }
@media print { body { padding: 0; max-width: none; font-size: 11px; } .wide, figure { overflow: visible; } }
@media (max-width: 45rem) { body { padding: 1rem; } table { min-width: 44rem; } }
"""


def html_of(report: Report) -> bytes:
    """The page."""
    facts = "".join(f"<dt>{escape(label)}</dt><dd dir='auto'>{escape(value)}</dd>" for label, value in report.facts)
    body = "".join(_RENDERED[type(block)](block) for block in report.blocks)
    note = f"<p>{escape(report.note)}</p>" if report.note else ""
    title = f"{report.title}: {report.subject}"
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>"
        f"<header><h1>{escape(report.title)}</h1><p dir='auto'>{escape(report.subject)}</p>"
        f"<dl class='facts'>{facts}</dl></header><main>{body}</main>"
        f"<footer>{note}<p>Made by Studio Platform.</p></footer></body></html>"
    )
    return page.encode()


def _figures(block: Figures) -> str:
    items = "".join(
        f"<li class='{each.tone}'>{escape(each.label)}<span class='value'>{escape(each.value)}</span>"
        f"<span class='note'>{escape(each.note)}</span></li>"
        for each in block.items
    )
    return f"<ul class='figures'>{items}</ul>"


def _text(block: Text) -> str:
    paragraphs = "".join(f"<p>{escape(each)}</p>" for each in block.paragraphs)
    return f"<section><h2>{escape(block.title)}</h2>{paragraphs}</section>"


def _chart(draw: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda block: f"<section><h2>{escape(block.title)}</h2><figure>{draw(block)}</figure></section>"


def _table(block: Table) -> str:
    if not block.rows:
        return f"<section><h2>{escape(block.title)}</h2><p>{escape(block.empty)}</p></section>"
    whole = sum(column.weight for column in block.columns)
    widths = "".join(f"<col style='width:{100 * column.weight / whole:.1f}%'>" for column in block.columns)
    heads = "".join(f"<th scope='col'>{escape(column.title)}</th>" for column in block.columns)
    rows = "".join(f"<tr>{_cells(block, row)}</tr>" for row in block.rows)
    return (
        f"<section><h2>{escape(block.title)}</h2><div class='wide'><table aria-label='{escape(block.title)}'>"
        f"<colgroup>{widths}</colgroup><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></section>"
    )


def _cells(block: Table, row: Any) -> str:
    return "".join(
        f"<td dir='auto'{_tone(cell) if number == block.toned else ''}>{escape(cell)}</td>"
        for number, cell in enumerate(row)
    )


def _tone(cell: str) -> str:
    return f" class='{TONES[cell]}'" if cell in TONES else ""


_RENDERED: dict[type[Block], Callable[[Any], str]] = {
    Figures: _figures,
    Text: _text,
    Shares: _chart(charts.ring),
    Bars: _chart(charts.bars),
    Line: _chart(charts.line),
    Table: _table,
}

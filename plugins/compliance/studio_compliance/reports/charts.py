"""Charts as inline SVG, each with a title and a description for those who don't see it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from studio_compliance.reports.blocks import Bars, Line, Shares, tone_of_score

COLOURS = {"good": "#1b7f4d", "fair": "#c77700", "bad": "#b3261e", "none": "#8a929c", "": "#2f5d8c"}
"""Dark enough to be told from white, and from one another in grey."""

_RING = 60
_LABEL = 42


def ring(block: Shares) -> str:
    """The parts of a whole as a ring with a legend."""
    total = sum(part.count for part in block.parts)
    length = 2 * math.pi * _RING
    arcs, done = [], 0.0
    for part in block.parts:
        share = part.count / total * length if total else 0.0
        if share:
            arcs.append(
                f'<circle cx="80" cy="80" r="{_RING}" fill="none" stroke="{COLOURS[part.tone]}" stroke-width="26" '
                f'stroke-dasharray="{share:.2f} {length - share:.2f}" stroke-dashoffset="{-done:.2f}" '
                'transform="rotate(-90 80 80)"/>'
            )
            done += share
    legend = [
        f'<rect x="185" y="{28 + 28 * number}" width="14" height="14" rx="2" fill="{COLOURS[part.tone]}"/>'
        f'<text x="207" y="{40 + 28 * number}">{escape(part.label)}: {part.count}</text>'
        for number, part in enumerate(block.parts)
    ]
    told = ", ".join(f"{part.label} {part.count}" for part in block.parts)
    middle = f'<text x="80" y="87" text-anchor="middle" class="big">{total}</text>'
    return _svg(block.title, told, 420, 160, [*arcs, middle, *legend])


def bars(block: Bars) -> str:
    """A bar for each value, labels in front."""
    rows = []
    for number, (label, value) in enumerate(block.items):
        top = 8 + 26 * number
        colour = COLOURS[tone_of_score(value)]
        rows.append(
            f'<text x="290" y="{top + 13}" text-anchor="end">{escape(_cut(label))}</text>'
            f'<rect x="300" y="{top}" width="360" height="18" rx="3" fill="#e9ecf0"/>'
            f'<rect x="300" y="{top}" width="{3.6 * value:.1f}" height="18" rx="3" fill="{colour}"/>'
            f'<text x="670" y="{top + 13}">{value}</text>'
        )
    told = ", ".join(f"{label} {value}" for label, value in block.items)
    return _svg(block.title, told, 720, 16 + 26 * len(block.items), rows)


def line(block: Line) -> str:
    """Values over days."""
    places = _places(block.points)
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    grid = [
        f'<line x1="40" x2="700" y1="{160 - 1.4 * value}" y2="{160 - 1.4 * value}" stroke="#d6dae0"/>'
        f'<text x="32" y="{164 - 1.4 * value}" text-anchor="end">{value}</text>'
        for value in (0, 25, 50, 75, 100)
    ]
    (first, _), (last, value) = block.points[0], block.points[-1]
    ends = (
        f'<text x="40" y="182">{escape(first)}</text>'
        f'<text x="700" y="182" text-anchor="end">{escape(last)}</text>'
        f'<circle cx="{places[-1][0]:.1f}" cy="{places[-1][1]:.1f}" r="4" fill="{COLOURS[""]}"/>'
    )
    curve = f'<polyline points="{path}" fill="none" stroke="{COLOURS[""]}" stroke-width="2.5"/>'
    return _svg(
        block.title, f"From {block.points[0][1]} on {first} to {value} on {last}", 720, 190, [*grid, curve, ends]
    )


def _places(points: Sequence[tuple[str, int]]) -> list[tuple[float, float]]:
    step = 660 / max(1, len(points) - 1)
    return [(40 + step * number, 160 - 1.4 * value) for number, (_, value) in enumerate(points)]


def _cut(label: str) -> str:
    return label if len(label) <= _LABEL else f"{label[: _LABEL - 1]}…"


def _svg(title: str, told: str, width: int, height: int, parts: Sequence[str]) -> str:
    head = (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        'xmlns="http://www.w3.org/2000/svg">'
    )
    return f"{head}<title>{escape(title)}</title><desc>{escape(told)}</desc>{''.join(parts)}</svg>"

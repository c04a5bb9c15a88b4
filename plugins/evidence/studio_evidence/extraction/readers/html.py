"""HTML, section by section, as a reader sees it: no scripts, styles or comments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from studio_evidence.extraction.extractors import Part

_UNSEEN = frozenset({"script", "style", "template", "noscript", "svg", "object", "iframe"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS | {
    *("p", "div", "li", "ul", "ol", "dl", "dt", "dd", "tr", "table", "br", "hr", "section", "article", "title"),
    *("header", "footer", "nav", "main", "aside", "pre", "blockquote", "form", "fieldset", "figure", "caption"),
}


def read(path: Path) -> Iterator[Part]:
    """A part a section, called by its heading."""
    content = path.read_bytes()
    # APPSEC: no network, no entities from elsewhere, and libxml2's own limits of depth and size.
    parser = etree.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, encoding=_encoding(content))
    root = etree.fromstring(content, parser)
    if root is None:
        return
    heading = ""
    text: list[str] = []
    for said, starts in _spoken(root):
        if starts and any(each.strip() for each in text):
            yield Part(_tidy(text), "section", heading)
            text = []
        if starts:
            heading = " ".join(said.split())
        text.append(said)
    if any(each.strip() for each in text):
        yield Part(_tidy(text), "section", heading)


def _spoken(root: etree._Element) -> Iterator[tuple[str, bool]]:
    """Pieces of text in order; True for a heading."""
    unseen = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            unseen += name in _UNSEEN
            if not unseen and name in _HEADINGS:
                yield "".join(element.itertext()) + "\n", True
                unseen += 1
            elif not unseen:
                yield ("\n" if name in _BLOCKS else "") + (element.text or ""), False
        else:
            unseen -= name in _UNSEEN or (name in _HEADINGS and unseen > 0)
            if not unseen:
                yield _gap(name) + (element.tail or ""), False


def _gap(name: str) -> str:
    return "\n" if name in _BLOCKS else " | " if name in ("td", "th") else ""


def _tidy(text: list[str]) -> str:
    lines = [" ".join(line.split()).rstrip(" |") for line in "".join(text).splitlines()]
    return "\n".join(line for line in lines if line) + "\n"


def _encoding(content: bytes) -> str | None:
    """UTF-8 when it is that; else what the document says of itself."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"

"""From Markdown to HTML: headings with anchors, highlighted code, and links that the site understands."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from mdit_py_plugins.anchors import anchors_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name, get_lexer_for_filename
from pygments.util import ClassNotFound

# How a link of a text is written on its page, and what inline code links to, if anything.
Linked = Callable[[str], str]
_PLAIN: HtmlFormatter[str] = HtmlFormatter(nowrap=True)
_COMMENT = re.compile(r"\A\s*<!--.*?-->\s*\Z", re.DOTALL)


@dataclass(frozen=True)
class Heading:
    """A heading within a page; ``level`` is 1 to 6."""

    level: int
    anchor: str
    title: str


@dataclass(frozen=True)
class Document:
    """One text, parsed: its headings, its links as they are written, and its words for the search."""

    title: str
    headings: tuple[Heading, ...]
    links: tuple[str, ...]
    summary: str
    tokens: Sequence[Token]


def parse(text: str) -> Document:
    """Read a text."""
    tokens = _PARSER.parse(text)
    headings = tuple(_headings(tokens))
    first = next((_words(tokens[at + 1]) for at, each in enumerate(tokens) if _is_paragraph(each)), "")
    title = next((each.title for each in headings if each.level == 1), "")
    inline = (child for token in tokens for child in token.children or ())
    links = tuple(str(child.attrs["href"]) for child in inline if child.type == "link_open")
    return Document(title, headings, links, first, tokens)


def render(document: Document, linked: Linked, source: Linked) -> str:
    """The body of a page. ``linked`` rewrites links; ``source`` gives inline code's own link, or nothing."""
    environment = {"linked": linked, "source": source}
    return str(_PARSER.renderer.render(document.tokens, _PARSER.options, environment))


def code(text: str, name: str, *, is_file: bool = False) -> str:
    """A listing. ``name`` is a language, or a file's name."""
    try:
        lexer = get_lexer_for_filename(name) if is_file else get_lexer_by_name(name)
    except ClassNotFound:
        lexer = TextLexer()
    shown = highlight(text, lexer, _PLAIN)
    # NOTE: can be scrolled sideways, so the keyboard must reach it (WCAG 2.1.1).
    return f'<pre class="code" tabindex="0"><code>{shown}</code></pre>\n'


def slug(title: str) -> str:
    """The anchor of a heading, as code hosts make it: lower case, blanks to hyphens, other marks away."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


def _is_paragraph(token: Token) -> bool:
    return token.type == "paragraph_open" and not token.hidden


def _headings(tokens: Sequence[Token]) -> list[Heading]:
    found = []
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            found.append(Heading(int(token.tag[1]), str(token.attrs.get("id", "")), _words(tokens[at + 1])))
    return found


def _words(inline: Token) -> str:
    """The text of a line, without its marks."""
    spoken = {"text", "code_inline"}
    parts = (
        each.content if each.type in spoken else " " * (each.type == "softbreak") for each in inline.children or ()
    )
    return " ".join("".join(parts).split())


class _Renderer(RendererHTML):
    """What differs from the library's own output."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return code(tokens[idx].content, (tokens[idx].info.split() or ["text"])[0])

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return code(tokens[idx].content, "text")

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return '<div class="table" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return "<th>" if tokens[idx + 1].content else "<td>"

    def th_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return "</th>" if tokens[idx - 1].content else "</td>"

    def td_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        # APPSEC: alignment would be an inline style, which the pages' policy refuses.
        return "<td>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        anchor = html.escape(str(tokens[idx - 2].attrs.get("id", "")))
        # For the mouse alone: the list of the page's headings has the same link for everybody.
        own = f' <a class="anchor" href="#{anchor}" aria-hidden="true" tabindex="-1">#</a>' if anchor else ""
        return f"{own}</{tokens[idx].tag}>\n"

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        # A name that leads nowhere on the site stays as a name: HTML's link without an address.
        address = env["linked"](str(tokens[idx].attrs["href"]))
        attributes = {name: each for name, each in tokens[idx].attrs.items() if name != "href"}
        attributes |= {"href": address} if address else {}
        return f"<a{self.renderAttrs(Token('link_open', 'a', 1, attrs=attributes))}>"

    def code_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        text = tokens[idx].content
        shown = f"<code>{html.escape(text)}</code>"
        inside_link = sum(each.nesting for each in tokens[:idx] if each.type.startswith("link_"))
        target = "" if inside_link else env["source"](text)
        return f'<a href="{html.escape(target)}">{shown}</a>' if target else shown

    def html_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        # Comments are notes to whoever edits the text. Other HTML is shown as it is written.
        return "" if _COMMENT.match(tokens[idx].content) else f"<p>{html.escape(tokens[idx].content)}</p>\n"

    def html_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return html.escape(tokens[idx].content)


def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", renderer_cls=_Renderer).enable("table")
    return made.use(anchors_plugin, min_level=1, max_level=4, slug_func=slug)


_PARSER = _parser()

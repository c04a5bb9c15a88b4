"""Text of other people inside Markdown."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_\[\]|~#!:@]|(?<=\w)\.(?=\w))")


def escape(text: str) -> str:
    """``text`` so that it shows as it is, inline, in tables too.

    APPSEC: no markup, no HTML, no link (also not the automatic kind, hence ``:``, ``@`` and dots between letters)
    comes of it. ``<``, ``>`` and ``&`` become entities, which is right also where HTML isn't filtered.
    """
    plain = " ".join(text.split())
    entities = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", entities)

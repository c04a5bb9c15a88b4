"""Words of models, made fit to be kept, sent and shown: legible, and without what loads or leads anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable

_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)|!\[([^\]]*)\]\[[^\]]*\]")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_ADDRESS = re.compile(r"(?:https?|ftp|data|javascript|mailto):\S+|www\.\S+", re.IGNORECASE)
# Up to the last character that ends a word; in scripts without spaces each character does.
_WHOLE_WORDS = re.compile(r".*[\s\u0080-\ud7ff\ue000-\U0010ffff]", re.DOTALL)


def legible(text: str) -> str:
    """The text without what no database and no UTF-8 takes: NUL, and halves of characters that never met."""
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return joined.replace("\0", "")


def harmless(text: str) -> str:
    """Markdown of a model without what loads or leads anywhere: images, links, addresses, HTML."""
    text = _IMAGE.sub(lambda match: match.group(1) or match.group(2) or "", legible(text))
    return _inert(_LINK.sub(r"\1", text)).strip()


def _inert(text: str) -> str:
    """The same for words without their surroundings.

    APPSEC: what is nested, escaped or written in entities gets past any pattern for links and images; but every one of
    them has a bracket right before another, or, where it refers to a line elsewhere, before that line's colon.
    """
    text = _ADDRESS.sub("[address removed]", text)
    return re.sub(r"\](?=[(\[:])", "] ", text).replace("<", "&lt;")


class Speech:
    """What a model says on its way to a listener, word by word, as harmless as the whole will be."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._held = ""

    def add(self, text: str) -> None:
        """More of it. The last word is held back until it is whole."""
        self._held += text
        match = _WHOLE_WORDS.match(self._held)
        if match is not None:
            self._held = self._held[match.end() :]
            self._say(_inert(legible(match.group())))

    def end(self) -> None:
        """Say what is held back."""
        held, self._held = self._held, ""
        if held:
            self._say(_inert(legible(held)))

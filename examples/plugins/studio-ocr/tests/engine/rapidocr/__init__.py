"""Stands in for the engine where it isn't installed: "reads" what is written behind the end of a PNG file.

It is called as the engine is and answers in its form; what it can't show is that letters are recognised.
"""

from pathlib import Path
from types import SimpleNamespace


class RapidOCR:
    """As the engine's class, as far as it is used."""

    def __init__(self, params):
        assert all("." in name for name in params)

    def __call__(self, content):
        _, _, behind = Path(content).read_bytes().partition(b"IEND\xaeB`\x82")
        lines = tuple(behind.decode().splitlines())
        return SimpleNamespace(txts=lines or None)

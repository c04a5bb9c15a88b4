"""What a text means, as numbers, by the small model that the package ``wordllama`` carries. No network, no GPU."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

MODEL = "wordllama-l2-supercat-256"
# PERF: texts that the model sees at once. The library's own 64 take 60 MiB more for a moment, and nearly twice the
# time: all are filled up to the longest.
_TOGETHER = 8
_log = logging.getLogger(__name__)


class Embedder:
    """Loads the model at the first text. ``name`` is empty where the extra ``embeddings`` isn't installed."""

    def __init__(self, *, wanted: bool = True) -> None:
        self.name = MODEL if wanted and find_spec("wordllama") is not None else ""
        self._loading = threading.Lock()

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """An embedding of length 1 for each text, all zeros where a text has no word that the model knows."""
        vectors = self._loaded.embed(list(texts), norm=False, batch_size=_TOGETHER)
        return [_directed(vector) for vector in vectors.tolist()]

    @cached_property
    def _loaded(self) -> Any:
        with self._loading:
            return _load()


def _load() -> Any:
    """The model from the wheel's own files. NOTE: told of no other folder, the library asks the network for the
    tokenizer that it carries; and importing it sets the root logger up, which is the platform's to do."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        import wordllama
    finally:
        root.handlers[:], root.level = before
    carried = Path(wordllama.__file__).parent
    _log.info("loading the model %s", MODEL)
    model = wordllama.WordLlama.load(cache_dir=carried, disable_download=True)
    # NOTE: the tokenizer takes a whole text for one word and remembers 10,000 of them in each thread, some 4 KB for one
    # of 120 characters: 40 MiB a thread, for texts that hardly ever come again.
    model.tokenizer.model._resize_cache(0)
    return model


def _directed(vector: list[float]) -> list[float]:
    length = sum(number * number for number in vector) ** 0.5
    return [number / length for number in vector] if length else vector

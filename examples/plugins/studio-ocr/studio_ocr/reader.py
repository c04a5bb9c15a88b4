"""Reads a picture; imported in a process of its own, which has no network and is bound in time and memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from studio_evidence.api import Part

# One thread each: every further one would take addresses from what the process may have.
_ONE_THREAD = {
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Global.log_level": "critical",
}


def read(path: Path) -> Iterator[Part]:
    """The lines of a picture, from top to bottom; nothing for one without text."""
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    from rapidocr import RapidOCR

    found = RapidOCR(params=_ONE_THREAD)(str(path))
    lines = [line.strip() for line in found.txts or () if line.strip()]
    if lines:
        yield Part("\n".join(lines), "picture")

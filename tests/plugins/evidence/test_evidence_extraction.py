"""Text comes out of real documents with its place, and hostile ones harm nothing and say what they are."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.documents import HOSTILE, REAL, Sample

from studio_evidence.extraction.extractors import BUILT_IN, Extractor, Part, Unreadable
from studio_evidence.extraction.sandbox import REASONS, Extraction, Limits, failed, run

LIMITS = Limits(seconds=20, memory=1024 * 1024 * 1024, characters=300_000)
TIGHT = Limits(seconds=2, memory=384 * 1024 * 1024, characters=300_000)


def read(sample: Sample, limits: Limits) -> Extraction:
    fitting = [each for each in BUILT_IN if sample.content_type in each.content_types]
    return run(fitting[0], [sample.make()], limits) if fitting else failed("unsupported")


def check(sample: Sample, limits: Limits) -> None:
    result = read(sample, limits)
    assert (result.state, result.truncated) == (sample.state, sample.truncated), result.reason
    assert bool(result.reason) == bool(result.state != "extracted")
    for text, kind, label in sample.holds:
        assert any(text in part.text and part.kind == kind and label in part.label for part in result.parts), (
            f"{text!r} is not in {kind} {label}: {[(p.kind, p.label, p.text[:200]) for p in result.parts[:8]]}"
        )
    whole = "".join(part.text for part in result.parts)
    assert [text for text in sample.lacks if text in whole] == []
    assert not set(map(chr, range(9))) & set(whole)


@pytest.mark.parametrize("name", REAL)
def test_text_comes_out_with_its_place(name: str) -> None:
    check(REAL[name], LIMITS)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_harms_nothing_and_says_what_it_is(name: str) -> None:
    check(HOSTILE[name], TIGHT)
    gc.collect()
    assert not Path("/tmp/studio-climbed.txt").exists()


def test_every_built_in_reader_has_samples() -> None:
    seen = {sample.content_type for sample in (*REAL.values(), *HOSTILE.values())}
    assert [each.name for each in BUILT_IN if not seen & set(each.content_types)] == []


# -- readers that misbehave; they run in the process that reads ---------------------------------------------------


def read_environment(path: Path) -> Iterator[Part]:
    yield Part(" ".join(sorted(os.environ)) + f" {path.read_text()}")


def read_for_ever(path: Path) -> Iterator[Part]:
    while True:
        yield Part("x" * 1000)


def sleep_for_ever(path: Path) -> Iterator[Part]:
    time.sleep(600)
    yield Part("late")


def take_all_memory(path: Path) -> Iterator[Part]:
    kept = []
    while True:
        kept.append("x" * 10_000_000)


def crash(path: Path) -> Iterator[Part]:
    import ctypes

    yield Part("before")
    ctypes.string_at(0)


def leave(path: Path) -> Iterator[Part]:
    yield Part("before")
    raise SystemExit(0)


def print_things(path: Path) -> Iterator[Part]:
    os.write(1, b"a library says hello\n")
    yield Part("text")


def call_out(path: Path) -> Iterator[Part]:
    import socket

    socket.create_connection(("127.0.0.1", 9), timeout=1)
    yield Part("connected")


def fill_the_disk(path: Path) -> Iterator[Part]:
    with open("big", "wb") as file:
        for _ in range(300):
            file.write(b"0" * 1024 * 1024)
    yield Part("written")


def refuse(path: Path) -> Iterator[Part]:
    yield Part("before")
    raise Unreadable("needs a password", protected=True)


@pytest.mark.parametrize(
    ("reader", "state", "truncated"),
    [
        (read_for_ever, "extracted", True),
        (sleep_for_ever, "too_costly", False),
        (take_all_memory, "too_costly", False),
        (crash, "damaged", False),
        (leave, "damaged", False),
        (print_things, "extracted", False),
        (call_out, "damaged", False),
        (fill_the_disk, "damaged", False),
        (refuse, "protected", False),
    ],
)
def test_a_reader_that_misbehaves_is_contained(reader: object, state: str, truncated: bool, misbehaving: str) -> None:
    extractor = Extractor("odd", ("text/plain",), f"{misbehaving}:{reader.__name__}")  # type: ignore[attr-defined]  # a function
    result = run(extractor, [b"content"], Limits(seconds=1, memory=256 * 1024 * 1024, characters=50_000, wait=4))
    assert (result.state, result.truncated) == (state, truncated)
    assert result.parts == () or state == "extracted"


def take_some_memory(path: Path) -> Iterator[Part]:
    yield Part(f"{len(bytearray(400 * 1024 * 1024))} bytes")


def test_a_reader_may_need_more_memory_and_says_so(misbehaving: str) -> None:
    limits = Limits(seconds=5, memory=256 * 1024 * 1024, characters=50_000)
    for wish, state in ((0, "too_costly"), (768, "extracted")):
        extractor = Extractor("odd", ("text/plain",), f"{misbehaving}:take_some_memory", memory_mb=wish)
        assert run(extractor, [b"content"], limits).state == state


@pytest.fixture
def misbehaving(monkeypatch: pytest.MonkeyPatch) -> str:
    """This file as a module that another process can import."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return Path(__file__).stem


def test_no_secret_of_the_server_reaches_the_process(misbehaving: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_SECRET_KEY", "s3cret")
    result = run(Extractor("env", (), f"{misbehaving}:read_environment"), [b"a ", b"file"], Limits())
    [part] = result.parts
    assert "STUDIO" not in part.text
    assert part.text.endswith("a file")


def test_nothing_of_the_file_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    check(REAL["zip"], LIMITS)
    assert list(tmp_path.iterdir()) == []


def test_every_state_without_text_is_told_in_words() -> None:
    assert all(failed(state).reason for state in REASONS)  # type: ignore[arg-type]  # the keys are the states

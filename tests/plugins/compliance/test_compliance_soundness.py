"""`studio frameworks check`: what is wrong with a framework, what reads poorly, and mappings that lead nowhere."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from studio_compliance.commands import frameworks
from studio_compliance.definitions import built_in_frameworks
from studio_compliance.soundness import verdict_on, verdict_on_mappings
from studio_kernel.frameworks import Category, Control, ExpectedEvidence, Framework, FrameworkRegistry
from studio_kernel.mappings import Mapping, MappingRegistry, MappingSet

FIRST = Control("f", "A.1", "First", "What comes first.", "a", "high", 90, (ExpectedEvidence("Log"),), ("A.2",))
SECOND = Control("f", "A.2", "Second", "What comes second.", "a")
SOUND = Framework("f", "F", "1", "", (Category("a", "A"),), (FIRST, SECOND))
POOR = """
studio_framework: 1
id: poor
name: Poor
version: "1"
categories: [{id: a, title: A}]
controls: [{number: "1", title: One, category: a}]
"""


def check(home: Path, *words: str) -> Any:
    return CliRunner().invoke(frameworks, ["check", *words], env={"STUDIO_HOME": str(home)})


def test_a_sound_framework_is_told_with_its_size() -> None:
    assert verdict_on(SOUND).lines() == ["f: 2 controls in 1 categories, sound."]


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (replace(SECOND, number="A.1"), "controls (A.1): stands 2 times"),
        (replace(SECOND, title=" "), "controls (A.2).title: a non-empty text is needed"),
        (replace(SECOND, category="b"), "controls (A.2).category: there is no category 'b'"),
        (replace(SECOND, priority="urgent"), "controls (A.2).priority: must be one of critical, high, medium, low"),
        (replace(SECOND, references=("B.7",)), "controls (A.2).references: there is no control 'B.7'"),
    ],
)
def test_what_breaks_a_framework_is_a_problem(second: Control, problem: str) -> None:
    assert problem in verdict_on(replace(SOUND, controls=(FIRST, second))).problems


@pytest.mark.parametrize(
    ("second", "note"),
    [
        (replace(SECOND, number="A 2"), "controls (A 2).number: can't be found in a text"),
        (replace(SECOND, number="a.1"), "controls (a.1).number: differs from A.1 by capitals alone"),
        (replace(SECOND, description=""), "controls (A.2).description: is empty"),
        (replace(SECOND, description="what  comes first."), "controls (A.2).description: is that of A.1"),
        (replace(SECOND, description="Second"), "controls (A.2).description: only repeats the title"),
        (replace(SECOND, references=("A.2",)), "controls (A.2).references: names itself or another control twice"),
        (
            replace(SECOND, expected_evidence=(ExpectedEvidence("Log"), ExpectedEvidence("log"))),
            "controls (A.2).expected_evidence: the same title stands twice",
        ),
    ],
)
def test_what_reads_poorly_is_a_note(second: Control, note: str) -> None:
    verdict = verdict_on(replace(SOUND, controls=(replace(FIRST, references=()), second)))
    assert verdict.problems == ()
    assert any(each.startswith(note) for each in verdict.notes), verdict.notes


def test_a_category_without_controls_is_a_note() -> None:
    spare = replace(SOUND, categories=(*SOUND.categories, Category("b", "B")))
    assert verdict_on(spare).notes == ("categories (b): no control belongs to it",)


def test_mappings_to_unknown_controls_and_contradictions_are_problems() -> None:
    registry, known = MappingRegistry(), FrameworkRegistry()
    known.add(SOUND)
    here = Mapping("f", "A.9", "g", "1", "equal", "", "us")
    registry.add("one", [MappingSet("f", "g", "us", (here,))])
    registry.add("two", [MappingSet("f", "g", "them", (replace(here, relation="subset", source="them"),))])
    problems = verdict_on_mappings(registry, registry.unknown_ends(known)).problems
    assert any("f has no control 'A.9'" in each for each in problems)
    assert any("plugin 'two' says 'subset', but 'equal' was there first" in each for each in problems)


def test_everything_that_is_built_in_is_sound_and_without_notes(tmp_path: Path) -> None:
    done = check(tmp_path, "--strict")
    assert done.exit_code == 0, done.output
    assert "pcidss: 280 controls in 15 categories, sound." in done.output
    assert "note:" not in done.output
    assert done.output.splitlines()[-1].startswith("mappings: ")
    assert all(verdict_on(each).lines()[0].endswith("sound.") for each in built_in_frameworks())


def test_notes_fail_only_a_strict_check(tmp_path: Path) -> None:
    file = tmp_path / "poor.yaml"
    file.write_text(POOR)
    done, strict = check(tmp_path, str(file)), check(tmp_path, str(file), "--strict", "--json")
    note = "controls (1).description: is empty"
    assert (done.exit_code, done.output) == (0, f"poor: 1 controls in 1 categories, sound.\npoor: note: {note}\n")
    assert strict.exit_code == 1
    told = json.loads(strict.output)
    assert (told["ok"], told["file"], told["problems"], told["notes"]) == (False, "poor.yaml", [], [note])

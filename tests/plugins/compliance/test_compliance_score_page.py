"""docs/score.md works a score out by hand: the API answers the same numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from studio_compliance.formula import BANDS
from studio_kernel.frameworks import Framework, framework_from_document
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

from .conftest import PLUGINS, House

PAGE = (Path(__file__).parents[3] / "docs" / "score.md").read_text(encoding="utf-8")
STATES = ("complete", "in_progress", "not_started", "not_applicable")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found.group(1)


def rows(first: str) -> list[list[str]]:
    """The cells of the table whose first heading is ``first``, without its heading."""
    table = next(part for part in PAGE.split("\n\n") if part.startswith(f"| {first} |"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


class Page:
    """A plugin that brings the page's framework."""

    info = PluginInfo(name="page", version="1")

    @hookimpl
    def studio_frameworks(self) -> list[Framework]:
        return [framework_from_document(yaml.safe_load(block("yaml")))]


@pytest.fixture
def workshop(make_studio: Any) -> House:
    """The project of the page, built by the API."""
    due = re.findall(r"due on (\d{4}-\d\d-\d\d)", PAGE)
    milestones = [{"name": f"Milestone {day}", "due_date": f"{day}T00:00:00Z"} for day in due]
    assert len(milestones) == 2
    house = House(make_studio(plugins=PLUGINS, extra=[Page()]), "workshop", milestones=milestones)
    ids = {each.number: each.id for each in house.app.platform.frameworks.get("workshop").controls}  # type: ignore[union-attr]
    for number, evidence, quality, day, state in rows("control"):
        if evidence != "none":
            piece = house.upload(number, ids[number])
            if quality:
                house.approve(piece, int(quality))
        if day:
            house.set_control(ids[number], due_date=f"{day}T00:00:00Z")
        if state == "not_applicable":
            house.set_control(ids[number], applicable=False)
        assert house.control(ids[number])["status"] == state
    return house


def test_the_answer_is_the_one_worked_out_by_hand(workshop: House) -> None:
    wanted = json.loads(block("json"))
    shown = workshop.get("score")
    assert {name: shown[name] for name in wanted} == wanted
    assert f"so the score is {shown['overall_score']}." in PAGE
    assert workshop.listed_score() == shown["overall_score"]


def test_each_part_is_the_one_worked_out_by_hand(workshop: House) -> None:
    explained = workshop.get("score", explain="true")["explanation"]
    told = {part["name"]: (part["value"], part["weight"], part["contribution"]) for part in explained["parts"]}
    lines = re.findall(r"^\| (\w+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", PAGE, re.MULTILINE)
    by_hand = {name: tuple(map(float, numbers)) for name, *numbers in lines}
    assert told == by_hand
    assert f"Together {explained['exact_score']:g}" in PAGE


def test_the_page_names_the_bands() -> None:
    named = [line for line in rows("score") if line[1] != "critical"]
    assert [(int(line[0][:2]), line[1]) for line in named] == list(BANDS)

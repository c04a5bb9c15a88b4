"""The built-in frameworks, and how they are shown and checked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from studio_compliance.commands import frameworks
from studio_compliance.definitions import built_in_frameworks, built_in_mappings
from studio_kernel.frameworks import PRIORITIES, Framework
from studio_kernel.testing.app import StudioApp

from .conftest import FOUR, House

SOC2 = {"security": 33, "availability": 3, "processing_integrity": 5, "confidentiality": 2, "privacy": 18}
DEFINITION = """
studio_framework: 1
id: house
name: House rules
version: "1"
categories: [{id: a, title: A}]
controls: [{number: "1", title: One, description: The first rule., category: a}]
"""


@pytest.fixture(scope="module")
def built_in() -> dict[str, Framework]:
    return {framework.id: framework for framework in built_in_frameworks()}


def test_soc2_has_the_trust_services_criteria(built_in: dict[str, Framework]) -> None:
    counted = Counter(control.category for control in built_in["soc2"].controls)
    assert counted == SOC2
    assert counted.total() == 61
    assert [category.id for category in built_in["soc2"].categories] == list(SOC2)


def test_iso27001_has_clauses_and_annex_a(built_in: dict[str, Framework]) -> None:
    counted = Counter(control.number.rpartition(".")[0][:3] for control in built_in["iso27001"].controls)
    annex = {name: counted.pop(name) for name in ("A.5", "A.6", "A.7", "A.8")}
    assert annex == {"A.5": 37, "A.6": 8, "A.7": 14, "A.8": 34}
    assert counted.total() == 30


def test_control_ids_are_unique_over_all_frameworks(built_in: dict[str, Framework]) -> None:
    ids = [control.id for framework in built_in.values() for control in framework.controls]
    assert len(set(ids)) == len(ids)
    assert all(each.startswith("ctrl_") for each in ids)


def test_every_built_in_control_is_complete(built_in: dict[str, Framework]) -> None:
    for framework in built_in.values():
        for control in framework.controls:
            assert control.description
            assert control.expected_evidence
            assert control.priority in PRIORITIES


def test_the_list_shows_every_installed_framework_as_printed(house: House) -> None:
    answer = house.app.client("viewer").get("/api/v1/compliance/frameworks")
    shown = {each["id"]: each for each in answer.json()["data"]["frameworks"]}
    assert {"soc2", "iso27001", "four", "ten", "sixty"} <= set(shown)
    four = shown["four"]
    assert {"id", "name", "description", "controls", "version", "publisher", "categories"} <= set(four)
    assert [set(control) for control in four["controls"]] == [{"id", "number", "title", "category"}] * 4


def test_a_framework_is_shown_in_full(house: House) -> None:
    data = house.admin.get("/api/v1/compliance/frameworks/four").json()["data"]
    control = data["controls"][0]
    assert control["id"] == FOUR.controls[0].id
    assert control["priority"] == "critical"
    assert control["renewal_days"] == 365
    assert [each["title"] for each in control["expected_evidence"]] == ["Access Control Policy", "Access Reviews"]
    assert control["references"] == []


def test_unknown_frameworks_are_not_found_and_the_known_ones_named(house: House) -> None:
    answer = house.admin.get("/api/v1/compliance/frameworks/soc3")
    assert answer.status_code == 404
    assert "soc2" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["frameworks", "frameworks/four"])
def test_frameworks_have_an_etag(house: House, path: str) -> None:
    first = house.admin.get(f"/api/v1/compliance/{path}")
    again = house.admin.get(f"/api/v1/compliance/{path}", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_frameworks_cost_no_query(studio: StudioApp) -> None:
    client = studio.client("viewer")
    client.get("/api/v1/compliance/frameworks")
    with studio.count_queries() as seen:
        client.get("/api/v1/compliance/frameworks")
    assert seen == []


def test_frameworks_are_for_those_who_signed_in(house: House) -> None:
    assert house.app.anonymous.get("/api/v1/compliance/frameworks").status_code == 401


def test_check_accepts_a_sound_definition(tmp_path: Path) -> None:
    file = tmp_path / "house.yaml"
    file.write_text(DEFINITION)
    done = CliRunner().invoke(frameworks, ["check", str(file)])
    assert (done.exit_code, done.output.strip()) == (0, "house: 1 controls in 1 categories, sound.")


def test_check_prints_each_problem_and_fails(tmp_path: Path) -> None:
    file = tmp_path / "house.yaml"
    file.write_text(DEFINITION.replace("category: a", "category: b, colour: red"))
    done = CliRunner().invoke(frameworks, ["check", str(file)])
    assert done.exit_code == 1
    assert "house.yaml: controls.0 (1).category: 'b' is none of ['a']" in done.output
    assert "colour: is not known" in done.output


def test_list_names_framework_and_plugin(tmp_path: Path) -> None:
    done = CliRunner().invoke(frameworks, ["list", "--json"], env={"STUDIO_HOME": str(tmp_path)})
    assert done.exit_code == 0, done.output
    assert '"id": "soc2"' in done.output
    assert '"plugin": "compliance"' in done.output


def test_built_in_mappings_name_controls_that_there_are_and_never_disagree(studio: StudioApp) -> None:
    mappings, known = studio.platform.mappings, studio.platform.frameworks
    assert {(each.from_framework, each.to_framework) for each in built_in_mappings()} >= {("soc2", "iso27001")}
    assert mappings.unknown_ends(known) == []
    assert mappings.conflicts() == []
    assert all(each.rationale and each.source for found in built_in_mappings() for each in found.mappings)

"""Evidence for one control counts at once wherever the control is mapped, without a copy, and once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from studio_compliance.mapping_commands import mappings
from studio_compliance.plugin import studio_startup
from studio_kernel.frameworks import control_id
from studio_kernel.storage.sql import Statement

from .conftest import CRITICAL, HIGH, MEDIUM, OTHERS, TEN, House, MakeHouse

_LINKS = Statement("SELECT COUNT(*) FROM evidence_controls")


@pytest.fixture
def both(house: House) -> House:
    """A project with two frameworks that are mapped, and a third that is mapped to the second."""
    house.project_id = house.project("four", frameworks=["other", "ten"])
    return house


def status(house: House, control: str) -> tuple[str, list[tuple[str, str]]]:
    shown = house.control(control)
    return shown["status"], [(via["number"], via["counts"]) for via in shown["via"]]


def test_approved_evidence_completes_what_its_control_covers(both: House) -> None:
    before = both.score()
    both.approve(both.upload(control_id=CRITICAL), 90)
    assert status(both, OTHERS[0]) == ("complete", [("000", "full")])
    shown = both.control(OTHERS[0])
    assert (shown["derived_status"], shown["mapped_status"], shown["evidence_count"]) == ("not_started", "complete", 0)
    assert shown["via"][0]["path"] == [CRITICAL, OTHERS[0]]
    assert both.get("score")["control_coverage"]["complete"] == 2
    assert both.score() == both.listed_score() > before
    assert both.app.platform.database.value(_LINKS) == 1


def test_evidence_on_the_way_is_work_begun(both: House) -> None:
    both.upload(control_id=CRITICAL)
    assert status(both, OTHERS[0]) == ("in_progress", [("000", "full")])


def test_a_part_counts_as_a_part_and_a_promise_of_a_part_as_nothing(both: House) -> None:
    piece = both.upload(control_id=HIGH)
    assert status(both, OTHERS[1]) == ("not_started", [])
    both.approve(piece, 80)
    assert status(both, OTHERS[1]) == ("in_progress", [("001", "partial")])


def test_the_other_end_of_a_mapping_counts_by_its_inverse(both: House) -> None:
    both.approve(both.upload(control_id=OTHERS[0]), 90)
    assert status(both, CRITICAL) == ("in_progress", [("000", "partial")])
    both.approve(both.upload(control_id=OTHERS[2]), 90)
    assert status(both, MEDIUM) == ("complete", [("002", "full")])


def test_a_way_of_several_steps_is_shown_whole(both: House) -> None:
    both.approve(both.upload(control_id=MEDIUM), 90)
    far = TEN.controls[3].id
    shown = both.control(far)
    assert shown["status"] == "complete"
    assert shown["via"][0] | {"control_id": ""} == {
        "control_id": "",
        "framework": "four",
        "number": "002",
        "relation": "superset",
        "counts": "full",
        "path": [MEDIUM, OTHERS[2], far],
    }


def test_two_overlaps_in_a_row_count_for_nothing(both: House) -> None:
    both.approve(both.upload(control_id=HIGH), 90)
    assert status(both, TEN.controls[5].id) == ("not_started", [])


def test_what_stops_counting_stops_everywhere(both: House) -> None:
    piece = both.upload(control_id=CRITICAL)
    both.approve(piece, 90)
    both.set_control(CRITICAL, applicable=False)
    assert status(both, OTHERS[0])[0] == "not_started"
    both.set_control(CRITICAL, applicable=True)
    assert status(both, OTHERS[0])[0] == "complete"
    assert both.admin.delete(f"/api/v1/evidence/{piece}/controls/{CRITICAL}").status_code == 200
    assert status(both, OTHERS[0]) == ("not_started", [])
    assert both.admin.put(f"/api/v1/evidence/{piece}/controls/{CRITICAL}").status_code == 200
    assert status(both, OTHERS[0])[0] == "complete"
    assert both.admin.delete(f"/api/v1/evidence/{piece}").status_code == 200
    assert status(both, OTHERS[0]) == ("not_started", [])
    assert both.score() == both.listed_score() == 0


def test_expired_evidence_stops_counting_everywhere(both: House) -> None:
    both.approve(both.upload(control_id=CRITICAL), 90)
    both.app.clock.advance(366 * 86_400)
    both.app.platform.jobs.sweep()
    both.app.run_jobs()
    both.admin = both.app.client("admin")
    assert status(both, OTHERS[0])[0] == "in_progress"
    assert both.get("score")["freshness"] == {"value": 0, "current": 0, "expired": 1, "expiring_in_30_days": 0}


def test_a_persons_word_does_not_travel_and_stands_over_what_does(both: House) -> None:
    both.set_control(CRITICAL, status="complete")
    assert status(both, OTHERS[0]) == ("not_started", [])
    both.set_control(OTHERS[0], status="in_progress")
    both.approve(both.upload(control_id=CRITICAL), 90)
    assert status(both, OTHERS[0])[0] == "in_progress"
    both.set_control(OTHERS[0], status=None)
    assert status(both, OTHERS[0])[0] == "complete"


def test_a_framework_attached_later_counts_at_once_and_leaves_nothing_behind(house: House) -> None:
    house.approve(house.upload(control_id=CRITICAL), 90)
    path = f"/api/v1/projects/{house.project_id}/frameworks"
    alone = house.get("score")
    assert house.admin.post(path, json={"framework": "other"}).status_code == 201
    assert status(house, OTHERS[0])[0] == "complete"
    assert house.admin.delete(f"{path}/other").status_code == 200
    assert house.get("score") | {"last_updated": ""} == alone | {"last_updated": ""}
    house.recompute()
    assert house.get("score") | {"last_updated": ""} == alone | {"last_updated": ""}


def test_a_piece_counts_once_in_each_place(both: House) -> None:
    piece = both.upload(control_id=CRITICAL)
    both.admin.put(f"/api/v1/evidence/{piece}/controls/{OTHERS[0]}")
    both.approve(piece, 80)
    both.approve(both.upload(control_id=CRITICAL), 100)
    parts = {part["name"]: part for part in both.get("score", explain="true")["explanation"]["parts"]}
    assert parts["evidence_quality"]["value"] == 90
    assert both.get("score")["evidence_quality"]["total"] == 2
    assert status(both, OTHERS[0])[0] == "complete"


def test_gaps_say_what_counts_already_and_what_is_missing(both: House) -> None:
    both.approve(both.upload("Access control policy", control_id=HIGH), 90)
    gaps = {gap["control_id"]: gap for gap in both.get("gaps")["gaps"]}
    assert [via["number"] for via in gaps[OTHERS[1]]["via"]] == ["001"]
    assert gaps[OTHERS[1]]["missing"] == ["Access Reviews"]


def test_a_change_of_the_mappings_is_followed_after_the_start(both: House) -> None:
    both.approve(both.upload(control_id=CRITICAL), 90)
    platform = both.app.platform
    both.app.run_jobs()
    platform.mappings.remove("samples")
    platform.mappings.add("samples", [])
    studio_startup(platform)
    both.app.run_jobs()
    assert status(both, OTHERS[0])[0] == ("not_started")


def test_mapped_evidence_follows_on_postgresql(make_house: MakeHouse, postgres_url: str) -> None:
    house = make_house(database_url=postgres_url)
    house.project_id = house.project("four", frameworks=["other", "ten"])
    piece = house.upload(control_id=MEDIUM)
    house.approve(piece, 90)
    assert status(house, TEN.controls[3].id)[0] == "complete"
    assert house.get("score", explain="true")["overall_score"] == house.listed_score() > 0
    assert house.get("gaps")["gaps"]
    assert house.get("projection", framework="ten")["projected_score"] > 0
    kept = house.kept()
    house.recompute()
    assert house.kept() == kept
    assert house.admin.delete(f"/api/v1/projects/{house.project_id}").status_code == 200
    assert house.kept() == [[], [], [], [], []]


# -- the catalogue -------------------------------------------------------------------------------------


def listed(house: House, **params: Any) -> list[tuple[str, str, str, str]]:
    answer = house.app.client("viewer").get("/api/v1/compliance/mappings", params=params)
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert data["total"] == len(data["mappings"])
    return [
        (each["from"]["number"], each["relation"], each["to"]["number"], each["counts"]) for each in data["mappings"]
    ]


def test_mappings_are_listed_in_either_direction(house: House) -> None:
    there = listed(house, **{"from": "four", "to": "other"})
    back = listed(house, **{"from": "other", "to": "four"})
    assert there == [
        ("000", "superset", "000", "full"),
        ("001", "intersects", "001", "partial"),
        ("002", "equal", "002", "full"),
    ]
    assert [each[1:] for each in back] == [
        ("subset", "000", "partial"),
        ("intersects", "001", "partial"),
        ("equal", "002", "full"),
    ]
    assert listed(house, **{"from": "four", "to": "ten"}) == []
    assert listed(house, to="four") == back
    assert len(listed(house)) > len(there)


def test_ways_of_several_steps_are_listed_when_asked_for(house: House) -> None:
    assert listed(house, **{"from": "four", "to": "ten", "transitive": "true"}) == [("002", "superset", "003", "full")]
    one = listed(house, control_id=CRITICAL, transitive="true")
    assert one == [("000", "superset", "000", "full"), ("000", "subset", "000", "partial")]


def test_a_listed_mapping_says_why_and_who_holds_so(house: House) -> None:
    answer = house.admin.get("/api/v1/compliance/mappings", params={"from": "four", "to": "other"})
    first = answer.json()["data"]["mappings"][0]
    assert first["from"] == {"control_id": CRITICAL, "framework": "four", "number": "000", "title": "Control 0"}
    (step,) = first["path"]
    assert (step["rationale"], step["source"], step["number"]) == ("As it is.", "us", "000")


def test_unknown_parameters_of_mappings_are_named(house: House) -> None:
    answer = house.admin.get("/api/v1/compliance/mappings", params={"form": "four"})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["error"] == "Unknown field; did you mean 'from'?"


# -- projection ----------------------------------------------------------------------------------------


def test_a_projection_applies_what_is_there(house: House) -> None:
    house.approve(house.upload(control_id=CRITICAL), 80)
    house.approve(house.upload(control_id=HIGH), 90)
    view = house.get("projection", framework="other")
    found = {each["number"]: each["status"] for each in view["controls"]}
    assert found == {"000": "complete", "001": "in_progress", "002": "not_started", "003": "not_started"}
    # coverage (4 + 3/2) of 10, quality 85, risk 100 - (25 + 25 + 10) of 185, nothing late
    assert view["projected_score"] == round(0.4 * 55 + 0.3 * 85 + 0.2 * (100 - 6000 / 185) + 10)
    assert view["controls"][0]["via"][0]["path"] == [CRITICAL, OTHERS[0]]
    assert view["coverage"] == {"value": 55, "controls_with_evidence": 1, "applicable_controls": 4}
    assert view["controls"][0]["in_project"] is False


def test_a_projection_onto_an_attached_framework_is_what_the_project_shows(both: House) -> None:
    both.approve(both.upload(control_id=CRITICAL), 80)
    both.set_control(OTHERS[3], applicable=False)
    view = both.get("projection", framework="other")
    assert [each["status"] for each in view["controls"]] == ["complete", "not_started", "not_started", "not_applicable"]
    assert all(each["in_project"] for each in view["controls"])
    assert view["coverage"]["applicable_controls"] == 3


def test_a_project_without_evidence_projects_to_0(house: House) -> None:
    assert house.get("projection", framework="soc2")["projected_score"] == 0


def test_an_unknown_framework_is_named_with_the_known_ones(house: House) -> None:
    params = {"project_id": house.project_id, "framework": "soc3"}
    answer = house.admin.get("/api/v1/compliance/projection", params=params)
    assert answer.status_code == 400
    assert "soc2" in answer.json()["error"]["details"]["error"]


# -- the command line ----------------------------------------------------------------------------------


def run(home: Path, *words: str) -> Any:
    return CliRunner().invoke(mappings, list(words), env={"STUDIO_HOME": str(home)})


def test_studio_mappings_list_show_and_check(tmp_path: Path) -> None:
    """`studio mappings list`, `studio mappings show`, `studio mappings check`."""
    done = run(tmp_path, "list", "--json")
    assert (done.exit_code, '"from": "soc2"' in done.output) == (0, True)
    shown = run(tmp_path, "show", "iso27001", "soc2", "--transitive")
    assert (shown.exit_code, "CC6.1" in shown.output) == (0, True), shown.output
    assert run(tmp_path, "check").exit_code == 0


def test_studio_mappings_check_tells_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(
        'studio_mappings: 1\nfrom: a\nto: b\nsource: us\nmappings: [{from: "1", to: "2", relation: like}]\n'
    )
    done = run(tmp_path, "check", str(file))
    assert done.exit_code == 1
    assert "mappings.0.relation" in done.output
    assert control_id("a", "1") not in done.output

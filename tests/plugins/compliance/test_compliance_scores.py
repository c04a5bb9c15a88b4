"""The score of a project: shown, stored, and following every change."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from fleet.verdict import unscored_days

from studio_compliance.api import Compliance
from studio_compliance.events import EVENT_TYPES
from studio_compliance.formula import PARTS
from studio_kernel.storage.sql import Statement

from .conftest import CRITICAL, HIGH, LOW, MEDIUM, PLUGINS, House, MakeHouse, SamplePlugin

_STORED = Statement("SELECT overall FROM compliance_scores WHERE project_id = :id")
_HISTORY = Statement("SELECT day, overall FROM compliance_score_history WHERE project_id = :id ORDER BY day")
_EVENTS = Statement("SELECT data FROM events WHERE name = 'score.changed' ORDER BY position")


def test_a_new_project_scores_0_everywhere(house: House) -> None:
    data = house.get("score")
    assert data["project_id"] == house.project_id
    assert data["overall_score"] == 0
    assert data["framework_scores"] == {"a": 0, "b": 0, "empty": 0}
    assert data["control_coverage"] == {
        "total": 4,
        "complete": 0,
        "in_progress": 0,
        "not_started": 4,
        "not_applicable": 0,
    }
    assert data["evidence_quality"] == {"total": 0, "high_quality": 0, "good_quality": 0, "needs_improvement": 0}
    assert data["last_updated"].endswith("Z")


def test_the_score_moves_with_the_review(house: House) -> None:
    piece = house.upload()
    before = house.get("score")
    house.approve(piece, 92)
    after = house.get("score")
    assert after["overall_score"] > before["overall_score"]
    assert after["evidence_quality"]["high_quality"] == 1
    assert after["last_updated"] > before["last_updated"]
    assert house.listed_score() == after["overall_score"]


def test_an_analysis_of_quality_moves_the_score(house: House) -> None:
    """From the upload to the score, by the API and the background work alone; nobody gives a score."""
    piece = house.upload("Access Control Policy")
    answer = house.reviewer.post(f"/api/v1/evidence/{piece}/reviews", json={"decision": "approve"})
    assert answer.status_code == 201, answer.text

    def quality(data: dict[str, Any]) -> tuple[float, float]:
        [part] = [each for each in data["explanation"]["parts"] if each["name"] == "evidence_quality"]
        return part["value"], data["overall_score"]

    before = house.get("score", explain="true")
    assert quality(before)[0] == 0
    house.app.run_jobs()
    analysed = house.admin.get(f"/api/v1/evidence/{piece}/quality").json()["data"]
    assert (analysed["source"], analysed["analyzed"]) == ("analysis", True)
    after = house.get("score", explain="true")
    assert quality(after)[0] == analysed["quality_score"] > 0
    assert quality(after)[1] > quality(before)[1]
    # What raises the analysis raises the score; a band of its own is told beside it.
    body = {"description": "Who may have access, and who decides.", "tags": ["access"]}
    body |= {"period_start": "2020-01-01T00:00:00Z", "valid_until": "2099-01-01T00:00:00Z"}
    assert house.admin.patch(f"/api/v1/evidence/{piece}", json=body).status_code == 200
    house.app.run_jobs()
    better = house.admin.get(f"/api/v1/evidence/{piece}/quality").json()["data"]["quality_score"]
    assert better > analysed["quality_score"]
    assert quality(house.get("score", explain="true"))[0] == better
    band = "high_quality" if better >= 90 else "good_quality" if better >= 70 else "needs_improvement"
    assert house.get("score")["evidence_quality"][band] == 1


def test_coverage_and_freshness_stand_beside_the_score_wherever_projects_are_shown(house: House) -> None:
    house.approve(house.upload(), 92)
    score = house.get("score")
    wanted = (score["coverage"]["value"], score["freshness"]["value"])
    listed = house.admin.get("/api/v1/projects", params={"search": "", "limit": 100}).json()["data"]["projects"]
    shown = house.admin.get(f"/api/v1/projects/{house.project_id}").json()["data"]
    beside = [each for each in listed if each["id"] == house.project_id]
    assert {(each["coverage"], each["freshness"]) for each in (*beside, shown)} == {wanted}
    assert wanted[1] == 100


def test_the_stored_score_is_the_shown_one_after_each_change(house: House) -> None:
    for control_id, status in ((CRITICAL, "complete"), (HIGH, "in_progress"), (MEDIUM, "complete")):
        house.set_control(control_id, status=status)
        assert house.score() == house.listed_score() > 0
    house.set_control(LOW, applicable=False)
    assert house.score() == house.listed_score()


def test_score_by_hand_through_the_api(house: House) -> None:
    house.set_control(CRITICAL, status="complete")
    house.set_control(HIGH, status="in_progress")
    # coverage 5.5 of 10, no evidence, risk 100 - 60/185 in percent, nothing due
    assert house.score() == round(0.4 * 55 + 0.2 * (100 - 6000 / 185) + 10)
    # a: 5.5 of 7, risk 100 - 25/150 in percent; b: nothing begun
    assert house.get("score")["framework_scores"] == {
        "a": round(0.4 * 550 / 7 + 0.2 * (100 - 2500 / 150) + 10),
        "b": 0,
        "empty": 0,
    }


def test_overdue_milestones_cost_and_completing_them_pays(house: House) -> None:
    house.set_control(CRITICAL, status="complete")
    before = house.score()
    path = f"/api/v1/projects/{house.project_id}/milestones"
    milestone = house.admin.post(path, json={"name": "Late", "due_date": "2020-01-01T00:00:00Z"}).json()["data"]
    assert house.score() == house.listed_score() == before - 10
    house.admin.patch(f"{path}/{milestone['id']}", json={"status": "completed"})
    assert house.score() == house.listed_score() == before


def test_time_alone_makes_a_control_overdue(house: House) -> None:
    house.set_control(CRITICAL, status="in_progress", due_date="2099-01-01T00:00:00Z")
    before = house.score()
    house.app.clock.advance(100 * 365 * 86_400)
    house.admin = house.app.client("admin")
    assert house.score() == before - 10


def test_explain_tells_parts_that_add_up_to_the_score(house: House) -> None:
    house.set_control(CRITICAL, status="complete")
    data = house.get("score", explain="true")
    parts = data["explanation"]["parts"]
    assert [part["name"] for part in parts] == list(PARTS)
    assert round(sum(part["contribution"] for part in parts)) == data["overall_score"]
    assert sum(part["weight"] for part in parts) == pytest.approx(1)
    assert parts[0]["inputs"]["applicable_controls"] == 4
    assert "explanation" not in house.get("score")


def test_score_changed_is_published_once_a_change_and_never_for_itself(house: House) -> None:
    house.set_control(CRITICAL, status="complete")
    first = house.score()
    house.set_control(CRITICAL, owner_id=None)
    house.set_control(CRITICAL, status=None)
    told = [orjson.loads(row[0])["score"] for row in house.app.platform.database.rows(_EVENTS)]
    assert told == [
        {"project_id": house.project_id, "overall_score": first, "previous_score": 0},
        {"project_id": house.project_id, "overall_score": 0, "previous_score": first},
    ]


def test_the_example_of_each_event_fits_its_schema() -> None:
    for kind in EVENT_TYPES:
        assert kind.schema().validate(kind.example) == {}


def test_a_change_that_fails_leaves_the_score_alone(house: House) -> None:
    database = house.app.platform.database
    house.set_control(CRITICAL, status="complete")
    before = database.value(_STORED, id=house.project_id)

    def change_and_fail() -> None:
        from studio_projects.api import Projects

        with database.transaction() as transaction:
            Projects(house.app.platform).set_control_evidence(
                house.project_id, HIGH, evidence_count=1, derived_status="complete"
            )
            transaction.before_commit(lambda: (_ for _ in ()).throw(RuntimeError("refused")))

    with pytest.raises(RuntimeError, match="refused"):
        change_and_fail()
    assert database.value(_STORED, id=house.project_id) == before == house.score()


def test_one_score_is_kept_a_day(house: House) -> None:
    house.set_control(CRITICAL, status="complete")
    house.set_control(HIGH, status="complete")
    kept = house.app.platform.database.rows(_HISTORY, id=house.project_id)
    assert [row[1] for row in kept] == [house.score()]


def test_days_without_a_change_get_a_score_too(house: House) -> None:
    house.set_control(CRITICAL, status="complete")
    house.pass_days(3)
    kept = house.app.platform.database.rows(_HISTORY, id=house.project_id)
    assert len(kept) == 4
    trend = house.get("trends", period="7d")
    assert [point["overall_score"] for point in trend["points"]] == [house.score()] * 4
    assert (trend["period"], trend["change"]) == ("7d", 0)


def test_the_verdict_on_a_fleet_misses_each_day_without_a_score(house: House) -> None:
    def noon() -> datetime:
        return house.app.clock().replace(hour=12)

    database = house.app.platform.database
    house.pass_days(2)
    assert list(unscored_days(database, noon())) == []
    days = [row[0] for row in database.rows(Statement("SELECT day FROM compliance_score_history ORDER BY day"))]
    house.app.clock.advance(2 * 86_400)
    missed = list(unscored_days(database, noon()))
    assert len(missed) == 2
    assert all(house.project_id in each for each in missed)
    house.pass_days(1)
    database.execute(Statement("DELETE FROM compliance_score_history WHERE day = :day"), day=days[0])
    assert f"{house.project_id} has no score of {days[0]}" in list(unscored_days(database, noon()))


def test_trends_end_where_the_period_does(house: House) -> None:
    house.set_control(CRITICAL, status="complete")
    house.pass_days(8)
    assert len(house.get("trends", period="7d")["points"]) == 7
    assert len(house.get("trends")["points"]) == 9


def test_deleting_a_project_takes_its_scores_along(house: House) -> None:
    house.set_control(CRITICAL, status="complete")
    assert house.admin.delete(f"/api/v1/projects/{house.project_id}").status_code == 200
    database = house.app.platform.database
    assert database.rows(_STORED, id=house.project_id) == []
    assert database.rows(_HISTORY, id=house.project_id) == []


@pytest.mark.parametrize("what", ["score", "gaps", "trends"])
def test_the_number_of_queries_does_not_grow_with_the_controls(house: House, what: str) -> None:
    def queries(framework_id: str) -> int:
        house.project_id = house.project(framework_id)
        house.upload(control_id=next(iter(house.app.platform.frameworks.get(framework_id).controls)).id)  # type: ignore[union-attr]
        house.get(what)
        with house.app.count_queries() as seen:
            house.get(what)
        return len(seen)

    assert queries("ten") == queries("sixty") <= 7


def test_a_change_costs_the_same_queries_whatever_the_controls(house: House) -> None:
    def queries(framework_id: str) -> int:
        house.project_id = house.project(framework_id)
        framework = house.app.platform.frameworks.get(framework_id)
        assert framework is not None
        with house.app.count_queries() as seen:
            house.set_control(framework.controls[0].id, status="complete")
        return len(seen)

    assert queries("ten") == queries("sixty")


@pytest.mark.parametrize("what", ["score", "gaps", "trends"])
def test_strangers_do_not_learn_that_a_project_exists(house: House, what: str) -> None:
    stranger = house.app.client("manager")
    path, there = f"/api/v1/compliance/{what}", {"project_id": house.project_id}
    answers = [stranger.get(path, params=params) for params in (there, {"project_id": "proj_nothere"})]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert house.reviewer.get(path, params=there).status_code == 200
    assert house.app.anonymous.get(path, params=there).status_code == 401


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "project_id"),
        ({"project_id": "nonsense"}, "project_id"),
        ({"project_id": "proj_1", "explain": "perhaps"}, "explain"),
        ({"project_id": "proj_1", "exlain": "true"}, "exlain"),
    ],
)
def test_wrong_queries_name_the_parameter(house: House, params: dict[str, str], field: str) -> None:
    answer = house.admin.get("/api/v1/compliance/score", params=params)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == field


def test_a_score_that_did_not_change_is_not_sent_twice(house: House) -> None:
    params = {"project_id": house.project_id}
    etag = house.admin.get("/api/v1/compliance/score", params=params).headers["etag"]
    again = house.admin.get("/api/v1/compliance/score", params=params, headers={"If-None-Match": etag})
    assert again.status_code == 304


def test_other_plugins_read_the_same_score(house: House) -> None:
    house.set_control(CRITICAL, status="complete")
    assert Compliance(house.app.platform).score(house.project_id).overall == house.score()


def test_the_weights_are_settings(make_house: MakeHouse) -> None:
    weights = {"coverage_weight": 1.0, "evidence_weight": 0.0, "risk_weight": 0.0, "timeliness_weight": 0.0}
    house = make_house(overrides={f"compliance.{name}": value for name, value in weights.items()})
    house.set_control(CRITICAL, status="complete")
    assert house.score() == 40


def test_other_weights_reach_the_scores_that_are_kept(make_house: MakeHouse, make_studio: Any, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    house = make_house(database_url=url)
    house.set_control(CRITICAL, status="complete")
    house.app.run_jobs()
    assert house.listed_score() == house.score() != 40
    weights = {"coverage_weight": 1.0, "evidence_weight": 0.0, "risk_weight": 0.0, "timeliness_weight": 0.0}
    overrides = {f"compliance.{name}": value for name, value in weights.items()}
    make_studio(plugins=PLUGINS, extra=[SamplePlugin()], database_url=url, overrides=overrides).run_jobs()
    assert house.listed_score() == 40


def test_a_priority_of_another_word_counts_as_medium(house: House) -> None:
    house.project_id = house.project("odd")
    house.set_control(house.get("gaps")["gaps"][0]["control_id"], status="in_progress")
    explained = house.get("score", explain="true")["explanation"]["parts"]
    assert explained[0]["inputs"]["total_weight"] == 2


def test_gaps_tell_severity_and_missing_evidence(house: House) -> None:
    house.set_control(HIGH, status="in_progress")
    house.set_control(LOW, status="complete")
    house.approve(house.upload("Our access control policy v3"), 90)
    house.set_control(CRITICAL, status="in_progress")
    data: Any = house.get("gaps")
    found = {gap["control_id"]: gap for gap in data["gaps"]}
    assert set(found) == {CRITICAL, HIGH, MEDIUM}
    assert {gap["severity"] for gap in found.values()} == {"moderate"}
    assert found[CRITICAL]["missing"] == ["Access Reviews"]
    assert found[MEDIUM]["missing"] == ["Access Control Policy", "Access Reviews"]
    assert data["summary"] == {"total": 3, "critical": 0, "moderate": 3, "minor": 0}
    assert house.get("gaps", severity="critical")["gaps"] == []

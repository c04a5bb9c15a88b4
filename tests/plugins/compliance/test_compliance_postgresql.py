"""The same on PostgreSQL, where changes of one project really run at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from .conftest import CRITICAL, HIGH, LOW, MEDIUM, MakeHouse


def test_scores_follow_changes_on_postgresql(make_house: MakeHouse, postgres_url: str) -> None:
    house = make_house(database_url=postgres_url)
    assert house.score() == 0
    house.approve(house.upload("Access Control Policy"), 90)
    house.set_control(HIGH, status="complete")
    assert house.score() == house.listed_score() > 0
    house.pass_days(2)
    assert len(house.get("trends", period="7d")["points"]) == 3
    assert house.get("gaps")["summary"]["total"] == 3 - (house.get("score")["control_coverage"]["complete"] == 2)
    assert house.admin.delete(f"/api/v1/projects/{house.project_id}").status_code == 200


def test_changes_at_once_leave_the_score_of_all_of_them(make_house: MakeHouse, postgres_url: str) -> None:
    house = make_house(database_url=postgres_url)
    pieces = [house.upload(f"Piece {number}", control) for number, control in enumerate((CRITICAL, LOW))]
    project = f"/api/v1/projects/{house.project_id}"

    def rename() -> None:
        assert house.admin.patch(project, json={"name": "Renamed"}).status_code == 200

    def add_milestone() -> None:
        body = {"name": "Late", "due_date": "2020-01-01T00:00:00Z"}
        assert house.admin.post(f"{project}/milestones", json=body).status_code == 201

    for number in range(6):
        state = "complete" if number % 2 else "in_progress"

        def control(control_id: str, state: str = state) -> Callable[[], None]:
            return lambda: house.set_control(control_id, status=state)

        work: list[Callable[[], None]] = [rename, add_milestone, *map(control, (CRITICAL, HIGH, MEDIUM, LOW))]
        if number == 0:
            work += [lambda piece=piece: house.approve(piece, 80) for piece in pieces]  # type: ignore[misc]
        with ThreadPoolExecutor(len(work)) as pool:
            for done in [pool.submit(each) for each in work]:
                done.result(60)
        assert house.listed_score() == house.score()

"""The same on PostgreSQL, where changes of one project really run at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from studio_compliance.events import FRAMEWORK_UPGRADED
from studio_compliance.importing.projects import FollowingProjects
from studio_compliance.scorekeeper import Scorekeeper
from studio_evidence.service.records import Records
from studio_evidence.service.upkeep import Upkeep
from studio_kernel.events import Events
from studio_kernel.privacy import Person
from studio_kernel.storage.sql import Statement
from studio_projects.api import Projects
from studio_projects.service.controls import Controls
from studio_projects.service.projects import ProjectService

from .conftest import CRITICAL, HIGH, LOW, MEDIUM, House, MakeHouse
from .test_compliance_upgrade import Upgraded


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


class Meeting:
    """Two changes of one project: the second begins when the first has its first lock, and the first goes on when
    the second waits.
    """

    def __init__(self, house: House) -> None:
        self._database = house.app.platform.database
        self._locked = threading.Event()

    def at(self, monkeypatch: pytest.MonkeyPatch, kind: type[Any], method: str) -> None:
        """The first change stops before that method, once."""
        original = getattr(kind, method)

        def stop(*arguments: Any, **named: Any) -> Any:
            if not self._locked.is_set():
                self._locked.set()
                self._await_waiter()
            return original(*arguments, **named)

        monkeypatch.setattr(kind, method, stop)

    def of(self, first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
        """What both came to."""
        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(first)
            assert self._locked.wait(30)
            other = pool.submit(second)
            return one.result(60), other.result(60)

    def _await_waiter(self) -> None:
        deadline = time.monotonic() + 30
        while not self._database.value(_WAITING):
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.02)


_WAITING = Statement("SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND pid IN "
                     "(SELECT pid FROM pg_stat_activity WHERE datname = current_database())")  # fmt: skip


def test_nothing_is_kept_of_a_project_that_is_deleted_while_scores_are_made_again(
    make_house: MakeHouse, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make_house(database_url=postgres_url)
    path = f"/api/v1/projects/{house.project_id}"
    meeting = Meeting(house)
    meeting.at(monkeypatch, ProjectService, "_refuse_if_needed")
    keeper = Scorekeeper(house.app.platform)
    deleted, _ = meeting.of(lambda: house.admin.delete(path), lambda: keeper.recompute_all([house.project_id]))
    assert deleted.status_code == 200
    assert house.kept() == [[], [], [], [], []]


def test_background_work_on_evidence_and_a_change_of_its_project_wait_in_one_order(
    make_house: MakeHouse, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgraded = Upgraded(make_house(database_url=postgres_url))
    platform = upgraded.house.app.platform
    upgraded.house.app.run_jobs()
    upgraded.house.approve(upgraded.evidence["3"], 90)
    upgraded.house.app.clock.advance(366 * 86_400)
    upgraded.admin = upgraded.house.admin = upgraded.house.app.client("admin")
    meeting = Meeting(upgraded.house)
    meeting.at(monkeypatch, Records, "publish")
    expired, answer = meeting.of(Upkeep(platform).expire, lambda: upgraded.upgrade())
    assert (expired, answer["applied"]) == (1, True)
    assert list(upgraded.controls()) == ["1", "2.1", "3.1", "3.2", "5.7", "6", "7"]


def test_a_change_of_a_project_does_not_wait_for_the_upgrade_that_waits_for_it(
    make_house: MakeHouse, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgraded = Upgraded(make_house(database_url=postgres_url))
    path = f"/api/v1/projects/{upgraded.house.project_id}"
    meeting = Meeting(upgraded.house)
    meeting.at(monkeypatch, FollowingProjects, "_outdated")
    changed, answer = meeting.of(lambda: upgraded.admin.patch(path, json={"name": "New"}), lambda: upgraded.upgrade())
    assert (changed.status_code, answer["applied"]) == (200, True)
    assert list(upgraded.controls()) == ["1", "2.1", "3.1", "3.2", "5.7", "6", "7"]
    assert upgraded.admin.get(path).json()["data"]["name"] == "New"


def test_controls_changed_together_and_evidence_for_them_wait_in_one_order(
    make_house: MakeHouse, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make_house(database_url=postgres_url)
    later, sooner = sorted((CRITICAL, LOW), reverse=True)
    piece = house.upload("Piece", sooner)
    assert house.admin.put(f"/api/v1/evidence/{piece}/controls/{later}").status_code == 200
    items = [{"id": each, "due_date": "2030-01-01T00:00:00Z"} for each in (later, sooner)]
    meeting = Meeting(house)
    meeting.at(monkeypatch, Controls, "_publish")
    path = f"/api/v1/projects/{house.project_id}/controls/bulk"
    _, answer = meeting.of(lambda: house.approve(piece, 90), lambda: house.admin.post(path, json={"controls": items}))
    assert answer.status_code == 200
    assert [(each["id"], each["control"]["status"]) for each in answer.json()["data"]["results"]] == [
        (later, "complete"),
        (sooner, "complete"),
    ]


def test_a_project_that_comes_back_during_an_upgrade_follows_afterwards(
    make_house: MakeHouse, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgraded = Upgraded(make_house(database_url=postgres_url))
    path = f"/api/v1/projects/{upgraded.house.project_id}"
    upgraded.admin.patch(path, json={"status": "archived"})
    answers: list[Any] = []
    publish = Events.publish

    def meanwhile(self: Any, kind: Any, **named: Any) -> Any:
        if kind is FRAMEWORK_UPGRADED and not answers:
            with ThreadPoolExecutor(1) as pool:
                answers.append(pool.submit(upgraded.admin.patch, path, json={"status": "active"}).result(60))
                body = {"name": "Another", "framework": "rules"}
                answers.append(pool.submit(upgraded.admin.post, "/api/v1/projects", json=body).result(60))
        return publish(self, kind, **named)

    monkeypatch.setattr(Events, "publish", meanwhile)
    assert upgraded.upgrade()["projects"]["archived"] == 1
    came_back, made = answers
    assert came_back.status_code == 200
    assert (made.status_code, made.headers["Retry-After"]) == (503, "1")
    assert "changed" in made.json()["error"]["message"]
    upgraded.house.app.run_jobs()
    assert list(upgraded.controls()) == ["1", "2.1", "3.1", "3.2", "5.7", "6", "7"]
    assert upgraded.served("3") == [upgraded.id("3.1"), upgraded.id("3.2")]


def test_erasing_a_person_and_an_upgrade_wait_in_one_order(
    make_house: MakeHouse, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgraded = Upgraded(make_house(database_url=postgres_url))
    platform = upgraded.house.app.platform
    upgraded.house.app.run_jobs()
    path = f"/api/v1/evidence/{upgraded.evidence['3']}"
    assert upgraded.admin.patch(path, json={"title": "Of Zelda Quirrenbach"}).status_code == 200
    person = Person("user_abcdef", names=("Zelda Quirrenbach",))
    meeting = Meeting(upgraded.house)
    meeting.at(monkeypatch, Records, "publish")
    erased, answer = meeting.of(lambda: platform.privacy().erase(person), lambda: upgraded.upgrade())
    assert (erased["evidence"], answer["applied"]) == (1, True)
    assert upgraded.admin.get(path).json()["data"]["title"] == f"Of {person.pseudonym}"


def test_erasing_a_person_from_a_project_lets_uploads_into_it_go_on(
    make_house: MakeHouse, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make_house(database_url=postgres_url)
    database = house.app.platform.database
    path = f"/api/v1/projects/{house.project_id}"
    assert house.admin.patch(path, json={"description": "Led by Zelda Quirrenbach"}).status_code == 200
    person = Person("user_abcdef", names=("Zelda Quirrenbach",))
    with database.transaction(), ThreadPoolExecutor(1) as pool:
        Projects(house.app.platform).keep(house.project_id)
        pool.submit(house.app.platform.privacy().erase, person).result(60)
    assert house.admin.get(path).json()["data"]["description"] == f"Led by {person.pseudonym}"

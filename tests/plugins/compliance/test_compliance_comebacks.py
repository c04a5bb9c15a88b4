"""Frameworks and controls that come to projects, leave and come back: with what holds, without what was given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from studio_compliance.importing.models import FrameworkVersionRow
from studio_compliance.importing.source import ImportedFrameworks
from studio_kernel.frameworks import Framework
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo
from studio_projects.service import projects
from studio_projects.service.frameworks import installed

from .conftest import PLUGINS, House, SamplePlugin, framework
from .test_compliance_import import post
from .test_compliance_upgrade import FIRST, Upgraded, control, document

WITHOUT = document("2", *(each for each in FIRST["controls"] if each["number"] != "4"))


@pytest.fixture
def upgraded(house: House) -> Upgraded:
    """On the second version, without the fourth control, for which there is evidence and a decision."""
    found = Upgraded(house, evidenced=("4",))
    house.set_control(found.id("4"), owner_id=house.reviewer.user_id)
    found.upgrade(WITHOUT)
    return found


def test_who_left_the_team_meanwhile_owns_no_control_that_comes_back(upgraded: Upgraded) -> None:
    house = upgraded.house
    path = f"/api/v1/projects/{house.project_id}/members/{house.reviewer.user_id}"
    assert house.admin.delete(path).status_code == 200
    upgraded.rollback()
    found = upgraded.controls()["4"]
    assert (found["owner_id"], found["override"]["reason"]) == (None, "As decided")


def test_who_is_still_in_the_team_does(upgraded: Upgraded) -> None:
    upgraded.rollback()
    assert upgraded.controls()["4"]["owner_id"] == upgraded.house.reviewer.user_id


@pytest.mark.parametrize("first", ["attach", "rollback"])
def test_decisions_that_were_discarded_with_a_framework_stay_so_and_its_evidence_counts(
    upgraded: Upgraded, first: str
) -> None:
    house, path = upgraded.house, f"/api/v1/projects/{upgraded.house.project_id}"
    assert house.admin.post(f"{path}/frameworks", json={"framework": "four"}).status_code == 201
    assert house.admin.patch(path, json={"framework": "four"}).status_code == 200
    assert house.admin.delete(f"{path}/frameworks/rules", params={"discard": "true"}).status_code == 200
    if first == "rollback":
        upgraded.rollback()
    assert house.admin.post(f"{path}/frameworks", json={"framework": "rules"}).status_code == 201
    if first == "attach":
        upgraded.rollback()
    found = upgraded.controls()["4"]
    assert (found["override"], found["owner_id"], found["due_date"]) == (None, None, None)
    assert (found["evidence_count"], found["derived_status"]) == (1, "in_progress")
    assert house.listed_score() == house.score()
    # NOTE: what came back was taken up; leaving again, it is kept anew.
    house.set_control(upgraded.id("4"), status="complete")
    upgraded.upgrade({**WITHOUT, "version": "3"})
    upgraded.upgrade(document("4", *FIRST["controls"], control("9")))
    assert upgraded.controls()["4"]["status"] == "complete"


def test_an_archived_project_is_scored_by_the_categories_that_it_has(upgraded: Upgraded) -> None:
    house = upgraded.house
    before = house.get("score")["framework_scores"]
    path = f"/api/v1/projects/{house.project_id}"
    assert house.admin.patch(path, json={"status": "archived"}).status_code == 200
    controls = [{**each, "category": "b"} for each in WITHOUT["controls"]]
    upgraded.upgrade({**FIRST, "version": "3", "categories": [{"id": "b", "title": "B"}], "controls": controls})
    assert house.get("score")["framework_scores"] == before
    assert house.admin.patch(path, json={"status": "active"}).status_code == 200
    assert house.get("score")["framework_scores"] == {"b": before["a"]}


class Registered:
    """A source of a third party with one framework."""

    def state(self) -> str:
        return "1"

    def frameworks(self) -> Sequence[Framework]:
        return (framework("registered", 4),)


class RegisteredPlugin:
    """Brings the source."""

    info = PluginInfo(name="registered", version="1")

    @hookimpl
    def studio_framework_sources(self, platform: Any) -> Sequence[Any]:
        return (Registered(),)


def test_projects_take_up_frameworks_of_other_sources(make_studio: Any) -> None:
    house = House(make_studio(plugins=PLUGINS, extra=[SamplePlugin(), RegisteredPlugin()]), "registered")
    path = f"/api/v1/projects/{house.project_id}"
    assert len(house.admin.get(path).json()["data"]["controls"]) == 4
    assert house.admin.patch(path, json={"name": "Renamed"}).status_code == 200
    other = f"/api/v1/projects/{house.project('four')}/frameworks"
    assert house.admin.post(other, json={"framework": "registered"}).status_code == 201


def test_a_framework_of_another_source_is_not_imported_over(make_studio: Any) -> None:
    admin = make_studio(plugins=PLUGINS, extra=[RegisteredPlugin()]).client("admin")
    answer = post(admin, orjson.dumps({**FIRST, "id": "registered"}), "application/json")
    assert answer.status_code == 409
    assert answer.json()["error"]["details"]["field"] == "id"
    assert "another source" in answer.json()["error"]["message"]


def test_a_framework_that_is_removed_between_its_name_and_its_definition_is_not_there(house: House) -> None:
    platform = house.app.platform
    assert post(house.admin, orjson.dumps(FIRST), "application/json").status_code == 201
    source = ImportedFrameworks(platform)
    platform.database.delete(FrameworkVersionRow, where={"framework_id": "rules"})
    assert source.frameworks() == ()


def test_a_framework_that_is_removed_while_a_project_takes_it_up_is_told_of(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgraded = Upgraded(house, evidenced=())
    assert house.admin.delete(f"/api/v1/projects/{house.project_id}").status_code == 200
    known = installed

    def remove_after(platform: Any, wanted: Any) -> Any:
        found = known(platform, wanted)
        assert upgraded.admin.delete("/api/v1/compliance/frameworks/rules").status_code == 200
        return found

    monkeypatch.setattr(projects, "installed", remove_after)
    answer = house.admin.post("/api/v1/projects", json={"name": "Late", "framework": "rules"})
    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == "The framework rules was removed meanwhile"

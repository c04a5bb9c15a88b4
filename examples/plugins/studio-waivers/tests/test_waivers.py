"""Waivers, on the testing kit: only what they need is active."""

import contextlib
import json
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner

from studio_kernel.diagnosis import examine
from studio_kernel.privacy import Person
from studio_kernel.storage.migrations import Step, migrate
from studio_kernel.storage.sql import Statement
from studio_kernel.stored_files import in_use
from studio_kernel.testing.app import StudioApp
from studio_waivers import plugin
from studio_waivers.commands import waivers as waivers_command
from studio_waivers.events import WAIVER_GRANTED, WaiverData
from studio_waivers.migrations import MIGRATIONS
from studio_waivers.upkeep import Upkeep

PLUGINS = ["auth", "projects", "evidence", "compliance", "portal"]
DAY = 86_400


@dataclass
class Place:
    """A platform with a project, its manager, and one control."""

    studio: Any
    manager: Any
    project_id: str
    control_id: str

    def grant(self, **more: Any) -> Any:
        body = {"project_id": self.project_id, "control_id": self.control_id, "title": "Old VPN", **more}
        answer = self.manager.post("/api/v1/waivers", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    def rows(self, columns: str, table: str = "waivers") -> list[Any]:
        found = Statement(f"SELECT {columns} FROM {table} WHERE project_id = :project")
        return self.studio.platform.database.rows(found, project=self.project_id)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One platform for tests that mind only what lies in a project of their own."""
    with contextlib.closing(StudioApp(tmp_path_factory.mktemp("home"), plugins=PLUGINS, extra=[plugin])) as studio:
        yield studio


@pytest.fixture
def place(shared):
    return place_in(shared)


def place_in(studio):
    manager = studio.client("manager")
    project = manager.post("/api/v1/projects", json={"name": "Audit", "framework": "soc2"}).json()["data"]
    control = manager.get(f"/api/v1/projects/{project['id']}/controls").json()["data"]["controls"][0]
    return Place(studio, manager, project["id"], control["id"])


def test_a_waiver_is_granted_found_changed_and_deleted(place):
    waiver = place.grant(severity="high")
    path = f"/api/v1/waivers/{waiver['id']}"
    shown = place.manager.get(path)
    assert shown.json()["data"] == waiver
    wanted = {"search": "vpn", "status": "active,expired", "severity": "high"}
    listed = place.manager.get("/api/v1/waivers", params=wanted).json()["data"]["waivers"]
    assert listed == [waiver]
    guard = {"If-Match": shown.headers["etag"]}
    assert place.manager.patch(path, json={"title": "VPN"}, headers=guard).json()["data"]["title"] == "VPN"
    assert place.manager.patch(path, json={"title": "Late"}, headers=guard).status_code == 412
    assert place.manager.delete(path).json()["success"] is True
    assert place.manager.get(path).status_code == 404
    entries = Statement("SELECT action FROM audit_log WHERE resource_id = :id AND status < 300 AND method <> 'GET'")
    actions = {row[0] for row in place.studio.platform.database.rows(entries, id=waiver["id"])}
    assert actions == {"waivers.create", "waivers.update", "waivers.delete"}


def test_only_the_team_sees_waivers_and_only_managers_grant_them(place):
    waiver = place.grant()
    path = f"/api/v1/waivers/{waiver['id']}"
    stranger, admin, member = (place.studio.client(role) for role in ("manager", "admin", "customer"))
    body = {"user_id": member.user_id, "role": "auditor"}
    place.manager.post(f"/api/v1/projects/{place.project_id}/members", json=body)
    assert [each.get(path).status_code for each in (member, admin, stranger)] == [200, 200, 404]
    assert stranger.get("/api/v1/waivers").json()["data"]["waivers"] == []
    assert [each.delete(path).status_code for each in (member, stranger)] == [403, 404]


def test_a_request_that_is_sent_again_grants_once_and_announces_once(place):
    body = {"project_id": place.project_id, "control_id": place.control_id, "title": "Once"}
    answers = [place.manager.post("/api/v1/waivers", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert ("waiver.granted", answers[0].json()["data"]["id"]) in place.rows("name, resource_id", "events")
    assert len(place.rows("id")) == 1
    assert WaiverData().validate(WAIVER_GRANTED.example) == {}


def test_a_waiver_runs_out_is_told_of_and_goes_at_its_age(make_studio):
    overrides = {"waivers.warn_at": 1, "waivers.kept_days": 30}
    place = place_in(make_studio(plugins=PLUGINS, extra=[plugin], overrides=overrides))
    waiver = place.grant()
    project = f"/api/v1/projects/{place.project_id}"
    assert place.manager.get(project).json()["data"]["active_waivers"] == 1
    (look,) = [each for each in place.studio.platform.diagnoses if each.name == "waivers.many"]
    assert examine(look).reason == "1 waivers hold at once"
    place.studio.clock.advance(91 * DAY)
    place.studio.platform.jobs.sweep()
    place.studio.run_jobs()
    assert ("waiver.expired", waiver["id"]) in place.rows("name, resource_id", "events")
    assert Upkeep(place.studio.platform).expire(None) == {"expired": 0}
    assert examine(look).ok
    place.studio.clock.advance(31 * DAY)
    assert place.studio.platform.retentions().run()["waivers"] == 1


def test_the_signed_document_stays_as_long_as_its_waiver(place):
    path, studio = f"/api/v1/waivers/{place.grant()['id']}", place.studio
    sent = place.manager.put(f"{path}/document", files={"file": ("signed.txt", b"agreed")})
    assert sent.json()["data"]["document_name"] == "signed.txt"
    assert place.manager.get(f"{path}/document").content == b"agreed"
    ((digest,),) = place.rows("document")
    assert in_use(studio.platform, [digest]) == {digest}
    assert place.manager.delete(path).status_code == 200
    assert in_use(studio.platform, [digest]) == set()


def test_what_lies_in_a_project_goes_with_it(place):
    place.grant()
    assert place.manager.delete(f"/api/v1/projects/{place.project_id}").status_code == 200
    assert place.rows("id") == []


def test_a_person_is_found_and_taken_out(place):
    place.grant(reason="Ada Lovelace asked for it")
    privacy, ada = place.studio.platform.privacy(), Person(place.manager.user_id, names=("Ada Lovelace",))
    assert "waivers" in dict(privacy.export(ada))
    assert privacy.erase(ada)["waivers"] == 1
    assert "Ada" not in place.manager.get("/api/v1/waivers").text


def test_rows_of_the_first_version_are_taken_along(make_studio):
    database = make_studio(plugins=[]).platform.database
    migrate(database, [Step("waivers", MIGRATIONS[0])])
    columns = "id, project_id, control_id, title, reason, status, document, document_name, granted_by, expires_at"
    database.execute(Statement(f"INSERT INTO waivers ({columns}, created_at) VALUES ({', '.join(['1'] * 11)})"))
    migrate(database, [Step("waivers", each) for each in MIGRATIONS])
    assert database.rows(Statement("SELECT id, severity FROM waivers")) == [("1", "low")]


def test_the_page_is_in_the_portal(place):
    page = place.studio.anonymous.get("/portal/").text
    build = page.partition("assets/")[2].partition("/")[0]
    areas = place.studio.anonymous.get(f"/portal/assets/{build}/manifest.json").json()["areas"]
    assert "plugins/waivers/waivers.js" in [area["module"] for area in areas]


def test_a_list_costs_the_same_queries_whatever_its_length(place):
    counts = []
    for _ in range(3):
        place.grant()
        with place.studio.count_queries() as queries:
            place.manager.get("/api/v1/waivers")
        counts.append(len(queries))
    assert len(set(counts[1:])) == 1


def test_the_command_prints_what_there_is(place, monkeypatch):
    waiver = place.grant()
    session = contextlib.nullcontext(place.studio.platform)
    monkeypatch.setattr("studio_waivers.commands.platform_session", lambda action: session)
    shown = json.loads(CliRunner().invoke(waivers_command, ["list", "--json"]).output)
    assert waiver["id"] in [each["id"] for each in shown]

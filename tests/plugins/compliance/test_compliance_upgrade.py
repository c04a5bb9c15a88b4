"""An imported framework is upgraded and rolled back, and projects keep what was done in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_compliance.graph.keeper import GraphKeeper
from studio_compliance.importing import changes
from studio_compliance.importing.changes import plan_return, plan_upgrade
from studio_compliance.importing.library import FrameworkLibrary
from studio_compliance.importing.studio_form import document_of
from studio_evidence.api import EvidenceCarrying
from studio_evidence.service.intake import Arrival, Intake, KeptFile
from studio_kernel.clock import from_text
from studio_kernel.frameworks import Framework, control_id, framework_from_document
from studio_kernel.storage.sql import Statement

from .conftest import House
from .test_compliance_import import post

_EVENTS = Statement("SELECT data FROM events WHERE name = :name ORDER BY position")
_TABLES = ("project_controls", "evidence_controls", "compliance_frameworks", "compliance_framework_versions")


def control(number: str, title: str = "", **more: Any) -> dict[str, Any]:
    return {"number": number, "title": title or f"Title of {number}", "category": "a", **more}


def document(version: str, *controls: dict[str, Any]) -> dict[str, Any]:
    head = {"studio_framework": 1, "id": "rules", "name": "Rules", "version": version}
    return {**head, "categories": [{"id": "a", "title": "A"}], "controls": list(controls)}


def framework(version: str, *controls: dict[str, Any]) -> Framework:
    return framework_from_document(document(version, *controls))


FIRST = document(
    "1",
    control("1", "Locks", description="Doors are locked by whoever leaves last."),
    control("2", "Visitors"),
    control("3", "Backups and restores"),
    control("4", "Cameras", renewal_days=100),
    control("5", "Key cabinet", description="Keys hang in one cabinet and are signed for."),
    control("6", "Fire drill"),
)
# 1 renamed, 2 renumbered by declaration, 3 split, 4 removed, 5 renumbered without a word, 6 as it was, 7 added.
SECOND = document(
    "2",
    control("1", "Locks and doors", description="Doors are locked by whoever leaves last."),
    control("2.1", "Visitors", replaces=["2"]),
    control("3.1", "Backups", replaces=["3"]),
    control("3.2", "Restores", replaces=["3"]),
    control("5.7", "Key cabinet", description="Keys hang in one cabinet and are signed for."),
    control("6", "Fire drill"),
    control("7", "Alarm"),
)


class Upgraded:
    """A project on the first version, with work done on every control."""

    def __init__(
        self, house: House, first: dict[str, Any] = FIRST, evidenced: Sequence[str] = ("2", "3", "4", "5")
    ) -> None:
        self.house = house
        self.admin = house.admin
        self.send(first)
        house.project_id = house.project("rules")
        for number in sorted({"1", *evidenced}):
            house.set_control(self.id(number), status="in_progress", due_date="2030-01-01T00:00:00Z")
        self.evidence = {number: house.upload(f"For {number}", self.id(number)) for number in evidenced}

    @staticmethod
    def id(number: str) -> str:
        return control_id("rules", number)

    def send(self, content: dict[str, Any], path: str = "", **params: Any) -> Any:
        answer = post(self.admin, orjson.dumps(content), "application/json", path, **params)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()["data"]

    def upgrade(self, content: dict[str, Any] = SECOND, **params: Any) -> Any:
        return self.send(content, "/rules/upgrade", **params)

    def rollback(self, **params: Any) -> Any:
        answer = self.admin.post("/api/v1/compliance/frameworks/rules/rollback", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def controls(self) -> dict[str, dict[str, Any]]:
        found = self.admin.get(f"/api/v1/projects/{self.house.project_id}").json()["data"]["controls"]
        return {each["number"]: each for each in found if each["framework"] == "rules"}

    def served(self, number: str) -> list[str]:
        return list(self.admin.get(f"/api/v1/evidence/{self.evidence[number]}").json()["data"]["control_ids"])

    def days(self, number: str) -> int:
        """How long after its approval a piece stops counting."""
        piece = self.admin.get(f"/api/v1/evidence/{self.evidence[number]}").json()["data"]
        return (from_text(piece["expires_at"]) - from_text(piece["approved_at"])).days

    def everything(self) -> list[Any]:
        database = self.house.app.platform.database
        return [sorted(database.rows(Statement(f"SELECT * FROM {table}")), key=str) for table in _TABLES]


def without_times(controls: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {number: {**each, "updated_at": ""} for number, each in controls.items()}


@pytest.fixture
def upgraded(house: House) -> Upgraded:
    return Upgraded(house)


def test_the_preview_tells_what_becomes_of_each_control_and_changes_nothing(upgraded: Upgraded) -> None:
    before = upgraded.everything()
    shown = upgraded.upgrade(preview="true")
    assert not shown["applied"]
    assert shown["summary"] == {
        "added": 1,
        "changed": 1,
        "moved": 2,
        "split": 1,
        "merged": 0,
        "removed": 1,
        "unchanged": 1,
    }
    told = {(each["kind"], *each["before"], "->", *each["after"]): each for each in shown["changes"]}
    assert told["changed", "1", "->", "1"]["fields"] == ["title"]
    assert told["moved", "2", "->", "2.1"]["matched_by"] == "replaces"
    assert told["moved", "5", "->", "5.7"]["matched_by"] == "likeness"
    assert told["moved", "5", "->", "5.7"]["likeness"] == 1.0
    assert told["split", "3", "->", "3.1", "3.2"]["title"] == "Backups and restores"
    assert ("removed", "4", "->") in told
    assert ("added", "->", "7") in told
    assert shown["projects"] == {"following": 1, "archived": 0, "names": ["Assessment"]}
    assert upgraded.everything() == before


def test_an_upgrade_keeps_ids_state_and_evidence(upgraded: Upgraded) -> None:
    before = upgraded.controls()
    assert upgraded.upgrade()["applied"]
    after = upgraded.controls()
    assert list(after) == ["1", "2.1", "3.1", "3.2", "5.7", "6", "7"]
    for old, new in (("1", "1"), ("2", "2.1"), ("5", "5.7"), ("6", "6")):
        assert after[new]["id"] == before[old]["id"] == upgraded.id(old)
        for name in ("status", "override", "due_date", "evidence_count", "derived_status"):
            assert after[new][name] == before[old][name]
    assert after["1"]["title"] == "Locks and doors"
    assert (after["7"]["status"], after["7"]["evidence_count"]) == ("not_started", 0)
    assert upgraded.served("2") == [upgraded.id("2")]


def test_what_was_split_hands_its_evidence_and_state_on_to_each_part(upgraded: Upgraded) -> None:
    upgraded.upgrade()
    after = upgraded.controls()
    parts = [after["3.1"], after["3.2"]]
    assert upgraded.served("3") == [each["id"] for each in parts]
    for part in parts:
        assert (part["evidence_count"], part["derived_status"], part["status"]) == (1, "in_progress", "in_progress")
        assert part["due_date"] == "2030-01-01T00:00:00.000000Z"
        assert part["override"]["reason"] == "As decided (said of 3 before the upgrade)"


def test_evidence_expires_after_what_the_version_that_counts_says(upgraded: Upgraded) -> None:
    """One part of what was ``3`` has a shorter renewal, ``2`` has one itself, ``4`` isn't there any more."""
    for number in ("2", "3", "5"):
        upgraded.house.approve(upgraded.evidence[number], 90)
    path = f"/api/v1/evidence/{upgraded.evidence['5']}/controls/{upgraded.id('4')}"
    assert upgraded.admin.put(path).status_code == 200
    assert {number: upgraded.days(number) for number in ("2", "3", "5")} == {"2": 365, "3": 365, "5": 100}
    shorter = {"2.1": 30, "3.2": 90}
    controls = [{**each, "renewal_days": shorter.get(each["number"], 365)} for each in SECOND["controls"]]
    upgraded.upgrade({**SECOND, "controls": controls})
    assert {number: upgraded.days(number) for number in ("2", "3", "5")} == {"2": 30, "3": 90, "5": 365}
    upgraded.house.app.clock.advance(40 * 86_400)
    upgraded.house.app.platform.jobs.sweep()
    upgraded.house.app.run_jobs()
    upgraded.admin = upgraded.house.admin = upgraded.house.app.client("admin")
    assert upgraded.controls()["2.1"]["derived_status"] == "in_progress"
    upgraded.rollback()
    assert {number: upgraded.days(number) for number in ("2", "3", "5")} == {"2": 365, "3": 365, "5": 100}
    assert upgraded.controls()["2"]["derived_status"] == "complete"


def test_a_rollback_brings_everything_back_and_keeps_later_work(upgraded: Upgraded) -> None:
    before = upgraded.controls()
    upgraded.upgrade()
    upgraded.house.set_control(upgraded.controls()["5.7"]["id"], status="complete")
    preview = upgraded.rollback(preview="true")
    assert (preview["applied"], preview["to_version"]) == (False, "1")
    upgraded.rollback()
    after = upgraded.controls()
    assert list(after) == list(before)
    assert after["5"]["status"] == "complete"
    for number in ("1", "2", "3", "4", "6"):
        assert {**after[number], "updated_at": ""} == {**before[number], "updated_at": ""}
    assert upgraded.served("3") == [upgraded.id("3")]
    assert upgraded.served("4") == [upgraded.id("4")]
    refused = upgraded.admin.post("/api/v1/compliance/frameworks/rules/rollback")
    assert refused.status_code == 409
    versions = upgraded.admin.get("/api/v1/compliance/frameworks/rules/versions").json()["data"]["versions"]
    assert [(each["version"], each["current"]) for each in versions] == [("2", False), ("1", True)]


def test_a_preview_and_the_change_itself_are_never_one_and_the_same_request(upgraded: Upgraded) -> None:
    def send(path: str, **params: str) -> tuple[int, bool | None]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": "the same"}
        content = orjson.dumps(SECOND) if path == "upgrade" else b""
        url = f"/api/v1/compliance/frameworks/rules/{path}"
        answer = upgraded.admin.post(url, content=content, headers=headers, params=params)
        return answer.status_code, answer.json().get("data", {}).get("applied")

    assert send("upgrade", preview="true") == (200, False)
    assert send("upgrade") == send("upgrade", preview="true", by_likeness="false") == (409, None)
    assert send("upgrade", preview="true") == (200, False)
    upgraded.upgrade()
    assert send("rollback", preview="true") == (200, False)
    assert send("rollback") == (409, None)


# Every number is another control's in the second version.
SHIFTED = (
    document("1", control("1", "One"), control("2", "Two")),
    document("2", control("1", "New", identity="1 new"), control("2", "One", identity="1"),
             control("3", "Two", identity="2")),
)  # fmt: skip


def test_a_rollback_after_numbers_shifted_leaves_each_control_its_own_work(house: House) -> None:
    upgraded = Upgraded(house, SHIFTED[0], ("1", "2"))
    house.set_control(upgraded.id("2"), status="complete")
    before = upgraded.controls()
    upgraded.upgrade(SHIFTED[1])
    shown = upgraded.rollback(preview="true")
    told = [(each["kind"], each["before"], each["after"]) for each in shown["changes"]]
    assert told == [("moved", ["2"], ["1"]), ("moved", ["3"], ["2"]), ("removed", ["1"], [])]
    upgraded.rollback()
    assert without_times(upgraded.controls()) == without_times(before)
    assert [upgraded.served(number) for number in ("1", "2")] == [[upgraded.id("1")], [upgraded.id("2")]]
    known = house.app.platform.frameworks.get("rules")
    assert known is not None
    assert {each.number: each.id for each in known.controls} == {name: each["id"] for name, each in before.items()}


@pytest.mark.parametrize("number", ["12", "1"])
def test_a_rollback_gives_merged_controls_their_own_evidence_back(house: House, number: str) -> None:
    """One control takes the place of two: another one, or one of the two."""
    one, two, three = (control(each, title) for each, title in (("1", "One"), ("2", "Two"), ("3", "Three")))
    upgraded = Upgraded(house, document("1", one, two, three), ("1", "2", "3"))
    both = upgraded.evidence["both"] = house.upload("Both", upgraded.id("2"))
    unlinked = upgraded.evidence["unlinked"] = house.upload("Unlinked", upgraded.id("2"))
    for each in ("3", "1"):
        assert house.admin.put(f"/api/v1/evidence/{both}/controls/{upgraded.id(each)}").status_code == 200
    evidence = ("1", "2", "3", "both")
    before = {each: upgraded.served(each) for each in evidence}
    merged = document("2", control(number, "One and two", replaces=["1", "2"]), three)
    for version in ("2", "2b"):
        upgraded.upgrade({**merged, "version": version})
        together = upgraded.controls()[number]["id"]
        assert [upgraded.served(each) for each in ("1", "2")] == [[together], [together]]
        assert set(upgraded.served("both")) == {together, upgraded.id("3")}
        if version == "2":
            later = upgraded.evidence["later"] = house.upload("Later", together)
            path = f"/api/v1/evidence/{unlinked}/controls/{together}"
            assert house.admin.delete(path).status_code == 200
        else:
            assert upgraded.served("later") == [together]
        upgraded.rollback()
        assert {each: set(upgraded.served(each)) for each in evidence} == {each: set(before[each]) for each in evidence}
        assert upgraded.served("unlinked") == []
        new = ["1", "2"] if number == "12" else ["1"]
        assert upgraded.served("later") == [upgraded.id(each) for each in new]
        counts = {name: each["evidence_count"] for name, each in upgraded.controls().items()}
        assert counts == {"1": 3, "2": 3 if number == "12" else 2, "3": 2}
    assert later in upgraded.evidence.values()


def test_a_control_that_a_later_version_has_again_takes_no_evidence_from_others(house: House) -> None:
    upgraded = Upgraded(house, document("1", control("1", "One"), control("2", "Two")), ("1", "2"))
    together = control("12", "Both", replaces=["1", "2"])
    upgraded.upgrade(document("2", together))
    upgraded.upgrade(document("3", together, control("2", "Two")))
    assert upgraded.served("2") == [upgraded.id("12")]
    assert upgraded.controls()["2"]["override"]["reason"] == "As decided"


def test_it_can_be_upgraded_again_after_a_rollback(upgraded: Upgraded) -> None:
    upgraded.upgrade()
    upgraded.house.set_control(upgraded.id("7"), status="complete")
    upgraded.rollback()
    upgraded.upgrade({**SECOND, "version": "2b"})
    assert upgraded.controls()["7"]["status"] == "complete"
    assert upgraded.served("3") == [upgraded.id("3.1"), upgraded.id("3.2")]


def test_a_failed_upgrade_changes_nothing(upgraded: Upgraded, monkeypatch: pytest.MonkeyPatch) -> None:
    upgraded.house.project("rules")
    before = upgraded.everything()
    done = []
    follow = EvidenceCarrying.follow

    def fail_late(self: EvidenceCarrying, *arguments: Any) -> int:
        done.append(follow(self, *arguments))
        if len(done) == 2:
            raise RuntimeError("the disk is full")
        return done[-1]

    monkeypatch.setattr(EvidenceCarrying, "follow", fail_late)
    answer = post(upgraded.admin, orjson.dumps(SECOND), "application/json", "/rules/upgrade")
    assert answer.status_code == 500
    assert len(done) == 2
    assert upgraded.everything() == before
    shown = upgraded.admin.get("/api/v1/compliance/frameworks/rules").json()["data"]
    assert shown["version"] == "1"


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        (FIRST, 400, "version"),
        ({**SECOND, "id": "others"}, 400, "id"),
        ({**SECOND, "controls": []}, 400, "controls"),
    ],
)
def test_what_is_no_further_version_is_refused(upgraded: Upgraded, content: Any, status: int, field: str) -> None:
    before = upgraded.everything()
    answer = post(upgraded.admin, orjson.dumps(content), "application/json", "/rules/upgrade")
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (status, field)
    assert upgraded.everything() == before


def test_the_score_follows_in_the_same_transaction(upgraded: Upgraded) -> None:
    upgraded.upgrade()
    assert upgraded.house.listed_score() == upgraded.house.score()


def test_an_upgrade_is_announced_and_stands_in_the_project_s_activity(upgraded: Upgraded) -> None:
    upgraded.upgrade()
    (row,) = upgraded.house.app.platform.database.rows(_EVENTS, name="framework.upgraded")
    told = orjson.loads(row[0])
    assert (told["framework"]["previous_version"], told["framework"]["version"]) == ("1", "2")
    assert told["changes"]["moved"] == 2
    path = f"/api/v1/projects/{upgraded.house.project_id}/activity"
    names = [each["event"] for each in upgraded.admin.get(path).json()["data"]["activity"]]
    assert "project.framework_upgraded" in names


def test_an_archived_project_follows_when_it_is_taken_up_again(upgraded: Upgraded) -> None:
    path = f"/api/v1/projects/{upgraded.house.project_id}"
    upgraded.admin.patch(path, json={"status": "archived"})
    shown = upgraded.upgrade()
    assert shown["projects"] == {"following": 0, "archived": 1, "names": ["Assessment"]}
    assert list(upgraded.controls()) == ["1", "2", "3", "4", "5", "6"]
    assert upgraded.admin.patch(path, json={"status": "active"}).status_code == 200
    assert list(upgraded.controls()) == ["1", "2.1", "3.1", "3.2", "5.7", "6", "7"]
    assert upgraded.served("3") == [upgraded.id("3.1"), upgraded.id("3.2")]


def test_an_archived_project_takes_up_renewal_periods_that_alone_changed(upgraded: Upgraded) -> None:
    """Its controls look the same in both versions; the evidence expires earlier, and the graph hears of it."""
    app, piece = upgraded.house.app, upgraded.evidence["2"]
    upgraded.house.approve(piece, 90)
    path = f"/api/v1/projects/{upgraded.house.project_id}"
    upgraded.admin.patch(path, json={"status": "archived"})
    upgraded.upgrade(document("2024", *({**each, "renewal_days": 30} for each in FIRST["controls"])))
    app.run_jobs()
    assert upgraded.days("2") == 365
    assert upgraded.admin.patch(path, json={"status": "active"}).status_code == 200
    assert upgraded.days("2") == 30
    app.run_jobs()
    kept = app.platform.graph.node(piece)
    assert kept is not None
    assert kept.properties["expires_at"] == upgraded.admin.get(f"/api/v1/evidence/{piece}").json()["data"]["expires_at"]
    GraphKeeper(app.platform).rebuild()
    assert app.platform.graph.node(piece) == kept


def test_an_archived_project_follows_a_rollback_when_it_is_taken_up_again(upgraded: Upgraded) -> None:
    path = f"/api/v1/projects/{upgraded.house.project_id}"
    before = upgraded.controls()
    upgraded.upgrade()
    upgraded.admin.patch(path, json={"status": "archived"})
    upgraded.rollback()
    assert upgraded.admin.patch(path, json={"status": "active"}).status_code == 200
    assert without_times(upgraded.controls()) == without_times(before)
    assert upgraded.served("3") == [upgraded.id("3")]


def test_evidence_for_a_control_that_leaves_during_the_upload_is_refused(
    upgraded: Upgraded, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Intake.keep

    def late(self: Intake, arrival: Arrival) -> KeptFile:
        upgraded.upgrade()
        return keep(self, arrival)

    monkeypatch.setattr(Intake, "keep", late)
    fields = {"title": "Late", "project_id": upgraded.house.project_id, "control_id": upgraded.id("4")}
    file = {"file": ("a.md", b"# Late", "text/markdown")}
    answer = upgraded.admin.post("/api/v1/evidence", data=fields, files=file)
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "control_id")


def test_a_further_framework_of_a_project_keeps_its_place(upgraded: Upgraded) -> None:
    path = f"/api/v1/projects/{upgraded.house.project_id}/frameworks"
    assert upgraded.admin.post(path, json={"framework": "four"}).status_code == 201
    upgraded.upgrade()
    found = upgraded.admin.get(f"/api/v1/projects/{upgraded.house.project_id}").json()["data"]["controls"]
    assert [each["framework"] for each in found] == ["rules"] * 7 + ["four"] * 4


def test_without_likeness_only_declared_moves_count(upgraded: Upgraded) -> None:
    summary = upgraded.upgrade(preview="true", by_likeness="false")["summary"]
    assert (summary["moved"], summary["removed"], summary["added"]) == (1, 2, 2)


def test_an_exported_upgrade_gives_the_same_ids_on_a_fresh_install(upgraded: Upgraded) -> None:
    upgraded.upgrade()
    answer = upgraded.admin.get("/api/v1/compliance/frameworks/rules/export")
    again = framework_from_document(yaml.safe_load(answer.text))
    assert {each.number: each.id for each in again.controls} == {
        number: each["id"] for number, each in upgraded.controls().items()
    }


# -- the plan by itself -------------------------------------------------------------------------------------------


def test_a_declared_renumbering_gives_the_same_id_without_an_upgrade() -> None:
    fresh = framework("2", control("A.5", replaces=["9.1"]), control("B"))
    assert fresh.controls[0].id == control_id("rules", "9.1")


def test_numbers_that_shift_keep_their_ids_by_identity() -> None:
    before = framework("1", control("1", "One"), control("2", "Two"))
    after = framework("2", control("1", "New", identity="1 new"), control("2", "One", identity="1"),
                      control("3", "Two", identity="2"))  # fmt: skip
    plan = plan_upgrade(before, after)
    assert [each.kind for each in plan.changes] == ["added", "moved", "moved"]
    assert [each.id for each in plan.framework.controls][1:] == [each.id for each in before.controls]


def test_a_control_with_an_identity_of_its_own_is_no_other_s_successor_by_number() -> None:
    before = framework("1", control("1", "One"), control("2", "Two"))
    plan = plan_upgrade(before, framework("2", control("1", "New", identity="1 new"), control("2", "Two")))
    assert [(each.kind, each.before, each.after) for each in plan.changes] == [
        ("added", (), ("1",)),
        ("removed", ("1",), ()),
    ]
    assert plan.framework.controls[0].id not in [each.id for each in before.controls]


def test_what_a_control_had_at_first_goes_before_the_number_that_it_has_now() -> None:
    before = framework("2", control("5", "One", identity="1"))
    after = framework("3", control("7", "Other", identity="5"), control("8", "One", identity="1"))
    plan = plan_upgrade(before, after, by_likeness=False)
    assert [(each.kind, each.before, each.after) for each in plan.changes] == [
        ("added", (), ("7",)),
        ("moved", ("5",), ("8",)),
    ]
    assert plan.framework.controls[1].id == before.controls[0].id


def test_a_control_that_has_its_first_number_again_is_the_same() -> None:
    before = framework("2", control("2", "One", identity="1"), control("3", "Three"))
    plan = plan_upgrade(before, framework("3", control("1", "Something else"), control("3", "Three")))
    told = [(each.kind, each.before, each.after, each.by) for each in plan.changes]
    assert told == [("moved", ("2",), ("1",), "identity")]
    assert plan.framework.controls[0].id == before.controls[0].id


def test_of_very_many_renumbered_controls_those_of_the_same_title_are_found_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(changes, "_MOST_PAIRS", 1)
    before = framework("1", control("1", "Locks on doors"), control("2", "Backups"))
    after = framework("2", control("7", "Backups"), control("8", "Locks on all doors"))
    plan = plan_upgrade(before, after)
    told = [(each.kind, each.before, each.after) for each in plan.changes]
    assert told == [("moved", ("2",), ("7",)), ("added", (), ("8",)), ("removed", ("1",), ())]


def test_merged_controls_are_followed_by_one() -> None:
    before = framework("1", control("1", "One"), control("2", "Two"), control("3", "Three"))
    after = framework("2", control("12", "Both", replaces=["1", "2"]), control("3", "Three"))
    plan = plan_upgrade(before, after)
    (change,) = plan.changes
    assert (change.kind, change.before, change.after) == ("merged", ("1", "2"), ("12",))
    assert set(plan.lineage) == {control_id("rules", "1"), control_id("rules", "2")}


def test_a_number_that_is_used_again_gets_an_id_of_its_own() -> None:
    before = framework("1", control("1", "Locks"))
    moved = plan_upgrade(before, framework("2", control("9", "Locks"))).framework
    plan = plan_upgrade(moved, framework("3", control("9", "Locks"), control("1", "Something else")))
    ids = [each.id for each in plan.framework.controls]
    assert ids[0] == before.controls[0].id
    assert len(set(ids)) == 2


_NUMBERS = st.lists(st.sampled_from([str(number) for number in range(12)]), min_size=1, max_size=10, unique=True)


@st.composite
def _versions(draw: st.DrawFn) -> Iterator[tuple[Framework, Framework]]:
    old, new = draw(_NUMBERS), draw(_NUMBERS)
    earlier = st.sampled_from([*old, "before"])
    replaced = {number: draw(st.lists(earlier, max_size=2, unique=True)) for number in new}
    identities = draw(st.dictionaries(st.sampled_from(new), st.sampled_from([*old, "new"])))
    lasting = [identities.get(number, number) for number in new]
    if len(set(lasting)) < len(lasting):
        identities = {}
    before = framework("1", *(control(number, draw(st.sampled_from("abc"))) for number in old))
    new_controls = [
        control(number, draw(st.sampled_from("abc")), replaces=replaced[number], identity=identities.get(number, ""))
        for number in new
    ]
    after = framework("2", *new_controls)
    return before, after


@given(_versions(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_whatever_changes_every_control_has_one_id_and_nothing_is_lost(
    versions: tuple[Framework, Framework], by_likeness: bool
) -> None:
    before, after = versions
    plan = plan_upgrade(before, after, by_likeness=by_likeness)
    ids = [each.id for each in plan.framework.controls]
    assert len(set(ids)) == len(ids)
    assert [each.number for each in plan.framework.controls] == [each.number for each in after.controls]
    removed = {each.before[0] for each in plan.changes if each.kind == "removed"}
    for each in before.controls:
        stays = each.id in ids
        assert stays or each.id in plan.lineage or each.number in removed
        assert set(plan.lineage.get(each.id, ())) <= set(ids)
    kept = framework_from_document(document_of(plan.framework))
    assert [each.id for each in kept.controls] == ids


@given(_versions(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_whatever_changed_the_way_back_leads_to_exactly_what_was(
    versions: tuple[Framework, Framework], by_likeness: bool
) -> None:
    before, after = versions
    there = plan_upgrade(before, after, by_likeness=by_likeness)
    back = plan_return(there.framework, before, there.lineage)
    assert back.framework == before
    former, present = {each.id for each in before.controls}, {each.id for each in there.framework.controls}
    numbers = {each.number: each.id for each in there.framework.controls}
    removed = {numbers[each.before[0]] for each in back.changes if each.kind == "removed"}
    assert removed == present - former - set(back.lineage)
    assert set(back.lineage) <= present - former
    for followers in back.lineage.values():
        assert set(followers) <= former


def test_the_library_upgrades_on_postgresql(make_house: Any, postgres_url: str) -> None:
    upgraded = Upgraded(make_house(database_url=postgres_url))
    upgraded.upgrade()
    assert list(upgraded.controls()) == ["1", "2.1", "3.1", "3.2", "5.7", "6", "7"]
    upgraded.rollback()
    assert upgraded.served("3") == [upgraded.id("3")]
    assert FrameworkLibrary(upgraded.house.app.platform).versions("rules")[0]["current"] is False

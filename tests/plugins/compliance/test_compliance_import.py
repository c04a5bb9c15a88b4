"""Frameworks are imported from every form, with problems told by line or path."""

from __future__ import annotations

from typing import Any

import jsonschema
import orjson
import pytest
import yaml

from studio_compliance.definitions import built_in_frameworks
from studio_compliance.importing.documents import Naming, Options, read_definition
from studio_compliance.importing.schema import framework_schema
from studio_compliance.importing.studio_form import document_of, yaml_of
from studio_compliance.resources import FrameworkResource
from studio_kernel.frameworks import FrameworkError
from studio_kernel.storage.sql import Statement
from studio_kernel.testing.app import Client

from .conftest import PLUGINS, House
from .oscal_data import REV4, REV5_HIGH, REV5_HIGH_PROFILE, oscal_file

_EVENTS = Statement("SELECT data FROM events WHERE name = :name")
HOUSE_RULES = """\
studio_framework: 1
id: house-rules
name: House rules
version: "1"
categories:
  - {id: a, title: Access}
  - {id: b, title: Backups}
controls:
  - {number: "1", title: Locks, category: a, priority: high, description: Doors are locked.}
  - number: "2"
    title: Backups
    category: b
    renewal_days: 90
    expected_evidence: [{title: Backup log}]
    references: ["1"]
"""
TABLE = "Ref;Control name;Area;Prio;Proof\r\n1.1;=SUM(A1);Access;HIGH;Access list; \r\n1.2;Größe;Zugang;;\r\n"


def post(client: Client, content: str | bytes, media_type: str = "application/yaml", path: str = "", **params: Any):
    body = content.encode() if isinstance(content, str) else content
    headers = {"Content-Type": media_type}
    return client.post(f"/api/v1/compliance/frameworks{path}", content=body, headers=headers, params=params)


def read(content: str | bytes, media_type: str = "application/yaml", **options: Any) -> Any:
    body = content.encode() if isinstance(content, str) else content
    return read_definition(body, media_type, Options(**options))


def problems(content: str | bytes, media_type: str = "application/yaml", **options: Any) -> list[str]:
    with pytest.raises(FrameworkError) as refusal:
        read(content, media_type, **options)
    return refusal.value.problems


def test_an_imported_framework_is_listed_and_used_at_once(house: House) -> None:
    answer = post(house.admin, HOUSE_RULES)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == "/api/v1/compliance/frameworks/house-rules"
    assert answer.json()["data"]["controls"] == 2
    shown = house.admin.get("/api/v1/compliance/frameworks/house-rules").json()["data"]
    assert [each["number"] for each in shown["controls"]] == ["1", "2"]
    listed = house.admin.get("/api/v1/compliance/frameworks").json()["data"]["frameworks"]
    assert "house-rules" in [each["id"] for each in listed]
    project = house.project("house-rules")
    controls = house.admin.get(f"/api/v1/projects/{project}").json()["data"]["controls"]
    assert [each["id"] for each in controls] == [each["id"] for each in shown["controls"]]


def test_a_list_is_not_kept_as_newer_than_it_is(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = FrameworkResource._kept

    def import_before(resource: FrameworkResource) -> dict[str, bytes]:
        monkeypatch.undo()
        assert post(house.admin, HOUSE_RULES).status_code == 201
        return kept(resource)

    monkeypatch.setattr(FrameworkResource, "_kept", import_before)
    house.admin.get("/api/v1/compliance/frameworks")
    listed = house.admin.get("/api/v1/compliance/frameworks").json()["data"]["frameworks"]
    assert "house-rules" in [each["id"] for each in listed]


def test_it_is_announced(house: House) -> None:
    post(house.admin, HOUSE_RULES)
    events = house.app.platform.database.rows(_EVENTS, name="framework.imported")
    assert [orjson.loads(row[0])["framework"]["id"] for row in events] == ["house-rules"]


def test_a_form_with_a_file_does_as_well(house: House) -> None:
    document = orjson.dumps(yaml.safe_load(HOUSE_RULES))
    answer = house.admin.post(
        "/api/v1/compliance/frameworks", files={"file": ("house.json", document, "application/octet-stream")}
    )
    assert answer.status_code == 201, answer.text


def test_other_processes_see_it(make_house: Any, make_studio: Any, tmp_path: Any) -> None:
    """Two platforms on one database stand for two processes."""
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    first = make_house(database_url=url)
    others = make_studio(plugins=PLUGINS, database_url=url).platform.frameworks
    post(first.admin, HOUSE_RULES)
    assert others.get("house-rules") is not None
    first.admin.delete("/api/v1/compliance/frameworks/house-rules")
    others.refresh()
    assert others.get("house-rules") is None


def test_a_plugins_framework_is_not_overwritten_and_both_owners_are_named(house: House) -> None:
    answer = post(house.admin, HOUSE_RULES.replace("id: house-rules", "id: soc2"))
    assert answer.status_code == 409
    assert "'compliance'" in answer.json()["error"]["message"]
    assert "the import" in answer.json()["error"]["message"]
    assert house.admin.delete("/api/v1/compliance/frameworks/four").status_code == 409


def test_a_second_import_of_the_same_id_is_refused(house: House) -> None:
    post(house.admin, HOUSE_RULES)
    answer = post(house.admin, HOUSE_RULES)
    assert answer.status_code == 409
    assert "upgrade" in answer.json()["error"]["message"]


def test_only_administrators_import(house: House) -> None:
    manager = house.app.client("manager")
    assert post(manager, HOUSE_RULES).status_code == 403
    assert manager.delete("/api/v1/compliance/frameworks/house-rules").status_code == 403


def test_a_used_framework_stays(house: House) -> None:
    post(house.admin, HOUSE_RULES)
    project = house.project("house-rules")
    refused = house.admin.delete("/api/v1/compliance/frameworks/house-rules")
    assert refused.status_code == 409
    assert refused.json()["error"]["details"]["projects"] == [project]
    assert house.admin.delete(f"/api/v1/projects/{project}").status_code == 200
    assert house.admin.delete("/api/v1/compliance/frameworks/house-rules").status_code == 200
    assert len(house.app.platform.database.rows(_EVENTS, name="framework.removed")) == 1
    assert house.admin.get("/api/v1/compliance/frameworks/house-rules").status_code == 404


def test_every_problem_of_a_definition_is_told_with_its_line(house: House) -> None:
    wrong = HOUSE_RULES.replace("priority: high", "priority: urgent").replace("category: b", "category: c")
    answer = post(house.admin, wrong)
    assert answer.status_code == 400
    errors = {each["field"]: each["error"] for each in answer.json()["error"]["details"]["errors"]}
    assert errors["controls.0 (1).priority"] == "must be one of critical, high, medium, low (line 9)"
    assert errors["controls.1 (2).category"].endswith("(line 12)")


@pytest.mark.parametrize(
    ("content", "media_type", "place"),
    [
        ("a: [", "application/yaml", "line 2, column 1"),
        ('{"a": \n}', "application/json", "line 2, column 1"),
        (b"\xff\xfe", "application/yaml", "line 1"),
        ("- 1\n- 2", "application/yaml", "must be a table"),
        ("a: &x [1]\nb: [*x, *x]", "application/yaml", "line 2: aliases"),
        ("studio_framework: 1\ncontrols: " + "[" * 200_000, "application/yaml", "line 2: lies too deep"),
        ("studio_framework: 1\ncontrols: {}\n", "application/yaml", "controls: a list"),
        (HOUSE_RULES.replace("id: house-rules", "id: House Rules"), "application/yaml", "id: 'House Rules'"),
        ('{"catalog": {}}', "application/json", "catalog.metadata: an object"),
        ('{"catalog": {"metadata": {"title": "T"}, "groups": [{"controls": [{}]}]}}', "application/json", "controls.0"),
        ('{"profile": {"imports": [{"href": "#x"}]}}', "application/json", "give the catalogue"),
        ("number,title\n1,One\n", "text/csv", "id: a table can't say it"),
        (HOUSE_RULES.replace('version: "1"', r'version: "1\0"'), "application/yaml", "version: control characters"),
        (
            HOUSE_RULES.replace("Backup log", r'"Log\x01"'),
            "application/yaml",
            "controls (2).expected_evidence: control",
        ),
        (
            HOUSE_RULES.replace("id: b, title", "id: a, title").replace("category: b", "category: a"),
            "application/yaml",
            "categories: the id 'a' stands 2 times",
        ),
    ],
)
def test_what_is_no_definition_says_where_and_why(content: str | bytes, media_type: str, place: str) -> None:
    assert place in "\n".join(problems(content, media_type))


def test_columns_of_a_table_go_by_name_or_by_a_map(house: House) -> None:
    columns = "number:Ref,title:Control name,category:Area,priority:Prio,expected_evidence:Proof"
    answer = post(house.admin, TABLE, "text/csv", id="table", name="Table", version="1", columns=columns)
    assert answer.status_code == 201, answer.text
    shown = house.admin.get("/api/v1/compliance/frameworks/table").json()["data"]
    assert [(each["number"], each["priority"], each["category"]) for each in shown["controls"]] == [
        ("1.1", "high", "access"),
        ("1.2", "medium", "zugang"),
    ]
    assert [each["title"] for each in shown["controls"][0]["expected_evidence"]] == ["Access list"]


def test_problems_of_a_table_are_told_by_line() -> None:
    naming = Naming("t", "T", "1")
    table = "number,title,priority,renewal_days\n1,One,high,\n2,,urgent,soon\n"
    found = problems(table, "text/csv", naming=naming)
    assert [each.partition(":")[0] for each in found] == [
        "line 3, title (2)",
        "line 3, priority (2)",
        "line 3, renewal_days (2)",
    ]
    (missing,) = problems("a,b\n1,2\n", "text/csv", naming=naming, columns={"title": "b"})
    assert missing == "line 1: there is no column 'number' for number; map it to one of: a, b"


def test_a_table_that_is_exported_holds_no_formula_and_reads_back(house: House) -> None:
    columns = "number:Ref,title:Control name"
    post(house.admin, TABLE, "text/csv", id="table", name="Table", version="1", columns=columns)
    exported = house.admin.get("/api/v1/compliance/frameworks/table/export", params={"format": "csv"})
    assert "attachment" in exported.headers["content-disposition"]
    assert "'=SUM(A1)" in exported.text
    again = read(exported.content, "text/csv", naming=Naming("table", "Table", "1")).framework
    assert [each.number for each in again.controls] == ["1.1", "1.2"]
    assert [each.title for each in again.controls] == ["=SUM(A1)", "Größe"]


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_studio_form_reads_back_to_the_same_framework(form: str) -> None:
    for framework in built_in_frameworks():
        text = yaml_of(framework) if form == "yaml" else orjson.dumps(document_of(framework))
        assert read(text, f"application/{form}").framework == framework


def test_the_published_schema_takes_what_the_import_takes(house: House) -> None:
    schema = house.admin.get("/api/v1/compliance/framework-schema").json()
    assert schema == framework_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for framework in built_in_frameworks():
        validator.validate(document_of(framework))
    document = yaml.safe_load(HOUSE_RULES)
    validator.validate(document)
    for change in ({"id": ""}, {"controls": []}, {"colour": "red"}, {"studio_framework": 2}):
        assert not validator.is_valid({**document, **change})
        assert problems(orjson.dumps({**document, **change}), "application/json")


@pytest.mark.parametrize(("name", "count"), [(REV5_HIGH, 370), (REV4, 922)])
def test_nist_catalogues_come_in_whole_and_go_out_as_they_came(house: House, name: str, count: int) -> None:
    content = oscal_file(name).read_bytes()
    answer = post(house.admin, content, "application/json", id="nist")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["data"]["controls"], answer.json()["data"]["format"]) == (count, "oscal-catalog")
    exported = house.admin.get("/api/v1/compliance/frameworks/nist/export", params={"format": "oscal"})
    assert exported.json() == orjson.loads(content)


def test_a_profile_is_resolved_against_an_imported_catalogue(house: House) -> None:
    post(house.admin, oscal_file(REV5_HIGH).read_bytes(), "application/json", id="nist")
    profile = oscal_file(REV5_HIGH_PROFILE).read_bytes()
    answer = post(house.admin, profile, "application/json", id="high", catalog="nist")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["data"]["controls"], answer.json()["data"]["format"]) == (370, "oscal-profile")
    unknown = post(house.admin, profile, "application/json", id="high2", catalog="four")
    assert unknown.json()["error"]["details"]["field"] == "catalog"


CATALOG = {
    "catalog": {
        "uuid": "74c8ba1e-5cd4-4ad1-bbfd-d888e2f6c724",
        "metadata": {"title": "Small", "version": "1"},
        "groups": [
            {
                "id": "x",
                "title": "X",
                "controls": [
                    {
                        "id": "x-1",
                        "title": "First",
                        "params": [{"id": "x-1_prm", "label": "days"}],
                        "parts": [{"name": "statement", "prose": "Within {{ insert: param, x-1_prm }}."}],
                        "controls": [{"id": "x-1.1", "title": "More"}, {"id": "x-1.2", "title": "Most"}],
                    },
                    {"id": "x-2", "title": "Second"},
                ],
            }
        ],
    }
}


def profile(imported: dict[str, Any], **more: Any) -> bytes:
    metadata = {"title": "Chosen", "version": "2"}
    return orjson.dumps({"profile": {"metadata": metadata, "imports": [{"href": "#c", **imported}], **more}})


@pytest.mark.parametrize(
    ("imported", "expected"),
    [
        ({"include-all": {}}, ["x-1", "x-1.1", "x-1.2", "x-2"]),
        ({"include-controls": [{"with-ids": ["x-1"], "with-child-controls": "yes"}]}, ["x-1", "x-1.1", "x-1.2"]),
        ({"include-controls": [{"matching": [{"pattern": "x-1.*"}]}]}, ["x-1.1", "x-1.2"]),
        ({"include-all": {}, "exclude-controls": [{"with-ids": ["x-1"]}]}, ["x-1.1", "x-1.2", "x-2"]),
    ],
)
def test_a_profile_selects_what_it_says(imported: dict[str, Any], expected: list[str]) -> None:
    found = read(profile(imported), "application/json", catalog=CATALOG, naming=Naming("chosen")).framework
    assert [each.number for each in found.controls] == expected
    assert (found.name, found.version) == ("Chosen", "2")


def test_a_profile_sets_parameters_and_adds_to_controls() -> None:
    modify = {
        "set-parameters": [{"param-id": "x-1_prm", "values": ["30 days"]}],
        "alters": [{"control-id": "x-2", "adds": [{"props": [{"name": "priority", "value": "P1"}]}]}],
    }
    content = profile({"include-all": {}}, modify=modify)
    found = read(content, "application/json", catalog=CATALOG, naming=Naming("chosen")).framework
    assert found.controls[0].description == "Within 30 days."
    assert found.controls[-1].priority == "high"


def test_a_profile_names_what_its_catalogue_lacks() -> None:
    content = profile({"include-controls": [{"with-ids": ["x-1", "x-9"]}]})
    found = problems(content, "application/json", catalog=CATALOG)
    assert found == ["profile.imports.0.include-controls.0.with-ids.1: 'x-9' isn't in the catalogue"]


def test_a_large_definition_is_refused_by_the_setting_max_framework_mb(make_house: Any) -> None:
    house = make_house(overrides={"compliance.max_framework_mb": 1})
    answer = post(house.admin, HOUSE_RULES + "#" * 1024 * 1024)
    assert answer.status_code == 413
    assert post(house.admin, "x", "text/plain").status_code == 415
    assert post(house.admin, "").status_code == 400


def test_a_project_on_922_controls_is_created_in_one_transaction_and_scored_in_as_many_queries(house: House) -> None:
    post(house.admin, oscal_file(REV4).read_bytes(), "application/json", id="nist")
    house.app.platform.frameworks.refresh()

    def created(framework_id: str) -> list[str]:
        with house.app.count_queries() as seen:
            house.project_id = house.project(framework_id)
        return seen

    def scored() -> int:
        with house.app.count_queries() as seen:
            assert house.score() == 0
        return len(seen)

    created("sixty")
    small, small_score = created("sixty"), scored()
    large, large_score = created("nist"), scored()
    assert [sum(each == "COMMIT" for each in seen) for seen in (small, large)] == [1, 1]
    # NOTE: rows go in by up to 500 a statement, and a look at the version of the framework comes on top.
    assert len(large) - len(small) <= 5
    # NOTE: once a second or two somebody looks whether the credential and the frameworks still are what they were.
    assert large_score <= small_score + 2
    assert len(house.admin.get(f"/api/v1/projects/{house.project_id}").json()["data"]["controls"]) == 922


def test_a_change_with_an_idempotency_key_is_seen_at_once(house: House) -> None:
    def sent(content: str, path: str = "") -> None:
        headers = {"Content-Type": "application/yaml", "Idempotency-Key": f"change{path}"}
        answer = house.admin.post(f"/api/v1/compliance/frameworks{path}", content=content.encode(), headers=headers)
        assert answer.status_code in (200, 201), answer.text

    def version() -> str:
        return str(house.admin.get("/api/v1/compliance/frameworks/house-rules").json()["data"]["version"])

    sent(HOUSE_RULES)
    assert version() == "1"
    sent(HOUSE_RULES.replace('version: "1"', 'version: "2"'), "/house-rules/upgrade")
    assert version() == "2"

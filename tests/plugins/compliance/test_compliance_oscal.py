"""A framework that leaves as an OSCAL catalogue comes back as the same framework."""

from __future__ import annotations

import copy
import json
from typing import Any

import orjson
import pytest
import yaml
from trestle.oscal.catalog import Catalog

from studio_compliance.definitions import built_in_frameworks
from studio_compliance.importing.documents import Naming
from studio_compliance.importing.oscal_export import OWN, catalog_of
from studio_kernel.frameworks import Framework, framework_from_document

from .conftest import House
from .test_compliance_import import CATALOG, post, problems, profile, read

_MOMENT = "2026-01-01T00:00:00.000000Z"
# What OSCAL has no word for: the order across categories, ids that are no tokens, what a control was before.
WHOLE = framework_from_document(
    {
        "studio_framework": 1,
        "id": "whole",
        "name": "Whole",
        "version": "2",
        "publisher": "House",
        "description": "All that a framework can say.",
        "categories": [
            {"id": "GV.OC", "title": "Context", "description": "Where we are."},
            {"id": "gv.oc", "title": "Small letters"},
            {"id": "none", "title": "Without controls"},
        ],
        "controls": [
            {"number": "B-1", "title": "Second first", "category": "gv.oc", "priority": "critical"},
            {
                "number": "A-2",
                "title": "Renumbered",
                "category": "GV.OC",
                "description": "Everybody must.\nAlways.",
                "renewal_days": 90,
                "identity": "A-1",
                "references": ["B-1"],
                "expected_evidence": [
                    {"title": f"record {number}; signed.", "description": f"Of the quarter {number}."}
                    for number in range(7)
                ],
            },
            {"number": "A-3", "title": "One part", "category": "GV.OC", "replaces": ["A-0", "A-9"]},
            {"number": "A-4", "title": "Other part", "category": "gv.oc", "replaces": ["A-0"], "identity": "A-4"},
        ],
    }
)


def catalogue(framework: Framework) -> dict[str, Any]:
    """As it is written and read again."""
    document: dict[str, Any] = orjson.loads(orjson.dumps(catalog_of(framework, _MOMENT)))
    return document


@pytest.mark.parametrize("framework", [*built_in_frameworks(), WHOLE], ids=lambda each: each.id)
def test_what_is_exported_reads_back_to_the_same_framework(framework: Framework) -> None:
    document = catalogue(framework)
    Catalog(**document["catalog"])
    assert read(orjson.dumps(document), "application/json").framework == framework


def test_an_export_can_be_imported_under_another_id() -> None:
    again = read(orjson.dumps(catalogue(WHOLE)), "application/json", naming=Naming("copy")).framework
    assert again.id == "copy"
    assert [each.identity for each in again.controls] == [each.identity for each in WHOLE.controls]


def test_a_catalogue_that_was_upgraded_leaves_with_the_ids_that_its_controls_have(house: House) -> None:
    assert post(house.admin, orjson.dumps(CATALOG), "application/json", id="small").status_code == 201
    renumbered = copy.deepcopy(CATALOG)
    renumbered["catalog"]["metadata"]["version"] = "2"
    renumbered["catalog"]["groups"][0]["controls"][1]["id"] = "x-9"
    shown = post(house.admin, orjson.dumps(renumbered), "application/json", "/small/upgrade").json()["data"]
    assert [(each["before"], each["after"]) for each in shown["changes"]] == [(["x-2"], ["x-9"])]
    known = house.app.platform.frameworks.get("small")
    assert known is not None
    exported = house.admin.get("/api/v1/compliance/frameworks/small/export", params={"format": "oscal"})
    again = read(exported.content, "application/json", naming=Naming("small")).framework
    assert {each.number: each.id for each in again.controls} == {each.number: each.id for each in known.controls}
    found = exported.json()
    added = found["catalog"]["groups"][0]["controls"][1].pop("props")
    assert added == [{"name": "identity", "ns": OWN, "value": "x-2"}]
    assert found == renumbered


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        (
            "renewal-days",
            "0",
            "catalog.groups.0.controls.1.props: renewal-days must be a number of days from 1 to 3650",
        ),
        ("renewal-days", "soon", "renewal-days must be a number of days"),
        ("identity", "x-1", "controls (x-2).identity: 'x-1' is already what 'x-1' is known by"),
    ],
)
def test_own_properties_say_what_is_wrong_with_them(name: str, value: str, problem: str) -> None:
    document = copy.deepcopy(CATALOG)
    document["catalog"]["groups"][0]["controls"][1]["props"] = [{"name": name, "ns": OWN, "value": value}]
    assert problem in "\n".join(problems(orjson.dumps(document), "application/json"))


def test_a_control_whose_id_stands_twice_is_not_passed_over() -> None:
    document = copy.deepcopy(CATALOG)
    document["catalog"]["groups"][0]["controls"][1]["id"] = "x-1.1"
    found = problems(orjson.dumps(document), "application/json")
    assert found == ["catalog.groups.0.controls.1.id: 'x-1.1' is another control's already"]


@pytest.mark.parametrize(
    ("imported", "modify", "place"),
    [
        ({}, 5, "profile.modify: an object"),
        ({}, {"set-parameters": 5}, "profile.modify.set-parameters: a list"),
        ({}, {"alters": [7]}, "profile.modify.alters: a list"),
        ({}, {"alters": [{"control-id": "x-1", "removes": 1, "adds": {}}]}, "profile.modify.alters.0.removes: a list"),
        ({"exclude-controls": {"with-ids": ["x-1"]}}, {}, "profile.imports.0.exclude-controls: a list"),
    ],
)
def test_a_profile_whose_lists_are_none_is_told_where(imported: dict[str, Any], modify: Any, place: str) -> None:
    content = profile({"include-all": {}, **imported}, modify=modify)
    assert place in "\n".join(problems(content, "application/json", catalog=CATALOG))


def test_a_profile_copes_with_a_catalogue_whose_properties_are_none() -> None:
    odd = copy.deepcopy(CATALOG)
    odd["catalog"]["groups"][0]["controls"][1]["props"] = 5
    added = {"props": [{"name": "priority", "value": "P1"}]}
    alters = [{"control-id": "x-2", "removes": [{"by-name": "label"}], "adds": [added]}]
    found = read(profile({"include-all": {}}, modify={"alters": alters}), "application/json", catalog=odd).framework
    assert found.controls[-1].priority == "high"


LISTED = copy.deepcopy(CATALOG)
LISTED["catalog"]["groups"][0] |= {"params": [{"id": "x_prm", "values": ["the office"]}]}
LISTED["catalog"]["groups"][0]["controls"][0]["parts"] = [
    {
        "name": "statement",
        "parts": [
            {"id": "x-1_a", "name": "item", "prose": "In {{ insert: param, x_prm }}."},
            {"id": "x-1_b", "name": "item", "prose": "Outside."},
        ],
    }
]
LISTED["catalog"]["groups"][0]["controls"][0]["controls"][0]["parts"] = [
    {"name": "statement", "prose": "Within {{ insert: param, x-1_prm }}."}
]
LISTED["catalog"]["groups"][0]["controls"][1]["props"] = [
    {"name": "priority", "ns": "https://example.org", "value": "P1"},
    {"name": "priority", "value": "P3"},
]


def listed(*removes: dict[str, str], control_id: str = "x-1") -> Framework:
    modify = {"alters": [{"control-id": control_id, "removes": list(removes)}]}
    found: Framework = read(profile({"include-all": {}}, modify=modify), "application/json", catalog=LISTED).framework
    return found


def test_parameters_of_groups_and_of_outer_controls_are_filled_in() -> None:
    found = {each.number: each.description for each in listed().controls}
    assert (found["x-1"], found["x-1.1"]) == ("In the office.\nOutside.", "Within [days].")


@pytest.mark.parametrize(
    ("remove", "left"),
    [
        ({"by-id": "x-1_b"}, "In the office."),
        ({"by-name": "item"}, ""),
        ({"by-name": "item", "by-id": "x-1_a"}, "Outside."),
        ({"by-item-name": "part"}, ""),
        ({"by-item-name": "prop", "by-id": "x-1_b"}, "In the office.\nOutside."),
        ({}, "In the office.\nOutside."),
    ],
)
def test_a_profile_removes_what_fits_all_that_it_says_also_within_parts(remove: dict[str, str], left: str) -> None:
    assert listed(remove).controls[0].description == left


def test_a_profile_removes_properties_of_one_namespace_alone() -> None:
    found = listed({"by-name": "priority", "by-ns": "https://example.org"}, control_id="x-2")
    assert found.controls[-1].priority == "low"


def test_a_catalogue_beside_a_profile_is_told_what_is_wrong_with_it() -> None:
    odd = copy.deepcopy(CATALOG)
    odd["catalog"]["groups"][0]["controls"][1]["id"] = ["x-2"]
    found = problems(profile({"include-all": {}}), "application/json", catalog=odd)
    assert found == ["catalog.groups.0.controls.1.id: a text is needed"]


def _deep(levels: int) -> Any:
    return [_deep(levels - 1)] if levels else []


@pytest.mark.parametrize(
    ("further", "media_type"), [({"x": _deep(300)}, "application/json"), ({"x": 2**70, 1: "x"}, "application/yaml")]
)
def test_a_catalogue_that_cannot_be_kept_says_so(further: dict[Any, Any], media_type: str) -> None:
    document = {"catalog": {**CATALOG["catalog"], **further}}
    content = json.dumps(document) if media_type == "application/json" else yaml.safe_dump(document)
    assert "can't be kept as JSON" in "\n".join(problems(content, media_type))

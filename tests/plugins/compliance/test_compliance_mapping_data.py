"""The mappings that come with the package: every end exists, every pair stands once and gives its reason."""

from __future__ import annotations

from collections import Counter
from importlib import resources
from typing import Any

import pytest

from studio_compliance.definitions import built_in_frameworks, built_in_mappings
from studio_kernel.frameworks import FrameworkRegistry, control_id
from studio_kernel.mappings import MappingRegistry
from studio_kernel.yaml_documents import parse_yaml

RELATIONS = {"equal", "subset", "superset", "intersects"}
FOLDER = resources.files("studio_compliance") / "mappings"
FILES = sorted(each.name for each in FOLDER.iterdir() if each.name.endswith(".yaml"))
NUMBERS = {each.id: {control.number for control in each.controls} for each in built_in_frameworks()}


def document_of(name: str) -> dict[str, Any]:
    document: dict[str, Any] = parse_yaml((FOLDER / name).read_text(encoding="utf-8"))
    return document


@pytest.mark.parametrize("name", FILES)
def test_a_mapping_file_names_its_ends_and_its_source(name: str) -> None:
    document = document_of(name)
    assert set(document) == {"studio_mappings", "from", "to", "source", "mappings"}
    assert document["studio_mappings"] == 1
    assert name == f"{document['from']}--{document['to']}.yaml"
    assert len(document["source"]) > 20


@pytest.mark.parametrize("name", FILES)
def test_every_pair_joins_existing_controls_with_a_relation_and_its_own_reason(name: str) -> None:
    document = document_of(name)
    pairs = document["mappings"]
    assert {pair["from"] for pair in pairs} <= NUMBERS[document["from"]]
    assert {pair["to"] for pair in pairs} <= NUMBERS[document["to"]]
    assert {pair["relation"] for pair in pairs} <= RELATIONS
    assert all(len(pair["rationale"]) > 30 and pair["rationale"].endswith(".") for pair in pairs)
    twice = [reason for reason, times in Counter(pair["rationale"] for pair in pairs).items() if times > 1]
    assert twice == []
    assert len({(pair["from"], pair["to"]) for pair in pairs}) == len(pairs)


def test_the_asked_pairs_of_frameworks_are_mapped_in_earnest() -> None:
    asked = {
        "soc2--iso27001": 150,
        "soc2--nistcsf": 150,
        "iso27001--nistcsf": 200,
        "nistcsf--hipaa": 130,
        "iso27001--pcidss": 200,
        "iso27001--gdpr": 120,
        "soc2--hipaa": 100,
        "nistcsf--pcidss": 200,
    }
    for name, least in asked.items():
        assert len(document_of(f"{name}.yaml")["mappings"]) >= least


def test_mappings_agree_with_each_other_and_reach_every_control_of_soc2_and_iso() -> None:
    registry, frameworks = MappingRegistry(), FrameworkRegistry()
    registry.add("compliance", built_in_mappings())
    for each in built_in_frameworks():
        frameworks.add(each)
    assert registry.conflicts() == []
    assert registry.unknown_ends(frameworks) == []
    for framework_id in ("soc2", "iso27001"):
        assert all(registry.neighbours(control_id(framework_id, number)) for number in NUMBERS[framework_id])

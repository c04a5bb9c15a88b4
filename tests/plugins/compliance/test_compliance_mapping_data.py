"""The mappings that come with the package: every end exists, every pair stands once and gives its reason."""

from __future__ import annotations

from collections import Counter
from importlib import resources
from typing import Any

import pytest
import yaml

from studio_compliance.definitions import built_in_frameworks

RELATIONS = {"equal", "subset", "superset", "intersects"}
FOLDER = resources.files("studio_compliance") / "mappings"
FILES = sorted(each.name for each in FOLDER.iterdir() if each.name.endswith(".yaml"))
NUMBERS = {each.id: {control.number for control in each.controls} for each in built_in_frameworks()}


def document_of(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(
        (FOLDER / name).read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )
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
    assert all(len(pair["rationale"]) > 20 and pair["rationale"].endswith(".") for pair in pairs)
    twice = [reason for reason, times in Counter(pair["rationale"] for pair in pairs).items() if times > 1]
    assert twice == []
    assert len({(pair["from"], pair["to"]) for pair in pairs}) == len(pairs)

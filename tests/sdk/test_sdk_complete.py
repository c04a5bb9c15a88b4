"""Both clients have every operation of the OpenAPI document, with every one of its inputs."""

from __future__ import annotations

import functools
import inspect
import json
import keyword
import re
from pathlib import Path

import httpx
import pytest
from studio_platform import AsyncStudioAPI, StudioAPI

ROOT = Path(__file__).parents[2]
JAVASCRIPT = ROOT / "sdk" / "javascript" / "src"


@pytest.fixture(scope="module")
def operations(server):
    document = httpx.get(f"{server.base}/api/v1/openapi.json").json()
    return [
        (path, method, declared) for path, methods in document["paths"].items() for method, declared in methods.items()
    ]


def inputs_of(declared):
    return {each["name"] for each in declared.get("parameters", ()) if each["in"] in ("path", "query")}


def found(client, operation_id):
    def inner(group, name):
        return getattr(group, f"{name}_" if keyword.iskeyword(name) else name)

    return functools.reduce(inner, operation_id.split("."), client)


@pytest.mark.parametrize("kind", [StudioAPI, AsyncStudioAPI])
def test_python_has_every_operation_and_its_parameters(kind, operations):
    client = kind(base_url="http://127.0.0.1")
    for _, _, declared in operations:
        method = found(client, declared["operationId"])
        assert callable(method), declared["operationId"]
        names = {name.rstrip("_") for name in inspect.signature(method).parameters}
        assert inputs_of(declared) <= names, declared["operationId"]


def test_javascript_has_every_operation_and_its_parameters(operations):
    text = (JAVASCRIPT / "operations.js").read_text(encoding="utf-8")
    table = {name: json.loads(row) for name, row in re.findall(r'^  "([\w.]+)": (\{.*\}),$', text, re.MULTILINE)}
    assert set(table) == {declared["operationId"] for _, _, declared in operations}
    for path, method, declared in operations:
        row = table[declared["operationId"]]
        assert (row["path"], row["method"]) == (path, method.upper())
        inner = set(re.findall(r"{(\w+)}", path)) | set(row.get("query", ()))
        assert inputs_of(declared) <= inner, declared["operationId"]


def test_javascript_types_name_every_operation(operations):
    types = (JAVASCRIPT / "operations.d.ts").read_text(encoding="utf-8")
    for _, _, declared in operations:
        assert f"/** {declared['summary']}. */" in types

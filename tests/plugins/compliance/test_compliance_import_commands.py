"""Frameworks by command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from studio_compliance.commands import frameworks
from studio_kernel.cli import run

from .test_compliance_import import CATALOG, HOUSE_RULES, TABLE

Run = Callable[..., Result]


@pytest.fixture
def studio_frameworks(tmp_path: Path) -> Run:
    """Runs ``studio frameworks …`` in an install of its own."""
    environment = {"STUDIO_HOME": str(tmp_path / "home")}

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(frameworks, list(words), env=environment)

    return invoke


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    file = tmp_path / "house.yaml"
    file.write_text(HOUSE_RULES)
    return file


def test_import_upgrade_rollback_export_and_remove(studio_frameworks: Run, definition: Path) -> None:
    """``studio frameworks import``, ``upgrade``, ``rollback``, ``export`` and ``remove``."""
    done = studio_frameworks("import", str(definition))
    assert (done.exit_code, done.output) == (0, "house-rules: imported, 2 controls.\n")
    assert "house-rules" in studio_frameworks("list").output

    definition.write_text(HOUSE_RULES.replace('version: "1"', 'version: "2"').replace("Locks", "Locks and keys"))
    preview = json.loads(studio_frameworks("upgrade", str(definition), "--preview", "--json").output)
    assert (preview["applied"], preview["summary"]["changed"]) == (False, 1)
    done = studio_frameworks("upgrade", str(definition))
    assert done.output.splitlines()[0] == "house-rules: 1 now 2: 1 changed, 1 unchanged."
    assert "Locks and keys" in studio_frameworks("export", "house-rules").output

    assert "2 now 1" in studio_frameworks("rollback", "house-rules").output
    exported = studio_frameworks("export", "house-rules", "--format", "json").output
    assert json.loads(exported)["version"] == "1"
    assert studio_frameworks("remove", "house-rules").output == "house-rules: removed.\n"
    assert studio_frameworks("export", "house-rules").exit_code == 1


def test_problems_come_a_line_each_with_exit_code_1(studio_frameworks: Run, definition: Path) -> None:
    definition.write_text(HOUSE_RULES.replace("category: b", "category: c"))
    done = studio_frameworks("import", str(definition))
    assert done.exit_code == 1
    assert "house.yaml: controls.1 (2).category: 'c' is none of ['a', 'b'] (line 12)" in done.output
    assert "house-rules" not in studio_frameworks("list").output


def test_a_profile_is_checked_against_its_catalogue(studio_frameworks: Run, tmp_path: Path) -> None:
    catalog, profile = tmp_path / "catalog.json", tmp_path / "profile.json"
    catalog.write_text(json.dumps(CATALOG))
    chosen = {"metadata": {"title": "Chosen", "version": "1"}, "imports": [{"href": "#c", "include-all": {}}]}
    profile.write_text(json.dumps({"profile": chosen}))
    done = studio_frameworks("check", str(profile), "--catalog", str(catalog))
    notes = [f"chosen: note: controls ({each}).description: is empty" for each in ("x-1.1", "x-1.2", "x-2")]
    assert (done.exit_code, done.output.splitlines()) == (0, ["chosen: 4 controls in 1 categories, sound.", *notes])
    assert studio_frameworks("check", str(profile)).exit_code == 1


def test_columns_of_a_table_are_options(studio_frameworks: Run, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text(TABLE, newline="")
    named = ("--id", "t", "--name", "T", "--version", "1")
    columns = ("--column", "number=Ref", "--column", "title=Control name")
    done = studio_frameworks("import", str(table), *named, *columns, "--json")
    assert json.loads(done.output)["format"] == "csv"
    assert studio_frameworks("check", str(table), *named, "--column", "number").exit_code == 2


def test_the_schema_is_printed_and_files_are_written(studio_frameworks: Run, tmp_path: Path) -> None:
    """``studio frameworks schema``"""
    assert json.loads(studio_frameworks("schema").output)["title"] == "Studio framework"
    file = tmp_path / "soc2.json"
    assert studio_frameworks("export", "soc2", "--format", "oscal", "--output", str(file)).exit_code == 0
    assert json.loads(file.read_bytes())["catalog"]["metadata"]["title"]


def test_a_refusal_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as end:
        run(lambda: frameworks.main(["rollback", "nobody"], standalone_mode=False))
    assert end.value.code == 1
    assert capsys.readouterr().err == "studio: There is no imported framework nobody\n"

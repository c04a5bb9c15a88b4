"""What `studio plugins new` makes. That it builds, installs and passes: tests/plugins/thirdparty."""

import ast
import subprocess
import sys
import tomllib

import pytest
from click.testing import CliRunner

from studio_kernel.commands.plugins import plugins as plugins_command
from studio_kernel.errors import ValidationFailed
from studio_kernel.plugins import PluginInfo
from studio_kernel.scaffold import KINDS, make_plugin


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_is_complete(kind, tmp_path):
    folder = make_plugin("cloud-costs", kind, tmp_path)
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {"pyproject.toml", "README.md", ".gitignore", "test_plugin.py", "plugin.py", "py.typed"} <= {
        file.name for file in files
    }
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert "$" not in text
        assert not file.name.endswith(".txt")
        if file.suffix == ".py":
            ast.parse(text)


@pytest.mark.parametrize("kind", KINDS)
def test_the_entry_point_leads_to_a_plugin_of_that_name(kind, tmp_path):
    folder = make_plugin("cloud-costs", kind, tmp_path)
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == "studio-cloud-costs"
    assert project["entry-points"]["studio.plugins"] == {"cloud-costs": "studio_cloud_costs.plugin"}
    namespace = {"__name__": "made"}
    exec((folder / "studio_cloud_costs" / "plugin.py").read_text(encoding="utf-8"), namespace)
    assert isinstance(namespace["info"], PluginInfo)
    assert namespace["info"].name == "cloud-costs"


@pytest.mark.parametrize("name", ["", "Upper", "two words", "-x", "x-", "1st", "../x", "x_y", "x" * 41, "ünder"])
def test_a_name_that_no_package_can_have_is_refused(name, tmp_path):
    with pytest.raises(ValidationFailed):
        make_plugin(name, "framework", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["auth", "webhooks", "kernel", "platform", "portal"])
def test_the_platforms_own_names_are_refused(name, tmp_path):
    with pytest.raises(ValidationFailed):
        make_plugin(name, "framework", tmp_path)


def test_nothing_that_exists_is_overwritten(tmp_path):
    make_plugin("cloud-costs", "framework", tmp_path)
    with pytest.raises(ValidationFailed, match=r"."):
        make_plugin("cloud-costs", "feature", tmp_path)


def test_the_command_says_what_to_do_next(tmp_path):
    result = CliRunner().invoke(
        plugins_command, ["new", "cloud-costs", "--kind", "feature", "--into", str(tmp_path)], catch_exceptions=False
    )
    folder = tmp_path / "studio-cloud-costs"
    assert result.output == f"Made {folder}. Next: pip install -e '{folder}[test]' && pytest {folder}\n"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_made_satisfies_the_usual_checks(kind, tmp_path):
    folder = make_plugin("cloud-costs", kind, tmp_path)
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E,F,I,UP,B", "--line-length", "120", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout

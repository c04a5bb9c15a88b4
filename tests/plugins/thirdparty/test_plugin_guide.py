"""docs/plugins.md shows code that is in the examples, and names only what there is."""

import re
from pathlib import Path

import pytest

from studio_kernel.app import Declared
from studio_kernel.cli import CORE_COMMANDS
from studio_portal import hookspecs as portal_hooks

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "docs" / "plugins.md"
TEXT = GUIDE.read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^`(examples/\S+)`\n\n```python\n(.*?)```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("file", "code"), SNIPPETS)
def test_a_snippet_stands_in_the_file_that_it_names(file, code):
    assert code in (ROOT / file).read_text(encoding="utf-8")


def test_every_snippet_names_its_file():
    assert len(SNIPPETS) == TEXT.count("```python") > 8


def test_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (GUIDE.parent / link).exists(), link


def test_hooks_that_are_named_exist():
    reference = (ROOT / "docs" / "reference" / "hooks.md").read_text(encoding="utf-8")
    portal = {name for name in vars(portal_hooks) if name.startswith("studio_")}
    for hook in set(re.findall(r"`(studio_[a-z_]+)`", TEXT)):
        assert f"### `{hook}`" in reference or hook in portal or not hook.removeprefix("studio_")


def test_commands_that_are_named_exist():
    known = {spec.name for spec in CORE_COMMANDS} | {"frameworks"}
    assert set(re.findall(r"`studio ([a-z]+)", TEXT)) <= known


def test_every_kind_of_declaration_is_told_of():
    for kind in Declared.__dataclass_fields__:
        assert kind.replace("_types", "s").replace("_", " ") in TEXT

"""What is declared is documented and tested: hooks, settings, permissions, events, commands, operations, lists."""

from __future__ import annotations

import functools
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from studio_kernel.plugins import BUILT_IN
from studio_kernel.security.permissions import PUBLIC

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"

OPEN_TO_ALL = {
    "health",
    "ready",
    "metrics",
    "openapi",
    "auth.login",
    "auth.refresh",
    "auth.reset_password",
    "account.page",
    "account.act",
    "password.page",
    "password.set",
    "oauth.authorize",
    "oauth.decide",
    "oauth.token",
    "oauth.revoke",
    "oauth.introspect",
    "oauth.metadata",
    "oauth.jwks",
}


@functools.cache
def all_tests() -> str:
    """All tests but this one, as text."""
    files = [*ROOT.glob("tests/**/*.py"), *ROOT.glob("examples/**/*.py")]
    return "\n".join(file.read_text(encoding="utf-8") for file in files if file != Path(__file__))


@functools.cache
def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def untested(names: list[str]) -> list[str]:
    text = all_tests()
    return [name for name in names if not re.search(rf"(?<![\w.]){re.escape(name)}(?![\w])", text)]


@pytest.fixture
def platform(make_studio):
    return make_studio(plugins=BUILT_IN).platform


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("studio_reference", ROOT / "tools" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_are_fresh():
    done = subprocess.run([sys.executable, "tools/reference.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_hook_is_documented_and_has_a_test(platform, reference):
    hooks = [name for _, module in reference.hook_modules(platform) for name, _ in reference.hooks_of(module)]
    assert len(hooks) == len(set(hooks)) >= 17
    for _, module in reference.hook_modules(platform):
        for name, function in reference.hooks_of(module):
            assert f"### `{name}`" in page("hooks")
            for parameter in function.__annotations__:
                if parameter != "return":
                    assert f":param {parameter}:" in function.__doc__, f"{name} does not explain {parameter}"
            assert "Kind: " in function.__doc__, name
    assert untested(hooks) == []


def test_every_setting_is_documented_and_has_a_test(platform):
    values = platform.settings.values()
    assert [value.name for value in values if not value.description] == []
    assert [value.name for value in values if f"`{value.variable}`" not in page("settings")] == []
    text = all_tests()
    assert [value.name for value in values if value.name not in text and value.variable not in text] == []


def test_every_permission_is_documented_and_has_a_test(platform):
    names = [permission.name for permission in platform.permissions]
    assert [name for name in names if f"`{name}`" not in page("permissions")] == []
    used = {operation.permission for operation in platform.operations}
    services = "\n".join(file.read_text(encoding="utf-8") for file in ROOT.glob("plugins/*/*/**/*.py"))
    unused = [name for name in names if name not in used and services.count(f'"{name}"') < 2]
    assert unused == [], "declared but asked for by nobody"


def test_every_event_is_documented_has_a_test_and_a_valid_example(platform):
    names = list(platform.events.types)
    assert [name for name in names if f"## `{name}`" not in page("events")] == []
    for kind in platform.events.types.values():
        assert kind.schema().validate(kind.example) == {}, kind.name
    assert untested(names) == []


def test_every_command_is_documented_and_has_a_test(platform, reference):
    import click

    def walk(command: click.Command, words: tuple[str, ...]) -> list[tuple[str, ...]]:
        if isinstance(command, click.Group):
            return [found for name, inner in command.commands.items() for found in walk(inner, (*words, name))]
        return [words]

    commands = [
        words
        for spec in reference.command_specs(platform)
        for words in walk(reference._import(spec.target), (spec.name,))
    ]
    assert [words for words in commands if f"`studio {' '.join(words)}`" not in page("commands")] == []
    text = all_tests()
    missing = [words for words in commands if not re.search(r"\W+".join(map(re.escape, words)), text)]
    assert missing == []


def test_every_operation_declares_a_permission_and_public_ones_are_known(platform):
    assert [each.id for each in platform.operations if not each.permission] == []
    assert {each.id for each in platform.operations if each.permission == PUBLIC} == OPEN_TO_ALL


def test_every_operation_names_its_answer(platform):
    nameless = [each.id for each in platform.operations if each.shape in ("data", "bare") and each.response is None]
    assert nameless == []


def test_every_create_tells_where_the_new_thing_is(platform):
    """A POST that answers 201 is documented with a Location header; the contract tests see it sent."""
    document = platform.openapi()
    for each in platform.operations:
        if each.status == 201:
            answer = document["paths"][each.path][each.method.lower()]["responses"]["201"]
            assert "Location" in answer["headers"], each.id

"""Whatever is wrong with a setting is told at the start in one line: its name, what is wrong, and what is right."""

from __future__ import annotations

import json
import types
import typing

import pytest
from pydantic import SecretStr

from studio_kernel.app import load_plugins
from studio_kernel.errors import ConfigurationError
from studio_kernel.plugins import BUILT_IN, installed_plugins
from studio_kernel.settings import KernelSettings, PluginSettings, variable_name

FOUND = [each for each in installed_plugins() if each.name in BUILT_IN]
# Texts that no value of the type can be, by variable and by file.
WRONG_TEXTS = {int: ("many", "1.5", "", "0x10"), float: ("soon", ""), bool: ("perhaps", ""), dict: ("[1]", "x", "{")}
WRONG_VALUES = {
    int: ("many", 1.5, [1], {}),
    float: ("soon", [1.0]),
    bool: ("perhaps", 7),
    str: (1, True, ["a"]),
    tuple: (7, {}),
}


def declared():
    sections = load_plugins(found=FOUND, environment={}, overrides={"home": "/nowhere"})[2].values()
    return [KernelSettings, PluginSettings, *(kind for each in sections for kind in each.settings)]


def plain(annotation):
    """The type that decides what is wrong: of a list, tuple; of an optional one, the other."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return plain(next(each for each in typing.get_args(annotation) if each is not type(None)))
    return origin if origin is not None else annotation


def outside(info):
    """Numbers just outside of the declared bounds, and those that are none."""
    for rule in info.metadata:
        for name, step in (("ge", -1), ("gt", 0), ("le", 1), ("lt", 0)):
            if (bound := getattr(rule, name, None)) is not None:
                yield str(bound + step)


FIELDS = [(kind, name, info) for kind in declared() for name, info in kind.model_fields.items() if name != "home"]
BY_VARIABLE = {
    (kind, name): (*WRONG_TEXTS.get(plain(info.annotation), ()), *outside(info)) for kind, name, info in FIELDS
}
BY_FILE = {(kind, name): WRONG_VALUES.get(plain(info.annotation), ()) for kind, name, info in FIELDS}
ROUNDS = range(max(map(len, BY_VARIABLE.values())))


def in_round(cases, number):
    """The ``number``-th wrong value of each setting that has so many."""
    return {setting: values[number] for setting, values in cases.items() if number < len(values)}


def complaints(home, environment):
    with pytest.raises(ConfigurationError) as caught:
        load_plugins(found=FOUND, environment={**environment}, overrides={"home": str(home)})
    return caught.value.problems


def each_is_one_line(lines, settings):
    """For each setting one line that begins with its variable, says what is wrong, and what the setting is for."""
    said = {line.partition(": ")[0].partition(" in ")[0]: line for line in lines}
    assert len(said) == len(lines)
    assert sorted(said) == sorted(variable_name(kind, name) for kind, name in settings)
    for kind, name in settings:
        line = said[variable_name(kind, name)]
        assert "\n" not in line
        assert kind.model_fields[name].description in line
        assert len(line.partition(": ")[2].partition(" (")[0]) > 10, line


def test_each_setting_has_a_wrong_value_or_takes_any_text():
    free = [(kind, name) for kind, name, _ in FIELDS if not BY_VARIABLE[kind, name] and not BY_FILE[kind, name]]
    # NOTE: texts and secrets are looked at when what they name is opened.
    kinds = {plain(kind.model_fields[name].annotation) for kind, name in free}
    assert kinds <= {SecretStr, typing.Literal}


@pytest.mark.parametrize("number", ROUNDS)
def test_every_wrong_text_is_one_line_with_its_variable(tmp_path, number):
    wrong = in_round({each: cases for each, cases in BY_VARIABLE.items() if each[0] is not PluginSettings}, number)
    environment = {variable_name(kind, name): text for (kind, name), text in wrong.items()}
    each_is_one_line(complaints(tmp_path, environment), wrong)


@pytest.mark.parametrize("number", range(4))
def test_every_wrong_value_in_the_file_is_one_line_with_the_file(tmp_path, number):
    wrong = in_round({each: cases for each, cases in BY_FILE.items() if each[0] is not PluginSettings}, number)
    tables = {}
    for (kind, name), value in wrong.items():
        shown = "{}" if value == {} else json.dumps(value)
        tables.setdefault(kind.section, []).append(f"{name} = {shown}")
    text = "\n".join("\n".join([f"[{section}]"] * bool(section) + lines) for section, lines in tables.items())
    (tmp_path / "studio.toml").write_text(text)
    lines = complaints(tmp_path, {})
    each_is_one_line(lines, wrong)
    assert [line for line in lines if "studio.toml: " not in line] == []


def test_the_choice_of_plugins_is_looked_at_first(tmp_path):
    (line,) = complaints(tmp_path, {"STUDIO_PLUGINS_STRICT": "perhaps", "STUDIO_THREADS": "many"})
    assert line.startswith("STUDIO_PLUGINS_STRICT: ")


def test_every_misspelt_name_is_told(tmp_path):
    wrong = {f"{variable_name(kind, name)}_Q": "1" for kind, name, _ in FIELDS}
    lines = complaints(tmp_path, wrong)
    assert sorted(line.partition(": ")[0] for line in lines) == sorted(wrong)
    right = [line for line in lines if f"'{line.partition(': ')[0][:-2]}'" in line]
    assert len(right) > 0.9 * len(lines), "the right name is proposed"


def test_every_file_that_isnt_there_is_told(tmp_path):
    wrong = {f"{variable_name(kind, name)}_FILE": str(tmp_path / "gone") for kind, name, _ in FIELDS}
    choice = {name: value for name, value in wrong.items() if name.startswith("STUDIO_PLUGINS")}
    assert len(complaints(tmp_path, wrong)) == len(choice)
    lines = complaints(tmp_path, {name: value for name, value in wrong.items() if name not in choice})
    assert sorted(lines) == sorted(
        f"{name}: can't read the file {tmp_path / 'gone'}" for name in wrong if name not in choice
    )

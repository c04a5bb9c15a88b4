"""Settings: where a value comes from, and one line for each wrong one."""

from typing import ClassVar

import pytest
from pydantic import Field, SecretStr

from studio_kernel.errors import ConfigurationError
from studio_kernel.settings import KernelSettings, Section, load_settings, plugin_choice


class Demo(Section):
    section: ClassVar[str] = "demo"
    size: int = Field(3, ge=1, description="How large.")
    names: tuple[str, ...] = Field((), description="Which.")
    token: SecretStr = Field(SecretStr(""), description="A secret.")


def load(home, text="", **environment):
    (home / "studio.toml").write_text(text)
    return load_settings([Demo], environment=environment, overrides={"home": str(home)})


def problems(home, text="", **environment):
    with pytest.raises(ConfigurationError) as caught:
        load(home, text, **environment)
    return caught.value.problems


def origin(settings, name):
    return next(value.origin for value in settings.values() if value.name == name)


def test_sources_override_each_other_in_order(tmp_path):
    assert load(tmp_path).section(Demo).size == 3
    assert load(tmp_path, "[demo]\nsize = 4").section(Demo).size == 4
    (tmp_path / "size").write_text("5\n")
    by_file = load(tmp_path, "[demo]\nsize = 4", STUDIO_DEMO_SIZE_FILE=str(tmp_path / "size"))
    assert by_file.section(Demo).size == 5
    by_variable = load(tmp_path, "[demo]\nsize = 4", STUDIO_DEMO_SIZE="6", STUDIO_DEMO_SIZE_FILE=str(tmp_path / "size"))
    assert by_variable.section(Demo).size == 6


@pytest.mark.parametrize("text", ["10.0.0.0/8, 192.168.0.0/16", "10.0.0.0/8\n192.168.0.0/16\n"])
def test_lists_and_tables_are_read_from_files_too(tmp_path, text):
    (tmp_path / "proxies").write_text(text)
    (tmp_path / "routes").write_text('{"auth.login": "5/minute"}\n')
    files = {"STUDIO_TRUSTED_PROXIES_FILE": "proxies", "STUDIO_RATE_LIMIT_ROUTES_FILE": "routes"}
    kernel = load(tmp_path, **{name: str(tmp_path / file) for name, file in files.items()}).kernel
    assert [str(each) for each in kernel.trusted_proxies] == ["10.0.0.0/8", "192.168.0.0/16"]
    assert kernel.rate_limit_routes == {"auth.login": "5/minute"}


def test_each_value_says_where_it_came_from(tmp_path):
    settings = load(tmp_path, "[demo]\nsize = 4", STUDIO_DEMO_NAMES="a, b")
    assert origin(settings, "demo.size").endswith("studio.toml")
    assert origin(settings, "demo.names") == "STUDIO_DEMO_NAMES"
    assert origin(settings, "demo.token") == "default"
    assert settings.section(Demo).names == ("a", "b")


def test_secrets_are_masked_in_every_view(tmp_path):
    settings = load(tmp_path, STUDIO_DEMO_TOKEN="hunter22", STUDIO_DATABASE_URL="postgresql://me:hunter22@host/db")
    text = str([value.shown for value in settings.values()]) + repr(settings.section(Demo))
    assert "hunter22" not in text
    assert "postgresql://me:********@host/db" in text
    settings = load(tmp_path, STUDIO_DATABASE_URL="postgresql://host/db?user=me&password=hunter22&sslmode=require")
    (shown,) = [value.shown for value in settings.values() if value.name == "database_url"]
    assert shown == "postgresql://host/db?user=me&password=********&sslmode=require"


@pytest.mark.parametrize(
    ("text", "environment", "parts"),
    [
        ("", {"STUDIO_DEMO_SIZE": "0"}, ["STUDIO_DEMO_SIZE", "greater than or equal to 1", "How large."]),
        ("", {"STUDIO_DEMO_SIZE": "many"}, ["STUDIO_DEMO_SIZE", "integer"]),
        ("[demo]\nsize = 0", {}, ["STUDIO_DEMO_SIZE", "studio.toml"]),
        ("[demo]\nsiez = 1", {}, ["siez", "did you mean 'size'"]),
        ("[dmeo]\nsize = 1", {}, ["dmeo", "did you mean 'demo'"]),
        ("[quarry]\nsize = 1", {}, ["no installed plugin has the section [quarry]", "take it out"]),
        ("", {"STUDIO_QUARRY_SIZE_DAYS": "1"}, ["STUDIO_QUARRY_SIZE_DAYS: there is no such setting; take it out"]),
        ("", {"STUDIO_DEMO_SIEZ": "1"}, ["STUDIO_DEMO_SIEZ", "did you mean 'STUDIO_DEMO_SIZE'"]),
        ("", {"STUDIO_DEMO_TOKEN_FILE": "/nowhere/at/all"}, ["STUDIO_DEMO_TOKEN_FILE", "/nowhere/at/all"]),
        ("", {"STUDIO_LOG_LEVEL": "loud"}, ["STUDIO_LOG_LEVEL", "debug, info, warning or error"]),
        ("", {"STUDIO_THREADS": "-1"}, ["STUDIO_THREADS"]),
        ('home = "/var/lib/studio"', {}, ["studio.toml: home", "set STUDIO_HOME"]),
        ("", {"STUDIO_HOME_FILE": "/nowhere/at/all"}, ["STUDIO_HOME_FILE: home", "set STUDIO_HOME"]),
    ],
)
def test_a_wrong_setting_is_one_line_that_says_what_is_right(tmp_path, text, environment, parts):
    (line,) = problems(tmp_path, text, **environment)
    for part in parts:
        assert part in line


def test_every_wrong_setting_is_told_at_once(tmp_path):
    assert len(problems(tmp_path, "x = 1", STUDIO_DEMO_SIZE="0", STUDIO_THREADS="-1")) == 3


def test_a_file_that_is_not_toml_is_said_so(tmp_path):
    (line,) = problems(tmp_path, "= nonsense")
    assert "studio.toml" in line


def test_a_named_configuration_file_must_be_there(tmp_path):
    with pytest.raises(ConfigurationError, match="STUDIO_CONFIG"):
        load_settings([], environment={"STUDIO_CONFIG": str(tmp_path / "no.toml")}, overrides={"home": str(tmp_path)})


def test_disabled_plugins_are_known_before_all_else(tmp_path):
    (tmp_path / "studio.toml").write_text('[plugins]\ndisabled = ["ai"]\n[other]\nx = 1')
    assert plugin_choice({}, {"home": str(tmp_path)}).disabled == ("ai",)


def test_every_setting_is_described():
    assert all(info.description for info in KernelSettings.model_fields.values())

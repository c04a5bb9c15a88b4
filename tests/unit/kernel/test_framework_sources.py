"""Frameworks that change while the platform runs: ``studio_framework_sources``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from studio_kernel import frameworks as module
from studio_kernel.frameworks import Category, Control, Framework, FrameworkError, FrameworkRegistry
from studio_kernel.frameworks import framework_from_document as read
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo


def framework(framework_id: str, *numbers: str) -> Framework:
    controls = tuple(Control(framework_id, number, number, "", "a") for number in numbers)
    return Framework(framework_id, framework_id, "1", "", (Category("a", "A"),), controls)


class Source:
    """Frameworks in a list; ``asked`` counts the questions for its state."""

    def __init__(self, *found: Framework) -> None:
        self.found = list(found)
        self.number = 1
        self.asked = 0

    def state(self) -> str:
        self.asked += 1
        return str(self.number)

    def frameworks(self) -> Sequence[Framework]:
        return tuple(self.found)

    def change(self, *found: Framework) -> None:
        self.found, self.number = list(found), self.number + 1


@pytest.fixture
def registry() -> FrameworkRegistry:
    made = FrameworkRegistry()
    made.add(framework("own", "1"))
    return made


def test_what_a_source_has_is_there_and_what_it_loses_goes(registry: FrameworkRegistry) -> None:
    source = Source(framework("x", "1", "2"))
    registry.watch(source)
    first = registry.get("x")
    assert first is not None
    assert registry.control(first.controls[1].id) is first.controls[1]
    source.change(framework("x", "1"))
    registry.refresh()
    assert registry.control(first.controls[1].id) is None
    assert [each.id for each in registry] == ["own", "x"]
    source.change()
    registry.refresh()
    assert [each.id for each in registry] == ["own"]


def test_an_unknown_framework_is_looked_for_at_once_and_a_change_after_a_while(
    registry: FrameworkRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source()
    registry.watch(source)
    source.change(framework("x", "1"))
    assert registry.get("x") is not None
    source.change(framework("x", "1", "2"))
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    found = registry.get("x")
    assert found is not None
    assert len(found.controls) == 2


def test_reads_in_quick_succession_ask_once(registry: FrameworkRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 3600.0)
    source = Source(framework("x", "1"))
    registry.watch(source)
    for _ in range(100):
        assert registry.get("x") is not None
        assert [each.id for each in registry] == ["own", "x"]
    assert source.asked == 1


def test_a_plugins_framework_goes_before_one_of_a_source(registry: FrameworkRegistry, caplog: Any) -> None:
    own = registry.get("own")
    registry.watch(Source(framework("own", "7")))
    assert registry.get("own") is own
    assert "hides the imported one" in caplog.text


def test_each_change_counts(registry: FrameworkRegistry) -> None:
    before = registry.version
    source = Source(framework("x", "1"))
    registry.watch(source)
    registry.refresh()
    assert registry.version == before + 1


def test_a_plugin_brings_a_source(make_studio: Any) -> None:
    source = Source(framework("x", "1"))

    class Plugin:
        info = PluginInfo(name="sources", version="1")

        @hookimpl
        def studio_framework_sources(self, platform: Any) -> Sequence[Any]:
            return (source,)

    platform = make_studio(plugins=[], extra=[Plugin()]).platform
    assert platform.frameworks.get("x") is source.found[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [("description", [1]), ("references", "1"), ("replaces", [[1]]), ("category", {}), ("priority", []), ("title", 5)],
)
def test_what_should_be_text_and_isn_t_is_a_problem(name: str, value: Any) -> None:
    control = {"number": "1", "title": "One", "category": "a", name: value}
    head = {"studio_framework": 1, "id": "x", "name": "X", "version": "1"}
    with pytest.raises(FrameworkError, match=name):
        read({**head, "categories": [{"id": "a", "title": "A"}], "controls": [control]})

"""Finding, ordering and containing plugins, before anything is built."""

import logging
import sys
from types import SimpleNamespace

import pytest
from probe import plugin

from studio_kernel.errors import ConfigurationError, Unauthorized
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import Found, PluginInfo, PluginManager, closest


def found(module, distribution=""):
    name = module.info.name
    return Found(name, distribution or f"dist-{name}", lambda: module)


def manager_of(*modules, **options):
    return PluginManager([each if isinstance(each, Found) else found(each) for each in modules], **options)


def order(manager):
    return [record.name for record in manager.active]


def reason(manager, name):
    return manager.record(name).reason


def fails_with(error):
    def load():
        raise error

    return load


# -- order -----------------------------------------------------------------------------------------------


def test_what_a_plugin_requires_comes_first_and_then_the_name_decides():
    names = {"zebra": (), "apple": ("zebra",), "mango": (), "lemon": ("apple", "mango")}
    modules = [plugin(name, requires=requires) for name, requires in names.items()]
    for arrangement in (modules, modules[::-1], modules[2:] + modules[:2]):
        assert order(manager_of(*arrangement)) == ["mango", "zebra", "apple", "lemon"]


def test_built_in_plugins_come_before_others_of_earlier_name():
    manager = manager_of(plugin("aaa"), found(plugin("webhooks"), "studio-webhooks"))
    assert order(manager) == ["webhooks", "aaa"]


def test_hooks_are_called_in_the_order_of_the_plugins():
    calls = []
    modules = [
        plugin("second", requires=("first",), studio_startup=lambda platform: calls.append("second")),
        plugin("first", studio_startup=lambda platform: calls.append("first")),
        plugin("third", requires=("second",), studio_startup=lambda platform: calls.append("third")),
    ]
    manager_of(*modules).notify("studio_startup", platform=None)
    assert calls == ["first", "second", "third"]


def test_the_first_answer_is_that_of_the_first_plugin_in_order():
    def answering(name, answer):
        return plugin(name, studio_authenticate=lambda platform, credentials: answer)

    manager = manager_of(answering("cc", "by cc"), answering("aa", None), answering("bb", "by bb"))
    assert manager.first("studio_authenticate", platform=None, credentials=None) == "by bb"


# -- left out --------------------------------------------------------------------------------------------


def test_a_disabled_plugin_is_not_even_imported():
    manager = PluginManager([Found("late", "dist-late", fails_with(AssertionError()))], disabled=["late"])
    assert (manager.record("late").state, order(manager)) == ("disabled", [])


def test_a_missing_requirement_is_told_in_one_line():
    manager = manager_of(plugin("late", requires=("absent",)))
    assert reason(manager, "late") == "needs the plugin 'absent', which is not active"


def test_a_disabled_requirement_counts_as_missing_and_so_on_down_the_line():
    modules = [plugin("a"), plugin("b", requires=("a",)), plugin("c", requires=("b",))]
    manager = manager_of(*modules, disabled=["a"])
    assert reason(manager, "b") == "needs the plugin 'a', which is not active"
    assert reason(manager, "c") == "needs the plugin 'b', which is not active"


def test_plugins_that_need_each_other_are_left_out_and_their_dependents_say_why():
    modules = [
        plugin("a", requires=("b",)),
        plugin("b", requires=("a",)),
        plugin("c", requires=("b",)),
        plugin("self", requires=("self",)),
        plugin("sound"),
    ]
    manager = manager_of(*modules)
    assert order(manager) == ["sound"]
    assert reason(manager, "a") == reason(manager, "b") == "its dependencies form a circle: a, b"
    assert reason(manager, "c") == "needs the plugin 'b', which is not active"
    assert reason(manager, "self") == "its dependencies form a circle: self"


def test_a_plugin_made_for_another_kernel_is_left_out():
    manager = manager_of(plugin("future", kernel=">=99"), plugin("wild", kernel="whatever"))
    assert reason(manager, "future") == "needs a kernel >=99, this one is 0.1.0"
    assert reason(manager, "wild") == "its `info.kernel` is 'whatever', not a range of versions such as '>=0.1,<1'"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ImportError("no module named 'left'\nsecond line"), "ImportError: no module named 'left' second line"),
        (SystemExit(3), "SystemExit: 3"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_a_plugin_that_fails_at_import_is_left_out_loudly(error, text, caplog):
    with caplog.at_level(logging.ERROR):
        manager = manager_of(Found("bad", "dist-bad", fails_with(error)), plugin("good"))
    assert order(manager) == ["good"]
    assert reason(manager, "bad") == f"can't be imported: {text}"
    assert f"left out: plugin 'bad' (dist-bad): can't be imported: {text}" in caplog.messages


def test_the_public_reason_leaves_out_what_an_exception_says():
    record = manager_of(Found("bad", "dist-bad", fails_with(OSError("/srv/secret/place")))).record("bad")
    assert (record.reason, record.public_reason) == (
        "can't be imported: OSError: /srv/secret/place",
        "can't be imported: OSError",
    )


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (SimpleNamespace(), "has no `info`, which must be a studio_kernel.plugins.PluginInfo"),
        (SimpleNamespace(info={"name": "bad"}), "its `info` is not a studio_kernel.plugins.PluginInfo"),
        (SimpleNamespace(info=PluginInfo("good", "1")), "its `info.name` is 'good', its entry point is 'bad'"),
        (
            SimpleNamespace(info=PluginInfo("bad", "1", requires="auth")),
            "its `info.requires` must be a tuple of names, not 'auth'",
        ),
    ],
)
def test_a_plugin_that_says_nothing_usable_of_itself_is_left_out(module, text):
    assert reason(PluginManager([Found("bad", "dist-bad", lambda: module)]), "bad") == text


@pytest.mark.parametrize("name", ["kernel", "Loud", "with space", "1st", "x" * 65])
def test_a_name_that_can_not_be_one_is_refused(name):
    assert reason(manager_of(plugin(name)), name).startswith(f"it can't be named {name!r}")


def test_a_misspelt_hook_is_refused_with_the_one_that_was_meant():
    bad = plugin("bad", studio_operatoins=lambda platform: [])
    manager = manager_of(bad, plugin("worse", studio_operatoin=lambda platform: []))
    assert reason(manager, "bad") == "implements the unknown hook studio_operatoins; did you mean 'studio_operations'?"
    assert reason(manager, "worse").endswith("did you mean 'studio_operations'?")


def test_an_argument_that_a_hook_does_not_have_is_refused():
    text = reason(manager_of(plugin("bad", studio_operations=lambda platfrom: [])), "bad")
    assert text.startswith("failed while it was registered: PluginValidationError:")
    assert "platfrom" in text


def test_an_async_hook_is_refused():
    async def studio_startup(platform):
        raise AssertionError

    manager = manager_of(plugin("bad", studio_startup=studio_startup))
    assert reason(manager, "bad") == "implements studio_startup as `async def`; hooks are plain functions"


def test_an_optional_hook_of_an_absent_plugin_is_no_mistake():
    module = plugin("careful")
    module.studio_ai_providers = hookimpl(optionalhook=True)(lambda platform: [])
    assert order(manager_of(module)) == ["careful"]


def test_what_failed_at_registration_leaves_no_trace():
    called = []

    def startup(platform):
        called.append("bad")

    manager = manager_of(plugin("bad", studio_startup=startup, studio_statup=startup))
    manager.notify("studio_startup", platform=None)
    assert called == []


def test_of_two_distributions_with_one_plugin_name_the_earlier_one_stays():
    pair = [found(plugin("same"), "dist-b"), found(plugin("same"), "dist-a")]
    for arrangement in (pair, pair[::-1]):
        manager = PluginManager(arrangement)
        assert [(record.distribution, record.state) for record in manager.records] == [
            ("dist-a", "active"),
            ("dist-b", "left out"),
        ]
        text = (
            "two distributions bring a plugin named 'same': 'dist-a' and 'dist-b'; "
            "`pip uninstall dist-b`, or the other one"
        )
        assert manager.records[1].reason == text


@pytest.mark.parametrize("distribution", ["aaa", "zzz"])
def test_nobody_takes_the_place_of_a_built_in_plugin(distribution):
    manager = PluginManager([found(plugin("auth"), "studio-auth"), found(plugin("auth"), distribution)])
    assert {record.distribution: record.state for record in manager.records} == {
        "studio-auth": "active",
        distribution: "left out",
    }


def test_a_plugin_left_out_later_takes_its_dependents_along_once_each():
    modules = [
        plugin("base"),
        plugin("left", requires=("base",)),
        plugin("right", requires=("base", "left")),
        plugin("top", requires=("left", "right", "base")),
        plugin("other"),
    ]
    manager = manager_of(*modules)
    manager.leave_out(manager.record("base"), "for the test")
    assert order(manager) == ["other"]
    assert reason(manager, "left") == "needs the plugin 'base', which was left out"
    assert reason(manager, "right") == "needs the plugin 'left', which was left out"
    assert reason(manager, "top") == "needs the plugin 'right', which was left out"


# -- what stops the start --------------------------------------------------------------------------------


def test_a_built_in_plugin_that_fails_stops_the_start():
    with pytest.raises(ConfigurationError) as stopped:
        PluginManager([Found("auth", "studio-auth", fails_with(ImportError("no argon2")))])
    assert stopped.value.problems == ["plugin 'auth' (studio-auth): can't be imported: ImportError: no argon2"]


def test_a_built_in_plugin_without_its_requirement_says_so_in_one_line():
    with pytest.raises(ConfigurationError) as stopped:
        manager_of(found(plugin("projects", requires=("auth",)), "studio-projects"))
    assert stopped.value.problems == [
        "plugin 'projects' (studio-projects): needs the plugin 'auth', which is not active"
    ]


def test_a_third_party_plugin_with_a_built_in_ones_name_alone_is_no_built_in_one():
    manager = PluginManager([Found("auth", "somebody-elses-auth", fails_with(ImportError("gone")))])
    assert manager.record("auth").state == "left out"


def test_strict_stops_at_whatever_would_be_left_out():
    with pytest.raises(ConfigurationError) as stopped:
        manager_of(plugin("b", requires=("a",)), plugin("c", kernel=">=9"), strict=True)
    assert stopped.value.problems == [
        "plugin 'b' (dist-b): needs the plugin 'a', which is not active",
        "plugin 'c' (dist-c): needs a kernel >=9, this one is 0.1.0",
    ]


def test_strict_does_not_mind_disabled_plugins():
    assert order(manager_of(plugin("a"), plugin("b"), disabled=["a"], strict=True)) == ["b"]


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, GeneratorExit])
def test_an_interrupt_passes_through(interrupt):
    with pytest.raises(interrupt):
        PluginManager([Found("bad", "dist-bad", fails_with(interrupt()))])


# -- at run time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [RuntimeError("boom"), SystemExit(1)])
def test_a_notified_plugin_that_raises_harms_no_other(error, caplog):
    calls = []
    modules = [
        plugin("bad", studio_startup=lambda platform: fails_with(error)()),
        plugin("good", studio_startup=lambda platform: calls.append("good")),
    ]
    manager_of(*modules).notify("studio_startup", platform=None)
    assert calls == ["good"]
    assert "plugin 'bad' failed in studio_startup and was skipped" in caplog.messages


def test_a_built_in_plugin_that_fails_at_startup_is_not_passed_over():
    module = plugin("auth", studio_startup=lambda platform: fails_with(RuntimeError("boom"))())
    with pytest.raises(RuntimeError, match="boom"):
        manager_of(found(module, "studio-auth")).notify("studio_startup", platform=None)


def test_a_caller_can_be_known_although_one_plugin_fails_to_look():
    modules = [
        plugin("bad", studio_authenticate=lambda platform, credentials: fails_with(RuntimeError("boom"))()),
        plugin("good", studio_authenticate=lambda platform, credentials: "somebody"),
    ]
    assert manager_of(*modules).first("studio_authenticate", platform=None, credentials=None) == "somebody"


def test_a_domain_error_is_an_answer_and_passes_to_the_caller():
    modules = [
        plugin("a", studio_authenticate=lambda platform, credentials: fails_with(Unauthorized())()),
        plugin("b", studio_authenticate=lambda platform, credentials: "somebody"),
    ]
    with pytest.raises(Unauthorized):
        manager_of(*modules).first("studio_authenticate", platform=None, credentials=None)


def test_a_plugins_own_hooks_are_open_to_those_that_need_it():
    specs = sys.modules["studio_kernel.hookspecs"]
    own = SimpleNamespace(studio_tell=specs.hookspec(lambda: None))
    base = plugin("base", studio_hookspecs=lambda: [own])
    user = plugin("user", requires=("base",), studio_tell=lambda: "told")
    assert manager_of(user, base).gather("studio_tell") == [("user", "told")]
    alone = manager_of(plugin("user", studio_tell=lambda: "told"))
    assert reason(alone, "user") == "implements the unknown hook studio_tell"


def test_the_closest_name_is_only_told_when_it_is_close():
    assert closest("requries", ["requires", "kernel"]) == "; did you mean 'requires'?"
    assert closest("zebra", ["requires", "kernel"]) == ""

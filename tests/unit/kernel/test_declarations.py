"""What plugins declare: one owner for each name, and what becomes of a plugin that declares what can't be."""

import json

import marshmallow
import peewee
import pytest
from click.testing import CliRunner
from probe import ADMIN, ProbePlugin, plugin
from pydantic import Field

from studio_kernel.app import build_platform
from studio_kernel.cli import CommandSpec
from studio_kernel.commands.plugins import plugins as plugins_command
from studio_kernel.diagnosis import Diagnosis
from studio_kernel.errors import ConfigurationError
from studio_kernel.events import EventType, Subscriber
from studio_kernel.frameworks import Category, Control, Framework
from studio_kernel.http.operations import PUBLIC, Operation
from studio_kernel.http.schemas import Schema
from studio_kernel.jobs import JobType
from studio_kernel.plugins import Found
from studio_kernel.security.permissions import Permission
from studio_kernel.settings import Section
from studio_kernel.storage.adapters import StorageAdapter
from studio_kernel.storage.migrations import Migration
from studio_kernel.storage.models import Table
from studio_kernel.storage.sql import Statement
from studio_kernel.telemetry import HealthCheck


class Anything(Schema):
    pass


def found(module, distribution=""):
    return Found(module.info.name, distribution or f"dist-{module.info.name}", lambda: module)


@pytest.fixture
def start(tmp_path):
    """Builds a platform from plugins; answers it."""
    built = []

    def build(*modules, **overrides):
        everybody = [each if isinstance(each, Found) else found(each) for each in modules]
        options = {"home": str(tmp_path / f"home{len(built)}"), **overrides}
        platform = build_platform(found=everybody, environment={}, overrides=options)
        built.append(platform)
        return platform

    yield build
    for platform in built:
        platform.close()


def reason(platform, name):
    return platform.plugins.record(name).reason


# -- what each kind of claim looks like ------------------------------------------------------------------


def operation(path="/api/v1/x", id="x.read", permission=PUBLIC, method="GET", **more):
    declared = {"summary": "Show", "handler": lambda call: {}, "response": Anything, **more}
    return Operation(id=id, method=method, path=path, permission=permission, **declared)


def model(table, prefix=""):
    meta = {"table_name": table, **({"id_prefix": prefix} if prefix else {})}
    body = {"id": peewee.CharField(primary_key=True), "Meta": type("Meta", (), meta), "__module__": __name__}
    return type("Row", (Table,), body)


def section(name, **fields):
    body = {"section": name, "__annotations__": dict.fromkeys(fields, int), "__module__": __name__, **fields}
    return type("Settings", (Section,), body)


def framework(id):
    control = Control(id, "1", "Title", "Text", "general")
    return Framework(id, "Name", "1", "", (Category("general", "General"),), (control,))


def operations(*declared):
    return {"studio_operations": lambda platform: declared}


def models(*declared):
    return {"studio_models": lambda: declared}


def settings(*declared):
    return {"studio_settings": lambda: declared}


def permissions(*names):
    return {"studio_permissions": lambda: [Permission(name, "Do") for name in names]}


def events(name):
    return {"studio_event_types": lambda: [EventType(name, "It happened", Anything, {})]}


def commands(name):
    return {"studio_commands": lambda: [CommandSpec(name, "nowhere:nothing", "Do")]}


def frameworks(name):
    return {"studio_frameworks": lambda: [framework(name)]}


def adapters(kind, scheme):
    return {"studio_storage_adapters": lambda: [StorageAdapter(kind, scheme, "nowhere:nothing")]}


def subscribers(name):
    return {"studio_subscribers": lambda platform: [Subscriber(name, ("*",), lambda event: None)]}


def jobs(name):
    return {"studio_jobs": lambda platform: [JobType(name, lambda run: None)]}


def checks(name):
    return {"studio_health_checks": lambda platform: [HealthCheck(name, lambda: None)]}


TWICE = {
    "route": (operations(operation(id="a.x")), operations(operation(id="b.x")), "the route 'GET /api/v1/x'"),
    "route with other parameter names": (
        operations(operation("/api/v1/x/{x_id}/y/{y_id}", "a.x")),
        operations(operation("/api/v1/x/{id2}/y/{n}", "b.x")),
        "the route 'GET /api/v1/x/{}/y/{}'",
    ),
    "operation id": (operations(operation("/a")), operations(operation("/b")), "the operation 'x.read'"),
    "table": (models(model("things")), models(model("things")), "the table 'things'"),
    "table in other case": (models(model("things")), models(model("Things")), "the table 'things'"),
    "id prefix": (models(model("a", "thing")), models(model("b", "thing")), "the id prefix 'thing'"),
    "permission": (permissions("x:do"), permissions("x:do"), "the permission 'x:do'"),
    "event": (events("x.done"), events("x.done"), "the event 'x.done'"),
    "section": (settings(section("x")), settings(section("x")), "the section 'x'"),
    "setting": (
        settings(section("x", y_z=Field(1, description="Number."))),
        settings(section("x_y", z=Field(1, description="Number."))),
        "the setting 'STUDIO_X_Y_Z'",
    ),
    "command": (commands("x"), commands("x"), "the command 'x'"),
    "framework": (frameworks("x"), frameworks("x"), "the framework 'x'"),
    "subscriber": (subscribers("x"), subscribers("x"), "the subscriber 'x'"),
    "job": (jobs("x"), jobs("x"), "the job 'x'"),
    "job of a subscriber": (subscribers("x"), jobs("event:x"), "the job 'event:x'"),
    "storage adapter": (adapters("files", "gs"), adapters("files", "gs"), "the storage adapter 'files gs://'"),
    "health check": (checks("x"), checks("x"), "the health check 'x'"),
}

KERNELS = {
    "route": (operations(operation("/ready")), "the route 'GET /ready'"),
    "route with other parameter names": (
        operations(operation("/api/v1/jobs/{number}")),
        "the route 'GET /api/v1/jobs/{}'",
    ),
    "operation id": (operations(operation(id="health")), "the operation 'health'"),
    "table": (models(model("events")), "the table 'events'"),
    "id prefix": (models(model("x", "evt")), "the id prefix 'evt'"),
    "permission": (permissions("audit:read"), "the permission 'audit:read'"),
    "unnamed section": (settings(section("")), "the section ''"),
    "section": (settings(section("plugins")), "the section 'plugins'"),
    "section like a setting": (settings(section("home")), "the section 'home'"),
    "setting": (
        settings(section("rate", limit_user=Field(1, description="Number."))),
        "the setting 'STUDIO_RATE_LIMIT_USER'",
    ),
    "command": (commands("serve"), "the command 'serve'"),
    "storage adapter": (adapters("cache", "redis"), "the storage adapter 'cache redis://'"),
    "job": (jobs("kernel.prune"), "the job 'kernel.prune'"),
    "health check": (checks("database"), "the health check 'database'"),
}


@pytest.mark.parametrize("kind", TWICE)
def test_what_two_plugins_claim_stays_with_the_earlier_one(kind, start):
    first, second, what = TWICE[kind]
    platform = start(plugin("bb", **second), plugin("aa", **first))
    assert [record.name for record in platform.plugins.active] == ["aa"]
    assert reason(platform, "bb") == f"{what} is claimed by both 'aa' and 'bb'"
    assert platform.asgi() is not None


@pytest.mark.parametrize("kind", KERNELS)
def test_what_the_kernel_owns_can_not_be_claimed(kind, start):
    hooks, what = KERNELS[kind]
    platform = start(plugin("bb", **hooks))
    assert reason(platform, "bb") == f"{what} is claimed by both 'kernel' and 'bb'"
    assert platform.asgi() is not None


@pytest.mark.parametrize("kind", TWICE)
def test_a_built_in_plugin_keeps_its_claim_whatever_the_other_is_called(kind, start):
    first, second, what = TWICE[kind]
    platform = start(plugin("aaa", **second), found(plugin("auth", **first), "studio-auth"))
    assert reason(platform, "aaa") == f"{what} is claimed by both 'auth' and 'aaa'"


@pytest.mark.parametrize("kind", TWICE)
def test_a_conflict_between_built_in_plugins_stops_the_start(kind, start):
    first, second, what = TWICE[kind]
    with pytest.raises(ConfigurationError) as stopped:
        start(found(plugin("auth", **first), "studio-auth"), found(plugin("webhooks", **second), "studio-webhooks"))
    assert stopped.value.problems == [
        f"plugin 'webhooks' (studio-webhooks): {what} is claimed by both 'auth' and 'webhooks'"
    ]


@pytest.mark.parametrize("kind", TWICE)
def test_strict_stops_at_a_conflict(kind, start):
    first, second, what = TWICE[kind]
    with pytest.raises(ConfigurationError) as stopped:
        start(plugin("aa", **first), plugin("bb", **second), **{"plugins.strict": True})
    assert stopped.value.problems == [f"plugin 'bb' (dist-bb): {what} is claimed by both 'aa' and 'bb'"]


def test_a_plugin_that_claims_one_name_twice_names_itself(start):
    hooks = permissions("x:do", "x:do")
    assert reason(start(plugin("bb", **hooks)), "bb") == "the permission 'x:do' is claimed by both 'bb' and 'bb'"


@pytest.mark.parametrize("kind", ["permission", "route"])
def test_a_plugin_that_needs_a_left_out_one_is_left_out(kind, start):
    first, second, _ = TWICE[kind]
    modules = [plugin("aa", **first), plugin("bb", **second), plugin("cc", requires=("bb",)), plugin("dd")]
    platform = start(*modules)
    assert [record.name for record in platform.plugins.active] == ["aa", "dd"]
    assert reason(platform, "cc") == "needs the plugin 'bb', which was left out"


def test_what_a_left_out_plugin_claimed_is_free_again(start):
    """Its other names, claimed before it failed, don't keep a third plugin out."""
    bad = plugin("bb", **operations(operation("/b", "b.x", "nobody:declares")), **jobs("j"), **events("b.done"))
    platform = start(bad, plugin("cc", **jobs("j"), **operations(operation("/b", "b.x"))))
    assert [record.name for record in platform.plugins.active] == ["cc"]
    assert platform.claims.owner("event", "b.done") == ""


def test_nothing_that_a_left_out_plugin_declared_remains(start):
    hooks = {**permissions("b:do"), **events("b.done"), **frameworks("b"), **operations(operation("/ready"))}
    platform = start(plugin("bb", **hooks))
    assert reason(platform, "bb") == "the route 'GET /ready' is claimed by both 'kernel' and 'bb'"
    assert platform.permissions.get("b:do") is None
    assert "b.done" not in platform.events.types
    assert platform.frameworks.get("b") is None
    assert platform.frameworks.control(framework("b").controls[0].id) is None


def test_different_methods_and_places_are_no_conflict(start):
    aa = plugin("aa", **operations(operation("/api/v1/x/{x_id}", "a.read")))
    bb = plugin(
        "bb",
        **operations(
            operation("/api/v1/x/{other}", "b.change", method="PUT", body=Anything),
            operation("/api/v1/x/{other}/parts", "b.parts"),
            operation("/api/v1/x/special", "b.special"),
        ),
    )
    platform = start(aa, bb)
    assert [record.name for record in platform.plugins.active] == ["aa", "bb"]
    assert platform.asgi() is not None


# -- declarations that can't be --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ({"permission": ""}, "declares no permission; say which, or PUBLIC"),
        ({"permission": "x:undeclared"}, "asks for the permission 'x:undeclared', which nobody declares"),
        ({"method": "HEAD"}, "the method 'HEAD' is none of GET, POST, PUT, PATCH, DELETE"),
        ({"summary": ""}, "has no summary"),
        ({"response": None}, "declares no response schema"),
        ({"response": dict}, "its response must be a schema class"),
        ({"prepare": print}, "a GET is not prepared; for a POST, say slow"),
        ({"body": Anything}, "a GET can't have a body"),
        ({"rate_limit": "many"}, "'many' is not a limit; write for example 1000/hour or 20/minute"),
        ({"handler": "not a function"}, "its responder is 'not a function', which can't be called"),
        ({"path": "/x/{id}/y/{id}"}, "the path '/x/{id}/y/{id}' has two parameters of one name"),
    ],
)
def test_an_operation_that_can_not_be_served_is_refused(declared, text, start):
    platform = start(plugin("bb", **operations(operation(**declared))))
    assert reason(platform, "bb") == f"operation x.read: {text}"


@pytest.mark.parametrize(
    "path", ["", "x", "//x", "/x/", "/x/{}", "/x/{Thing}", "/x/{a}-{b}", "/x/{a:int}", "/x y", "/x?y"]
)
def test_a_path_that_is_not_made_of_words_and_parameters_is_refused(path, start):
    platform = start(plugin("bb", **operations(operation(path))))
    assert reason(platform, "bb").startswith(f"operation x.read: the path {path!r} must be segments such as")
    assert platform.asgi() is not None


def test_every_problem_of_a_plugin_is_told(start):
    hooks = operations(operation(id="a", permission="", path="/a"), operation(id="b", summary="", path="/b"))
    told = "operation a: declares no permission; say which, or PUBLIC; operation b: has no summary"
    assert reason(start(plugin("bb", **hooks)), "bb") == told


@pytest.mark.parametrize(
    ("hook", "returned", "kind"),
    [
        ("studio_settings", "text", "Section"),
        ("studio_models", Table, "Table"),
        ("studio_migrations", lambda database: None, "Migration"),
        ("studio_permissions", "x:do", "Permission"),
        ("studio_event_types", {"name": "x.done"}, "EventType"),
        ("studio_frameworks", "soc2", "Framework"),
        ("studio_commands", print, "CommandSpec"),
        ("studio_storage_adapters", "gs", "StorageAdapter"),
        ("studio_operations", print, "Operation"),
        ("studio_subscribers", print, "Subscriber"),
        ("studio_jobs", print, "JobType"),
        ("studio_health_checks", print, "HealthCheck"),
    ],
)
def test_a_declaration_of_the_wrong_type_is_refused(hook, returned, kind, start):
    late = hook in ("studio_operations", "studio_subscribers", "studio_jobs", "studio_health_checks")
    declare = (lambda platform: [returned]) if late else (lambda: [returned])
    if hook == "studio_models":
        declare = lambda: [object()]  # noqa: E731
    told = reason(start(plugin("bb", **{hook: declare})), "bb")
    assert told.startswith(f"{hook} returned ")
    assert told.endswith(f", which is no {kind}")


async def late(*arguments):
    """What nobody would await."""


class Late:
    async def __call__(self, run):
        """The same."""


def nothing(*arguments):
    """A plain function."""


@pytest.mark.parametrize(
    ("hook", "declared", "told"),
    [
        (
            "studio_subscribers",
            Subscriber("bb.x", "project.created", nothing),
            "the subscriber 'bb.x': its events are 'project.created'; a tuple of names is needed, such as "
            "('project.created',)",
        ),
        (
            "studio_subscribers",
            Subscriber("bb.x", ("*",), nothing, mode="after-commit"),
            "the subscriber 'bb.x': its mode is 'after-commit'; it must be one of in_transaction, after_commit",
        ),
        (
            "studio_subscribers",
            Subscriber("bb.x", ("*",), late),
            "the subscriber 'bb.x': its handler is an `async def`; a plain function is needed, it runs in a thread of "
            "its own",
        ),
        (
            "studio_subscribers",
            Subscriber("bb.x", ("*",), nothing, max_attempts=0, together="all"),
            "the subscriber 'bb.x': its max_attempts is 0; at least 1 is needed; the subscriber 'bb.x': its together "
            "is 'all', which can't be called",
        ),
        ("studio_jobs", JobType("bb.x"), "the job 'bb.x' has neither a handler nor a stream to do it"),
        (
            "studio_jobs",
            JobType("bb.x", Late()),
            "the job 'bb.x' can't be done: its handler is an `async def`; a plain function is needed, it runs in a "
            "thread of its own",
        ),
        (
            "studio_jobs",
            JobType("bb.x", nothing, timeout=0),
            "the job 'bb.x' needs a timeout above 0, every of 0 or more, and max_attempts of 1 or more",
        ),
        (
            "studio_health_checks",
            HealthCheck("bb.x", "look"),
            "the check of the health check 'bb.x' is 'look', which can't be called",
        ),
        (
            "studio_diagnoses",
            Diagnosis("bb.x", late),
            "the look of the diagnosis 'bb.x' is an `async def`; a plain function is needed, it runs in a thread of "
            "its own",
        ),
        (
            "studio_permissions",
            Permission("bb.read", "Read"),
            "the permission 'bb.read' must be named area:action, with lower-case letters, digits, - and _",
        ),
        (
            "studio_permissions",
            Permission("bb:read", "Read", frozenset(("viewers", "admin"))),
            "the permission 'bb:read' names 'viewers' as account roles; they are a set of super_admin, admin, manager, "
            "auditor, customer, viewer",
        ),
        (
            "studio_permissions",
            Permission("bb:read", "Read", project_roles="manager"),
            "the permission 'bb:read' names 'manager' as project roles; they are a set of manager, compliance_lead, "
            "team_member, auditor, viewer",
        ),
    ],
)
def test_a_declaration_that_would_fail_in_silence_is_refused(hook, declared, told, start):
    module = plugin(
        "bb", **{hook: (lambda: [declared]) if hook == "studio_permissions" else lambda platform: [declared]}
    )
    platform = start(plugin("aa"), module)
    assert reason(platform, "bb") == told
    assert [record.name for record in platform.plugins.active] == ["aa"]


@pytest.mark.parametrize(("answer", "shown"), [(None, "None"), (7, "7"), (Table, "<Model: Table>")])
@pytest.mark.parametrize("hook", ["studio_models", "studio_operations"])
def test_a_hook_that_returns_no_list_is_refused_by_name(hook, answer, shown, start):
    hooks = {"studio_models": lambda: answer, "studio_operations": lambda platform: answer}
    assert reason(start(plugin("bb", **{hook: hooks[hook]})), "bb") == f"{hook} returned {shown}, not a list"


def test_a_subscriber_to_what_nobody_publishes_is_told_of_in_the_log(start, caplog):
    listening = plugin("bb", studio_subscribers=lambda platform: [Subscriber("bb.x", ("thing.mad", "a.*"), nothing)])
    assert reason(start(ProbePlugin("aa"), listening), "bb") == ""
    assert (
        "subscriber 'bb.x' of plugin 'bb' waits for 'thing.mad', which no active plugin publishes; did you mean "
        "'thing.made'?"
    ) in caplog.messages


def test_an_adapter_that_can_not_be_imported_is_told_in_one_line(start):
    with pytest.raises(ConfigurationError) as refused:
        start(plugin("bb", **adapters("files", "gs")), files_url="gs://bucket")
    assert refused.value.problems == [
        "STUDIO_FILES_URL: the adapter of files storage for 'gs:' can't be imported: ModuleNotFoundError: No module "
        "named 'nowhere'"
    ]


@pytest.mark.parametrize("hook", ["studio_permissions", "studio_operations"])
@pytest.mark.parametrize("error", [RuntimeError("boom"), SystemExit(5)])
def test_a_plugin_that_fails_to_declare_is_left_out(hook, error, start):
    def bare():
        raise error

    def with_platform(platform):
        raise error

    declare = bare if hook == "studio_permissions" else with_platform
    platform = start(plugin("bb", **{hook: declare}), plugin("cc"))
    assert [record.name for record in platform.plugins.active] == ["cc"]
    assert reason(platform, "bb") == f"failed while it declared: {type(error).__name__}: {error}"


def test_a_built_in_plugin_that_fails_to_declare_stops_the_start(start):
    def fail():
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        start(found(plugin("auth", studio_permissions=fail), "studio-auth"))


def test_a_setting_whose_default_breaks_its_own_rule_leaves_the_plugin_out(start):
    wrong = section("x", days=Field(0, ge=1, description="Days."))
    platform = start(plugin("bb", **settings(wrong)))
    assert reason(platform, "bb") == "setting x.days: its default: Input should be greater than or equal to 1"


def test_settings_of_a_plugin_that_takes_no_part_do_not_stop_the_start(tmp_path):
    def fail():
        raise ImportError("gone")

    file = tmp_path / "studio.toml"
    file.write_text("[two_words]\nanything = 1\n[off]\nx = 2\n[plugins]\ndisabled = ['off']\n")
    environment = {"STUDIO_CONFIG": str(file), "STUDIO_TWO_WORDS_MORE": "1", "STUDIO_OFF_X": "2"}
    everybody = [Found("two-words", "dist-two", fail), found(plugin("off"))]
    platform = build_platform(found=everybody, environment=environment, overrides={"home": str(tmp_path / "home")})
    platform.close()
    with pytest.raises(ConfigurationError) as stopped:
        build_platform(found=[], environment=environment, overrides={"home": str(tmp_path / "home")})
    assert len(stopped.value.problems) == 4


def test_a_migration_that_fails_leaves_its_plugin_out_and_no_trace(start):
    def half(database):
        database.execute(Statement("CREATE TABLE half_way (id INTEGER)"))
        raise RuntimeError("boom")

    bad = {"studio_migrations": lambda: [Migration("0001_half", half)]}
    good = {"studio_migrations": lambda: [Migration("0001_good", lambda database: None)]}
    platform = start(plugin("bb", **bad), plugin("cc", requires=("bb",)), plugin("dd", **good))
    assert [record.name for record in platform.plugins.active] == ["dd"]
    assert reason(platform, "bb") == "its migrations failed: RuntimeError: boom"
    assert reason(platform, "cc") == "needs the plugin 'bb', which was left out"
    tables = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'half_way'"
    assert platform.database.value(Statement(tables)) == 0


def test_a_built_in_plugins_migration_that_fails_stops_the_start(start):
    def fail(database):
        raise RuntimeError("boom")

    module = plugin("auth", studio_migrations=lambda: [Migration("0001", fail)])
    with pytest.raises(RuntimeError, match="boom"):
        start(found(module, "studio-auth"))


# -- what the operator reads -----------------------------------------------------------------------------


def test_ready_and_the_document_of_routes_tell_of_active_plugins_only(make_studio):
    bad = plugin("bb", **operations(operation("/api/v1/things/{name}", "b.read")))

    def fail():
        raise OSError("/srv/secret/place")

    app = make_studio(
        plugins=[], extra=[ProbePlugin("aa"), bad, plugin("cc", studio_permissions=fail)], may_leave_out=True
    )
    answer = app.anonymous.get("/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    told = {each["name"]: (each["state"], each["reason"]) for each in answer.json()["plugins"]}
    assert told == {
        "aa": ("active", ""),
        "bb": ("left out", "the route 'GET /api/v1/things/{}' is claimed by both 'aa' and 'bb'"),
        "cc": ("left out", "failed while it declared: OSError"),
    }
    paths = app.anonymous.get("/api/v1/openapi.json").json()["paths"]
    assert "/api/v1/things/{thing_id}" in paths
    assert "/api/v1/things/{name}" not in paths


def test_administrators_see_over_http_what_became_of_each_plugin(make_studio):
    def fail():
        raise OSError("/srv/secret/place")

    app = make_studio(extra=[ProbePlugin("aa"), plugin("cc", studio_permissions=fail)], may_leave_out=True)
    rows = {each["name"]: each for each in app.client("admin").get("/api/v1/plugins").json()["data"]["plugins"]}
    assert (rows["auth"]["state"], rows["auth"]["built_in"]) == ("active", True)
    assert rows["aa"]["operations"] == len(list(ProbePlugin("aa").studio_operations(app.platform)))
    assert (rows["cc"]["state"], rows["cc"]["reason"], rows["cc"]["operations"]) == (
        "left out",
        "failed while it declared: OSError",
        0,
    )
    assert app.client("manager").get("/api/v1/plugins").status_code == 403


def test_plugins_list_tells_what_a_start_would_find_and_touches_nothing(monkeypatch, tmp_path):
    home = tmp_path / "home"
    monkeypatch.setenv("STUDIO_HOME", str(home))
    monkeypatch.setenv("STUDIO_PLUGINS_STRICT", "true")
    everybody = [
        found(plugin("bb", **TWICE["route"][1], requires=("aa",))),
        found(plugin("aa", **TWICE["route"][0])),
        found(plugin("late", requires=("absent",))),
    ]
    monkeypatch.setattr("studio_kernel.app.installed_plugins", lambda: everybody)
    result = CliRunner().invoke(plugins_command, ["list", "--json"], catch_exceptions=False)
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert list(rows) == ["aa", "bb", "late"]
    assert rows["aa"] == {
        "name": "aa",
        "version": "1",
        "distribution": "dist-aa",
        "state": "active",
        "requires": [],
        "reason": "",
    }
    assert rows["bb"]["state"] == "left out"
    assert rows["bb"]["reason"] == "the route 'GET /api/v1/x' is claimed by both 'aa' and 'bb'"
    assert rows["late"]["reason"] == "needs the plugin 'absent', which is not active"
    assert not home.exists()


def test_plugins_check_ends_with_1_when_one_is_left_out(monkeypatch, tmp_path):
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("studio_kernel.app.installed_plugins", lambda: [found(plugin("aa"))])
    sound = CliRunner().invoke(plugins_command, ["check"], catch_exceptions=False)
    assert (sound.exit_code, sound.stdout) == (0, "All plugins are sound.\n")
    bad = [found(plugin("aa")), found(plugin("bb", kernel=">9"))]
    monkeypatch.setattr("studio_kernel.app.installed_plugins", lambda: bad)
    result = CliRunner().invoke(plugins_command, ["check"], catch_exceptions=False)
    assert (result.exit_code, result.stdout) == (1, "bb: needs a kernel >9, this one is 0.1.0\n")


def test_two_plugins_may_name_the_same_place_differently(make_studio):
    def change(call):
        return {"id": call.path["the_thing"]}

    bb = plugin("bb", **operations(operation("/api/v1/things/{the_thing}", "b.put", method="PUT", handler=change)))
    app = make_studio(plugins=[], extra=[ProbePlugin("aa"), bb])
    thing = app.anonymous.post("/api/v1/things", json={"name": "spoon"}, headers=ADMIN).json()["data"]
    path = f"/api/v1/things/{thing['id']}"
    assert app.anonymous.put(path, json={}).json()["data"] == {"id": thing["id"]}
    shown = app.anonymous.get(path)
    assert shown.json()["data"]["name"] == "spoon"
    stale = app.anonymous.put(path, json={}, headers={"If-Match": '"stale"'})
    fresh = app.anonymous.put(path, json={}, headers={"If-Match": shown.headers["etag"]})
    assert (stale.status_code, fresh.status_code) == (412, 200)


def test_a_schema_of_the_same_name_as_anothers_keeps_the_document_whole(make_studio):
    class Thing(marshmallow.Schema):
        other = marshmallow.fields.Integer()

    bb = plugin("bb", **operations(operation("/api/v1/other", "b.read", response=Thing)))
    app = make_studio(plugins=[], extra=[ProbePlugin("aa"), bb])
    document = app.anonymous.get("/api/v1/openapi.json").json()
    schemas = document["components"]["schemas"]

    def answered(path):
        answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        return schemas[answer["properties"]["data"]["$ref"].rsplit("/", 1)[1]]["properties"]

    assert set(answered("/api/v1/other")) == {"other"}
    assert "name" in answered("/api/v1/things/{thing_id}")

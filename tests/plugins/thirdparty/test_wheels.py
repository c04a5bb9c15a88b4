"""Third-party plugins as their authors and operators meet them: wheels, fresh environments, a running server."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BROKEN = Path(__file__).parent / "broken"
EXAMPLES = ("vendors", "waivers", "small-office", "glossary-ai", "proxy-login", "ocr")
BUILT_IN = ("auth", "projects", "evidence", "compliance", "ai", "webhooks")
# Installed for the tests beside the built-in ones.
BESIDE = ("ai-openai", "ai-anthropic", "ai-ollama", "portal")
KINDS = ("framework", "ai-provider", "feature")


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it didn't come to that in time"
        time.sleep(0.1)


def make_project(server, name="Audit", framework="soc2"):
    return server.data("POST", "/api/v1/projects", json={"name": name, "framework": framework})


def run_tests(*folders, path):
    """Run tests of packages in the environment that runs these, with ``path`` in front."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("STUDIO_", "PYTEST_", "COV_"))}
    options = ["-q", "-W", "error", "-p", "no:cacheprovider", "--import-mode=importlib", "-c", os.devnull]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--rootdir={folders[0]}", *map(str, folders)],
        env={**env, "PYTHONPATH": os.pathsep.join(map(str, path))},
        capture_output=True,
        text=True,
        timeout=120,
    )


# -- the portal, whose files come from two places of the repository -----------------------------------------


def test_the_portals_wheel_carries_the_javascript_client(server):
    page = server.http.get("/portal/").text
    folder = re.search(r"assets/[0-9a-f]+/", page)[0]
    written = ROOT / "sdk" / "javascript" / "src" / "index.js"
    assert server.http.get(f"/portal/{folder}sdk/index.js").content == written.read_bytes()
    assert server.http.get(f"/portal/{folder}shell/layout.js").status_code == 200


def test_the_portals_wheel_carries_the_documentation(server):
    for page in ("", "webhooks.html", "reference/settings.html", "sdk/python.html", "examples/webhooks~verify.py.html"):
        assert server.http.get(f"/portal/docs/{page}").status_code == 200, page


# -- sound plugins, beside the whole platform ------------------------------------------------------------


@pytest.fixture(scope="module")
def install(everything, install_at):
    """Platform and examples, with an administrator."""
    made = install_at(everything)
    made.init()
    return made


@pytest.fixture(scope="module")
def server(install):
    with install.serve() as running:
        running.login()
        yield running


def test_installed_examples_are_active_after_the_plugins_that_they_need(install):
    plugins = install.plugins()
    assert set(plugins) == {*BUILT_IN, *EXAMPLES, *BESIDE}
    assert {plugin["state"] for plugin in plugins.values()} == {"active"}
    assert list(plugins)[: len(BUILT_IN)] == list(BUILT_IN)
    assert plugins["vendors"]["distribution"] == "studio-vendors"


def test_a_features_route_permission_and_migration_work(server):
    vendor = server.data("POST", "/api/v1/vendors", json={"name": "Example Hosting"})
    listed = server.data("GET", "/api/v1/vendors", params={"search": "hosting"})
    assert [each["id"] for each in listed["vendors"]] == [vendor["id"]]
    again = server.http.post("/api/v1/vendors", json={"name": "Example Hosting"})
    assert (again.status_code, again.json()["error"]["details"]["field"]) == (409, "name")
    anonymous = server.http.get("/api/v1/vendors", headers={"Authorization": ""})
    assert anonymous.status_code == 401


def test_a_features_subscriber_and_command_work(server, install):
    def told():
        return json.loads(install.studio("vendors", "list", "--json").stdout)

    before = told()["projects"]
    make_project(server)
    until(lambda: told()["projects"] == before + 1)
    server.data("POST", "/api/v1/vendors", json={"name": "Example Payroll"})
    assert "Example Payroll" in [vendor["name"] for vendor in told()["vendors"]]
    assert "Look at the register of vendors." in install.studio("--help").stdout


def test_a_features_setting_is_shown_and_checked(install, everything, install_at):
    shown = json.loads(install.studio("config", "show", "--json").stdout)
    assert "vendors.review_days" in json.dumps(shown)
    wrong = install_at(everything, STUDIO_VENDORS_REVIEW_DAYS="0").studio("plugins", "list", fails=True)
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("studio: STUDIO_VENDORS_REVIEW_DAYS: Input should be greater than or equal to 1")


def test_a_features_routes_and_events_are_in_the_catalogues(server):
    document = server.http.get("/api/v1/openapi.json").json()
    assert document["paths"]["/api/v1/vendors"]["post"]["x-permission"] == "vendors:manage"
    assert "vendor.added" in json.dumps(server.data("GET", "/api/v1/webhooks/events"))


def test_a_frameworks_controls_are_those_of_a_new_project(server):
    listed = server.data("GET", "/api/v1/compliance/frameworks")
    assert "small-office" in [each["id"] for each in listed["frameworks"]]
    project = make_project(server, framework="small-office")
    controls = server.data("GET", f"/api/v1/projects/{project['id']}/controls")["controls"]
    assert len(controls) == 4


def test_an_ai_provider_answers_when_it_is_asked(server):
    body = {"message": "What is residual risk?", "provider": "glossary"}
    answer = server.data("POST", "/api/v1/ai/chat", json=body)
    assert answer["message"] == "Residual risk: The risk that remains after the controls."
    assert (answer["provider"], answer["fallback"]) == ("glossary", False)


def test_the_plan_of_migrations_names_the_plugin_and_is_empty_afterwards(install, everything, install_at):
    fresh = install_at(everything)
    steps = json.loads(fresh.studio("migrate", "--plan", "--json").stdout)["steps"]
    assert ("vendors", "0001_vendors") in [(step["plugin"], step["migration"]) for step in steps]
    assert json.loads(install.studio("migrate", "--plan", "--json").stdout)["steps"] == []


def test_the_examples_own_tests_pass_as_installed(wheels, beside):
    packages = [wheels[f"studio_{name.replace('-', '_')}"] for name in EXAMPLES]
    folders = [ROOT / "examples" / "plugins" / f"studio-{name}" / "tests" for name in EXAMPLES]
    done = run_tests(*folders, path=[beside(*packages)])
    assert done.returncode == 0, done.stdout


# -- only some of the platform ---------------------------------------------------------------------------


def test_kernel_auth_and_projects_alone_start_and_serve(wheels, environment, install_at):
    chosen = [wheels["studio_kernel"], wheels["studio_auth"], wheels["studio_projects"]]
    small = install_at(environment(chosen))
    assert list(small.plugins()) == ["auth", "projects"]
    small.init()
    with small.serve() as server:
        server.login()
        assert server.http.get("/ready").json()["status"] == "ready"
        assert server.data("GET", "/api/v1/projects")["projects"] == []
        assert server.http.get("/api/v1/evidence").status_code == 404
        assert set(server.http.get("/api/v1/openapi.json").json()["paths"]) >= {"/api/v1/projects", "/api/v1/users"}


def test_a_plugin_without_the_one_that_it_needs_says_so_in_one_line(wheels, environment, install_at):
    lacking = install_at(environment([wheels["studio_kernel"]], ["--no-deps", wheels["studio_projects"]]))
    for command in (["serve", "--port", "1"], ["init"], ["plugins", "list"]):
        done = lacking.studio(*command, fails=True)
        assert (done.returncode, done.stdout) == (2, "")
        line = "studio: plugin 'projects' (studio-projects): needs the plugin 'auth', which is not active"
        assert done.stderr.splitlines() == [line]
    assert lacking.studio("--help").returncode == 0


# -- studio plugins new ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(everything, install_at, build_wheels, tmp_path_factory):
    """A package of each kind, as the installed command makes it, and their wheels."""
    folder = tmp_path_factory.mktemp("made")
    install = install_at(everything)
    for kind in KINDS:
        install.studio("plugins", "new", f"my-{kind}", "--kind", kind, "--into", folder)
    projects = [folder / f"studio-my-{kind}" for kind in KINDS]
    return projects, build_wheels(folder / "dist", *projects)


def test_what_plugins_new_makes_installs_and_takes_part(made, everything, install_at, beside):
    install = install_at(everything, beside(*made[1]))
    install.init()
    plugins = install.plugins()
    assert {plugins[f"my-{kind}"]["state"] for kind in KINDS} == {"active"}
    with install.serve() as server:
        server.login()
        note = server.data("POST", "/api/v1/my-feature", json={"text": "Remember"})
        assert server.data("GET", "/api/v1/my-feature")["notes"] == [note]
        frameworks = server.data("GET", "/api/v1/compliance/frameworks")["frameworks"]
        assert "my-framework" in [each["id"] for each in frameworks]
        body = {"message": "What is SOC 2?", "provider": "my-ai-provider"}
        assert server.data("POST", "/api/v1/ai/chat", json=body)["fallback"] is False


@pytest.mark.parametrize("kind", KINDS)
def test_the_tests_that_plugins_new_makes_pass_at_once(kind, made):
    folder = next(project for project in made[0] if project.name == f"studio-my-{kind}")
    done = run_tests(folder, path=[folder])
    assert done.returncode == 0, done.stdout


# -- broken plugins --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def broken(everything, install_at, build_wheels, beside, tmp_path_factory):
    """The platform with every broken plugin beside it."""
    folders = [file.parent for file in BROKEN.glob("*/pyproject.toml")]
    packages = build_wheels(tmp_path_factory.mktemp("broken"), *folders)
    made = install_at(everything, beside(*packages), STUDIO_SUBSCRIBER_TIMEOUT="0.5")
    made.init()
    return made


@pytest.fixture(scope="module")
def broken_server(broken):
    with broken.serve() as running:
        running.login()
        yield running


LEFT_OUT = {
    "broken-import": "can't be imported: RuntimeError: the import went wrong",
    "broken-exit": "can't be imported: SystemExit: 3",
    "broken-info": "has no `info`, which must be a studio_kernel.plugins.PluginInfo",
    "broken-kernel": "needs a kernel >=99, this one is 0.1.0",
    "broken-hook": "implements the unknown hook studio_permisions; did you mean 'studio_permissions'?",
    "broken-declaration": "failed while it declared: RuntimeError: the declaration went wrong",
    "broken-operations": "failed while it declared: SystemExit: no service",
    "broken-migration": "its migrations failed: RuntimeError: the migration went wrong",
    "broken-route": "the route 'GET /api/v1/projects/{}' is claimed by both 'projects' and 'broken-route'",
    "broken-table": "the table 'projects' is claimed by both 'projects' and 'broken-table'",
    "broken-permission": "the permission 'projects:read' is claimed by both 'projects' and 'broken-permission'",
    "broken-dependent": "needs the plugin 'broken-route', which was left out",
}
RUNNING = ("broken-raises", "broken-hangs", "broken-provider")


def public(reason):
    """What an exception says is for operators only."""
    for kind in ("RuntimeError", "SystemExit"):
        head, found, _ = reason.partition(f": {kind}: ")
        if found:
            return f"{head}: {kind}"
    return reason


def test_the_list_of_plugins_says_why_each_was_left_out(broken):
    plugins = broken.plugins()
    assert set(plugins) == {*BUILT_IN, *EXAMPLES, *BESIDE, *LEFT_OUT, *RUNNING}
    assert {name: row["reason"] for name, row in plugins.items() if row["state"] == "left out"} == LEFT_OUT
    assert {row["state"] for name, row in plugins.items() if name not in LEFT_OUT} == {"active"}


def test_the_platform_is_ready_and_says_why_each_was_left_out(broken_server):
    answer = broken_server.http.get("/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    told = {row["name"]: row["reason"] for row in answer.json()["plugins"] if row["state"] == "left out"}
    assert told == {name: public(reason) for name, reason in LEFT_OUT.items()}


def test_the_log_tells_of_each_left_out_plugin(broken_server):
    log = broken_server.log.read_text()
    for name in LEFT_OUT:
        assert f"left out: plugin '{name}' (studio-{name}): " in log


def test_the_doctor_warns_of_each_left_out_plugin(broken):
    findings = {each["check"]: each for each in json.loads(broken.studio("doctor", "--json").stdout)}
    for name, reason in LEFT_OUT.items():
        assert findings[f"plugin {name}"]["reason"] == reason


def test_commands_work_beside_broken_plugins(broken):
    assert "vendors" in broken.studio("--help").stdout
    assert json.loads(broken.studio("migrate", "--plan", "--json").stdout)["applied"] is False


def test_what_was_claimed_wrongly_still_belongs_to_its_owner(broken_server):
    project = make_project(broken_server)
    assert broken_server.data("GET", f"/api/v1/projects/{project['id']}")["name"] == "Audit"
    anonymous = broken_server.http.get(f"/api/v1/projects/{project['id']}", headers={"Authorization": ""})
    assert anonymous.status_code == 401


def test_changes_and_other_subscribers_go_on_while_one_raises_and_one_hangs(broken_server, broken):
    def counted():
        return json.loads(broken.studio("vendors", "list", "--json").stdout)["projects"]

    before = counted()
    begun = time.monotonic()
    for number in range(6):
        make_project(broken_server, name=f"Project {number}")
    assert time.monotonic() - begun < 10
    until(lambda: counted() == before + 6, 30)
    until(lambda: "hung for 0.5 s and was given up" in broken_server.log.read_text())
    assert "the subscriber went wrong" in broken_server.log.read_text()
    hung = Path(f"/proc/{broken_server.process.pid}/task")
    if hung.exists():
        assert len(list(hung.iterdir())) < 40


def test_an_ai_provider_that_raises_is_replaced_for_that_answer(broken_server):
    answer = broken_server.data("POST", "/api/v1/ai/chat", json={"message": "What is SOC 2?", "provider": "broken"})
    assert (answer["provider"], answer["fallback"]) == ("offline", True)
    assert "went wrong" not in json.dumps(answer)


def test_strict_refuses_to_start_and_names_them_all(broken, everything, install_at):
    strict = install_at(everything, Path(broken.env["PYTHONPATH"]), STUDIO_PLUGINS_STRICT="true")
    done = strict.studio("serve", "--port", "1", fails=True)
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if line.startswith("studio: ")]
    assert "studio: plugin 'broken-kernel' (studio-broken-kernel): needs a kernel >=99, this one is 0.1.0" in lines
    assert len(lines) == 5


def test_a_broken_plugin_can_be_disabled(broken, everything, install_at):
    install = install_at(everything, Path(broken.env["PYTHONPATH"]))
    install.studio("plugins", "disable", "broken-import")
    row = install.plugins()["broken-import"]
    assert (row["state"], row["reason"]) == ("disabled", "disabled by the setting plugins.disabled")
    install.studio("plugins", "enable", "broken-import")
    assert install.plugins()["broken-import"]["state"] == "left out"

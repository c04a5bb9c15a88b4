"""What the developer portal shows as curl, Python and JavaScript does what it says, against a running server."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from support.server import EMAIL, PASSWORD, serve

ROOT = Path(__file__).parents[2]
PORTAL = ROOT / "plugins" / "portal" / "studio_portal" / "static"
CLIENT = ROOT / "sdk" / "javascript" / "src"
BASH, CURL, NODE = shutil.which("bash"), shutil.which("curl"), shutil.which("node")

pytestmark = pytest.mark.skipif(not (BASH and CURL and NODE), reason="bash, curl or Node isn't here")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("snippets") / "home", STUDIO_AI_EMBEDDINGS="false") as running:
        yield running


@pytest.fixture(scope="module")
def admin(server):
    with contextlib.closing(server.client()) as client:
        yield client


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Where snippets run: the files that they name, and the client where Node finds it."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "policy.md").write_text("# Security policy\n\nEverybody locks their screen.\n", encoding="utf-8")
    package = folder / "node_modules" / "@studio-platform"
    package.mkdir(parents=True)
    (package / "sdk").symlink_to(CLIENT.parent)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def project(admin):
    made = admin.post("/api/v1/projects", json={"name": "Snippets", "framework": "soc2"}).json()["data"]
    return made["id"]


@pytest.fixture(scope="module")
def evidence(admin, project):
    form = {"title": "It's here", "project_id": project}
    return admin.post("/api/v1/evidence", data=form, files={"file": ("a.md", b"# A\n")}).json()["data"]["id"]


def told(server, admin, requests=()):
    """What the portal's own modules make of the document, and of these requests."""
    given = {"document": admin.get("/api/v1/openapi.json").json(), "requests": requests, "base": server.base}
    command = [NODE, str(ROOT / "tests" / "browser" / "snippets.mjs"), str(PORTAL), str(CLIENT / "operations.js")]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_portal_reads_the_document_as_the_clients_do(server, admin):
    found = told(server, admin)
    assert set(found["rows"]) == set(found["operations"])
    for name, row in found["rows"].items():
        assert row == found["operations"][name], name


def test_examples_hold_to_the_schemas_that_they_are_of(server, admin):
    document = admin.get("/api/v1/openapi.json").json()
    bodies = {
        operation["operationId"]: next(iter(operation["requestBody"]["content"].items()))
        for methods in document["paths"].values()
        for operation in methods.values()
        if "requestBody" in operation
    }
    checked = 0
    for example in told(server, admin)["examples"]:
        kind, media = bodies.get(example["id"], ("", {}))
        if kind != "application/json":
            continue
        schema = media["schema"] | {"components": document["components"]}
        for body in (example["needed"], example["every"]):
            jsonschema.Draft202012Validator(schema).validate(body)
            checked += 1
    assert checked > 60


def requests_of(project: str, evidence: str, run: str) -> list[dict[str, object]]:
    framework = {
        "studio_framework": 1, "id": f"snippet-{run}", "name": "Snippet", "version": "1", "description": "Of a snippet",
        "publisher": "Tests", "categories": [{"id": "all", "title": "All", "description": "Everything"}],
        "controls": [{
            "number": "S-1", "title": "One", "description": "One control that there is.", "category": "all",
            "priority": "high", "renewal_days": 365,
            "expected_evidence": [{"title": "Proof", "description": "Something"}],
        }],
    }  # fmt: skip
    body = {"name": f"O'Neill's “{run}”", "framework": "soc2", "description": 'back\\slash "quoted" $HOME `id`\nline'}
    piece = {"title": f'"From {run}; type=a"', "description": f"@{run}", "project_id": project, "tags": ["it's"]}
    hook = {"url": "http://127.0.0.1:9/hook", "events": ["project.*"], "active": False, "description": run}
    own = {"fileName": "framework.json", "contentType": "application/json"}
    return [
        {"id": "projects.create", "request": {"body": body}},
        {"id": "projects.list", "request": {"query": {"status": "active", "limit": "5"}}},
        {"id": "projects.read", "request": {"path": {"project_id": project}}},
        {"id": "evidence.upload", "request": {"body": piece, "fileName": "policy.md"}},
        {"id": "evidence.file", "request": {"path": {"evidence_id": evidence}}},
        {"id": "compliance.frameworks.import", "request": own, "file": framework},
        {"id": "auth.login", "request": {"body": {"email": EMAIL, "password": PASSWORD}}},
        {"id": "compliance.frameworks", "request": {}},
        {"id": "webhooks.create", "request": {"body": hook}},
    ]


@pytest.fixture
def run(request, server, admin, place, project, evidence, monkeypatch) -> tuple[str, list[str]]:
    """All snippets of one language, beside a server, with a key in the environment."""
    language = request.param
    requests = requests_of(project, evidence, language)
    (place / "framework.json").write_text(json.dumps(next(each["file"] for each in requests if "file" in each)))
    key = admin.post(
        "/api/v1/api-keys", json={"name": language, "scopes": ["read", "write", "admin", "webhooks:admin"]}
    ).json()
    monkeypatch.setenv("STUDIO_KEY", key["api_key"])
    monkeypatch.chdir(place)
    (place / "answer").unlink(missing_ok=True)
    at = ["curl", "python", "javascript"].index(language)
    return language, [each[at] for each in told(server, admin, requests)["shown"]]


def holds(admin, place, project, language):
    """Each request of the row has happened, and nothing was lost on the way through quotes."""
    projects = admin.get("/api/v1/projects", params={"limit": 100}).json()["data"]["projects"]
    made = next(each for each in projects if each["name"] == f"O'Neill's “{language}”")
    assert made["description"] == 'back\\slash "quoted" $HOME `id`\nline'
    pieces = admin.get("/api/v1/evidence", params={"project_id": project}).json()["data"]["evidence"]
    uploaded = next(each for each in pieces if each["description"] == f"@{language}")
    assert uploaded["title"] == f'"From {language}; type=a"'
    assert (uploaded["file_name"], uploaded["tags"]) == ("policy.md", ["it's"])
    assert (place / "answer").read_bytes() == b"# A\n"
    assert admin.get(f"/api/v1/compliance/frameworks/snippet-{language}").json()["data"]["name"] == "Snippet"
    webhooks = admin.get("/api/v1/webhooks").json()["data"]["webhooks"]
    assert [each["active"] for each in webhooks if each["description"] == language] == [False]


@pytest.mark.parametrize("run", ["curl"], indirect=True)
def test_curl_snippets_run_as_shown(run, admin, place, project):
    language, texts = run
    for text in texts:
        done = subprocess.run([BASH, "-eu", "-c", text], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, (text, done.stderr)
        assert '"success":false' not in done.stdout, (text, done.stdout)
    holds(admin, place, project, language)


@pytest.mark.parametrize("run", ["python"], indirect=True)
def test_python_snippets_run_as_shown(run, admin, place, project):
    language, texts = run
    for number, text in enumerate(texts):
        (place / f"snippet{number}.py").write_text(text, encoding="utf-8")
    steps = f"import runpy\nfor number in range({len(texts)}): runpy.run_path(f'snippet{{number}}.py')"
    assert "Snippets" in output_of([sys.executable, "-c", steps])
    holds(admin, place, project, language)


@pytest.mark.parametrize("run", ["javascript"], indirect=True)
def test_javascript_snippets_run_as_shown(run, admin, place, project):
    language, texts = run
    for number, text in enumerate(texts):
        (place / f"snippet{number}.js").write_text(text, encoding="utf-8")
    steps = "\n".join(f'await import("./snippet{number}.js");' for number in range(len(texts)))
    (place / "all.js").write_text(steps, encoding="utf-8")
    assert "Snippets" in output_of([NODE, "all.js"])
    holds(admin, place, project, language)


def output_of(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout

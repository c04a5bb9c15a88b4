"""The OpenAPI document is the truth: schemathesis tries every operation with fitting and unfitting input.

All its checks are on: no 500 for any input, only documented statuses, types and shapes; what the document forbids is
refused, what it allows is taken; deleted things are gone; nothing works without a credential.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.server import serve

from studio_kernel.testing import services

ROOT = Path(__file__).parents[2]
EXAMPLES = os.environ.get("STUDIO_TEST_FUZZ_EXAMPLES", "3")

# Operations whose valid bodies depend on the state of the platform, which JSON Schema can't say: ids of what exists,
# names of what is installed, moments that must lie in the future, rules between two fields. There a 400 is right too.
DEPENDS_ON_STATE = (
    "account.act",
    "ai.analyze_evidence",
    "ai.chat",
    "ai.generate_policy",
    "api_keys.create",
    "compliance.frameworks.import",
    "compliance.frameworks.upgrade",
    "compliance.report",
    "compliance.reports.create",
    "evidence.links.create",
    "evidence.upload",
    "evidence.update",
    "evidence.replace",
    "evidence.versions.create",
    "evidence.versions.link",
    "oauth.authorize",
    "oauth.decide",
    "oauth.introspect",
    "oauth.revoke",
    "oauth.token",
    "oauth_clients.create",
    "password.set",
    "projects.create",
    "projects.controls.update",
    "projects.frameworks.attach",
    "projects.members.add",
    "second_factor.begin",
    "second_factor.confirm",
    "second_factor.disable",
    "second_factor.renew_codes",
    "users.change_password",
    "users.create",
    "users.update",
    "webhooks.create",
    "webhooks.replace",
    "webhooks.update",
    "users.erase",
)

CONFIG = """
continue-on-failure = true
request-timeout = 30
hooks = "support.fuzzing"
warnings = false

[generation]
max-examples = {examples}
deterministic = true
database = "none"

[checks]
positive_data_acceptance.expected-statuses = ["2xx", "304", "307", "401", "403", "404", "409", "412"]

# What earlier calls did decides here whether valid input is taken; every other check stays on.
[phases.stateful]
checks.positive_data_acceptance.enabled = false

[[operations]]
include-operation-id = {stateful}
checks.positive_data_acceptance.expected-statuses = ["2xx", "304", "307", "400", "401", "403", "404", "409", "412"]

# Ends the session that the other calls need.
[[operations]]
include-operation-id = "auth.logout"
enabled = false

[parameters]
{parameters}

[dictionaries]
{dictionaries}
"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request, tmp_path_factory):
    """A server with limits that a fuzzer doesn't reach."""
    settings = {f"STUDIO_RATE_LIMIT_{kind}": "10000000/hour" for kind in ("USER", "API_KEY", "CLIENT", "ANONYMOUS")}
    settings |= {f"STUDIO_AUTH_LOGIN_ATTEMPTS_{kind}": "1000" for kind in ("ACCOUNT", "ADDRESS")}
    with contextlib.ExitStack() as stack:
        if request.param == "postgresql":
            settings["STUDIO_DATABASE_URL"] = stack.enter_context(services.postgresql())
        yield stack.enter_context(serve(tmp_path_factory.mktemp("home"), **settings))


def known_ids(admin):
    """Ids of things that exist, by the name of the path parameter: without them every path would lead to a 404."""

    def made(path, **body):
        answer = admin.post(path, **body)
        assert answer.status_code == 201, answer.text
        return answer.json().get("data", answer.json())

    project = made("/api/v1/projects", json={"name": "Fuzzed", "framework": "soc2"})["id"]
    control = admin.get(f"/api/v1/projects/{project}/controls").json()["data"]["controls"][0]["id"]
    milestone = made(f"/api/v1/projects/{project}/milestones", json={"name": "M", "due_date": "2031-01-01T00:00:00Z"})
    fields = {"title": "Policy", "project_id": project, "control_id": control}
    evidence = made("/api/v1/evidence", data=fields, files={"file": ("policy.md", b"# Policy\n", "text/markdown")})
    return {
        "project_id": project,
        "control_id": control,
        "milestone_id": milestone["id"],
        "evidence_id": evidence["id"],
        "framework_id": "soc2",
        "user_id": admin.get("/api/v1/users/me").json()["data"]["id"],
    }


def configuration(ids):
    parameters = "\n".join(f'"path.{name}" = {{ dictionary = "{name}", probability = 0.8 }}' for name in ids)
    dictionaries = "\n".join(f'{name} = {{ values = ["{value}"] }}' for name, value in ids.items())
    stateful = "[" + ", ".join(f'"{name}"' for name in DEPENDS_ON_STATE) + "]"
    return CONFIG.format(examples=EXAMPLES, parameters=parameters, dictionaries=dictionaries, stateful=stateful)


@pytest.mark.timeout(900)
def test_every_operation_keeps_to_the_document_whatever_it_is_sent(server, admin, tmp_path):
    config = tmp_path / "schemathesis.toml"
    config.write_text(configuration(known_ids(admin)), encoding="utf-8")
    program = Path(sys.executable).parent / "schemathesis"
    command = [program, "--no-color", "--config-file", config, "run", f"{server.base}/api/v1/openapi.json"]
    command += ["--checks", "all", "--header", f"Authorization: {admin.headers['Authorization']}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-20_000:]


def test_operations_that_depend_on_state_exist(admin):
    paths = admin.get("/api/v1/openapi.json").json()["paths"]
    known = {operation["operationId"] for methods in paths.values() for operation in methods.values()}
    assert set(DEPENDS_ON_STATE) <= known

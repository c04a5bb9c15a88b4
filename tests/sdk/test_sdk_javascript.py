"""The JavaScript client on Node against a running server."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook
from support.server import EMAIL, PASSWORD

HERE = Path(__file__).parent
ENTRY = HERE.parents[1] / "sdk" / "javascript" / "src" / "index.js"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="Node isn't installed; continuous integration has it")


def node(script, *arguments, **options):
    command = [NODE, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def holds(told):
    size = 100 * len("# Security policy\n")
    assert told == {
        "listed": True,
        "milestone": "2031-02-01T00:00:00.000000Z",
        "evidence": ["pending", "policy.md", size, "again.md"],
        "progress": [size, size],
        "same": True,
        "fileName": "policy.md",
        "numbers": [61, 61],
        "errors": {
        "quoted": True,
            "missing": [True, "req_"],
            "field": [True, "name"],
            "unknown": "projects.list has no input statsu; i",
        },
        "machine": True,
        "score": True,
    }


def test_the_main_job(server):
    holds(json.loads(node("main_job.mjs", ENTRY, server.base, EMAIL, PASSWORD)))


@pytest.mark.parametrize(("altered", "told"), [("", "a.b"), (" ", "SignatureError")])
def test_webhooks_are_verified(altered, told):
    secret, body = (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        '{"event":"a.b","timestamp":"2026-01-01T00:00:00Z","data":{}}',
    )
    now = datetime.now(UTC)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp()))}
    headers["webhook-signature"] = Webhook(secret).sign("msg_1", now, body)
    given = {"entry": str(ENTRY), "body": body + altered, "headers": headers, "secret": secret}
    assert node("webhook.mjs", input=json.dumps(given)).strip() == told


def test_the_package_installs_into_an_empty_project_and_works_there(server, tmp_path):
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm isn't installed; continuous integration has it")
    run = {"cwd": tmp_path, "capture_output": True, "text": True, "timeout": 120, "check": True}
    subprocess.run([npm, "pack", "--silent", str(ENTRY.parents[1])], **run)
    package = next(tmp_path.glob("*.tgz"))
    (tmp_path / "package.json").write_text('{"name": "empty", "type": "module", "private": true}')
    subprocess.run([npm, "install", "--offline", "--silent", "--no-audit", "--no-fund", str(package)], **run)
    script = (HERE / "main_job.mjs").read_text(encoding="utf-8")
    (tmp_path / "main_job.mjs").write_text(script)
    command = [NODE, "main_job.mjs", "@studio-platform/sdk", server.base, EMAIL, PASSWORD]
    holds(json.loads(subprocess.run(command, **run).stdout))

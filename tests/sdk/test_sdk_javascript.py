"""The JavaScript client on Node against a running server."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from standardwebhooks import Webhook
from support.server import EMAIL, PASSWORD

from .conftest import listening

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
        "quoted": True,
        "progress": [size, size],
        "same": True,
        "fileName": "policy.md",
        "numbers": [61, 61],
        "errors": {
            "missing": [True, "req_"],
            "field": [True, "name"],
            "unknown": "projects.list has no input statsu; i",
        },
        "further": 1,
        "machine": True,
        "score": True,
    }


def test_the_main_job(server):
    holds(json.loads(node("main_job.mjs", ENTRY, server.base, EMAIL, PASSWORD)))


def test_a_lost_answer_to_a_renewal_costs_no_session(api, losing):
    token = api.auth.login(email=EMAIL, password=PASSWORD).tokens.refresh_token
    with losing("/api/v1/auth/refresh") as (url, lost):
        told = json.loads(node("renewal.mjs", ENTRY, url, token, "http://127.0.0.1:9"))
    assert told == [[EMAIL, EMAIL], True]
    assert len(lost) == 1


class Slow(BaseHTTPRequestHandler):
    """Answers at once, with bytes that take longer than a second to come."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "12")
        self.end_headers()
        for _ in range(12):
            with contextlib.suppress(OSError):
                self.wfile.write(b".")
            time.sleep(0.1)

    def log_message(self, *arguments):
        pass


def test_a_file_may_take_longer_than_the_time_limit():
    with listening(Slow) as url:
        assert json.loads(node("slow_download.mjs", ENTRY, url)) == [12, 12, True]


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

"""Starts the platform with a demonstration project: what ``make run`` does.

State lives in ``STUDIO_HOME``. The first start fills it through the public API, as any client would: accounts, a
SOC 2 project with milestones, and reviewed evidence for some of its controls.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

EMAIL = "admin@example.org"
REVIEWER = "reviewer@example.org"


class Api:
    """The few calls that the demonstration needs, with the standard library alone."""

    def __init__(self, base: str) -> None:
        self._base = base
        self.token = ""

    def call(self, method: str, path: str, body: Any = None, *, form: tuple[bytes, str] | None = None) -> Any:
        """Send JSON, or a ready form, and answer the decoded JSON."""
        headers = {"Accept": "application/json"}
        data = None
        if form is not None:
            data, headers["Content-Type"] = form
        elif body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self._base + path, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def sign_in(self, email: str, password: str) -> str:
        """Use that account from here on; its user id."""
        data = self.call("POST", "/api/v1/auth/login", {"email": email, "password": password})["data"]
        self.token = data["tokens"]["access_token"]
        return str(data["user"]["id"])


def main() -> int:
    """Start, fill on the first start, and stay until the server ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    home = Path(os.environ.get("STUDIO_HOME") or Path.home() / ".studio").absolute()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["STUDIO_HOME"] = str(home)
    password = _password(home / "demo-password")
    command = [sys.executable, "-m", "studio_kernel"]
    subprocess.run([*command, "init", "--admin-email", EMAIL, "--admin-password", password], check=True)
    server = subprocess.Popen([*command, "serve", "--host", options.host, "--port", str(options.port)])
    base = f"http://{options.host}:{options.port}"
    try:
        _wait_until_ready(base, server)
        marker = home / "demo-filled"
        if not marker.exists():
            project = fill(Api(base), password)
            marker.write_text(project + "\n", encoding="utf-8")
        print(_greeting(base, password, marker.read_text(encoding="utf-8").strip()), flush=True)
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        server.wait()


def _password(file: Path) -> str:
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(secrets.token_urlsafe(12) + "\n")
    return file.read_text(encoding="utf-8").strip()


def _wait_until_ready(base: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit("the server did not start; see above")
        try:
            with urllib.request.urlopen(base + "/ready", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit("the server did not become ready within a minute")


def fill(api: Api, password: str) -> str:
    """Make the demonstration project; its id."""
    admin = api.sign_in(EMAIL, password)
    reviewer = _reviewer(api, password)
    today = datetime.now(UTC)
    project = api.call(
        "POST",
        "/api/v1/projects",
        {
            "name": "SOC 2 Type II Assessment",
            "description": "Demonstration: a SOC 2 project on its way",
            "framework": "soc2",
            "team_members": [
                {"user_id": admin, "role": "manager"},
                {"user_id": reviewer, "role": "auditor"},
            ],
            "milestones": [
                {"name": "Evidence Collection", "due_date": _day(today, 30)},
                {"name": "Readiness review", "due_date": _day(today, 60)},
            ],
        },
    )["data"]
    controls = api.call("GET", f"/api/v1/projects/{project['id']}")["data"]["controls"]
    evidence = [_upload(api, project["id"], control) for control in controls[:12]]
    api.sign_in(REVIEWER, password)
    for number, each in enumerate(evidence[:9]):
        review = {"decision": "approve", "score": 95 - number * 2, "comment": "Complete and current."}
        api.call("POST", f"/api/v1/evidence/{each}/reviews", review)
    return str(project["id"])


def _reviewer(api: Api, password: str) -> str:
    body = {"email": REVIEWER, "name": "Robin Reviewer", "role": "auditor", "password": password}
    return str(api.call("POST", "/api/v1/users", body)["data"]["id"])


def _day(start: datetime, days: int) -> str:
    return (start + timedelta(days=days)).strftime("%Y-%m-%dT00:00:00Z")


def _upload(api: Api, project: str, control: dict[str, Any]) -> str:
    title = f"Record for {control['number']}"
    text = f"# {title}\n\nHow {control['title'].lower()} is done here, and who answers for it.\n"
    fields = {
        "title": title,
        "description": f"Demonstration evidence for {control['title']}",
        "control_id": control["id"],
        "project_id": project,
        "tags": json.dumps(["demo", control["number"].lower()]),
    }
    name = f"{control['number'].lower().replace('.', '-')}.md"
    form = _multipart(fields, name, text.encode())
    return str(api.call("POST", "/api/v1/evidence", form=form)["data"]["id"])


def _multipart(fields: dict[str, str], name: str, content: bytes) -> tuple[bytes, str]:
    boundary = f"studio-{secrets.token_hex(12)}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    parts.append(f"{head}Content-Type: text/markdown\r\n\r\n".encode() + content + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


def _greeting(base: str, password: str, project: str) -> str:
    return (
        f"\nStudio Platform runs. Open {base}/portal/ in a browser\n"
        f"  login    {EMAIL}\n"
        f"  password {password}\n"
        f"  project  {project}\n"
        f"  API      {base}/api/v1/openapi.json\n"
        "Stop with Ctrl+C; what you do stays. Start again with the same command.\n"
    )


if __name__ == "__main__":
    sys.exit(main())

"""Starts the platform with a demonstration project: what ``make run`` does.

State lives in ``STUDIO_HOME``. The first start fills it through the public API, as any client would: accounts, a
SOC 2 project with milestones, and reviewed evidence for some of its controls. A start that was broken off half-way is
taken up where it was by the next.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

EMAIL = "admin@example.org"
REVIEWER = "reviewer@example.org"
PROJECT = "SOC 2 Type II Assessment"
_ANYWHERE = ("0.0.0.0", "::")


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

    def every(self, path: str, key: str, **query: str) -> list[dict[str, Any]]:
        """The members of a list that is one page long."""
        parameters = urllib.parse.urlencode({**query, "limit": "100"})
        return list(self.call("GET", f"{path}?{parameters}")["data"][key])

    def sign_in(self, email: str, password: str) -> str:
        """Use that account from here on; its user id."""
        data = self.call("POST", "/api/v1/auth/login", {"email": email, "password": password})["data"]
        self.token = data["tokens"]["access_token"]
        return str(data["user"]["id"])


def main() -> int:
    """Start, fill on the first start, and stay until the server ends or this is told to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    home = Path(os.environ.get("STUDIO_HOME") or Path.home() / ".studio").absolute()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["STUDIO_HOME"] = str(home)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(home, options.host, options.port)
    except KeyboardInterrupt:
        return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends this as Ctrl+C does: with its server."""
    raise KeyboardInterrupt


def _run(home: Path, host: str, port: int) -> int:
    password = _kept(home / "demo-password", lambda: secrets.token_urlsafe(12))
    command = [sys.executable, "-m", "studio_kernel"]
    subprocess.run([*command, "init", "--admin-email", EMAIL, "--admin-password", password], check=True)
    base = f"http://{host}:{port}"
    # Metadata and links name the port that this runs at.
    os.environ.setdefault("STUDIO_PUBLIC_URL", f"http://{'127.0.0.1' if host in _ANYWHERE else host}:{port}")
    server = subprocess.Popen([*command, "serve", "--host", host, "--port", str(port)])
    try:
        _wait_until_ready(base, server)
        project = _kept(home / "demo-filled", lambda: fill(Api(base), password))
        print(_greeting(base, password, project), flush=True)
        return server.wait()
    finally:
        server.terminate()
        server.wait()


def _kept(file: Path, make: Callable[[], str]) -> str:
    """The line in a file; made, and kept for this account alone, when there is none yet."""
    if not file.exists():
        line = make()
        # NOTE: under another name first, so that no start finds half of it.
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as stream:
            stream.write(line + "\n")
        os.replace(stream.name, file)
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
    """Make the demonstration project, or what is missing of it; its id."""
    admin = api.sign_in(EMAIL, password)
    project = _project(api, admin, _reviewer(api, password))
    controls = api.call("GET", f"/api/v1/projects/{project}")["data"]["controls"]
    present = {each["title"]: each["id"] for each in api.every("/api/v1/evidence", "evidence", project_id=project)}
    evidence = [present.get(_title(control)) or _upload(api, project, control) for control in controls[:12]]
    api.sign_in(REVIEWER, password)
    waiting = {each["id"] for each in api.every("/api/v1/evidence", "evidence", project_id=project, status="pending")}
    for number, each in enumerate(evidence[:9]):
        if each in waiting:
            review = {"decision": "approve", "score": 95 - number * 2, "comment": "Complete and current."}
            api.call("POST", f"/api/v1/evidence/{each}/reviews", review)
    return project


def _project(api: Api, admin: str, reviewer: str) -> str:
    for each in api.every("/api/v1/projects", "projects", search=PROJECT):
        if each["name"] == PROJECT:
            return str(each["id"])
    today = datetime.now(UTC)
    body = {
        "name": PROJECT,
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
    }
    return str(api.call("POST", "/api/v1/projects", body)["data"]["id"])


def _reviewer(api: Api, password: str) -> str:
    for each in api.every("/api/v1/users", "users", search=REVIEWER):
        if each["email"] == REVIEWER:
            return str(each["id"])
    body = {"email": REVIEWER, "name": "Robin Reviewer", "role": "auditor", "password": password}
    return str(api.call("POST", "/api/v1/users", body)["data"]["id"])


def _day(start: datetime, days: int) -> str:
    return (start + timedelta(days=days)).strftime("%Y-%m-%dT00:00:00Z")


def _title(control: dict[str, Any]) -> str:
    return f"Record for {control['number']}"


def _upload(api: Api, project: str, control: dict[str, Any]) -> str:
    title = _title(control)
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

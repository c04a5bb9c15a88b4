"""The portal as people use it: a server with everything, its people, and a browser that tolerates nothing."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import expect

from support.server import EMAIL, PASSWORD, Server

PEOPLE = {"ada": "manager", "ben": "auditor", "eve": "viewer", "flo": "viewer"}
STANDING = "correct horse battery staple"
_HARMLESS = re.compile(r"status of (400|401|403|404|409)")


class World:
    """A running server with accounts, and a project that has evidence."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.admin = server.client()
        self.ids = {name: self._account(name, role) for name, role in PEOPLE.items()}
        self.project = self.make_project("Annual assessment")
        self.controls = self.get(f"/api/v1/projects/{self.project}/controls")["controls"]
        self.piece = self.upload("ben", "Access review", b"# Access review\n\nWho has access, and why.\n")

    @property
    def base(self) -> str:
        """Where the portal is."""
        return f"{self.server.base}/portal/"

    def get(self, path: str) -> Any:
        """The data of an answer to the administrator."""
        answer = self.admin.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def make_project(self, name: str) -> str:
        """A SOC 2 project: Ada manages it, Ben audits and uploads, Eve and Flo look on."""
        team = [("ada", "manager"), ("ben", "compliance_lead"), ("eve", "viewer"), ("flo", "viewer")]
        body = {
            "name": name,
            "framework": "soc2",
            "description": "What the auditors will ask for",
            "team_members": [{"user_id": self.ids[who], "role": role} for who, role in team],
            "milestones": [{"name": "Evidence is in", "due_date": "2030-02-01T00:00:00Z"}],
        }
        answer = self.admin.post("/api/v1/projects", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["id"])

    def upload(self, who: str, title: str, content: bytes, name: str = "review.md") -> str:
        """Evidence of somebody for the first control."""
        with contextlib.closing(self.client(who)) as client:
            fields = {"title": title, "project_id": self.project, "control_id": self.controls[0]["id"]}
            answer = client.post("/api/v1/evidence", data=fields, files={"file": (name, content)})
            assert answer.status_code == 201, answer.text
            return str(answer.json()["data"]["id"])

    def client(self, who: str) -> httpx.Client:
        """The API as one of the people."""
        return self.server.client(f"{who}@example.org", STANDING)

    def _account(self, name: str, role: str) -> str:
        email = f"{name}@example.org"
        body = {"email": email, "name": name.title(), "role": role, "password": PASSWORD}
        made = self.admin.post("/api/v1/users", json=body)
        assert made.status_code == 201, made.text
        # A password that somebody else gave is temporary; its owner sets one that stays.
        with contextlib.closing(self.server.client(email, PASSWORD)) as client:
            change = {"current_password": PASSWORD, "new_password": STANDING}
            answer = client.put("/api/v1/users/me/password", json=change)
            assert answer.status_code == 200, answer.text
        return str(made.json()["data"]["id"])


class Visitor:
    """A browser of one person. Whatever its console complains of, and any request to elsewhere, is a failure."""

    def __init__(self, chromium: Any, world: World, **options: Any) -> None:
        self.world = world
        self.context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.complaints: list[str] = []
        self.loaded: dict[str, int] = {}
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.context.on("request", self._on_request)
        self.page.on("response", self._on_response)

    def _on_console(self, message: Any) -> None:
        # NOTE: the browser tells every refused request as an error; those that a test provokes are no complaint.
        if message.type in ("error", "warning") and not _HARMLESS.search(message.text):
            self.complaints.append(message.text)

    def _on_request(self, request: Any) -> None:
        if not request.url.startswith((self.world.server.base, "blob:", "data:")):
            self.complaints.append(f"a request to {request.url}")

    def _on_response(self, response: Any) -> None:
        if "/portal/" in response.url and response.status == 200:
            self.loaded[response.url.split("?")[0]] = 0

    def log_in(self, who: str = "", path: str = "/", password: str = STANDING) -> None:
        """Go to a page as somebody; without a name as the administrator."""
        email, password = (f"{who}@example.org", password) if who else (EMAIL, PASSWORD)
        self.page.goto(f"{self.world.base}#{path}")
        self.page.get_by_label("Email address").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_role("button", name="Log out").wait_for()

    def go(self, path: str) -> None:
        """To a page of the portal, until it is there."""
        self.page.goto(f"{self.world.base}#{path}")
        self.page.locator(f'main[data-page="{path.partition("?")[0]}"]').wait_for()
        self.settled()

    def settled(self) -> None:
        """Wait until nothing is loading."""
        self.page.locator("main h1").first.wait_for()
        expect(self.page.locator("main .loading, main [aria-busy=true]")).to_have_count(0, timeout=20_000)

    def weigh(self) -> int:
        """Bytes, not packed, of all files of the portal that were loaded."""
        for url in self.loaded:
            answer = httpx.get(url, headers={"Accept-Encoding": "identity"})
            self.loaded[url] = len(answer.content)
        return sum(self.loaded.values())

    def drop(self, name: str, text: str, zone: str = ".drop") -> None:
        """Drop a file on a zone, as from the desktop."""
        transfer = self.page.evaluate_handle(
            "([name, text]) => { const all = new DataTransfer(); all.items.add(new File([text], name)); return all; }",
            [name, text],
        )
        for event in ("dragenter", "dragover", "drop"):
            self.page.dispatch_event(zone, event, {"dataTransfer": transfer})

    def close(self) -> None:
        """End the visit, and tell what was wrong with it."""
        self.context.close()
        assert self.complaints == [], self.complaints


@contextlib.contextmanager
def visit(chromium: Any, world: World, **options: Any) -> Iterator[Visitor]:
    """A visit that ends with the block."""
    visitor = Visitor(chromium, world, **options)
    try:
        yield visitor
    except BaseException:
        visitor.context.close()
        raise
    visitor.close()


def axe() -> str:
    """axe-core, to be run in a page."""
    return Path(str(files("axe_playwright_python") / "axe.min.js")).read_text(encoding="utf-8")


def inaccessible(visitor: Visitor, rules: tuple[str, ...] = ()) -> list[str]:
    """Serious and critical findings of axe-core in the page as it is; of all rules, unless some are named."""
    page = visitor.page
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe())
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = page.evaluate("options => axe.run(document, options)", options)
    serious = [each for each in found["violations"] if each["impact"] in ("serious", "critical")]
    return [
        f"{each['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for each in serious
        for node in each["nodes"][:2]
    ]

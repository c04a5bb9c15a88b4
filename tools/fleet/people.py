"""People who work whatever happens to the fleet, and remember what was acknowledged."""

from __future__ import annotations

import contextlib
import hashlib
import random
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx

from fleet.calls import ADMIN, PASSWORD, Caller, Tally

# Seconds after which another process must have seen a revocation.
REVOKED_WITHIN = 1.0


@dataclass
class Piece:
    """What the platform said it holds of one piece of evidence."""

    title: str
    hashes: list[str]
    approved: bool = False
    reviews: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


class Person:
    """Somebody with a thread; ``step`` is done again and again until ``stop``."""

    def __init__(self, base: str, tally: Tally, number: int, stop: threading.Event, pause: float) -> None:
        self.caller = Caller(base, tally)
        self.chance = random.Random(number)
        self.number = number
        self.steps = 0
        self.error: BaseException | None = None
        self._stop, self._pause = stop, pause
        self.thread = threading.Thread(target=self._work, name=f"{type(self).__name__}-{number}", daemon=True)

    def _work(self) -> None:
        try:
            self.begin()
            while not self._stop.is_set():
                self.step()
                self.steps += 1
                self._stop.wait(self.chance.uniform(0.5, 1.5) * self._pause)
        except BaseException as error:
            self.error = error
        finally:
            self.end()

    def begin(self) -> None:
        """Before the first step."""

    def step(self) -> None:
        """One thing to do."""
        raise NotImplementedError

    def end(self) -> None:
        """After the last step."""
        self.caller.close()

    def mark(self) -> str:
        """A text that nobody else writes."""
        return uuid.uuid4().hex


class Assessor(Person):
    """Works in a project of their own, with a reviewer beside them: the one who changes most."""

    def begin(self) -> None:
        user = self.caller.log_in(f"assessor{self.number}@fleet.example")
        self.reviewer = Caller(self.caller.base, self.caller.tally)
        reviewer = self.reviewer.log_in(f"reviewer{self.number}@fleet.example")
        self.pieces: dict[str, Piece] = {}
        self.gone: dict[str, str] = {}
        self.milestones: list[str] = []
        self.overrides: dict[str, str | None] = {}
        self.description = ""
        team = [{"user_id": user["id"], "role": "manager"}, {"user_id": reviewer["id"], "role": "auditor"}]
        body = {"name": f"Project {self.number}", "framework": "soc2", "team_members": team}
        self.project_id: str = self.caller.data("POST", "/api/v1/projects", json=body)["id"]
        self.path = f"/api/v1/projects/{self.project_id}"
        self.controls = [each["id"] for each in self.caller.data("GET", self.path)["controls"]][:12]

    def step(self) -> None:
        changes: list[Callable[[], None]] = [self._upload, self._milestone, self._describe, self._decide]
        reads: list[Callable[[], None]] = [self._lists, self._score]
        if self.pieces:
            changes += [self._upload, self._version, self._review, self._review]
            reads += [self._download]
        if len(self.pieces) > 8:
            changes += [self._delete]
        self.chance.choice(self.chance.choice([changes, changes, reads]))()

    def end(self) -> None:
        super().end()
        if hasattr(self, "reviewer"):
            self.reviewer.close()

    def _content(self) -> bytes:
        size = int(self.chance.expovariate(1 / (400_000 if self.chance.random() < 0.03 else 4_000)))
        return f"# Procedure {self.mark()}\n\nAccess is reviewed every quarter.\n".encode() * (size // 60 + 1)

    def _upload(self) -> None:
        content, title = self._content(), f"Piece {self.mark()}"
        fields = {"title": title, "project_id": self.project_id, "control_id": self.chance.choice(self.controls)}
        files = {"file": ("procedure.md", content)}
        made = self.caller.data("POST", "/api/v1/evidence", data=fields, files=files)
        self.pieces[made["id"]] = Piece(title, [hashlib.sha256(content).hexdigest()])

    def _version(self) -> None:
        name, content, comment = self.chance.choice(list(self.pieces)), self._content(), self.mark()
        path, files = f"/api/v1/evidence/{name}/versions", {"file": ("procedure.md", content)}
        self.caller.send("POST", path, data={"comment": comment}, files=files)
        piece = self.pieces[name]
        piece.hashes.append(hashlib.sha256(content).hexdigest())
        piece.comments.append(comment)
        piece.approved = False

    def _review(self) -> None:
        name, comment = self.chance.choice(list(self.pieces)), self.mark()
        decision = self.chance.choice(["approve", "approve", "reject"])
        body = {"decision": decision, "score": self.chance.randrange(60, 100), "comment": comment}
        self.reviewer.send("POST", f"/api/v1/evidence/{name}/reviews", json=body)
        self.pieces[name].reviews.append(comment)
        self.pieces[name].approved = decision == "approve"
        self._score()

    def _delete(self) -> None:
        name = self.chance.choice(list(self.pieces))
        self.caller.send("DELETE", f"/api/v1/evidence/{name}", fine=[404])
        self.gone[name] = self.pieces.pop(name).title

    def _milestone(self) -> None:
        name = f"Milestone {self.mark()}"
        self.caller.send("POST", f"{self.path}/milestones", json={"name": name, "due_date": "2040-01-01T00:00:00Z"})
        self.milestones.append(name)

    def _describe(self) -> None:
        text = self.mark()
        self.caller.send("PATCH", self.path, json={"description": text})
        self.description = text

    def _decide(self) -> None:
        control = self.chance.choice(self.controls)
        status = self.chance.choice(["complete", "in_progress", "not_started", None])
        body = {"status": status} if status is None else {"status": status, "reason": "As decided"}
        self.caller.send("PATCH", f"{self.path}/controls/{control}", json=body)
        self.overrides[control] = status

    def _lists(self) -> None:
        for path in ("/api/v1/projects", f"/api/v1/evidence?project_id={self.project_id}", f"{self.path}/activity"):
            self.caller.send("GET", path)

    def _score(self) -> None:
        """A read after a write sees the new score, whichever process answers."""
        shown = self.caller.data("GET", f"/api/v1/compliance/score?project_id={self.project_id}")
        listed = self.caller.data("GET", self.path)
        assert shown["overall_score"] == listed["compliance_score"], "two scores of one project"

    def _download(self) -> None:
        name = self.chance.choice(list(self.pieces))
        content = self.caller.send("GET", f"/api/v1/evidence/{name}/file").content
        assert hashlib.sha256(content).hexdigest() == self.pieces[name].hashes[-1], f"{name} came back damaged"


class Chatter(Person):
    """Asks the assistant, which needs no network."""

    def begin(self) -> None:
        self.caller.log_in(ADMIN)

    def step(self) -> None:
        question = {"message": f"What evidence shows that access is reviewed? {self.mark()}"}
        assert self.caller.data("POST", "/api/v1/ai/chat", json=question)["message"]


class Guard(Person):
    """Takes away what was given, and asks every process whether it noticed."""

    def __init__(
        self, base: str, tally: Tally, number: int, stop: threading.Event, pause: float, apis: Sequence[str]
    ) -> None:
        super().__init__(base, tally, number, stop, pause)
        self._apis = apis
        self.slowest = 0.0
        """Seconds from the acknowledged revocation to the last answer that still took it."""

    def begin(self) -> None:
        self.caller.log_in(ADMIN)
        body = {"name": "Guarded", "framework": "soc2"}
        self.project_id = self.caller.data("POST", "/api/v1/projects", json=body)["id"]
        self._outsider = f"outsider{self.number}@fleet.example"

    def step(self) -> None:
        self.chance.choice([self.end_session, self.delete_key, self.remove_member])()

    def end_session(self) -> None:
        """Log in, log out, and be nobody everywhere."""
        credentials = {"email": self._outsider, "password": PASSWORD}
        data = self.caller.data("POST", "/api/v1/auth/login", json=credentials)
        headers = {"Authorization": f"Bearer {data['tokens']['access_token']}"}
        self._ask("/api/v1/users/me", headers)
        visitor = Caller(self.caller.base, self.caller.tally, data["tokens"]["access_token"])
        with contextlib.closing(visitor):
            # NOTE: repeated after a lost answer, the session has ended already.
            visitor.send("POST", "/api/v1/auth/logout", fine=[401])
        self._refused("/api/v1/users/me", headers, 401)

    def delete_key(self) -> None:
        """Make an API key and delete it."""
        made = self.caller.send("POST", "/api/v1/api-keys", json={"name": self.mark(), "scopes": ["read"]}).json()
        headers = {"X-API-Key": made["api_key"]}
        self._ask("/api/v1/projects", headers)
        self.caller.send("DELETE", f"/api/v1/api-keys/{made['id']}", fine=[404])
        self._refused("/api/v1/projects", headers, 401)

    def remove_member(self) -> None:
        """Take somebody into a project and out again: no process may show it to them any more, not even once."""
        outsider = Caller(self.caller.base, self.caller.tally)
        with contextlib.closing(outsider):
            user = outsider.log_in(self._outsider)
            headers = outsider.headers
            path = f"/api/v1/projects/{self.project_id}"
            team = {"user_id": user["id"], "role": "viewer"}
            self.caller.send("POST", f"{path}/members", json=team, fine=[409])
            self._ask(path, headers)
            self.caller.send("DELETE", f"{path}/members/{user['id']}", fine=[404])
            self._refused(path, headers, 404, within=0.0)

    def _ask(self, path: str, headers: dict[str, str]) -> None:
        """Have every process remember that the caller is let in."""
        for base in self._apis:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(base + path, headers=headers, timeout=30)

    def _refused(self, path: str, headers: dict[str, str], refusal: int, within: float = REVOKED_WITHIN) -> None:
        done = time.monotonic()
        for base in self._apis:
            while True:
                sent = time.monotonic()
                try:
                    status = httpx.get(base + path, headers=headers, timeout=30).status_code
                except httpx.TransportError:
                    break
                if status != 200:
                    assert status in (refusal, 503), f"{path}: {status} in place of {refusal}"
                    break
                late = sent - done
                self.slowest = max(self.slowest, late)
                assert late <= within, f"{base}{path} is still answered {late:.2f} s after it was taken away"
                time.sleep(0.02)

"""Every list costs the same number of queries, whatever its length."""

from __future__ import annotations

import pytest
from support.oauth import CALLBACK, Browser

from studio_kernel.plugins import BUILT_IN


class World:
    """Adds one more of everything that lists show; ``paths`` says where each list is."""

    def __init__(self, studio):
        self.studio = studio
        self.admin = studio.client("super_admin", email="boss@example.org")
        token = self.ok(self.admin.post(f"/api/v1/users/{self.admin.user_id}/password-reset"))["reset_token"]
        self.password = "quite another thing"
        body = {"token": token, "new_password": self.password}
        assert studio.anonymous.post("/api/v1/auth/reset-password", json=body).status_code == 200
        tokens = studio.anonymous.post(
            "/api/v1/auth/login", json={"email": "boss@example.org", "password": self.password}
        ).json()["data"]["tokens"]
        self.admin.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        self.reviewer = studio.client("admin")
        body = {"name": "Assessment", "description": "", "framework": "soc2", "team_members": [], "milestones": []}
        self.project = self.ok(self.admin.post("/api/v1/projects", json=body))["id"]
        self.control = self.ok(self.admin.get(f"/api/v1/projects/{self.project}"))["controls"][0]["id"]
        self.evidence = self.upload("first")
        hook = {"url": "https://example.com/hook", "events": ["*"], "secret": "s" * 24, "active": False}
        self.webhook = self.ok(self.admin.post("/api/v1/webhooks", json=hook))["id"]
        self.number = 0

    @staticmethod
    def ok(answer):
        assert answer.status_code in (200, 201), answer.text
        body = answer.json()
        return body.get("data", body)

    def upload(self, title):
        fields = {"title": title, "project_id": self.project, "control_id": self.control, "tags": '["a", "b"]'}
        files = {"file": (f"{title}.txt", f"text of {title}".encode(), "text/plain")}
        return self.ok(self.admin.post("/api/v1/evidence", data=fields, files=files))["id"]

    def grow(self, times):
        for _ in range(times):
            self.number += 1
            self.add(f"n{self.number}")

    def add(self, name):
        admin = self.admin
        member = self.studio.client("customer")
        body = {"name": name, "description": "", "framework": "soc2", "milestones": []}
        body["team_members"] = [{"user_id": member.user_id, "role": "viewer"}]
        self.ok(admin.post("/api/v1/projects", json=body))
        here = f"/api/v1/projects/{self.project}"
        self.ok(admin.post(f"{here}/members", json={"user_id": member.user_id, "role": "viewer"}))
        self.ok(admin.post(f"{here}/milestones", json={"name": name, "due_date": "2030-01-01T00:00:00Z"}))
        self.upload(name)
        files = {"file": (f"{name}v.txt", f"version {name}".encode(), "text/plain")}
        self.ok(admin.post(f"/api/v1/evidence/{self.evidence}/versions", files=files))
        review = {"decision": "request_changes", "comment": name}
        self.ok(self.reviewer.post(f"/api/v1/evidence/{self.evidence}/reviews", json=review))
        self.ok(admin.post("/api/v1/api-keys", json={"name": name, "scopes": ["read"]}))
        client = {"name": name, "redirect_uris": [CALLBACK], "scopes": ["read"]}
        client = self.ok(admin.post("/api/v1/oauth/clients", json=client))
        browser = Browser(self.studio)
        browser.allow(browser.ask(client, scope="read"), "boss@example.org", self.password)
        hook = {"url": "https://example.com/hook", "events": ["*"], "secret": "s" * 24, "active": False}
        self.ok(admin.post("/api/v1/webhooks", json=hook))
        self.ok(admin.post("/api/v1/ai/chat", json={"message": name, "context": {"project_id": self.project}}))
        self.propose(name)

    def propose(self, company):
        """What a model would do by its tool."""
        from studio_ai.assembly import Assistant
        from studio_kernel.security.principal import SYSTEM

        draft = {"type": "backup_policy", "company_name": company}
        Assistant(self.studio.platform).keeping.propose(SYSTEM, self.project, draft)

    def path(self, operation):
        values = {"project_id": self.project, "evidence_id": self.evidence, "webhook_id": self.webhook}
        path = operation.path.format(**values)
        path = f"{path}?limit=100"
        # Every piece has this tag.
        path = f"{path}&q=b" if "q" in operation.listing.filters else path
        return f"{path}&project_id={self.project}" if operation.listing.filters.get("project_id") else path


@pytest.fixture
def world(make_studio, monkeypatch):
    # NOTE: else it would depend on the machine's speed which call has to look up its caller again.
    monkeypatch.setattr("studio_kernel.http.credentials._KEEP_SECONDS", 3600.0)
    overrides = {"webhooks.allowed_networks": ("0.0.0.0/0",), "auth.argon2_memory_kib": 8192}
    return World(make_studio(plugins=BUILT_IN, overrides=overrides))


def test_every_list_costs_the_same_queries_whatever_its_length(world):
    lists = [each for each in world.studio.platform.operations if each.listing is not None]
    assert len(lists) >= 14

    def measure():
        counts = {}
        world.ok(world.admin.get("/api/v1/users/me"))
        for each in lists:
            with world.studio.count_queries() as queries:
                answer = world.admin.get(world.path(each))
            assert answer.status_code == 200, (each.id, answer.text)
            items = len(answer.json()["data"][each.listing.key])
            counts[each.id] = (len(queries), items)
        return counts

    world.grow(1)
    measure()
    few = measure()
    world.grow(5)
    many = measure()
    grown = {name: (few[name][0], many[name][0]) for name in few if few[name][0] != many[name][0]}
    assert grown == {}
    still = [
        name
        for name in few
        if few[name][1] == many[name][1] and name not in ("projects.controls.list", "webhooks.deliveries")
    ]
    assert still == [], "the test adds nothing to these lists"
    assert max(count for count, _ in many.values()) <= 8

"""Every request and response of the API reference against a running server, on each database."""

import hashlib
import hmac
import json
import uuid

import httpx
import pytest
from standardwebhooks import Webhook
from support import printed
from support.receiver import receiver
from support.server import wait_until
from support.shapes import differences

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


def fits(answer, status, expected):
    assert answer.status_code == status, answer.text
    assert differences(expected, answer.json()) == []
    return answer.json()


def new_user(admin, **changes):
    email = f"{uuid.uuid4().hex}@example.com"
    return fits(
        admin.post("/api/v1/users", json={**printed.USER_REQUEST, "email": email, **changes}), 201, printed.USER
    )["data"]


def new_project(admin, framework="soc2", members=()):
    user = new_user(admin)
    body = {**printed.PROJECT_REQUEST, "framework": framework, "name": f"Project {uuid.uuid4().hex[:8]}"}
    body["team_members"] = [{"user_id": user["id"], "role": "manager"}, *members]
    return fits(admin.post("/api/v1/projects", json=body), 201, printed.CREATED_PROJECT)["data"]


def control_of(admin, project, number="A1.1"):
    shown = admin.get(f"/api/v1/projects/{project['id']}").json()["data"]
    return next(control for control in shown["controls"] if control["number"] == number)


def upload(admin, project, control, content=PDF, name="security_policy_v2.1.pdf"):
    fields = {
        "title": "Security Policy v2.1",
        "description": "Updated security policy document",
        "control_id": control["id"],
        "project_id": project["id"],
        "tags": '["policy", "security", "v2.1"]',
    }
    return admin.post("/api/v1/evidence", data=fields, files={"file": (name, content, "application/pdf")})


def test_login_refresh_and_logout(server):
    with httpx.Client(base_url=server.base) as client:
        body = {"email": "first@example.org", "password": "password123-and-more"}
        tokens = fits(client.post("/api/v1/auth/login", json=body), 200, printed.LOGIN)["data"]["tokens"]
        assert tokens["expires_in"] == 3600
        refresh = {"refresh_token": tokens["refresh_token"]}
        fresh = fits(client.post("/api/v1/auth/refresh", json=refresh), 200, printed.REFRESH)["data"]
        client.headers["Authorization"] = f"Bearer {fresh['access_token']}"
        assert client.post("/api/v1/auth/logout").json() == printed.LOGGED_OUT
        assert client.get("/api/v1/users/me").status_code == 401
        again = client.post("/api/v1/auth/refresh", json={"refresh_token": fresh["refresh_token"]})
        assert again.status_code == 401


def test_client_credentials(server, admin):
    registered = admin.post(
        "/api/v1/oauth/clients",
        json={"name": "Machine", "grant_types": ["client_credentials"], "scopes": ["read", "write"]},
    )
    assert registered.status_code == 201, registered.text
    client = registered.json()["data"]
    form = {
        "grant_type": "client_credentials",
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "scope": "read write",
    }
    with httpx.Client(base_url=server.base) as anonymous:
        lines = "&\n".join(f"{name}={value}" for name, value in form.items()) + "\n"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        fits(anonymous.post("/oauth/token", content=lines, headers=kind), 200, printed.OAUTH_CLIENT_TOKEN)
        token = fits(anonymous.post("/oauth/token", data=form), 200, printed.OAUTH_CLIENT_TOKEN)
        assert token["token_type"] == "Bearer"
        assert token["expires_in"] == 3600
        refused = anonymous.post("/oauth/token", data={**form, "client_secret": "wrong"})
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_api_keys(server, admin):
    answer = fits(admin.post("/api/v1/api-keys", json=printed.API_KEY_REQUEST), 201, printed.API_KEY)
    assert "success" not in answer
    assert answer["api_key"].startswith("sk_live_")
    with httpx.Client(base_url=server.base, headers={"X-API-Key": answer["api_key"]}) as machine:
        assert machine.get("/api/v1/users/me").status_code == 200
        assert machine.get("/api/v1/projects").status_code == 200


def test_users(admin):
    fits(admin.get("/api/v1/users/me"), 200, printed.ME)
    created = new_user(admin)
    email = created["email"]
    with httpx.Client(base_url=admin.base_url) as client:
        client.post("/api/v1/auth/login", json={"email": email, "password": printed.USER_REQUEST["password"]})
    listed = admin.get("/api/v1/users", params={"page": 1, "limit": 20, "role": "customer", "search": email})
    fits(listed, 200, printed.USERS)
    updated = admin.put(f"/api/v1/users/{created['id']}", json=printed.USER_UPDATE_REQUEST)
    data = fits(updated, 200, printed.USER_UPDATE)["data"]
    assert data["preferences"] == printed.USER_UPDATE_REQUEST["preferences"]
    assert admin.delete(f"/api/v1/users/{created['id']}").json() == printed.USER_DELETED
    assert admin.get(f"/api/v1/users/{created['id']}").status_code == 404


def test_projects(admin):
    created = new_project(admin, "iso27001")
    assert (created["status"], created["compliance_score"], created["framework"]) == ("active", 0, "iso27001")
    listed = admin.get("/api/v1/projects", params={"page": 1, "limit": 20, "status": "active"})
    fits(listed, 200, printed.PROJECTS)
    shown = fits(admin.get(f"/api/v1/projects/{created['id']}"), 200, printed.PROJECT)["data"]
    assert len(shown["controls"]) == 123
    assert {control["status"] for control in shown["controls"]} == {"not_started"}
    assert shown["milestones"][0]["name"] == "Initial Assessment"


def test_evidence(admin):
    project = new_project(admin)
    control = control_of(admin, project)
    uploaded = fits(upload(admin, project, control), 201, printed.EVIDENCE)["data"]
    expected = {"status": "pending", "quality_score": 0, "file_size": len(PDF), "content_type": "application/pdf"}
    assert {name: uploaded[name] for name in expected} == expected
    assert sorted(uploaded["tags"]) == ["policy", "security", "v2.1"]
    listed = admin.get("/api/v1/evidence", params={"project_id": project["id"], "control_id": control["id"]})
    fits(listed, 200, printed.EVIDENCE_LIST)
    file = admin.get(f"/api/v1/evidence/{uploaded['id']}/file")
    assert file.content == PDF
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"] == 'attachment; filename="security_policy_v2.1.pdf"'
    assert file.headers["content-length"] == str(len(PDF))


def test_score(admin):
    project = new_project(admin)
    score = fits(admin.get("/api/v1/compliance/score", params={"project_id": project["id"]}), 200, printed.SCORE)[
        "data"
    ]
    assert score["overall_score"] == 0
    coverage = {"total": 61, "complete": 0, "in_progress": 0, "not_started": 61}
    assert {name: score["control_coverage"][name] for name in coverage} == coverage
    assert set(printed.SCORE["data"]["framework_scores"]) == set(score["framework_scores"])


def test_frameworks(admin):
    frameworks = fits(admin.get("/api/v1/compliance/frameworks"), 200, printed.FRAMEWORKS)["data"]["frameworks"]
    assert {"soc2", "iso27001"} <= {framework["id"] for framework in frameworks}
    numbers = {framework["id"]: {control["number"] for control in framework["controls"]} for framework in frameworks}
    assert "A1.1" in numbers["soc2"]
    assert "A.5.1" in numbers["iso27001"]


def test_ai_chat_and_policy(admin):
    project = new_project(admin)
    control = control_of(admin, project)
    context = {"project_id": project["id"], "control_id": control["id"]}
    chat = admin.post("/api/v1/ai/chat", json={**printed.CHAT_REQUEST, "context": context})
    data = fits(chat, 200, printed.CHAT)["data"]
    assert (data["context"]["framework"], data["context"]["control"]) == ("soc2", "A1.1")
    framework = admin.get("/api/v1/compliance/frameworks/soc2").json()["data"]
    definition = next(each for each in framework["controls"] if each["number"] == "A1.1")
    for expected in definition["expected_evidence"]:
        assert expected["title"] in data["message"]
    body = {**printed.POLICY_REQUEST, "control_id": control["id"]}
    policy = fits(admin.post("/api/v1/ai/generate/policy", json=body), 200, printed.POLICY)["data"]
    assert policy["format"] == "markdown"
    assert policy["content"].startswith("# Security Policy")
    assert "Your Company" in policy["content"]


def test_webhooks_are_delivered_signed(admin):
    with receiver() as hook:
        body = {**printed.WEBHOOK_REQUEST, "url": hook.url, "secret": "your_webhook_secret"}
        webhook = fits(admin.post("/api/v1/webhooks", json=body), 201, printed.WEBHOOK)["data"]
        project = new_project(admin)
        upload(admin, project, control_of(admin, project))
        wait_until(lambda: len(hook.received) == 2)
    for headers, raw in hook.received:
        secret = hmac.new(b"your_webhook_secret", raw, hashlib.sha256).hexdigest()
        assert headers["x-studio-signature"] == f"sha256={secret}"
        assert Webhook(b"your_webhook_secret").verify(raw, headers)
        assert headers["x-studio-event"] == json.loads(raw)["event"]
    by_name = {json.loads(raw)["event"]: json.loads(raw) for _, raw in hook.received}
    assert differences(printed.EVIDENCE_UPLOADED, by_name["evidence.uploaded"]) == []
    assert set(by_name["evidence.uploaded"]) == {"event", "timestamp", "data"}
    assert by_name["project.created"]["data"]["project"]["id"] == project["id"]
    admin.delete(f"/api/v1/webhooks/{webhook['id']}")


def test_pagination_filters_and_search(admin):
    project = new_project(admin)
    query = {"page": 1, "limit": 10, "sort": "created_at", "order": "desc", "search": project["name"]}
    data = admin.get("/api/v1/projects", params={**query, "search_fields": "name,description"}).json()["data"]
    assert [each["id"] for each in data["projects"]] == [project["id"]]
    for query in (
        {"framework": "soc2", "status": "active", "created_after": "2020-01-01T00:00:00Z"},
        {"created_before": "2020-01-01T00:00:00Z"},
    ):
        assert admin.get("/api/v1/projects", params=query).status_code == 200


def test_errors(admin):
    wrong = admin.post("/api/v1/users", json={**printed.USER_REQUEST, "email": "not-an-address"})
    details = fits(wrong, 400, printed.ERROR)["error"]["details"]
    assert details["field"] == "email"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/projects/proj_00000000000000000000000000", 404, "NOT_FOUND"),
        ("GET", "/api/v1/nothing", 404, "NOT_FOUND"),
        ("PATCH", "/api/v1/auth/login", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_error_codes(admin, method, path, status, code):
    answer = admin.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_rate_limit_headers_are_on_every_answer(admin):
    for path in ("/api/v1/projects", "/api/v1/nothing", "/health"):
        headers = admin.get(path).headers
        assert int(headers["x-ratelimit-limit"]) == 1000
        assert int(headers["x-ratelimit-remaining"]) <= 1000
        assert int(headers["x-ratelimit-reset"]) > 1_700_000_000


def test_the_openapi_document_validates_and_is_complete(admin):
    from openapi_spec_validator import validate

    document = admin.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    validate(document)
    for path in (
        "/oauth/token",
        "/api/v1/projects/{project_id}",
        "/api/v1/evidence/{evidence_id}/file",
        "/api/v1/webhooks",
    ):
        assert path in document["paths"]

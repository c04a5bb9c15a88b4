"""The Python client against a running server: the API reference's examples and the whole main job."""

from __future__ import annotations

import asyncio
import io
import threading
from datetime import UTC, datetime

import pytest
import studio_platform
from standardwebhooks import Webhook
from studio_platform import AsyncStudioAPI, ClientCredentials, Retries, StudioAPI, Tokens, webhooks
from support.receiver import receiver
from support.server import EMAIL, PASSWORD, wait_until

POLICY = b"# Security policy\n\nEverybody locks their screen.\n" * 50


@pytest.fixture
def project(api):
    return api.projects.create(name="ISO 27001 Certification", framework="soc2")


def control_of(api, project):
    return api.projects.controls.list(project.id, limit=1)[0]


def test_calls_as_printed(server, api):
    key = api.api_keys.create(name="My Application", scopes=["read", "write"]).api_key
    project = api.projects.create(name="Printed", framework="soc2")
    control = api.projects.get(project.id).controls[0]
    api = StudioAPI(base_url=server.base, api_key=key)
    projects = api.projects.list()
    assert project.id in [each.id for each in projects]
    evidence = api.evidence.create(
        title="Security Policy", file=io.BytesIO(POLICY), control_id=control.id, project_id=project.id
    )
    assert (evidence.status, evidence.file_size) == ("pending", len(POLICY))
    api.close()


def test_the_main_job(server, api, project, tmp_path):
    password = "a-long-one-for-the-reviewer"
    reviewer = api.users.create(email="sdk-reviewer@example.org", name="Reviewer", role="auditor", password=password)
    api.projects.members.add(project.id, user_id=reviewer.id, role="auditor")
    control = control_of(api, project)
    (tmp_path / "policy.md").write_bytes(POLICY)
    gone = []
    evidence = api.evidence.create(
        title="Policy",
        file=tmp_path / "policy.md",
        project_id=project.id,
        control_id=control.id,
        tags=["policy", "sdk"],
        valid_until=datetime(2031, 1, 1, tzinfo=UTC),
        progress=lambda done, total: gone.append((done, total)),
    )
    assert gone[-1] == (len(POLICY), len(POLICY))
    assert evidence.valid_until == datetime(2031, 1, 1, tzinfo=UTC)
    assert sorted(evidence.tags) == ["policy", "sdk"]
    with StudioAPI(base_url=server.base).login("sdk-reviewer@example.org", password) as other:
        review = other.evidence.reviews.create(evidence.id, decision="approve", score=92)
    assert review.decision == "approve"
    assert api.compliance.score(project_id=project.id).overall_score > 0
    answer = api.ai.chat(message="What evidence do I need?", context={"control_id": control.id})
    assert control.number in answer.message
    saved = api.evidence.download(evidence.id).save(tmp_path / "back.md")
    assert saved.read_bytes() == POLICY
    assert [file.name for file in tmp_path.iterdir() if file.suffix == ".part"] == []


def test_a_title_keeps_its_quotation_marks(server, api, project):
    titles = ['"Acceptable use" and "Clear desk"', '""', '"', 'The "Clear desk"']
    facts = {"file": POLICY, "file_name": "policy.md", "project_id": project.id}
    assert [api.evidence.create(title=title, **facts).title for title in titles] == titles

    async def run():
        async with AsyncStudioAPI(server.base) as other:
            await other.login(EMAIL, PASSWORD)
            return (await other.evidence.create(title=titles[0], **facts)).title

    assert asyncio.run(run()) == titles[0]


def test_lists_go_on_by_cursor(api, project):
    names = {f"Milestone {number}" for number in range(7)}
    for name in names:
        api.projects.milestones.create(project.id, name=name, due_date="2031-01-01T00:00:00Z")
    page = api.projects.milestones.list(project.id, limit=3, sort="created_at", order="asc")
    assert (len(page), page.pagination.total) == (3, 7)
    assert {each.name for each in page.all()} == names


def test_errors_tell_field_and_request(api):
    with pytest.raises(studio_platform.InvalidRequest) as refused:
        api.users.create(email="not-an-address", name="X", role="customer", password="long-enough-it-is")
    assert refused.value.details["field"] == "email"
    assert refused.value.request_id.startswith("req_")
    with pytest.raises(studio_platform.NotFound):
        api.projects.get("proj_00000000000000000000000000")
    with pytest.raises(ValueError, match=r"projects\.read needs an id"):
        api.projects.get("")


def test_a_change_of_something_that_moved_on_is_refused(api, project):
    with pytest.raises(studio_platform.PreconditionFailed):
        api.projects.update(project.id, name="Mine", if_match='"another"')


def test_a_client_that_acts_for_itself(server, api):
    made = api.oauth_clients.create(name="Machine", grant_types=["client_credentials"], scopes=["read", "write"])
    with StudioAPI(server.base, auth=ClientCredentials(made.client_id, made.client_secret)) as machine:
        assert machine.projects.list().pagination.total >= 0


def test_an_ended_access_token_is_renewed_once_for_all_threads(server, api):
    tokens = api.auth.login(email=EMAIL, password=PASSWORD).tokens
    with StudioAPI(server.base, auth=Tokens("eyJ.not.valid", tokens.refresh_token)) as client:
        emails = []
        threads = [threading.Thread(target=lambda: emails.append(client.users.me().email)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert emails == [EMAIL] * 6


REFRESH, TOKEN = "/api/v1/auth/refresh", "/oauth/token"


def test_a_lost_answer_to_a_renewal_costs_no_session(api, losing):
    tokens = Tokens("eyJ.not.valid", api.auth.login(email=EMAIL, password=PASSWORD).tokens.refresh_token)
    with losing(REFRESH) as (url, lost), StudioAPI(url, auth=tokens, retries=Retries(first=0.01)) as client:
        assert client.users.me().email == EMAIL
        assert len(lost) == 1
        client.auth.refresh(refresh_token=tokens.refresh_token)


def test_a_renewal_that_got_no_answer_at_all_goes_on_with_its_key(api, losing):
    tokens = Tokens("eyJ.not.valid", api.auth.login(email=EMAIL, password=PASSWORD).tokens.refresh_token)
    with losing(REFRESH, 2) as (url, lost), StudioAPI(url, auth=tokens, retries=Retries(2, first=0.01)) as client:
        with pytest.raises(studio_platform.ConnectionFailed):
            client.users.me()
        assert client.users.me().email == EMAIL
    assert lost[0] == lost[1] != ""


def test_a_machine_gets_new_tokens_though_an_answer_was_lost(api, losing):
    made = api.oauth_clients.create(name="Machine", grant_types=["client_credentials"], scopes=["read"])
    auth = ClientCredentials(made.client_id, made.client_secret, "read")
    with losing(TOKEN) as (url, lost), StudioAPI(url, auth=auth, retries=Retries(first=0.01)) as machine:
        assert machine.projects.list().pagination.total >= 0
        earlier, auth._until = auth.headers(), 0.0
        assert machine.projects.list().pagination.total >= 0
    assert len(lost) == 1
    assert auth.headers() != earlier


def test_a_lost_answer_to_a_renewal_costs_no_session_with_asyncio(api, losing):
    tokens = Tokens("eyJ.not.valid", api.auth.login(email=EMAIL, password=PASSWORD).tokens.refresh_token)

    async def run(url):
        async with AsyncStudioAPI(url, auth=tokens, retries=Retries(2, first=0.01)) as client:
            with pytest.raises(studio_platform.ConnectionFailed):
                await client.users.me()
            return (await client.users.me()).email

    with losing(REFRESH, 2) as (url, lost):
        assert asyncio.run(run(url)) == EMAIL
    assert lost[0] == lost[1] != ""


def test_asyncio(server):
    async def run():
        async with AsyncStudioAPI(server.base) as api:
            await api.login(EMAIL, PASSWORD)
            project = await api.projects.create(name="Async", framework="soc2")
            control = (await api.projects.controls.list(project.id, limit=1))[0]
            evidence = await api.evidence.create(
                title="Policy", file=POLICY, file_name="policy.md", project_id=project.id, control_id=control.id
            )
            download = await api.evidence.download(evidence.id)
            assert (download.file_name, await download.read()) == ("policy.md", POLICY)
            page = await api.projects.controls.list(project.id, limit=50)
            numbers = [each.number async for each in page.all()]
            assert len(numbers) == len(set(numbers)) == 61
            with pytest.raises(studio_platform.Conflict):
                await api.users.create(email=EMAIL, name="Twice", role="customer", password="long-enough-it-is")

    asyncio.run(run())


def test_what_the_platform_signs_is_verified_and_what_was_altered_is_not(api):
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    with receiver() as hook:
        webhook = api.webhooks.create(url=hook.url, events=["project.created"], secret=secret)
        project = api.projects.create(name="Told", framework="soc2")
        wait_until(lambda: hook.received)
        api.webhooks.delete(webhook.id)
    headers, body = hook.received[0]
    delivery = webhooks.verify(body, headers, secret)
    assert (delivery.event, delivery.data["project"]["id"]) == ("project.created", project.id)
    assert webhooks.verify_plain(body, headers["x-studio-signature"], secret)["event"] == "project.created"
    for altered in (body + b" ", body.replace(b"Told", b"Sold")):
        with pytest.raises(studio_platform.SignatureError):
            webhooks.verify(altered, headers, secret)
    with pytest.raises(studio_platform.SignatureError, match="too old"):
        webhooks.verify(body, headers, secret, tolerance=-1)


def test_what_others_sign_by_the_standard_is_verified_too():
    secret, body = (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        '{"event":"a.b","timestamp":"2026-01-01T00:00:00Z","data":{}}',
    )
    now = datetime.now(UTC)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp()))}
    headers["webhook-signature"] = "v1,bogus " + Webhook(secret).sign("msg_1", now, body)
    assert webhooks.verify(body.encode(), headers, secret).id == "msg_1"


def test_busy_answers_are_repeated_with_the_same_key_and_end_in_an_error(stumbling):
    with stumbling([503, 429, 201]) as (url, seen), StudioAPI(url, api_key="k", retries=Retries(first=0.01)) as api:
        assert api.projects.create(name="X", framework="soc2").id == "proj_1"
    assert len({headers["idempotency-key"] for headers in seen}) == 1
    assert len(seen) == 3
    with stumbling([503] * 9) as (url, seen):
        api = StudioAPI(url, api_key="k", retries=Retries(attempts=3, first=0.01))
        with api, pytest.raises(studio_platform.ServerError):
            api.projects.list()
    assert len(seen) == 3


def test_a_wait_that_is_too_long_is_told_instead(stumbling):
    with stumbling([429], retry_after="3600") as (url, seen):
        api = StudioAPI(url, api_key="k")
        with api, pytest.raises(studio_platform.RateLimited) as refused:
            api.projects.list()
    assert (refused.value.retry_after, len(seen)) == (3600.0, 1)


def test_nobody_there():
    api = StudioAPI("http://127.0.0.1:9", api_key="k", retries=Retries(attempts=2, first=0.01))
    with pytest.raises(studio_platform.ConnectionFailed):
        api.projects.list()
    machine = ClientCredentials("client", "secret")
    api = StudioAPI("http://127.0.0.1:9", auth=machine, retries=Retries(attempts=2, first=0.01))
    with pytest.raises(studio_platform.ConnectionFailed):
        api.projects.list()


def test_a_busy_platform_is_asked_for_tokens_again(stumbling):
    with stumbling([503, 401]) as (url, seen):
        api = StudioAPI(url, auth=ClientCredentials("client", "secret"), retries=Retries(first=0.01))
        with api, pytest.raises(studio_platform.Unauthorized):
            api.projects.list()
    assert seen[0]["idempotency-key"] == seen[1]["idempotency-key"]
    assert "authorization" not in seen[0]


def test_secrets_are_not_shown():
    api = StudioAPI("http://127.0.0.1:9", api_key="sk_live_secret")
    assert "sk_live_secret" not in repr(api) + repr(vars(api))


@pytest.fixture
def stumbling():
    """A real server that answers with the given statuses, one after the other."""
    import contextlib
    import json
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    @contextlib.contextmanager
    def run(statuses, retry_after="0"):
        left, seen = list(statuses), []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                seen.append({name.lower(): value for name, value in self.headers.items()})
                status = left.pop(0)
                body = json.dumps({"success": status < 300, "data": {"id": "proj_1"}, "error": {"code": "X"}}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                if status == 429:
                    self.send_header("Retry-After", retry_after)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST  # noqa: N815

            def log_message(self, *arguments):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()
        server.server_close()

    return run


def test_operations_that_the_client_does_not_know_are_called_by_their_path(server, api):
    made = api.call("POST", "/api/v1/projects", body={"name": "By path", "framework": "soc2"})
    assert api.call("GET", "/api/v1/projects/{}", made["id"])["name"] == "By path"
    (found,) = api.call("GET", "/api/v1/projects", query={"search": "By path", "limit": 1})["projects"]
    assert found["id"] == made["id"]

    async def rename():
        async with AsyncStudioAPI(server.base, auth=api._caller.auth) as further:
            await further.call("PATCH", "/api/v1/projects/{}", made["id"], body={"name": "Renamed"})
            return await further.call("DELETE", "/api/v1/projects/{}", made["id"])

    assert asyncio.run(rename())["success"] is True

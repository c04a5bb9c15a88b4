"""Two servers on one PostgreSQL and one Redis: what is revoked at one is refused at both within a second."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time

import httpx
import pytest
from support.server import EMAIL, PASSWORD, Server, free_port, serve, wait_until

from studio_kernel.testing import services


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two processes of one install; neither has any state of its own."""
    home = tmp_path_factory.mktemp("pair") / "home"
    with contextlib.ExitStack() as stack:
        settings = {
            "STUDIO_DATABASE_URL": stack.enter_context(services.postgresql()),
            "STUDIO_REDIS_URL": stack.enter_context(services.redis_server()),
            "STUDIO_PLUGINS_DISABLED": "projects,evidence,compliance,ai,webhooks",
            "STUDIO_AUTH_LOGIN_ATTEMPTS_ADDRESS": "1000",
        }
        first = stack.enter_context(serve(home, **settings))
        yield first, stack.enter_context(another(first))


@contextlib.contextmanager
def another(server):
    """A second ``studio serve`` with the first one's settings."""
    port = free_port()
    command = [sys.executable, "-m", "studio_kernel", "serve", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, **server.environment}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    second = Server(f"http://127.0.0.1:{port}", server.home, server.environment, process)
    try:
        wait_until(lambda: httpx.get(second.base + "/ready").status_code == 200)
        yield second
    finally:
        process.terminate()
        process.wait(20)


def log_in(server):
    body = {"email": EMAIL, "password": PASSWORD}
    return httpx.post(f"{server.base}/api/v1/auth/login", json=body, timeout=30).json()["data"]["tokens"]


def asked(server, headers):
    return httpx.get(f"{server.base}/api/v1/users/me", headers=headers, timeout=30).status_code


def refused_within_a_second(servers, headers, revoke):
    """Keep the answers warm in both, revoke, and watch both until they refuse."""
    assert [asked(each, headers) for each in servers] == [200, 200]
    assert [asked(each, headers) for each in servers] == [200, 200]
    revoke()
    done = time.monotonic()
    assert asked(servers[0], headers) == 401, "the process that revokes refuses at once"
    while asked(servers[1], headers) != 401:
        assert time.monotonic() - done < 1.0, "the other process still takes it after a second"
        time.sleep(0.02)


def test_a_logout_is_seen_by_both(pair):
    first, second = pair
    headers = {"Authorization": f"Bearer {log_in(second)['access_token']}"}
    refused_within_a_second(
        pair, headers, lambda: httpx.post(f"{first.base}/api/v1/auth/logout", headers=headers, timeout=30)
    )


def test_a_token_that_a_client_revokes_is_refused_by_both(pair):
    first, _ = pair
    with contextlib.closing(first.client()) as admin:
        client = admin.post(
            "/api/v1/oauth/clients",
            json={"name": "m", "grant_types": ["client_credentials"], "scopes": ["read"], "role": "admin"},
        ).json()["data"]
    proof = (client["client_id"], client["client_secret"])
    form = {"grant_type": "client_credentials"}
    token = httpx.post(f"{first.base}/oauth/token", data=form, auth=proof, timeout=30).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    def jobs(server):
        return httpx.get(f"{server.base}/api/v1/api-keys", headers=headers, timeout=30).status_code

    assert [jobs(each) for each in pair] == [200, 200]
    httpx.post(f"{first.base}/oauth/revoke", data={"token": token}, auth=proof, timeout=30)
    done = time.monotonic()
    assert jobs(pair[0]) == 401
    while jobs(pair[1]) != 401:
        assert time.monotonic() - done < 1.0
        time.sleep(0.02)


def test_a_deleted_key_is_refused_by_both(pair):
    first, _ = pair
    with contextlib.closing(first.client()) as admin:
        made = admin.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]}).json()
        headers = {"X-API-Key": made["api_key"]}
        refused_within_a_second(pair, headers, lambda: admin.delete(f"/api/v1/api-keys/{made['id']}"))


def test_a_disabled_account_is_refused_by_both(pair):
    first, second = pair
    with contextlib.closing(first.client()) as admin:
        body = {"email": "second@example.org", "name": "Second", "role": "viewer", "password": PASSWORD}
        user = admin.post("/api/v1/users", json=body).json()["data"]
        login = {"email": "second@example.org", "password": PASSWORD}
        tokens = httpx.post(f"{second.base}/api/v1/auth/login", json=login, timeout=30).json()["data"]["tokens"]
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        path = f"/api/v1/users/{user['id']}"
        refused_within_a_second(pair, headers, lambda: admin.put(path, json={"status": "disabled"}))


def test_a_refresh_token_that_was_used_at_one_is_used_at_both(pair):
    first, second = pair
    tokens = log_in(first)
    body = {"refresh_token": tokens["refresh_token"]}
    assert httpx.post(f"{first.base}/api/v1/auth/refresh", json=body, timeout=30).status_code == 200
    assert httpx.post(f"{second.base}/api/v1/auth/refresh", json=body, timeout=30).status_code == 401


def test_failed_logins_are_counted_together(pair):
    body = {"email": "guessed@example.org", "password": "wrong-password"}
    answers = [
        httpx.post(f"{pair[number % 2].base}/api/v1/auth/login", json=body, timeout=30).status_code
        for number in range(6)
    ]
    assert answers == [401] * 5 + [429]


def test_a_rotated_key_logs_nobody_out_at_either_and_a_leaked_one_stops_at_both(pair):
    first, second = pair
    headers = {"Authorization": f"Bearer {log_in(first)['access_token']}"}
    first.studio("keys", "rotate")
    fresh = {"Authorization": f"Bearer {log_in(second)['access_token']}"}
    assert [asked(each, shown) for each in pair for shown in (headers, fresh)] == [200] * 4
    first.studio("keys", "rotate", "--now")
    done = time.monotonic()
    while [asked(each, headers) for each in pair] != [401, 401]:
        assert time.monotonic() - done < 1.2
        time.sleep(0.02)

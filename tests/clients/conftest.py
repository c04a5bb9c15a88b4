"""A running server, a person with an account, and clients that others have written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from support.server import Server, serve

CALLBACK = "http://127.0.0.1:1/callback"


@pytest.fixture(scope="session", autouse=True)
def _insecure_transport() -> Iterator[None]:
    """The libraries ask for https, which a server on loopback hasn't."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        yield


@pytest.fixture(scope="session", params=["HS256", "EdDSA"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """``studio serve`` with only this plugin, signing with either kind of key."""
    settings = {"STUDIO_PLUGINS_DISABLED": "projects,evidence,compliance,ai,webhooks"}
    home = tmp_path_factory.mktemp("clients") / "home"
    with serve(home, STUDIO_AUTH_SIGNING_ALGORITHM=request.param, **settings) as running:
        yield running


@pytest.fixture(scope="session")
def register(server: Server) -> Any:
    """A function that registers a client; its id and secret."""

    def make(**changes: Any) -> dict[str, Any]:
        body = {
            "name": "Independent client",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "scopes": ["read", "write"],
            **changes,
        }
        with contextlib.closing(server.client()) as admin:
            answer = admin.post("/api/v1/oauth/clients", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    return make

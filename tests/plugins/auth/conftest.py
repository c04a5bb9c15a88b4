"""Fixtures of this folder: the plugin alone on the kernel, and a shorthand for logging in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from studio_kernel.testing.app import Client, StudioApp

PASSWORD = "password123"


@pytest.fixture
def studio(make_studio: Callable[..., StudioApp]) -> StudioApp:
    """The kernel with this plugin only, on SQLite."""
    return make_studio(plugins=["auth"])


@pytest.fixture(params=["sqlite", "postgresql"])
def either_studio(request: pytest.FixtureRequest, make_studio: Callable[..., StudioApp]) -> StudioApp:
    """The same on each database."""
    if request.param == "sqlite":
        return make_studio(plugins=["auth"])
    return make_studio(plugins=["auth"], database_url=request.getfixturevalue("postgres_url"))


@pytest.fixture
def add_user() -> Callable[..., dict[str, Any]]:
    """Make an account through the API; its data."""

    def add(studio: StudioApp, email: str = "person@example.org", role: str = "customer") -> dict[str, Any]:
        body = {"email": email, "name": "Some Person", "role": role, "password": PASSWORD}
        answer = studio.client("super_admin").post("/api/v1/users", json=body)
        assert answer.status_code == 201, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    return add


@pytest.fixture
def log_in() -> Callable[..., dict[str, Any]]:
    """Log in through the API; the tokens."""

    def log(studio: StudioApp, email: str = "person@example.org", password: str = PASSWORD) -> dict[str, Any]:
        answer = studio.anonymous.post("/api/v1/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()["data"]["tokens"]
        return tokens

    return log


@pytest.fixture
def bearer() -> Callable[[StudioApp, str], Client]:
    """A client that shows an access token."""
    return lambda studio, token: Client(studio, {"Authorization": f"Bearer {token}"})

"""A platform whose processes die, seen from the test's own process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from support.zygote import CONTROLS, platform_of

from studio_auth.api import Accounts
from studio_kernel.app import Platform

PASSWORD = "correct horse battery staple"


@dataclass
class Scene:
    """A project with people in it; ``settings`` let another process share its state."""

    platform: Platform
    settings: dict[str, Any]
    project_id: str
    uploader: str
    reviewer: str

    @property
    def controls(self) -> list[str]:
        """The controls of the project."""
        return [each.id for each in CONTROLS]

    def token(self, user_id: str) -> str:
        """An access token."""
        return Accounts(self.platform).issue_tokens(user_id)


MakeScene = Callable[..., Scene]


@pytest.fixture
def make_scene(tmp_path: Any) -> Iterator[MakeScene]:
    """A function that builds a :class:`Scene` with these settings."""
    made: list[Platform] = []

    def make(**settings: Any) -> Scene:
        from studio_kernel.security.principal import SYSTEM
        from studio_projects.service.projects import ProjectService

        shared = {"home": str(tmp_path / "home"), **settings}
        platform = platform_of(shared)
        made.append(platform)
        accounts = Accounts(platform)
        people = [accounts.create(f"{name}@example.org", name, "admin", PASSWORD) for name in ("uploader", "reviewer")]
        body = {"name": "Tiny", "description": "", "framework": "tiny", "frameworks": [], "milestones": []}
        project = ProjectService(platform).create(SYSTEM, {**body, "team_members": []})
        return Scene(platform, shared, project["id"], *people)

    yield make
    for platform in made:
        platform.close()

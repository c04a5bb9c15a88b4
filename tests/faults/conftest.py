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


def build_scene(settings: dict[str, Any]) -> Scene:
    """A fresh project with an uploader and a reviewer."""
    from studio_kernel.security.principal import SYSTEM
    from studio_projects.service.projects import ProjectService

    platform = platform_of(settings)
    accounts = Accounts(platform)
    people = [accounts.create(f"{name}@example.org", name, "admin", PASSWORD) for name in ("uploader", "reviewer")]
    body = {"name": "Tiny", "description": "", "framework": "tiny", "frameworks": [], "milestones": []}
    project = ProjectService(platform).create(SYSTEM, {**body, "team_members": []})
    return Scene(platform, settings, project["id"], *people)


def _making() -> Iterator[MakeScene]:
    made: list[Scene] = []

    def make(**settings: Any) -> Scene:
        made.append(build_scene(settings))
        return made[-1]

    yield make
    for scene in made:
        scene.platform.close()


@pytest.fixture
def make_scene(tmp_path: Any) -> Iterator[MakeScene]:
    """A function that builds a :class:`Scene` with these settings."""
    making = _making()
    make = next(making)
    yield lambda **settings: make(home=str(tmp_path / "home"), **settings)
    next(making, None)


@pytest.fixture(scope="module")
def make_module_scene() -> Iterator[MakeScene]:
    """The same for a whole module, which names the home."""
    yield from _making()

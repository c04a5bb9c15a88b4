"""Projects by themselves: kernel, accounts, this plugin and two small frameworks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from studio_kernel.frameworks import Category, Control, ExpectedEvidence, Framework
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo
from studio_kernel.testing.app import Client, MakeStudio, StudioApp

PLUGINS = ("auth", "projects")
NewProject = Callable[..., dict[str, Any]]


def framework(framework_id: str, controls: int) -> Framework:
    """A framework with that many controls in two categories."""
    return Framework(
        id=framework_id,
        name=framework_id.title(),
        version="1",
        description="A framework for tests.",
        categories=(Category("policy", "Policy"), Category("access", "Access")),
        controls=tuple(
            Control(
                framework_id=framework_id,
                number=f"{number:03d}",
                title=f"Control {number} of {framework_id}",
                description="What is asked for.",
                category="policy" if number % 2 else "access",
                priority="critical" if number == 1 else "medium",
                expected_evidence=(ExpectedEvidence("A policy"),),
            )
            for number in range(1, controls + 1)
        ),
    )


class SampleFrameworks:
    """A plugin that brings two frameworks."""

    info = PluginInfo(name="samples", version="1")

    @hookimpl
    def studio_frameworks(self) -> Sequence[Framework]:
        return (framework("sample", 6), framework("second", 3))


@pytest.fixture
def studio(make_studio: MakeStudio) -> StudioApp:
    """Accounts, projects and two frameworks, on SQLite."""
    return make_studio(plugins=PLUGINS, extra=[SampleFrameworks()])


@pytest.fixture
def admin(studio: StudioApp) -> Client:
    """An administrator."""
    return studio.client("admin")


@pytest.fixture
def new_project() -> NewProject:
    """A function that creates a project as a caller and answers it."""

    def create(caller: Client, **fields: Any) -> dict[str, Any]:
        body = {"name": "Assessment", "framework": "sample", **fields}
        answer = caller.post("/api/v1/projects", json=body)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()["data"]
        return created

    return create

"""A platform with the assistant, a small framework, and providers that misbehave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from studio_ai.api import Provider, Question, Reply
from studio_kernel.frameworks import Category, Control, ExpectedEvidence, Framework
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo
from studio_kernel.testing.app import Client, StudioApp

PLUGINS = ["auth", "projects", "evidence", "compliance", "ai"]
ACCESS = Control(
    "acme",
    "X1.1",
    "Access to Systems",
    "Access is granted by need.",
    "security",
    "critical",
    180,
    (
        ExpectedEvidence("Access Control Policy", "Rules for granting and removing access"),
        ExpectedEvidence("Access Reviews", "Results of each quarter's review"),
    ),
)
BARE = Control("acme", "X1.2", "Physical Entry", "Doors are locked.", "security")
ACME = Framework(
    "acme", "Acme Standard Type II", "3", "Rules of the house.", (Category("security", "Security"),), (ACCESS, BARE)
)
OTHER = Framework(
    "other",
    "ISO/IEC 99001:2022",
    "2022",
    "Another one.",
    (Category("policy", "Policy"),),
    (Control("other", "X1.1", "Policies for Everything", "Policies exist.", "policy"),),
)


@dataclass
class Echo:
    """Answers at once and cites what it was given, and one thing that it wasn't."""

    id: str = "echo"
    title: str = "Echo"
    needs_network: bool = True
    asked: list[Question] = field(default_factory=list)

    def answer(self, question: Question) -> Reply:
        self.asked.append(question)
        return Reply("Echo: " + question.message, (*(source.id for source in question.sources), "ev_invented"))


@dataclass
class Raising:
    """Fails with a text that nobody should see."""

    id: str = "raising"
    title: str = "Raising"
    needs_network: bool = True
    asked: int = 0

    def answer(self, question: Question) -> Reply:
        self.asked += 1
        raise RuntimeError("https://key:secret@example.org refused")


@dataclass
class Hanging:
    """Answers only once it is let go."""

    release: threading.Event = field(default_factory=threading.Event)
    id: str = "hanging"
    title: str = "Hanging"
    needs_network: bool = True
    asked: int = 0

    def answer(self, question: Question) -> Reply:
        self.asked += 1
        self.release.wait(60)
        return Reply("too late")


class Speechless:
    """Answers something that isn't a reply."""

    id = "speechless"
    title = "Speechless"
    needs_network = False

    def answer(self, question: Question) -> Any:
        return "just text"


@dataclass(eq=False)
class SamplePlugin:
    """Brings the frameworks and these providers."""

    providers: Sequence[Provider] = ()
    name: str = "samples"

    @property
    def info(self) -> PluginInfo:
        return PluginInfo(name=self.name, version="1", requires=("ai",))

    @hookimpl
    def studio_frameworks(self) -> tuple[Framework, ...]:
        return (ACME, OTHER) if self.name == "samples" else ()

    @hookimpl
    def studio_ai_providers(self, platform: Any) -> Sequence[Provider]:
        return self.providers


MakeAssistant = Callable[..., StudioApp]


@pytest.fixture
def make_assistant(make_studio: Any) -> MakeAssistant:
    """A function that builds a platform with these providers; ``settings`` are of the section ``ai``."""

    def make(*providers: Any, more: Sequence[Any] = (), **settings: Any) -> StudioApp:
        overrides = {f"ai.{name}": value for name, value in settings.items()}
        app: StudioApp = make_studio(
            plugins=PLUGINS, extra=[SamplePlugin(providers), *more], overrides=overrides, may_leave_out=True
        )
        return app

    return make


@pytest.fixture(scope="module")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioApp]:
    """Like ``app``, one for all tests of a module, none of which may mind what others made."""
    app = StudioApp(tmp_path_factory.mktemp("shared"), plugins=PLUGINS, extra=[SamplePlugin()])
    yield app
    app.close()


@pytest.fixture(scope="module")
def shared_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioApp]:
    """Like ``studio``, one for all tests of a module."""
    app = StudioApp(tmp_path_factory.mktemp("studio"))
    yield app
    app.close()


@pytest.fixture
def app(make_assistant: MakeAssistant) -> StudioApp:
    """With the built-in provider only."""
    return make_assistant()


@pytest.fixture
def client(app: StudioApp) -> Client:
    """An administrator."""
    return app.client("admin")


def chat(client: Client, message: str, provider: str | None = None, **context: Any) -> dict[str, Any]:
    """The data of an answer."""
    body: dict[str, Any] = {"message": message, "context": context}
    if provider is not None:
        body["provider"] = provider
    answer = client.post("/api/v1/ai/chat", json=body)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def new_project(client: Client, framework: str = "acme", **fields: Any) -> str:
    """The id of a fresh project."""
    body = {"name": "Assessment", "framework": framework, **fields}
    answer = client.post("/api/v1/projects", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["id"])


def upload_text(
    client: Client,
    project_id: str,
    title: str,
    text: str | bytes,
    *,
    control_id: str | None = ACCESS.id,
    file_name: str = "policy.md",
    media_type: str = "text/markdown",
) -> str:
    """The id of fresh evidence with this content."""
    fields = {"title": title, "project_id": project_id}
    if control_id is not None:
        fields["control_id"] = control_id
    body = text.encode() if isinstance(text, str) else text
    answer = client.post("/api/v1/evidence", data=fields, files={"file": (file_name, body, media_type)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["id"])

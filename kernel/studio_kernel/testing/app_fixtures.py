"""Fixtures with an application: ``studio``, and ``make_studio`` for one of a special make."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio_kernel.testing.app import StudioApp

MakeStudio = Callable[..., StudioApp]


@pytest.fixture
def make_studio(tmp_path: Path) -> Iterator[MakeStudio]:
    """A function that builds a :class:`StudioApp` with its own home; all are closed at the end."""
    made: list[StudioApp] = []
    numbers = itertools.count(1)

    def make(*, database_url: str = "", overrides: dict[str, Any] | None = None, **options: Any) -> StudioApp:
        wanted = dict(overrides or {})
        if database_url:
            wanted["database_url"] = database_url
        home = options.pop("home", None) or tmp_path / f"home{next(numbers)}"
        app = StudioApp(home, overrides=wanted, **options)
        made.append(app)
        return app

    yield make
    for app in made:
        app.close()


@pytest.fixture
def studio(make_studio: MakeStudio) -> StudioApp:
    """All installed plugins on SQLite."""
    return make_studio()

"""Fixtures with an application: ``studio``, and ``make_studio`` for one of a special make.

NOTE: pytest loads this wherever the kernel is installed, also where nothing is tested with it and the testing kit's own
requirements are missing. So the application is imported by those who ask for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from studio_kernel.testing.app import MakeStudio, StudioApp


@pytest.fixture
def make_studio(tmp_path: Path) -> Iterator[MakeStudio]:
    """A function that builds a :class:`StudioApp` with its own home; all are closed at the end."""
    from studio_kernel.testing.app import StudioApp

    made: list[StudioApp] = []
    numbers = itertools.count(1)

    def make(
        *, home: Path | None = None, database_url: str = "", overrides: dict[str, Any] | None = None, **options: Any
    ) -> StudioApp:
        wanted = dict(overrides or {})
        if database_url:
            wanted["database_url"] = database_url
        app = StudioApp(home or tmp_path / f"home{next(numbers)}", overrides=wanted, **options)
        made.append(app)
        return app

    yield make
    for app in made:
        app.close()


@pytest.fixture
def studio(make_studio: MakeStudio) -> StudioApp:
    """All installed plugins on SQLite."""
    return make_studio()

"""The kernel alone, with one small plugin."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def probe():
    """A fresh probe plugin."""
    from probe import ProbePlugin

    return ProbePlugin()


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request, make_studio, probe):
    """The probe on each database."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return make_studio(plugins=[], extra=[probe], database_url=url)

"""How the suite is shared out. The testing kit's fixtures come from its pytest plugin, installed with the kernel."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadFileScheduling

# What takes longest, longest first: begun first, and each test of these files by itself, so that no worker is left
# with them at the end while the others wait.
LONGEST = (
    "tests/contract/test_openapi_holds.py",
    "tests/contract/test_evidence_page.py",
    "tests/faults/test_evidence_kills.py",
    "tests/faults/test_delivery_kills.py",
    "tests/contract/test_matrix.py",
    "tests/plugins/thirdparty/test_wheels.py",
)
BY_THEMSELVES = LONGEST[:4]


class LongestFirst(LoadFileScheduling):
    """A file's tests stay with one worker, as they share what is slow to set up, except those of the longest."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return nodeid if file in BY_THEMSELVES else file


def pytest_xdist_make_scheduler(config, log):
    """Called by pytest-xdist, in the process that hands the tests out."""
    config.option.loadscopereorder = False
    return LongestFirst(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """After pytest-randomly has shuffled."""
    place = {file: number for number, file in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))

"""NIST's public OSCAL files, which lie beside the checkout and are not part of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REV4 = "NIST_SP-800-53_rev4_catalog-min.json"
REV5_HIGH = "NIST_SP-800-53_rev5_HIGH-baseline-resolved-profile_catalog-min.json"
REV5_HIGH_PROFILE = "NIST_SP-800-53_rev5_HIGH-baseline_profile-min.json"


def oscal_file(name: str) -> Path:
    """A file from the folder ``STUDIO_TEST_OSCAL``, or from ``shared/data/oscal`` beside a folder above this one."""
    given = os.environ.get("STUDIO_TEST_OSCAL")
    folders = [Path(given)] if given else [above / "shared" / "data" / "oscal" for above in Path(__file__).parents]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    pytest.skip(f"{name} is not at hand; name its folder in STUDIO_TEST_OSCAL")

"""What ``studio doctor`` looks at: who can administer, and the keys that sign tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from studio_auth.signing import KeyRing
from studio_kernel.clock import from_text
from studio_kernel.diagnosis import Diagnosis, Trouble
from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_OLDEST_KEY = timedelta(days=365)
_ADMINISTRATORS = Statement("SELECT COUNT(*) FROM users WHERE role = 'super_admin' AND status = 'active'")
_SIGNING = Statement("SELECT kid FROM auth_signing_keys WHERE ends_at IS NULL")


def diagnoses(platform: Platform) -> Sequence[Diagnosis]:
    """All of them."""
    return (
        Diagnosis("auth.administrators", lambda: look_at_administrators(platform)),
        Diagnosis("auth.signing_keys", lambda: look_at_signing_keys(platform)),
    )


def look_at_administrators(platform: Platform) -> Trouble | None:
    """Nobody could make or change an administrator."""
    if platform.database.value(_ADMINISTRATORS):
        return None
    return Trouble(
        "no active account has the role super_admin",
        "make one by `studio init --admin-email …` or `studio users set-role ACCOUNT super_admin`",
    )


def look_at_signing_keys(platform: Platform) -> Trouble | None:
    """A key that can't be read any more, or that signs for too long."""
    signing = [key for key in platform.shared(KeyRing).all() if not key.ends_at]
    if not signing and platform.database.rows(_SIGNING):
        return Trouble(
            "no key that signs access tokens can be read: they were sealed with another STUDIO_SECRET_KEY",
            "set the right key; if it is lost, `studio keys rotate --now`",
            serious=True,
        )
    if not signing or platform.clock() - from_text(signing[0].created_at) <= _OLDEST_KEY:
        return None
    days = (platform.clock() - from_text(signing[0].created_at)).days
    return Trouble(f"the key that signs access tokens is {days} days old", "`studio keys rotate`; nobody notices")

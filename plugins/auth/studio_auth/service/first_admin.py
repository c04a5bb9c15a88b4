"""The first administrator of a fresh install."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from studio_auth import queries
from studio_auth.emails import checked_email
from studio_auth.service.sessions import Sessions
from studio_auth.service.throttle import Throttle
from studio_auth.service.users import Users, new_password
from studio_kernel.app import Platform
from studio_kernel.errors import ConfigurationError
from studio_kernel.security.principal import SYSTEM

DEFAULT_EMAIL = "admin@studio.local"
PASSWORD_FILE = "initial-admin-password"  # noqa: S105 - a file's name


def create_first_admin(platform: Platform, email: str, password: str) -> Sequence[str]:
    """Make the first ``super_admin`` where no account exists; lines for the operator.

    Without a password one is made and kept in a file that only its owner can read.
    """
    if platform.database.value(queries.ANY_USER) is not None:
        return ()
    email = checked_email(email or DEFAULT_EMAIL, "admin-email")
    users = Users(platform, Sessions(platform), Throttle(platform))
    chosen = password or new_password()
    with platform.database.transaction():
        platform.database.lock("auth.first-admin")
        if platform.database.value(queries.ANY_USER) is not None:
            return ()
        users.create(SYSTEM, email=email, name="Administrator", role="super_admin", password=chosen)
        lines = [f"Administrator: {email}"]
        if not password:
            lines.append(f"Password: in {_keep(platform.home / PASSWORD_FILE, chosen)}")
    return lines


def _keep(file: Path, password: str) -> Path:
    """Write the password to a file for its owner only, in place of an earlier one."""
    fresh = file.with_name(f".{file.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(password + "\n")
        fresh.replace(file)
    except OSError as error:
        raise ConfigurationError([f"{file}: can't be written: {error.strerror}"]) from error
    return file

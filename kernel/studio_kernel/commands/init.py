"""``studio init``"""

from __future__ import annotations

from collections.abc import Sequence

import click

from studio_kernel.app import Platform
from studio_kernel.commands.session import json_option, platform_session, show


@click.command()
@click.option("--admin-email", default="", help="Address of the first administrator.")
@click.option("--admin-password", default="", help="Their password; made and kept in a file when not given.")
@json_option
def init(admin_email: str, admin_password: str, as_json: bool) -> None:
    """Create a new install and its first administrator.

    Everything is kept under STUDIO_HOME (default ~/.studio). Nothing that exists is changed.
    """
    with platform_session("init") as platform:
        lines = initialise(platform, admin_email, admin_password)
        home = str(platform.home)
        show({"home": home, "messages": list(lines)}, as_json, lambda: "\n".join([f"Home: {home}", *lines]))


def initialise(platform: Platform, admin_email: str = "", admin_password: str = "") -> Sequence[str]:
    """Let every plugin fill a fresh install; what to tell the operator."""
    return platform.hooks.initialise(platform, admin_email, admin_password)

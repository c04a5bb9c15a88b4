"""``studio keys``"""

from __future__ import annotations

from typing import Any

import click

from studio_auth.signing import KeyRing, SigningKey
from studio_kernel.commands.session import json_option, platform_session, show, table


@click.group()
def keys() -> None:
    """List and rotate the keys that sign access tokens."""


@keys.command("list")
@json_option
def list_keys(as_json: bool) -> None:
    """List the keys that tokens are verified with, the newest first; never the keys themselves."""
    with platform_session("keys.list") as platform:
        found = [_shown(key) for key in platform.shared(KeyRing).all()]
    columns = ("kid", "algorithm", "use", "created_at", "ends_at")
    show(found, as_json, lambda: table(columns, [[key[name] or "" for name in columns] for key in found]))


@keys.command("rotate")
@click.option("--now", is_flag=True, help="Let earlier keys end now, as after a leak: all access tokens stop.")
@json_option
def rotate(now: bool, as_json: bool) -> None:
    """Sign with a new key from now on; earlier ones verify until the tokens they signed have expired."""
    with platform_session("keys.rotate") as platform:
        made = _shown(platform.shared(KeyRing).rotate(at_once=now))
    show(made, as_json, lambda: f"Tokens are signed with {made['kid']} ({made['algorithm']}) from now on")


def _shown(key: SigningKey) -> dict[str, Any]:
    use = "verifies" if key.ends_at else "signs"
    facts = {"kid": key.kid, "algorithm": key.algorithm, "use": use}
    return facts | {"created_at": key.created_at, "ends_at": key.ends_at or None}

"""``studio secret-key``"""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from studio_kernel.commands.session import audited, json_option, platform_session, show, table

if TYPE_CHECKING:
    from pathlib import Path

    from studio_kernel.app import Platform
    from studio_kernel.security.sealed import Seals

_RESTART = "Restart every process of this install now"


@click.group("secret-key")
def secret_key() -> None:
    """Change the key that secrets in the database are sealed with, without stopping anything."""


@secret_key.command("status")
@json_option
def status(as_json: bool) -> None:
    """How many values each key has sealed. Exit code 1 when no key here opens some of them."""
    from studio_kernel.security.sealed import count_seals

    with _all_that_is_sealed("status") as (platform, unknown):
        _tell(count_seals(platform), as_json, [f"{len(platform.accepted_keys)} further keys are accepted."], unknown)


@secret_key.command("add")
@json_option
def add(as_json: bool) -> None:
    """First: make a key that everybody accepts, and nobody uses yet."""

    def change(keys: list[str]) -> list[str]:
        if len(keys) > 1:
            raise click.ClickException("a change of the key is under way: go on with `use`, or end it with `retire`")
        return [*keys, secrets.token_urlsafe(48)]

    _change_file("add", change, as_json, f"{_RESTART}, then go on with `studio secret-key use`.")


@secret_key.command("use")
@json_option
def use(as_json: bool) -> None:
    """Second: seal with the key that was added, from now on; the earlier one is still accepted."""

    def change(keys: list[str]) -> list[str]:
        if len(keys) < 2:
            raise click.ClickException("there is no key to go over to: begin with `studio secret-key add`")
        return [keys[-1], *keys[:-1]]

    _change_file("use", change, as_json, f"{_RESTART}, then go on with `studio secret-key retire`.")


@secret_key.command("reseal")
@json_option
def reseal(as_json: bool) -> None:
    """Seal with the first key what an accepted one has sealed. May be interrupted, and repeated."""
    from studio_kernel.security.sealed import reseal as seal_anew

    with _all_that_is_sealed("reseal") as (platform, unknown):
        _tell(seal_anew(platform), as_json, ["All that could be read is sealed with the first key."], unknown)


@secret_key.command("retire")
@click.option(
    "--without-plugin", "without", multiple=True, metavar="NAME",
    help="Give up what a plugin has sealed that can't be loaded; may be repeated.",
)  # fmt: skip
@json_option
def retire(without: tuple[str, ...], as_json: bool) -> None:
    """Third: seal everything anew, and accept the earlier key no longer. May be interrupted, and repeated.

    What disabled plugins have sealed is sealed anew too. With tables of a plugin that can't be loaded nothing is done.
    """
    from studio_kernel.security.sealed import reseal as seal_anew
    from studio_kernel.security.secrets import write_keys

    with _all_that_is_sealed("retire") as (platform, unknown):
        file = _key_file(platform)
        if needed := [name for name in unknown if name not in without]:
            raise click.ClickException(_unknown(needed) + "; or give it up by --without-plugin")
        found = seal_anew(platform)
        if not any(seals.unreadable for seals in found):
            write_keys(file, [platform.secret_key])
        done = "The earlier key is accepted no longer." if platform.accepted_keys else "There is no earlier key."
        _tell(found, as_json, [done], [])


@contextlib.contextmanager
def _all_that_is_sealed(action: str) -> Iterator[tuple[Platform, list[str]]]:
    """Storage with the tables of every installed plugin, disabled ones too, and the plugins whose tables nobody knows.

    A database that is newer than the program is refused: it may have more that is sealed.
    """
    from studio_kernel.app import open_as_it_is
    from studio_kernel.security.sealed import unknown_owners
    from studio_kernel.storage.migrations import pending

    with open_as_it_is() as platform:
        pending(platform.database, platform.steps)
        with audited(f"secret-key.{action}", platform):
            yield platform, unknown_owners(platform)


def _unknown(names: Sequence[str]) -> str:
    return (
        f"the plugins {', '.join(names)} have tables here and can't be loaded, so nobody knows what they have sealed: "
        "install them as they were (see `studio plugins list`)"
    )


def _change_file(action: str, change: Callable[[list[str]], list[str]], as_json: bool, then: str) -> None:
    from studio_kernel.audit.keys import keep_keys
    from studio_kernel.security.secrets import read_keys, write_keys

    with platform_session(f"secret-key.{action}") as platform:
        file = _key_file(platform)
        keys = change(read_keys(file))
        if not platform.settings.kernel.audit_keys.get_secret_value():
            # NOTE: the keys of the audit log's seal may follow from the key, and have to outlive it.
            keep_keys(platform.home, platform.audit.keys)
        write_keys(file, keys)
    show({"file": str(file), "keys": len(keys)}, as_json, lambda: then)


def _key_file(platform: Platform) -> Path:
    if platform.settings.kernel.secret_key.get_secret_value():
        raise click.ClickException(
            "the key is a setting: put the new one into STUDIO_SECRET_KEYS_ACCEPTED and restart; then exchange it with "
            "STUDIO_SECRET_KEY and restart; then run `studio secret-key reseal`, and take the earlier one out"
        )
    return platform.home / "secret.key"


def _tell(found: Sequence[Seals], as_json: bool, last: list[str], unknown: Sequence[str]) -> None:
    rows = [(each.table, each.column, each.anew, each.earlier, each.unreadable) for each in found]
    headings = ("TABLE", "COLUMN", "FIRST KEY", "ACCEPTED KEY", "NO KEY")
    show([asdict(each) for each in found], as_json, lambda: "\n".join([table(headings, rows), *last]))
    if unknown:
        raise click.ClickException(_unknown(unknown))
    if any(each.unreadable for each in found):
        sys.exit(1)

"""``studio users``"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import orjson

from studio_auth.commands.accounts import find_account
from studio_auth.queries import USER_LISTING
from studio_auth.service.privacy import Privacy
from studio_auth.service.sessions import Sessions
from studio_auth.service.throttle import Throttle
from studio_auth.service.users import Users, new_password, user_of
from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_kernel.http.listing import parse_list_request
from studio_kernel.security.permissions import ACCOUNT_ROLES
from studio_kernel.security.principal import SYSTEM

_ROLE = click.Choice(ACCOUNT_ROLES)
_PASSWORD_VARIABLE = "STUDIO_USER_PASSWORD"  # noqa: S105 - where one may stand


def _take(context: click.Context, option: click.Parameter, value: str) -> str:
    """The password; its variable is no setting, and is taken away before the settings look for misspelt ones."""
    os.environ.pop(_PASSWORD_VARIABLE, None)
    return value


_password_option = click.option(
    "--password", envvar=_PASSWORD_VARIABLE, show_envvar=True, default="", callback=_take,
    help="Made and printed when not given; - asks for it.",
)  # fmt: skip


@click.group()
def users() -> None:
    """List, create and change accounts, as the operator of this machine."""


@users.command("create")
@click.argument("email")
@click.option("--name", default="", help="Display name; the address when not given.")
@click.option("--role", type=_ROLE, default="customer", show_default=True, help="Account role.")
@_password_option
@json_option
def create(email: str, name: str, role: str, password: str, as_json: bool) -> None:
    """Create an account."""
    chosen = _chosen(password)
    with _service("users.create") as service:
        user = service.create(SYSTEM, email=email, name=name or email, role=role, password=chosen)
    made = "" if password else chosen
    shown = _shown(user) | ({"password": made} if made else {})
    show(shown, as_json, lambda: f"{user['id']}  {user['email']}" + (f"\nPassword: {made}" if made else ""))


@users.command("list")
@click.option("--role", type=_ROLE, default=None, help="Only accounts of this role.")
@click.option("--status", type=click.Choice(["active", "disabled"]), default=None, help="Only accounts in this state.")
@json_option
def list_users(role: str | None, status: str | None, as_json: bool) -> None:
    """List accounts, by address."""
    filters = {name: value for name, value in (("role", role), ("status", status)) if value}
    with _service("users.list") as service:
        found = list(_all(service, filters))
    columns = ("id", "email", "name", "role", "status")
    show(
        [_shown(user) for user in found],
        as_json,
        lambda: table(columns, [[user[name] for name in columns] for user in found]),
    )


@users.command("disable")
@click.argument("account")
@json_option
def disable(account: str, as_json: bool) -> None:
    """Disable an account, by address or id; its tokens and keys stop at once."""
    _change("users.disable", account, {"status": "disabled"}, as_json)


@users.command("enable")
@click.argument("account")
@json_option
def enable(account: str, as_json: bool) -> None:
    """Let a disabled account log in again."""
    _change("users.enable", account, {"status": "active"}, as_json)


@users.command("set-role")
@click.argument("account")
@click.argument("role", type=_ROLE)
@json_option
def set_role(account: str, role: str, as_json: bool) -> None:
    """Give an account another role."""
    _change("users.set-role", account, {"role": role}, as_json)


@users.command("reset-password")
@click.argument("account")
@_password_option
@json_option
def reset_password(account: str, password: str, as_json: bool) -> None:
    """Set a new password for an account; all its sessions end."""
    chosen = _chosen(password)
    with _service("users.reset-password") as service:
        user = find_account(service, account)
        service.reset_password(user["id"], chosen)
    made = "" if password else chosen
    shown = {"id": user["id"], "email": user["email"]} | ({"password": made} if made else {})
    show(shown, as_json, lambda: f"New password for {user['email']}" + (f": {made}" if made else " is set"))


@users.command("reset-token")
@click.argument("account")
@json_option
def reset_token(account: str, as_json: bool) -> None:
    """Print a one-time token with which an account's owner sets a new password."""
    with _service("users.reset-token") as service:
        user = find_account(service, account)
        token, ends = service.issue_reset(SYSTEM, user["id"])
    shown = {"id": user["id"], "email": user["email"], "reset_token": token, "expires_at": ends}
    show(shown, as_json, lambda: f"{token}\nGood once, until {ends}, at /oauth/password")


@users.command("reset-second-factor")
@click.argument("account")
@json_option
def reset_second_factor(account: str, as_json: bool) -> None:
    """Turn an account's second factor off, after a device was lost; its sessions end."""
    with _service("users.reset-second-factor") as service:
        user = find_account(service, account)
        service.remove_second_factor(SYSTEM, user["id"])
    shown = {"id": user["id"], "email": user["email"], "second_factor": "off"}
    show(shown, as_json, lambda: f"{user['email']}: second factor off")


@users.command("export-data")
@click.argument("account")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write.")
@json_option
def export_data(account: str, out: Path, as_json: bool) -> None:
    """Write all that the platform holds of a person, as JSON, to a file that only you can read."""
    with platform_session("users.export-data") as platform:
        service = Users(platform, Sessions(platform), Throttle(platform))
        user = find_account(service, account)
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, 0o600)
            stream.writelines(Privacy(platform, service).export(SYSTEM, user["id"]))
    show({"id": user["id"], "file": str(out)}, as_json, lambda: f"Wrote {out}")


@users.command("erase")
@click.argument("account")
@click.option("--confirm", prompt="This can't be undone. Repeat the address (or id)", help="ACCOUNT once more.")
@json_option
def erase(account: str, confirm: str, as_json: bool) -> None:
    """Erase a person, by address or, once the account is deleted, by id: name, address, credentials, conversations.

    What the organisation must keep, such as who approved what, stays under the account's id.
    """
    with platform_session("users.erase") as platform:
        service = Users(platform, Sessions(platform), Throttle(platform))
        user_id = find_account(service, account)["id"] if "@" in account else account
        counts = Privacy(platform, service).erase(SYSTEM, user_id, confirm, lambda percent: None)
    rows = "\n".join(f"{table}: {count}" for table, count in counts.items())
    show({"id": user_id, "rows": counts}, as_json, lambda: f"{rows}\n{user_id} is erased".lstrip())


@contextmanager
def _service(action: str) -> Iterator[Users]:
    with platform_session(action) as platform:
        yield Users(platform, Sessions(platform), Throttle(platform))


def _change(action: str, account: str, changes: dict[str, Any], as_json: bool) -> None:
    with _service(action) as service:
        user = service.update(SYSTEM, find_account(service, account)["id"], changes)
    show(_shown(user), as_json, lambda: f"{user['email']}: {user['role']}, {user['status']}")


def _all(service: Users, filters: dict[str, str]) -> Iterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        query = {"sort": "email", "order": "asc", "limit": "100", "cursor": cursor, **filters}
        page = service.list(parse_list_request(USER_LISTING, query))
        yield from (user_of(row) for row in page.rows)
        cursor = page.pagination["next_cursor"]


def _chosen(password: str) -> str:
    if password == "-":  # noqa: S105 - it asks for a prompt
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return password or new_password()


def _shown(user: dict[str, Any]) -> dict[str, Any]:
    return {**user, "preferences": orjson.loads(user["preferences"])}

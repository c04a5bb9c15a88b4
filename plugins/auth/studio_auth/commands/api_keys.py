"""``studio api-keys``"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
import orjson

from studio_auth.commands.accounts import owner_of
from studio_auth.queries import API_KEY_LISTING
from studio_auth.service.api_keys import ApiKeys, key_of
from studio_kernel.clock import parse_rfc3339, to_text
from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_kernel.errors import ValidationFailed
from studio_kernel.http.listing import parse_list_request
from studio_kernel.security.principal import Principal


@click.group("api-keys")
def api_keys() -> None:
    """Make, list, rotate and revoke API keys of accounts, as the operator of this machine."""


@api_keys.command("create")
@click.argument("account")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, default=("read",), show_default=True, help="May be repeated.")
@click.option("--expires-at", default="", help="When it ends, such as 2030-01-01T00:00:00Z; never when not given.")
@json_option
def create(account: str, name: str, scopes: tuple[str, ...], expires_at: str, as_json: bool) -> None:
    """Make a key for an account, by address or id; it is printed only now."""
    ends = _moment(expires_at) if expires_at else None
    with platform_session("api-keys.create") as platform:
        owner = owner_of(platform, account)
        key, secret = ApiKeys(platform).create(owner, name=name, scopes=scopes, expires_at=ends)
    show({**_shown(key), "api_key": secret}, as_json, lambda: f"{key['id']}\n{secret}")


@api_keys.command("list")
@click.argument("account")
@json_option
def list_keys(account: str, as_json: bool) -> None:
    """List the keys of an account; never the keys themselves."""
    with platform_session("api-keys.list") as platform:
        owner = owner_of(platform, account)
        found = [_shown(key) for key in _all(ApiKeys(platform), owner)]
    columns = ("id", "name", "prefix", "expires_at", "last_used_at")
    show(found, as_json, lambda: table(columns, [[key[name] or "" for name in columns] for key in found]))


@api_keys.command("rotate")
@click.argument("account")
@click.argument("key_id")
@json_option
def rotate(account: str, key_id: str, as_json: bool) -> None:
    """Give a key a new secret, which is printed only now; the old one stops at once."""
    with platform_session("api-keys.rotate") as platform:
        key, secret = ApiKeys(platform).rotate(owner_of(platform, account), key_id)
    show({**_shown(key), "api_key": secret}, as_json, lambda: f"{key['id']}\n{secret}")


@api_keys.command("revoke")
@click.argument("account")
@click.argument("key_id")
@json_option
def revoke(account: str, key_id: str, as_json: bool) -> None:
    """End a key, at once."""
    with platform_session("api-keys.revoke") as platform:
        ApiKeys(platform).revoke(owner_of(platform, account), key_id)
    show({"id": key_id, "revoked": True}, as_json, lambda: f"{key_id} is revoked")


def _all(keys: ApiKeys, owner: Principal) -> Iterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        query = {"sort": "created_at", "order": "asc", "limit": "100", "cursor": cursor}
        page = keys.list(owner, parse_list_request(API_KEY_LISTING, query))
        yield from (key_of(row) for row in page.rows)
        cursor = page.pagination["next_cursor"]


def _moment(text: str) -> str:
    try:
        return to_text(parse_rfc3339(text))
    except ValueError as error:
        raise ValidationFailed("expires-at", str(error)) from None


def _shown(key: dict[str, Any]) -> dict[str, Any]:
    return {**key, "scopes": orjson.loads(key["scopes"])}

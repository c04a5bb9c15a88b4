"""``studio sessions``"""

from __future__ import annotations

import click

from studio_auth.commands.accounts import owner_of
from studio_auth.queries import SESSION_LISTING
from studio_auth.service.sessions import Sessions
from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_kernel.http.listing import parse_list_request

_COLUMNS = ("id", "client_id", "address", "agent", "created_at", "expires_at")


@click.group()
def sessions() -> None:
    """List and end the sessions of accounts, as the operator of this machine."""


@sessions.command("list")
@click.argument("account")
@json_option
def list_sessions(account: str, as_json: bool) -> None:
    """List where an account is signed in, the newest first, at most a hundred."""
    with platform_session("sessions.list") as platform:
        page = Sessions(platform).list(
            owner_of(platform, account), parse_list_request(SESSION_LISTING, {"limit": "100"})
        )
    found = [dict(zip(_COLUMNS, (row[0], row[1], row[5], row[6], row[7], row[9]), strict=True)) for row in page.rows]
    show(found, as_json, lambda: table(_COLUMNS, [[each[name] for name in _COLUMNS] for each in found]))


@sessions.command("end")
@click.argument("account")
@click.argument("session_id", default="")
@json_option
def end(account: str, session_id: str, as_json: bool) -> None:
    """End one session of an account at once, or all of them when none is named."""
    with platform_session("sessions.end") as platform:
        owner, service = owner_of(platform, account), Sessions(platform)
        if session_id:
            service.end(owner.user_id, session_id)
        else:
            service.revoke_user(owner.user_id)
    what = session_id or "every session"
    show({"account": owner.user_id, "ended": session_id or "all"}, as_json, lambda: f"Ended {what} of {account}")

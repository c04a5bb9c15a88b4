"""``studio oauth-clients``"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from studio_auth.queries import CLIENT_LISTING
from studio_auth.service.oauth_clients import (
    CLIENT_ROLES,
    DEFAULT_OVERLAP,
    GRANT_TYPES,
    Client,
    OAuthClients,
    client_of,
    client_view,
)
from studio_auth.service.sessions import Sessions
from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_kernel.http.listing import parse_list_request
from studio_kernel.security.principal import SYSTEM


@click.group("oauth-clients")
def oauth_clients() -> None:
    """Register, list and delete OAuth clients, and give them new secrets."""


@oauth_clients.command("create")
@click.argument("name")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where codes may be sent; may be repeated.")
@click.option("--grant", "grants", multiple=True, type=click.Choice(GRANT_TYPES), help="May be repeated.")
@click.option("--scope", "scopes", multiple=True, default=("read",), show_default=True, help="May be repeated.")
@click.option("--public", is_flag=True, help="For a client that can't keep a secret; it must use PKCE.")
@click.option(
    "--role",
    type=click.Choice(CLIENT_ROLES),
    default="customer",
    show_default=True,
    help="Its account role when it acts for itself.",
)
@json_option
def create(
    name: str,
    redirect_uris: tuple[str, ...],
    grants: tuple[str, ...],
    scopes: tuple[str, ...],
    public: bool,
    role: str,
    as_json: bool,
) -> None:
    """Register a client; its secret is printed only now."""
    usual = ("authorization_code", "refresh_token") if redirect_uris else ("client_credentials",)
    with _service("oauth-clients.create") as service:
        client, secret = service.create(
            SYSTEM,
            name=name,
            redirect_uris=redirect_uris,
            grant_types=grants or usual,
            scopes=scopes,
            confidential=not public,
            role=role,
        )
    shown = {**client_view(client), "client_secret": secret or None}
    show(shown, as_json, lambda: f"client_id: {client.client_id}" + (f"\nclient_secret: {secret}" if secret else ""))


@oauth_clients.command("list")
@json_option
def list_clients(as_json: bool) -> None:
    """List clients, by name."""
    with _service("oauth-clients.list") as service:
        found = list(_all(service))
    show(
        [client_view(client) for client in found],
        as_json,
        lambda: table(
            ("id", "name", "grants", "scopes"),
            [(each.client_id, each.name, " ".join(each.grant_types), " ".join(each.scopes)) for each in found],
        ),
    )


@oauth_clients.command("rotate-secret")
@click.argument("client_id")
@click.option(
    "--overlap-hours",
    type=click.FloatRange(0, 720),
    default=DEFAULT_OVERLAP,
    show_default=True,
    help="How long the replaced secret is taken too; 0 after a leak.",
)
@json_option
def rotate_secret(client_id: str, overlap_hours: float, as_json: bool) -> None:
    """Give a client a new secret; it is printed only now."""
    with _service("oauth-clients.rotate-secret") as service:
        client, secret = service.rotate_secret(client_id, overlap_hours=overlap_hours)
    until = client.previous_secret_until
    shown = {**client_view(client), "client_secret": secret, "previous_secret_until": until}
    end = f"the earlier secret is taken until {until}" if until else "the earlier secret has stopped"
    show(shown, as_json, lambda: f"client_secret: {secret}\n{end}")


@oauth_clients.command("delete")
@click.argument("client_id")
@json_option
def delete(client_id: str, as_json: bool) -> None:
    """Delete a client; its tokens stop at once."""
    with _service("oauth-clients.delete") as service:
        service.delete(client_id)
    show({"id": client_id, "deleted": True}, as_json, lambda: f"{client_id} is deleted")


@contextmanager
def _service(action: str) -> Iterator[OAuthClients]:
    with platform_session(action) as platform:
        yield OAuthClients(platform, Sessions(platform))


def _all(service: OAuthClients) -> Iterator[Client]:
    cursor: str | None = ""
    while cursor is not None:
        query = {"sort": "name", "order": "asc", "limit": "100", "cursor": cursor}
        page = service.list(parse_list_request(CLIENT_LISTING, query))
        yield from (client_of(row) for row in page.rows)
        cursor = page.pagination["next_cursor"]

"""``studio webhooks``"""

from __future__ import annotations

import click

from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_webhooks import queries
from studio_webhooks.service import delivery_shown, webhook_shown


@click.group()
def webhooks() -> None:
    """List webhooks and their deliveries."""


@webhooks.command("list")
@json_option
def list_webhooks(as_json: bool) -> None:
    """Every webhook, oldest first; secrets are never shown."""
    with platform_session("webhooks.list") as platform:
        found = [webhook_shown(row) for row in platform.database.rows(queries.ALL_WEBHOOKS)]
    rows = [
        (
            each["id"],
            "yes" if each["active"] else "no",
            ",".join(each["events"]),
            each["url"],
            each["disabled_reason"] or "",
        )
        for each in found
    ]
    show(found, as_json, lambda: table(("ID", "ACTIVE", "EVENTS", "URL", "DISABLED BECAUSE"), rows))


@webhooks.command("deliveries")
@click.argument("webhook_id", default="")
@click.option("--state", type=click.Choice(queries.STATES), default=None, help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most.")
@json_option
def list_deliveries(webhook_id: str, state: str | None, limit: int, as_json: bool) -> None:
    """The latest deliveries, newest first, of one webhook or of all."""
    with platform_session("webhooks.deliveries") as platform:
        found = [
            delivery_shown(row)
            for row in platform.database.rows(
                queries.RECENT_DELIVERIES, webhook=webhook_id, state=state or "", limit=limit
            )
        ]
    names = ("id", "webhook_id", "event", "state", "attempts", "response_status", "next_attempt_at", "error")
    rows = [[each[name] if each[name] is not None else "" for name in names] for each in found]
    show(found, as_json, lambda: table([name.upper().replace("_", " ") for name in names], rows))

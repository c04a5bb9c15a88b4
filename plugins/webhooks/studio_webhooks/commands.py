"""``studio webhooks``"""

from __future__ import annotations

import click

from studio_kernel.clock import parse_rfc3339, to_text
from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_webhooks import queries
from studio_webhooks.service import Webhooks, delivery_shown, webhook_shown


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


@webhooks.command("test")
@click.argument("webhook_id")
@json_option
def test(webhook_id: str, as_json: bool) -> None:
    """Send a test event to a webhook, active or not. A running worker delivers it."""
    with platform_session("webhooks.test") as platform:
        made = Webhooks(platform).test(webhook_id)
    show(
        made, as_json, lambda: f"The delivery {made['id']} is on its way; see: studio webhooks deliveries {webhook_id}"
    )


class _Moment(click.ParamType[str]):
    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return to_text(parse_rfc3339(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@webhooks.command("replay")
@click.argument("delivery_id", default="")
@click.option("--webhook", "webhook_id", default="", help="In place of one delivery: all of this webhook, in a span.")
@click.option("--since", type=_Moment(), default=None, help="Where the span begins, such as 2024-01-15T10:30:00Z.")
@click.option("--until", type=_Moment(), default=None, help="Where it ends; now, when left out.")
@click.option(
    "--state",
    "states",
    type=click.Choice(queries.FINISHED),
    multiple=True,
    help="Only those in this state, several times for several; failed and exhausted, when left out.",
)
@click.option("--missed", is_flag=True, help="Also send events of that time that the webhook never got.")
@json_option
def replay(
    delivery_id: str,
    webhook_id: str,
    since: str | None,
    until: str | None,
    states: tuple[str, ...],
    missed: bool,
    as_json: bool,
) -> None:
    """Send a delivery again, or those of a span of time. A running worker does it."""
    if bool(delivery_id) == bool(webhook_id):
        raise click.UsageError("give either a delivery or --webhook")
    if webhook_id and since is None:
        raise click.UsageError("--webhook needs --since")
    with platform_session("webhooks.replay") as platform:
        service = Webhooks(platform)
        if delivery_id:
            shown = service.replay(delivery_id)
            text = f"{delivery_id} is {shown['state']}"
        else:
            span = {"since": since, "until": until, "states": states, "missed": missed}
            shown = service.replay_span(webhook_id, span)
            text = f"The job {shown['job_id']} replays; see: studio jobs list"
    show(shown, as_json, lambda: text)

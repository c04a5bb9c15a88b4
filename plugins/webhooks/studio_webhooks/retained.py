"""What this plugin deletes at an age."""

from __future__ import annotations

from collections.abc import Sequence

from studio_kernel.app import Platform
from studio_kernel.retention import Retention
from studio_webhooks import queries
from studio_webhooks.settings import WebhookSettings


def retention(platform: Platform) -> Sequence[Retention]:
    """Deliveries that succeeded or were given up, and those whose webhook is gone."""
    days = platform.settings.section(WebhookSettings).kept_days
    name = "webhooks.deliveries"
    return [Retention(name, "Finished deliveries", days, "webhooks.kept_days", queries.COUNT_OLD, queries.PRUNE)]

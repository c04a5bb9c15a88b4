"""What ``studio doctor`` looks at."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from studio_kernel.diagnosis import Trouble
from studio_webhooks.settings import WebhookSettings

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_WIDEST = {4: 8, 6: 16}


def look_at_networks(platform: Platform) -> Trouble | None:
    """Whoever may make a webhook would reach the inside of nearly any network."""
    for text in platform.settings.section(WebhookSettings).allowed_networks:
        network = ipaddress.ip_network(text)
        if network.prefixlen < _WIDEST[network.version]:
            return Trouble(
                f"STUDIO_WEBHOOKS_ALLOWED_NETWORKS has {text}: webhooks can be pointed at nearly everything inside",
                "name the networks of the receivers only",
            )
    return None

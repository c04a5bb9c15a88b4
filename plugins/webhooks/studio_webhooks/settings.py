"""Settings of the section ``webhooks``."""

from __future__ import annotations

import ipaddress
from typing import ClassVar

from pydantic import Field, field_validator

from studio_kernel.settings import Section


class WebhookSettings(Section):
    """How, how often and where to deliveries are sent."""

    section: ClassVar[str] = "webhooks"

    allowed_networks: tuple[str, ...] = Field(
        (), description="Networks inside which receivers may stand although they are not public, such as 10.1.0.0/16."
    )
    require_https: bool = Field(False, description="Refuse http:// URLs, save for receivers inside allowed_networks.")
    timeout_seconds: float = Field(
        15.0, gt=0, le=120, description="Seconds from connecting to the answer's status, all in all."
    )
    retry_seconds: tuple[float, ...] = Field(
        (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 36_000.0),
        description="Seconds before each retry; up to a fifth is added to each, so that receivers aren't overrun.",
    )
    retry_after_limit: float = Field(
        3600.0, ge=0, le=86_400, description="Longest wait in seconds that a receiver's Retry-After can ask for."
    )
    secret_overlap_hours: float = Field(
        24.0, ge=0, le=720, description="How long deliveries also carry the signature of a replaced secret."
    )
    concurrency: int = Field(
        128, ge=1, le=4096, description="Deliveries that one worker has under way at once, to all receivers together."
    )
    endpoint_concurrency: int = Field(
        8,
        ge=1,
        le=256,
        description="Deliveries under way at once to one webhook from one worker, at most a quarter of concurrency; "
        "from several workers together at most twice as many; one while it fails.",
    )
    disable_after_failures: int = Field(
        20, ge=1, le=1_000_000, description="Attempts that must have failed in a row before a webhook is switched off."
    )
    disable_after_hours: float = Field(
        72.0,
        ge=0,
        le=8760,
        description="Hours without any success before those failures switch the webhook off.",
    )
    kept_days: float = Field(30.0, gt=0, le=3650, description="Days after which finished deliveries are forgotten.")

    @field_validator("allowed_networks")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ipaddress.ip_network(network)
        return networks

    @field_validator("retry_seconds")
    @classmethod
    def _delays(cls, delays: tuple[float, ...]) -> tuple[float, ...]:
        if len(delays) > 20 or any(not 0 < delay <= 7 * 86_400 for delay in delays):
            raise ValueError("at most 20 delays, each above 0 and at most a week")
        return delays

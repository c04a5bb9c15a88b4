"""Checks a webhook of Studio Platform with ``pip install standardwebhooks``."""

from collections.abc import Mapping
from typing import Any

from standardwebhooks import Webhook


def event_of(secret: str, headers: Mapping[str, str], body: bytes) -> Any:
    """What the webhook tells; ``WebhookVerificationError`` when it isn't genuine."""
    key: str | bytes = secret if secret.startswith("whsec_") else secret.encode()
    return Webhook(key).verify(body, dict(headers))

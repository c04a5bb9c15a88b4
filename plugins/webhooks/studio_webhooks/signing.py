"""Secrets and signatures: Standard Webhooks v1, and one plain header for receivers without a library.

See https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
SHORTEST_KEY = 8
_KEY_BYTES = 32


def new_secret() -> str:
    """A fresh secret: ``whsec_`` and 256 random bits in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The bytes that sign. ``ValueError`` when a secret begins with ``whsec_`` and isn't base64 after it."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    material = secret.removeprefix(PREFIX)
    try:
        return base64.b64decode(material + "=" * (-len(material) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None


def standard_signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """``v1,`` and the base64 HMAC-SHA256 over ``id.timestamp.body``."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def plain_signature(key: bytes, body: bytes) -> str:
    """``sha256=`` and the hex HMAC-SHA256 of the body."""
    return "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()


def signed_headers(keys: Sequence[bytes], *, message_id: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """The headers that prove a delivery. ``keys``: today's first, then one that is being replaced, if any.

    ``timestamp`` is in epoch seconds. The plain header can carry only one signature: today's.
    """
    signatures = [standard_signature(key, message_id, timestamp, body) for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
        "X-Studio-Signature": plain_signature(keys[0], body),
    }

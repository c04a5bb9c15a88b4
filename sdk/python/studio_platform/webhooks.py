"""For receivers of webhooks: is this delivery from the platform, and fresh?"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from studio_platform.errors import SignatureError


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that holds. ``id`` is the same in every repetition of one event: use it to act only once."""

    id: str
    event: str
    timestamp: datetime
    data: Mapping[str, Any]


def verify(body: bytes, headers: Mapping[str, str], secret: str, *, tolerance: float = 300.0) -> Delivery:
    """Check a delivery by its Standard Webhooks headers; ``SignatureError`` says what doesn't hold.

    ``body`` must be the bytes as they came. ``tolerance`` is in seconds: an older delivery could be a replayed one.
    While a secret is being rotated a delivery carries a signature of each; one that holds is enough.
    """
    known = {name.lower(): value for name, value in headers.items()}
    try:
        delivery_id, sent = known["webhook-id"], known["webhook-timestamp"]
        signatures = known["webhook-signature"].split()
    except KeyError as error:
        raise SignatureError(f"The header {error.args[0]} is missing") from None
    if not sent.isdigit() or abs(time.time() - int(sent)) > tolerance:
        raise SignatureError("The delivery is too old, or its clock is wrong")
    expected = hmac.new(_key(secret), f"{delivery_id}.{sent}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(expected).decode()
    if not any(hmac.compare_digest(wanted.encode(), each.encode()) for each in signatures):
        raise SignatureError("No signature fits: the body was altered, or the secret is another")
    told = json.loads(body)
    return Delivery(delivery_id, told["event"], datetime.fromisoformat(told["timestamp"]), told["data"])


def verify_plain(body: bytes, signature: str, secret: str) -> Mapping[str, Any]:
    """Check a delivery by ``X-Studio-Signature`` alone; its body. This can't tell a replayed delivery."""
    expected = "sha256=" + hmac.new(_key(secret), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise SignatureError("The signature doesn't fit: the body was altered, or the secret is another")
    told: Mapping[str, Any] = json.loads(body)
    return told


def _key(secret: str) -> bytes:
    """Secrets that begin with ``whsec_`` are base64 key material; others are used as they are."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"))
    except binascii.Error as error:
        raise SignatureError("The secret begins with whsec_ but isn't base64") from error

"""What the URL of a webhook must look like."""

from __future__ import annotations

import re

import httpx

from studio_kernel.errors import ValidationFailed
from studio_webhooks.addresses import AddressGuard, AddressRefused

_PORTS = {"http": 80, "https": 443}
# Names that mean this machine or its network wherever they are asked for (RFC 6761, RFC 6762, ICANN's .internal).
_LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa", "localdomain")

# Host names as they are found in practice: RFC 1123 section 2.1, and underscores.
_HOST = re.compile(r"([a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?\Z", re.IGNORECASE)


def port_of(url: httpx.URL) -> int:
    """The port that a URL leads to."""
    return url.port or _PORTS[url.scheme]


def check_target(text: str, guard: AddressGuard) -> None:
    """Refuse a URL that deliveries must not go to; ``ValidationFailed`` says why.

    A host that can't be resolved now is let through: its name may be announced later, and each connection looks
    again.
    """
    url = _parse(text)
    host = url.raw_host.decode("ascii")
    try:
        guard.addresses(host, port_of(url), url.scheme)
    except AddressRefused as refusal:
        raise ValidationFailed("url", str(refusal)) from None
    except OSError:
        if _is_local(host):
            raise ValidationFailed("url", "Must name a host that is known outside your network") from None


def _is_local(host: str) -> bool:
    name = host.rstrip(".").lower()
    return any(name == each or name.endswith(f".{each}") for each in _LOCAL_NAMES) or "." not in name


def _parse(text: str) -> httpx.URL:
    if "\\" in text or any(character.isspace() for character in text):
        raise ValidationFailed("url", "Not a valid URL: no blanks and no backslashes")
    try:
        url = httpx.URL(text)
        port = url.port
    except (httpx.InvalidURL, ValueError, UnicodeError):
        raise ValidationFailed("url", "Not a valid URL") from None
    if url.scheme not in _PORTS:
        raise ValidationFailed("url", "Must begin with https:// or http://")
    if not url.raw_host:
        raise ValidationFailed("url", "Must name a host")
    host = url.raw_host.decode("ascii")
    if ":" not in host and (len(host) > 254 or not _HOST.match(host)):
        raise ValidationFailed("url", "Not a valid host name")
    if url.userinfo:
        raise ValidationFailed("url", "Must not contain a user name or password: deliveries are signed")
    if url.fragment or "#" in text:
        raise ValidationFailed("url", "Must not contain a fragment (#…)")
    if port is not None and not 1 <= port <= 65_535:
        raise ValidationFailed("url", "The port must lie between 1 and 65535")
    return url

"""From the proxy's header to a caller."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from studio_auth.api import Accounts
from studio_kernel.app import Platform
from studio_kernel.errors import StudioError, Unauthorized
from studio_kernel.security.principal import Credentials, Principal
from studio_proxy_login.settings import ProxyLoginSettings

# What a browser says of a request that a page of its own began, or that a person typed.
_OWN = ("same-origin", "none")


def authenticate(platform: Platform, credentials: Credentials) -> Principal | None:
    """The account that the proxy names; None where there is no such header, or no proxy is configured."""
    settings = platform.settings.section(ProxyLoginSettings)
    email = credentials.headers.get(settings.header.lower())
    if email is None or not settings.proxies:
        return None
    if not _is_within(credentials.peer, settings.proxies):
        raise Unauthorized(f"{settings.header} is not taken from this address")
    if credentials.headers.get("sec-fetch-site", "none") not in _OWN:
        raise Unauthorized("The request was begun by another site")
    if "," in email or "@" not in email:
        raise Unauthorized(f"{settings.header} must hold one email address")
    accounts = Accounts(platform)
    caller = accounts.caller(email, second_factor=True)
    if caller is None and settings.create:
        caller = _created(accounts, email, settings.role)
    if caller is None:
        raise Unauthorized("There is no account for this address")
    return caller


def _created(accounts: Accounts, email: str, role: str) -> Principal | None:
    """A new account without a password. One that is taken is a disabled one, and stays so."""
    try:
        accounts.create(email, email, role)
    except StudioError:
        return None
    return accounts.caller(email, second_factor=True)


def _is_within(address: str, networks: Sequence[Any]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)

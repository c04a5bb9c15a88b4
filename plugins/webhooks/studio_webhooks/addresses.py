"""Which addresses a delivery may be sent to (APPSEC: server-side request forgery).

The same guard looks when a webhook is created and again when a connection is made. What counts is always the
resolved address, so it makes no difference how a URL spells it: ``2130706433``, ``0177.1`` and ``localhost`` all
come out of the resolver as ``127.0.0.1``.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Sequence[str]]
"""From a host name and a port to addresses as text; raises ``OSError`` when there are none."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_TRANSITION = tuple(
    ipaddress.ip_network(text)
    for text in (
        "::/96",  # IPv4-compatible, RFC 4291 section 2.5.5.1, deprecated
        "64:ff9b:1::/48",  # NAT64 of a local network, RFC 8215
        "2001::/32",  # Teredo, RFC 4380
        "2002::/16",  # 6to4, RFC 3056
        "fec0::/10",  # site-local, RFC 3879
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
    )
)
_METADATA = tuple(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",  # most clouds
        "168.63.129.16",  # Azure's host, in public address space
        "100.100.100.200",  # Alibaba Cloud
        "192.0.0.192",  # Oracle Cloud
        "fd00:ec2::254",  # AWS
    )
)


class AddressRefused(Exception):
    """A receiver may not stand at that address; the text is for the caller and names no address that was found."""


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def effective(address: Address) -> Address:
    """The IPv4 address inside a mapped (RFC 4291) or NAT64 (RFC 6052) one, else the address itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet; ``address`` is an effective one."""
    if address in _METADATA or any(address in network for network in _TRANSITION):
        return False
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
    )


class AddressGuard:
    """Looks hosts up and lets only proper receivers pass.

    ``allowed`` are networks that the operator opened although they are not public.
    """

    def __init__(
        self,
        allowed: Sequence[str] = (),
        *,
        require_https: bool = False,
        resolver: Resolver = resolve,
        patience: float = 3.0,
    ) -> None:
        self._allowed: tuple[Network, ...] = tuple(ipaddress.ip_network(each) for each in allowed)
        self._require_https = require_https
        self._resolver = resolver
        self._patience = patience

    def addresses(self, host: str, port: int, scheme: str) -> list[str]:
        """Where ``host`` may be reached, at least one address, each checked.

        One forbidden address refuses the host: which of them a connection would take is not ours to guess.
        Raises :class:`AddressRefused`, or ``OSError`` when the name isn't known within the guard's patience.
        """
        return self._checked(self._look_up(host.rstrip("."), port), scheme)

    async def find(self, host: str, port: int, scheme: str) -> list[str]:
        """The same without blocking the loop; how long to wait is the caller's to say."""
        return self._checked(await self._asked(host.rstrip("."), port), scheme)

    def _checked(self, found: Sequence[str], scheme: str) -> list[str]:
        if not found:
            raise OSError("no address")
        for text in found:
            self.check(text, scheme)
        return list(found)

    def check(self, text: str, scheme: str) -> None:
        """Refuse an address that isn't public or allowed, or that plain HTTP may not go to."""
        try:
            address = effective(ipaddress.ip_address(text.partition("%")[0]))
        except ValueError:
            raise AddressRefused("Must name a host with an IP address") from None
        if any(address in network for network in self._allowed):
            return
        if not is_public(address):
            raise AddressRefused(
                "Must not lead to a private, loopback, link-local, reserved or metadata address; "
                "an operator can open a network with the setting webhooks.allowed_networks"
            )
        if self._require_https and scheme != "https":
            raise AddressRefused("Must begin with https://")

    def _look_up(self, host: str, port: int) -> Sequence[str]:
        """Ask the resolver, which has no time limit of its own, for as long as there is patience."""
        outcome: list[Sequence[str] | Exception] = []
        thread = threading.Thread(
            target=lambda: outcome.append(self._answer(host, port)), name="studio-resolve", daemon=True
        )
        thread.start()
        thread.join(self._patience)
        if not outcome:
            raise TimeoutError("the name was not resolved in time")
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        return outcome[0]

    async def _asked(self, host: str, port: int) -> Sequence[str]:
        """Ask the resolver in a thread of its own: one that hangs must not keep other names waiting."""
        with contextlib.suppress(ValueError):
            return [str(ipaddress.ip_address(host))]
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Sequence[str]] = loop.create_future()

        def take(answer: Sequence[str] | Exception) -> None:
            if future.done():
                return
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

        def ask() -> None:
            answer = self._answer(host, port)
            # NOTE: nobody waits any more when the loop has ended.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(take, answer)

        threading.Thread(target=ask, name="studio-resolve", daemon=True).start()
        return await future

    def _answer(self, host: str, port: int) -> Sequence[str] | Exception:
        try:
            return self._resolver(host, port)
        except (OSError, UnicodeError) as error:
            return OSError(str(error))
        except Exception as error:
            return error

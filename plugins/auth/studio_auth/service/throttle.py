"""Failed logins cost time: a budget for each account and each address, then waits that double.

Counts live in the platform's cache, apart from the database's transactions, so that no roll-back gives an attempt
back. With Redis all processes share them; without, each process counts for itself. When Redis can't be reached,
each process counts in its own memory for the time being.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from studio_auth.settings import AuthSettings
from studio_kernel.app import Platform
from studio_kernel.clock import later
from studio_kernel.errors import RateLimited, ServiceUnavailable
from studio_kernel.storage.cache import Cache, MemoryCache

# seconds: how long failures are remembered after the first of them
_WINDOW = 3600.0
# attempts of an address that an account's wait doesn't hold up: a password, and a second factor's code
_FREE = 2
# seconds: how long an address from which an account logged in counts as that account's own
_KNOWN = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class _Budget:
    key: str
    attempts: int


class Throttle:
    """Slows guessing down without ever locking anybody out for longer than ``login_delay_max_seconds``.

    An address from which an account has logged in before has a budget of its own for that account, and every other
    address has one login an hour whatever the account's wait: strangers who guess elsewhere don't keep the owner
    out. IPv6 addresses count by their /64 network, which is what one sender has.
    """

    def __init__(self, platform: Platform) -> None:
        self._cache: Cache = platform.cache
        self._clock = platform.clock
        self._settings = platform.settings.section(AuthSettings)
        self._spare = MemoryCache()

    def admit(self, account: str, address: str) -> None:
        """Count one attempt, as a failure until :meth:`succeeded`; ``RateLimited`` while a wait is on.

        ``account`` is whatever name was given, known or not: the answer must not tell which.
        """
        try:
            self._admit(self._cache, account, address)
        except ServiceUnavailable:
            self._admit(self._spare, account, address)

    def admit_address(self, address: str) -> None:
        """The same where no account is named, such as for a one-time token."""
        self.admit(f"nobody@{address}", address)

    def succeeded_address(self, address: str) -> None:
        """The attempt of :meth:`admit_address` was none to fear."""
        self.succeeded(f"nobody@{address}", address)

    def succeeded(self, account: str, address: str, *, wholly: bool = True) -> None:
        """The attempt was none to fear: forget the account's failures, and know the address.

        The address gets back what this attempt counted, so that only failures add up: many people may share one. What
        others failed to do from there stays.

        :param wholly: false where only a part was proved, such as the password of an account with a second factor:
            what the attempt counted is given back, and the account's failures stay.
        """
        counted = True
        for cache in (self._cache, self._spare):
            try:
                own, shared = self._budgets(cache, account, address)
                # APPSEC: only where the attempt was counted, and never below nothing: no guesses are won by this.
                for budget in ([shared] if wholly else [own, shared]) if counted else []:
                    if int(cache.get(budget.key) or 0) > 0:
                        cache.increment(budget.key, _WINDOW, by=-1)
                counted = False
                if wholly:
                    cache.delete(own.key, f"{own.key}:wait")
                    cache.set(_known_key(account, address), b"1", _KNOWN)
            except ServiceUnavailable:
                continue

    def _admit(self, cache: Cache, account: str, address: str) -> None:
        budgets = list(self._budgets(cache, account, address))
        now = self._clock().timestamp()
        ends = [float(cache.get(f"{budget.key}:wait") or 0) for budget in budgets]
        free = min(_FREE, self._settings.login_attempts_account)
        if cache.increment(_first_key(account, address), _WINDOW) <= free:
            ends = ends[1:]
        if max(ends) > now:
            raise self._refusal(max(ends) - now)
        # APPSEC: counted before the password is looked at, so that attempts at once can't share one count.
        for budget in budgets:
            over = cache.increment(budget.key, _WINDOW) - budget.attempts
            if over >= 0:
                delay = float(min(self._settings.login_delay_max_seconds, 2 ** min(over, 30)))
                cache.set(f"{budget.key}:wait", repr(now + delay).encode(), max(delay, _WINDOW))

    def _budgets(self, cache: Cache, account: str, address: str) -> Iterator[_Budget]:
        who = _digest(account)
        where = _digest(_network(address))
        known = cache.get(_known_key(account, address)) is not None
        name = f"auth:account:{who}:{where}" if known else f"auth:account:{who}"
        yield _Budget(name, self._settings.login_attempts_account)
        yield _Budget(f"auth:address:{where}", self._settings.login_attempts_address)

    def _refusal(self, seconds: float) -> RateLimited:
        wait = max(1, int(seconds + 0.999))
        details = {
            "limit": self._settings.login_attempts_account,
            "remaining": 0,
            "reset_time": later(self._clock(), wait),
        }
        refusal = RateLimited("Too many failed logins; wait before the next one", details=details)
        refusal.headers["Retry-After"] = str(wait)
        return refusal


def _known_key(account: str, address: str) -> str:
    return f"auth:known:{_digest(account)}:{_digest(_network(address))}"


def _first_key(account: str, address: str) -> str:
    return f"auth:first:{_digest(account)}:{_digest(_network(address))}"


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4 or parsed.ipv4_mapped is not None:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]

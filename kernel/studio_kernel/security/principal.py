"""The caller of an operation, and the credentials that told who it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

PrincipalKind = Literal["user", "api_key", "client", "anonymous", "system"]

BROAD_SCOPES = ("read", "write", "admin")


@dataclass(slots=True)
class Credentials:
    """What a request shows of its sender. Header names are lower case.

    ``address`` is the sender's IP address, behind trusted proxies too; ``peer`` is who holds the connection, such as
    a proxy. A header that only a proxy may set is to be believed by ``peer`` alone.
    """

    headers: Mapping[str, str] = field(repr=False)
    address: str
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified caller.

    ``id`` is what limits and logs count by: the user, the key or the client. ``user_id`` is the account whose
    rights are used (empty for anonymous callers, the client's id for a client acting for itself).
    ``scopes`` narrow the role and never widen it. ``expires_at`` is in epoch seconds, 0 for never. ``client_id`` is
    the OAuth client that acts for the account, empty where the account acts for itself.
    """

    kind: PrincipalKind
    id: str
    user_id: str = ""
    role: str = ""
    scopes: frozenset[str] = frozenset()
    expires_at: float = 0.0
    session_id: str = ""
    client_id: str = ""

    @property
    def is_authenticated(self) -> bool:
        """Whether anybody is known to stand behind the request."""
        return self.kind != "anonymous"

    @property
    def sees_everything(self) -> bool:
        """Administrators reach every project (product rules, Roles and permissions)."""
        return self.role in ("super_admin", "admin")

    def has_scope(self, wanted: str) -> bool:
        """Whether the credential covers ``wanted``: itself, or the broad scope of its verb.

        ``evidence:read`` is covered by ``read``, ``evidence:write`` by ``write``, ``webhooks:admin`` by ``admin``.
        """
        return wanted in self.scopes or wanted.rpartition(":")[2] in self.scopes


def anonymous(address: str) -> Principal:
    """The caller about whom nothing is known but an address."""
    return Principal(kind="anonymous", id=f"ip:{address}")


SYSTEM = Principal(
    kind="system",
    id="system",
    user_id="",
    role="super_admin",
    scopes=frozenset(BROAD_SCOPES),
)
"""The platform itself: background work and the command line, whose operator owns the machine."""

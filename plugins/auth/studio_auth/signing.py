"""The keys that sign access tokens: sealed in the database, rotated with overlap.

A rotation makes a new key; earlier ones sign nothing more and verify on until the last token that they signed has
expired. All processes share the keys: each looks at the database several times a second, and at once for a key that
it doesn't know.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from studio_auth import queries
from studio_auth.models import SigningKey as SigningKeyRow
from studio_auth.settings import AuthSettings
from studio_kernel.app import Platform
from studio_kernel.clock import later, to_text
from studio_kernel.errors import ConfigurationError
from studio_kernel.storage.database import Row

_log = logging.getLogger(__name__)

_LOCK = "auth.signing-keys"
_KEEP_SECONDS = 0.1
# seconds: a process that hasn't heard of a rotation yet may sign with the old key for that long
_MARGIN = 60
_KID = re.compile(r"[0-9a-f]{16}\Z")
_RSA_BITS = 3072


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key. ``ends_at`` is empty while it signs; ``public`` verifies, and is the same secret for HS256."""

    kid: str
    algorithm: str
    created_at: str
    ends_at: str
    private: Any = field(repr=False)
    public: Any = field(repr=False)

    @property
    def is_asymmetric(self) -> bool:
        """Whether others can verify with it."""
        return self.algorithm != "HS256"


class KeyRing:
    """The keys of one platform; get it by ``platform.shared(KeyRing)``."""

    def __init__(self, platform: Platform) -> None:
        settings = platform.settings.section(AuthSettings)
        self._database = platform.database
        self._clock = platform.clock
        self._box = platform.secret_box("auth.signing-key")
        self._algorithm = settings.signing_algorithm
        self._token_seconds = settings.access_token_seconds
        self._parsed: dict[str, SigningKey] = {}
        self._unreadable: set[str] = set()
        self._keys: dict[str, SigningKey] = {}
        self._good_until = 0.0

    def current(self) -> SigningKey:
        """The key that signs now; the first one is made when it is first needed."""
        return self._signing(self._load()) or self._make_first()

    def find(self, kid: str) -> SigningKey | None:
        """The key of that id, if it verifies (any more).

        APPSEC: an id from a token's header is compared and looked up as text of a fixed form, nothing else.
        """
        key = self._load().get(kid)
        if key is None and isinstance(kid, str) and _KID.match(kid):
            row = self._database.row(queries.SIGNING_KEY, kid=kid, now=to_text(self._clock()))
            key = self._read(row) if row is not None else None
        return None if key is None or (key.ends_at and key.ends_at <= to_text(self._clock())) else key

    def all(self) -> Sequence[SigningKey]:
        """Every key that verifies, the newest first."""
        self._good_until = 0.0
        return sorted(self._load().values(), key=lambda key: (key.created_at, key.kid), reverse=True)

    def rotate(self, *, at_once: bool = False) -> SigningKey:
        """Sign with a new key from now on.

        :param at_once: earlier keys stop verifying now, as after a leak: whoever holds an access token has to
            refresh. Otherwise nobody notices.
        """
        now = self._clock()
        ends = to_text(now) if at_once else later(now, self._token_seconds + _MARGIN)
        with self._database.transaction() as transaction:
            self._database.lock(_LOCK)
            self._database.execute(queries.END_SIGNING_KEYS, ends_at=ends)
            key = self._make()
            transaction.after_commit(self._forget)
        return key

    def public_keys(self) -> list[dict[str, Any]]:
        """The key set that others verify with (RFC 7517 section 5); empty without asymmetric keys."""
        return [_jwk(key) for key in self.all() if key.is_asymmetric]

    @property
    def is_asymmetric(self) -> bool:
        """Whether tokens are signed with a key that has a public half."""
        return self._algorithm != "HS256"

    # -- keeping ----------------------------------------------------------------------------------------

    def _load(self) -> dict[str, SigningKey]:
        if time.monotonic() < self._good_until:
            return self._keys
        started = time.monotonic()
        rows = self._database.rows(queries.SIGNING_KEYS, now=to_text(self._clock()))
        keys = {key.kid: key for key in map(self._read, rows) if key is not None}
        if self._database.current is None:
            # NOTE: what an open transaction sees may never be committed.
            self._keys, self._good_until = keys, started + _KEEP_SECONDS
        return keys

    def _forget(self) -> None:
        self._good_until = 0.0

    def _signing(self, keys: dict[str, SigningKey]) -> SigningKey | None:
        fit = [key for key in keys.values() if key.algorithm == self._algorithm and not key.ends_at]
        return max(fit, key=lambda key: (key.created_at, key.kid), default=None)

    def _read(self, row: Row) -> SigningKey | None:
        kid, algorithm, sealed, created_at, ends_at = row
        known = self._parsed.get(kid)
        if known is not None and known.ends_at == (ends_at or ""):
            return known
        try:
            private, public = _parse(algorithm, self._box.open(sealed))
        except ConfigurationError:
            if kid not in self._unreadable:
                _log.warning("the signing key %s was written with another STUDIO_SECRET_KEY and is passed over", kid)
                self._unreadable.add(kid)
            return None
        key = self._parsed[kid] = SigningKey(kid, algorithm, created_at, ends_at or "", private, public)
        return key

    def _make_first(self) -> SigningKey:
        with self._database.transaction() as transaction:
            self._database.lock(_LOCK)
            self._good_until = 0.0
            found = self._signing(self._load())
            if found is not None:
                return found
            transaction.after_commit(self._forget)
            return self._make()

    def _make(self) -> SigningKey:
        kid = secrets.token_hex(8)
        row = {
            "kid": kid,
            "algorithm": self._algorithm,
            "sealed": self._box.seal(_generate(self._algorithm)),
            "created_at": to_text(self._clock()),
        }
        self._database.insert(SigningKeyRow, row)
        key = self._read((kid, row["algorithm"], row["sealed"], row["created_at"], None))
        assert key is not None
        return key


def _generate(algorithm: str) -> bytes:
    """Fresh key material: 256 random bits for HS256, else a private key in PEM."""
    if algorithm == "HS256":
        return secrets.token_bytes(32)
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    private = (
        rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
        if algorithm == "RS256"
        else ed25519.Ed25519PrivateKey.generate()
    )
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _parse(algorithm: str, material: bytes) -> tuple[Any, Any]:
    if algorithm == "HS256":
        return material, material
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    private = load_pem_private_key(material, None)
    return private, private.public_key()


def _jwk(key: SigningKey) -> dict[str, Any]:
    from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

    kind = RSAAlgorithm if key.algorithm == "RS256" else OKPAlgorithm
    public: dict[str, Any] = kind.to_jwk(key.public, as_dict=True)
    return {**public, "kid": key.kid, "use": "sig", "alg": key.algorithm, "key_ops": ["verify"]}

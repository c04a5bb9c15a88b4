"""The keys of the seal, which live outside of the database: whoever changes the database can't sign what they did."""

from __future__ import annotations

import functools
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from studio_kernel.audit.form import bytes_of, text_of
from studio_kernel.errors import ConfigurationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SHORTEST = 16


def new_salt() -> str:
    """128 random bits for one entry."""
    return os.urandom(16).hex()


class UnknownKey(Exception):
    """Something was signed with a key that isn't here; the text is its id."""


@dataclass(frozen=True)
class SealKey:
    """One secret, and what follows from it: a key for entries (HMAC-SHA256) and one for seals (Ed25519)."""

    secret: str = field(repr=False)

    @functools.cached_property
    def id(self) -> str:
        """Names the key without telling anything of it."""
        return self._derived("id").hex()[:8]

    @functools.cached_property
    def _entries(self) -> bytes:
        return self._derived("entries")

    @functools.cached_property
    def _seals(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._derived("seals"))

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self.secret.encode(), f"studio:audit:{purpose}".encode(), "sha256")

    def mac(self, message: bytes) -> str:
        """``<key id>.<HMAC>``"""
        return f"{self.id}.{text_of(hmac.digest(self._entries, message, 'sha256'))}"

    def sign(self, message: bytes) -> str:
        """A signature that the public key confirms."""
        return text_of(self._seals.sign(message))

    @functools.cached_property
    def public_key(self) -> str:
        """What others confirm seals and anchors with (32 bytes, base 64 for URLs)."""
        return text_of(self._seals.public_key().public_bytes_raw())


class SealKeys:
    """The keys of one install, oldest first; the newest signs, all of them confirm."""

    def __init__(self, found: Sequence[str]) -> None:
        if not found or any(len(each) < _SHORTEST for each in found):
            raise ConfigurationError([f"STUDIO_AUDIT_KEYS: each key must have at least {_SHORTEST} characters"])
        self.all = tuple(SealKey(each) for each in found)

    def __repr__(self) -> str:
        return f"SealKeys({', '.join(each.id for each in self.all)})"

    @property
    def newest(self) -> SealKey:
        """The key that signs."""
        return self.all[-1]

    def age(self, key_id: str) -> int:
        """The key's place, 0 for the oldest; ``UnknownKey`` when it isn't here."""
        for place, each in enumerate(self.all):
            if each.id == key_id:
                return place
        raise UnknownKey(key_id)

    def find(self, key_id: str) -> SealKey:
        """The key of that id; ``UnknownKey`` when it isn't here."""
        return self.all[self.age(key_id)]

    def confirms(self, message: bytes, mac: str) -> bool:
        """Whether one of the keys made this code; ``UnknownKey`` when the key isn't here."""
        expected = self.find(mac.partition(".")[0]).mac(message)
        return hmac.compare_digest(expected.encode(), mac.encode())


def confirms(public_key: str, message: bytes, signature: str) -> bool:
    """Whether the holder of that public key signed the message."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        raw = bytes_of(signature)
        Ed25519PublicKey.from_public_bytes(bytes_of(public_key)).verify(raw, message)
    except (InvalidSignature, ValueError):
        return False
    # NOTE: the last character of base 64 holds bits that mean nothing, and a changed one is a change.
    return text_of(raw) == signature


def load_keys(configured: str, home: Path, platform_key: str) -> SealKeys:
    """The keys of an install.

    Those of the setting, else those of the file in ``home`` that a rotation writes, else one that follows from the
    platform's own key: hosts that share that, and a restore that has it, need nothing else.
    """
    if configured:
        return SealKeys([part.strip() for part in configured.replace(",", "\n").splitlines() if part.strip()])
    try:
        return SealKeys((home / "audit.keys").read_text().split())
    except FileNotFoundError:
        return SealKeys([hashlib.sha256(b"studio:audit:" + platform_key.encode()).hexdigest()])


def add_key(home: Path, keys: SealKeys) -> SealKeys:
    """Put a new key behind those that are there, in the file in ``home``; it signs from the next start on."""
    found = [*(each.secret for each in keys.all), secrets.token_urlsafe(48)]
    _write(home / "audit.keys", found)
    return SealKeys(found)


def keep_keys(home: Path, keys: SealKeys) -> None:
    """Write down keys that may follow from the platform's own, so that they outlive it."""
    if not (home / "audit.keys").exists():
        _write(home / "audit.keys", [each.secret for each in keys.all])


def _write(file: Path, found: Sequence[str]) -> None:
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write("".join(f"{each}\n" for each in found))
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)

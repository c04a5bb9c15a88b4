"""Secrets at rest and in comparison."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from studio_kernel.errors import ConfigurationError

LEAST_KEY = 16
"""Characters that a key has at least."""


def load_or_make_key(file: Path) -> str:
    """The key in ``file``, which is made, readable by its owner only, when it isn't there."""
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        pass
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = _fresh_key_file(file, secrets.token_urlsafe(48))
    try:
        # NOTE: link, not rename: of two processes that start at once, the first one's key is kept.
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return file.read_text().strip()


def write_key(file: Path, key: str) -> None:
    """Put a key into ``file``, readable by its owner only, in one step."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = _fresh_key_file(file, key)
    os.replace(fresh, file)


def _fresh_key_file(file: Path, key: str) -> Path:
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(key + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return fresh


def key_check(key: str) -> str:
    """Tells whether two keys are the same, and nothing of the key."""
    return hmac.new(key.encode(), b"studio:key-check", hashlib.sha256).hexdigest()


class SecretBox:
    """Encrypts what must be read back, such as webhook secrets (Fernet: AES-128-CBC and HMAC-SHA256).

    ``purpose`` separates uses of the platform's key from each other.
    """

    def __init__(self, key: str, purpose: str) -> None:
        from cryptography.fernet import Fernet

        if len(key) < LEAST_KEY:
            raise ConfigurationError([f"STUDIO_SECRET_KEY: must have at least {LEAST_KEY} characters"])
        digest = hmac.new(key.encode(), f"studio:{purpose}".encode(), hashlib.sha256).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(digest))

    def __repr__(self) -> str:
        return "SecretBox(…)"

    def seal(self, plain: bytes) -> str:
        """Encrypted text for the database."""
        return self._fernet.encrypt(plain).decode()

    def open(self, sealed: str) -> bytes:
        """What was sealed; ``ConfigurationError`` when the key is another one or the text was changed."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed.encode())
        except InvalidToken:
            raise ConfigurationError(
                ["a secret in the database can't be read: STUDIO_SECRET_KEY is not the key it was written with"]
            ) from None


def hash_token(token: str) -> str:
    """What is stored of a random token (at least 128 bits of it): its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())

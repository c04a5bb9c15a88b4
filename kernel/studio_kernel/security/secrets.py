"""Secrets at rest and in comparison."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from studio_kernel.errors import ConfigurationError

LEAST_KEY = 16
"""Characters that a key has at least."""


def load_or_make_keys(file: Path) -> list[str]:
    """The keys in ``file``, one a line; a first one is made, readable by its owner only, when there is no file.

    The first seals, the others only open.
    """
    found = read_keys(file)
    return found or [_make_key(file)]


def read_keys(file: Path) -> list[str]:
    """The keys in ``file``; none where there is no such file."""
    try:
        return [line.strip() for line in file.read_text().splitlines() if line.strip()]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"STUDIO_SECRET_KEY: the file {file} can't be read: {error}"]) from error


def _make_key(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = _fresh_key_file(file, secrets.token_urlsafe(48))
    try:
        # NOTE: link, not rename: of two processes that start at once, the first one's key is kept.
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return read_keys(file)[0]


def write_keys(file: Path, keys: Sequence[str]) -> None:
    """Put keys into ``file``, readable by its owner only, in one step."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = _fresh_key_file(file, "\n".join(keys))
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

    ``purpose`` separates uses of the platform's key from each other. What ``accepted`` keys have sealed is opened too.
    """

    def __init__(self, key: str, purpose: str, accepted: Sequence[str] = ()) -> None:
        from cryptography.fernet import Fernet, MultiFernet

        if any(len(each) < LEAST_KEY for each in (key, *accepted)):
            raise ConfigurationError([f"STUDIO_SECRET_KEY: must have at least {LEAST_KEY} characters"])
        self._fernet, *others = (Fernet(_derived(each, purpose)) for each in (key, *accepted))
        self._all = MultiFernet([self._fernet, *others])

    def __repr__(self) -> str:
        return "SecretBox(…)"

    def seal(self, plain: bytes) -> str:
        """Encrypted text for the database."""
        return self._fernet.encrypt(plain).decode()

    def open(self, sealed: str) -> bytes:
        """What was sealed; ``ConfigurationError`` when the key is another one or the text was changed."""
        from cryptography.fernet import InvalidToken

        try:
            return self._all.decrypt(sealed.encode())
        except InvalidToken:
            raise ConfigurationError(
                ["a secret in the database can't be read: STUDIO_SECRET_KEY is not the key it was written with"]
            ) from None

    def is_sealed_anew(self, sealed: str) -> bool:
        """Whether the first key has sealed it, not one that is only accepted."""
        from cryptography.fernet import InvalidToken

        try:
            self._fernet.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True


def _derived(key: str, purpose: str) -> bytes:
    return base64.urlsafe_b64encode(hmac.new(key.encode(), f"studio:{purpose}".encode(), hashlib.sha256).digest())


def hash_token(token: str) -> str:
    """What is stored of a random token (at least 128 bits of it): its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())

"""Passwords: Argon2id (RFC 9106) through argon2-cffi."""

from __future__ import annotations

import base64
import re
import secrets
import threading
from collections.abc import Sequence

import argon2

from studio_auth.settings import AuthSettings
from studio_kernel.errors import ValidationFailed

_MOST_CHARACTERS = 1024
_RATED = 72
# APPSEC: characters that may stand for letters. zxcvbn tries every meaning of all kinds together: with twenty kinds one
# rating takes seconds. Kinds beyond the first eight are left out, which makes no password look stronger than it is.
_STAND_INS = frozenset("!$%(+0123456789<@[{|")
_MOST_KINDS = 8
_RATING = threading.Lock()


class Passwords:
    """Hashing and checking, with the cost that the settings ask for."""

    def __init__(self, settings: AuthSettings) -> None:
        self._least = settings.password_min_length
        self._strength = settings.password_min_strength
        self._hasher = argon2.PasswordHasher(
            time_cost=settings.argon2_time_cost,
            memory_cost=settings.argon2_memory_kib,
            parallelism=1,
        )
        # APPSEC: made up, not computed, so that even the first unknown account costs one hash, no more.
        salt, digest = (base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (16, 32))
        cost = f"m={settings.argon2_memory_kib},t={settings.argon2_time_cost},p=1"
        self._nobody = f"$argon2id$v=19${cost}${salt}${digest}"

    def hash(self, password: str) -> str:
        """The text to store."""
        return self._hasher.hash(password)

    def check_length(self, password: str, field: str = "password") -> None:
        """Refuse a new password that is too short or absurdly long; ``field`` is named in the error."""
        if len(password) < self._least:
            raise ValidationFailed(field, f"Must have at least {self._least} characters")
        if len(password) > _MOST_CHARACTERS:
            raise ValidationFailed(field, f"Must have at most {_MOST_CHARACTERS} characters")

    def check_strength(self, password: str, field: str = "password", about: Sequence[str] = ()) -> None:
        """Refuse a password that its owner chooses when it is too short, or easy to guess.

        :param about: what others know of the account, such as its address: no good in a password.
        """
        self.check_length(password, field)
        if self.is_weak(password, about):
            raise ValidationFailed(field, "Is easy to guess: common, or made of common parts. Add words or characters")

    def is_weak(self, password: str, about: Sequence[str] = ()) -> bool:
        """Whether it is among the passwords that are tried first: zxcvbn's lists of common and breached ones."""
        from zxcvbn import zxcvbn

        # NOTE: what stands after the first characters can only make it stronger, and costs time.
        text = password[:_RATED]
        kinds = [each for each in dict.fromkeys(text) if each in _STAND_INS]
        without = str.maketrans("", "", "".join(kinds[_MOST_KINDS:]))
        inputs = [each.translate(without) for each in [*_parts(about), "studio"]]
        # NOTE: zxcvbn keeps the inputs of a call where every other thread finds them.
        with _RATING:
            rating: int = zxcvbn(text.translate(without), user_inputs=inputs)["score"]
        return rating < self._strength

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is right. Without a stored hash the same work is done, for an equal time.

        APPSEC: an unknown account must not answer faster than a known one (OWASP ASVS 5.0, 6.3.8).
        """
        try:
            return self._hasher.verify(stored or self._nobody, password) and bool(stored)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with another cost than today's."""
        return self._hasher.check_needs_rehash(stored)


def _parts(about: Sequence[str]) -> list[str]:
    """The texts, and the words that an address or a name is made of."""
    words = [word for text in about for word in re.split(r"[^\w]+", text) if len(word) > 2]
    return [*about, *words]

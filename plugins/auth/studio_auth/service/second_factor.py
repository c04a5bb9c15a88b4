"""The second factor: codes from an authenticator (TOTP, RFC 6238) and recovery codes that stand in for it once."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from typing import Any

import pyotp

from studio_auth import queries
from studio_auth.models import RecoveryCode, SecondFactor, User
from studio_auth.service.sessions import Sessions
from studio_auth.settings import AuthSettings
from studio_kernel.app import Platform
from studio_kernel.clock import to_text
from studio_kernel.context import own_bookkeeping
from studio_kernel.errors import Conflict, NotFound, ValidationFailed
from studio_kernel.security.secrets import hash_token, same

ISSUER = "Studio Platform"
_STEP = 30
_RECOVERY_CODES = 10
# bytes: as strong as a random token, so that a plain hash keeps it
_RECOVERY_BYTES = 10

ENROLMENT = frozenset(("second_factor:read", "second_factor:write"))
"""All that an account can do that needs a second factor and has none."""


def is_required(platform: Platform, role: str) -> bool:
    """Whether accounts of that role need a second factor."""
    return role in platform.settings.section(AuthSettings).second_factor_roles


def within_second_factor(
    platform: Platform, scopes: frozenset[str], role: str, second_factor_at: str | None, *, may_enrol: bool = False
) -> frozenset[str]:
    """``scopes``, or what is left of them while the account lacks a second factor that its role needs.

    ``may_enrol``: the credential is a login of the person, which may set one up.
    """
    if second_factor_at is not None or not is_required(platform, role):
        return scopes
    return ENROLMENT if may_enrol else frozenset()


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What goes into an authenticator: the secret in base 32, and the same as a URI."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


class SecondFactors:
    """The use cases around an account's second factor. Guessing is slowed down by whoever calls."""

    def __init__(self, platform: Platform, sessions: Sessions) -> None:
        self._platform = platform
        self._database = platform.database
        self._sessions = sessions
        self._box = platform.secret_box("auth.second-factor")

    def status(self, user_id: str, role: str) -> dict[str, Any]:
        """Whether it is on, needed, and how many recovery codes are left."""
        row = self._database.row(queries.SECOND_FACTOR, user_id=user_id)
        since = row[1] if row is not None else None
        return {
            "enabled": since is not None,
            "required": is_required(self._platform, role),
            "enabled_at": since,
            "recovery_codes_left": self._database.value(queries.RECOVERY_CODES_LEFT, user_id=user_id),
        }

    def begin(self, user_id: str, email: str) -> Enrolment:
        """A fresh secret, which counts once :meth:`confirm` has seen a code of it."""
        secret = pyotp.random_base32()
        row = {
            "user_id": user_id,
            "sealed": self._box.seal(secret.encode()),
            "created_at": to_text(self._platform.clock()),
            "last_step": 0,
        }
        with self._database.transaction():
            self._database.lock(f"auth.second-factor:{user_id}")
            self._refuse_enabled(user_id)
            self._database.delete(SecondFactor, where={"user_id": user_id})
            self._database.insert(SecondFactor, row)
        return enrolment_of(secret, email)

    def pending(self, user_id: str, email: str) -> Enrolment:
        """The secret that waits for its confirmation; a fresh one without such."""
        row = self._database.row(queries.SECOND_FACTOR, user_id=user_id)
        if row is None or row[1] is not None:
            return self.begin(user_id, email)
        return enrolment_of(self._box.open(row[0]).decode(), email)

    def confirm(self, user_id: str, code: str, *, keep: str = "") -> list[str]:
        """Turn it on, after a first good code; the recovery codes. Every other session ends.

        :raises ValidationFailed: when the code is wrong.
        """
        with self._database.transaction():
            self._database.lock(f"auth.second-factor:{user_id}")
            row = self._refuse_enabled(user_id)
            if row is None:
                raise Conflict("Begin with a secret first")
            if not self._use_step(user_id, row[0], code):
                raise ValidationFailed("otp", "Is not the code that your authenticator shows")
            now = to_text(self._platform.clock())
            self._database.update(SecondFactor, {"confirmed_at": now}, where={"user_id": user_id})
            self._database.update(User, {"second_factor_at": now}, where={"id": user_id})
            self._sessions.revoke_user(user_id, keep=keep)
            return self._new_codes(user_id)

    def check(self, user_id: str, code: str) -> bool:
        """Whether the code is good: the authenticator's, or a recovery code. Either is used up by it."""
        row = self._database.row(queries.SECOND_FACTOR, user_id=user_id)
        if row is None or row[1] is None:
            return False
        # NOTE: which account it is, and whether that goes well, is told by what the caller does then.
        with own_bookkeeping(), self._database.transaction():
            return self._use_step(user_id, row[0], code) or self._use_recovery_code(user_id, code)

    def renew_codes(self, user_id: str) -> list[str]:
        """New recovery codes in place of the old ones."""
        with self._database.transaction():
            return self._new_codes(user_id)

    def remove(self, user_id: str) -> None:
        """Turn it off; ``NotFound`` when it isn't on."""
        with self._database.transaction() as transaction:
            if not self._database.delete(SecondFactor, where={"user_id": user_id}):
                raise NotFound("The account has no second factor")
            self._database.delete(RecoveryCode, where={"user_id": user_id})
            self._database.update(User, {"second_factor_at": None}, where={"id": user_id})
            transaction.after_commit(lambda: self._platform.credentials.forget(user_id=user_id))

    def _refuse_enabled(self, user_id: str) -> Any:
        row = self._database.row(queries.SECOND_FACTOR, user_id=user_id)
        if row is not None and row[1] is not None:
            raise Conflict("The account has a second factor; turn it off first")
        return row

    def _use_step(self, user_id: str, sealed: str, code: str) -> bool:
        """Accept a code of the present step or a neighbour, each step once (RFC 6238 section 5.2)."""
        digits = code.replace(" ", "")
        if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
            return False
        totp = pyotp.TOTP(self._box.open(sealed).decode())
        present = int(self._platform.clock().timestamp()) // _STEP
        matching = [step for step in (present - 1, present, present + 1) if same(totp.generate_otp(step), digits)]
        return any(self._database.execute(queries.USE_STEP, user_id=user_id, step=step) for step in matching)

    def _use_recovery_code(self, user_id: str, code: str) -> bool:
        plain = code.replace("-", "").replace(" ", "").upper()
        now = to_text(self._platform.clock())
        return bool(
            self._database.execute(
                queries.USE_RECOVERY_CODE, user_id=user_id, code_hash=_code_hash(user_id, plain), now=now
            )
        )

    def _new_codes(self, user_id: str) -> list[str]:
        plain = [base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(_RECOVERY_CODES)]
        self._database.delete(RecoveryCode, where={"user_id": user_id})
        rows = [{"code_hash": _code_hash(user_id, code), "user_id": user_id} for code in plain]
        self._database.insert_many(RecoveryCode, rows)
        return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in plain]


def enrolment_of(secret: str, email: str) -> Enrolment:
    """The secret as authenticators take it."""
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER))


def _code_hash(user_id: str, code: str) -> str:
    return hash_token(f"{user_id}:{code}")

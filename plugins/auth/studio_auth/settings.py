"""The settings of this plugin: the table ``[auth]`` of ``studio.toml``."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from studio_kernel.security.permissions import ACCOUNT_ROLES
from studio_kernel.settings import Section


class AuthSettings(Section):
    """Lifetimes, password rules and login budgets."""

    section: ClassVar[str] = "auth"

    access_token_seconds: int = Field(3600, ge=30, le=86_400, description="Seconds that an access token lives.")
    refresh_token_seconds: int = Field(
        2_592_000, ge=60, le=31_536_000, description="Seconds after which an unused refresh token ends."
    )
    signing_algorithm: Literal["HS256", "RS256", "EdDSA"] = Field(
        "HS256", description="How access tokens are signed: HS256, or RS256 or EdDSA with a public key set."
    )
    argon2_time_cost: int = Field(2, ge=1, le=20, description="Passes that Argon2id makes over its memory.")
    argon2_memory_kib: int = Field(
        19_456, ge=8, le=4_194_304, description="KiB of memory that one Argon2id hash takes."
    )
    password_min_length: int = Field(8, ge=6, le=128, description="Fewest characters of a new password.")
    password_min_strength: int = Field(
        2, ge=0, le=4, description="Least strength of a new password, 0 to 4 as zxcvbn rates it; 0 takes common ones."
    )
    temporary_password_hours: float = Field(
        168.0, gt=0, le=8760, description="Hours for which a weak password that somebody else has given works."
    )
    password_reset_hours: float = Field(24.0, gt=0, le=720, description="Hours for which a one-time reset works.")
    second_factor_roles: tuple[str, ...] = Field(
        (), description="Account roles that must use a second factor, such as super_admin, admin."
    )
    browser_session_hours: float = Field(
        12.0, gt=0, le=720, description="Hours for which a browser stays signed in on the consent pages."
    )
    login_attempts_account: int = Field(
        5, ge=1, le=1000, description="Failed logins of an account before each further one has to wait."
    )
    login_attempts_address: int = Field(
        50, ge=1, le=100_000, description="Failed logins of an address before each further one has to wait."
    )
    login_delay_max_seconds: int = Field(
        900, ge=1, le=86_400, description="Longest wait after failed logins; nobody is locked out for longer."
    )

    @field_validator("second_factor_roles")
    @classmethod
    def _known_roles(cls, roles: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [role for role in roles if role not in ACCOUNT_ROLES]
        if unknown:
            raise ValueError(f"{unknown[0]} is no account role; use some of {', '.join(ACCOUNT_ROLES)}")
        return roles

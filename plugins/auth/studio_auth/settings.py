"""The settings of this plugin: the table ``[auth]`` of ``studio.toml``."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from studio_kernel.settings import Section


class AuthSettings(Section):
    """Lifetimes, password rules and login budgets."""

    section: ClassVar[str] = "auth"

    access_token_seconds: int = Field(3600, ge=30, le=86_400, description="Seconds that an access token lives.")
    refresh_token_seconds: int = Field(
        2_592_000, ge=60, le=31_536_000, description="Seconds after which an unused refresh token ends."
    )
    argon2_time_cost: int = Field(2, ge=1, le=20, description="Passes that Argon2id makes over its memory.")
    argon2_memory_kib: int = Field(
        19_456, ge=8, le=4_194_304, description="KiB of memory that one Argon2id hash takes."
    )
    password_min_length: int = Field(8, ge=6, le=128, description="Fewest characters of a new password.")
    login_attempts_account: int = Field(
        5, ge=1, le=1000, description="Failed logins of an account before each further one has to wait."
    )
    login_attempts_address: int = Field(
        50, ge=1, le=100_000, description="Failed logins of an address before each further one has to wait."
    )
    login_delay_max_seconds: int = Field(
        900, ge=1, le=86_400, description="Longest wait after failed logins; nobody is locked out for longer."
    )

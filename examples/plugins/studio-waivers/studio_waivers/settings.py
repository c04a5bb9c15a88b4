"""Settings of waivers."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from studio_kernel.settings import Section


class WaiverSettings(Section):
    """The table ``[waivers]``, or ``STUDIO_WAIVERS_…``."""

    section: ClassVar[str] = "waivers"
    default_days: int = Field(90, ge=1, le=730, description="Days for which a waiver holds when nobody says how long.")
    kept_days: float = Field(0.0, ge=0, le=36_500, description="Days after which expired waivers go; 0: never.")
    warn_at: int = Field(100, ge=1, description="How many waivers at once make `studio doctor` say so.")

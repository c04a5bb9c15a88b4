"""Settings of the register."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from studio_kernel.settings import Section


class VendorSettings(Section):
    """The table ``[vendors]``, or ``STUDIO_VENDORS_…``."""

    section: ClassVar[str] = "vendors"
    review_days: int = Field(365, ge=1, le=3650, description="Days after which a vendor must be looked at again.")

"""Settings of the plugin ``portal``."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from studio_kernel.settings import Section


class PortalSettings(Section):
    """How the pages are served."""

    section: ClassVar[str] = "portal"
    reload: bool = Field(
        False, description="Whether files are read again at each load of the page: for those who write pages."
    )

"""For ASGI servers: ``uvicorn --no-proxy-headers --factory studio_kernel.asgi:create``."""

from __future__ import annotations

from typing import Any

from studio_kernel.app import build_platform
from studio_kernel.telemetry import configure_logging


def create() -> Any:
    """The application as configured by the environment and ``studio.toml``."""
    configure_logging("info", "auto")
    platform = build_platform()
    kernel = platform.settings.kernel
    configure_logging(kernel.log_level, kernel.log_format)
    return platform.asgi()

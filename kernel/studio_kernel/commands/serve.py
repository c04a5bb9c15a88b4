"""``studio serve``"""

from __future__ import annotations

from typing import Any

import click
import uvicorn

from studio_kernel.app import build_platform
from studio_kernel.commands.init import initialise
from studio_kernel.context import CallContext, call_context
from studio_kernel.security.principal import SYSTEM
from studio_kernel.telemetry import configure_logging


class _Server(uvicorn.Server):
    """Says where it listens once it really does."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            host = self.config.host
            shown = f"[{host}]" if ":" in host else host
            click.echo(f"Studio Platform listens on http://{shown}:{self.config.port}")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Run the API, with a background worker in the same process.

    An empty STUDIO_HOME is filled first: tables, keys, and an administrator whose login is printed.
    """
    platform = build_platform()
    kernel = platform.settings.kernel
    configure_logging(kernel.log_level, kernel.log_format)
    with call_context(CallContext(principal=SYSTEM, action="cli.serve", method="CLI")):
        for line in initialise(platform):
            click.echo(line)
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": 15,
    }
    if workers > 1:
        platform.close()
        uvicorn.run("studio_kernel.asgi:create", factory=True, workers=workers, **options)
        return
    _Server(uvicorn.Config(platform.asgi(), **options)).run()

"""``studio serve``"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Iterator
from typing import Any

import click
import uvicorn
from uvicorn.config import STARTUP_FAILURE

from studio_kernel.app import build_platform
from studio_kernel.commands.init import initialise
from studio_kernel.context import CallContext, call_context
from studio_kernel.draining import DRAINING, Draining
from studio_kernel.security.principal import SYSTEM
from studio_kernel.telemetry import configure_logging

# Seconds that a connection has to send its first request in, once no further ones are taken.
_LAST_CALL = 0.3
# Seconds that an idle connection is kept: longer than the usual balancers keep theirs, so that theirs end first.
_KEEP_ALIVE = 75


class _Server(uvicorn.Server):
    """Says where it listens once it really does, and takes leave without cutting anybody off."""

    _leaving_since = 0.0

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = (self.config.host, self.config.port) if not sockets else sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            click.echo(f"Studio Platform listens on http://{shown}:{port}")

    async def on_tick(self, counter: int) -> bool:
        """Whether to end now: told to by SIGTERM, not before whoever balances load had time to notice."""
        if not await super().on_tick(counter):
            return False
        draining: Draining | None = self.lifespan.state.get(DRAINING)
        if draining is None or self._captured_signals != [signal.SIGTERM]:
            return True
        if not draining.begun:
            draining.begin()
            self._leaving_since = time.monotonic()
        return time.monotonic() - self._leaving_since >= draining.seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """No new connections first; uvicorn would close one that has just come before it reads the request."""
        for server in self.servers:
            server.close()
        await asyncio.sleep(_LAST_CALL)
        await super().shutdown(sockets)


def _taken_over(fd: int) -> socket.socket:
    try:
        listener = socket.socket(fileno=fd)
    except OSError as error:
        raise click.UsageError(f"--fd {fd} is no listening socket: {error.strerror}") from error
    return listener


@contextlib.contextmanager
def _refused() -> Iterator[None]:
    """The platform's exit code for a server that couldn't start, such as at an address in use; it has said why."""
    try:
        yield
    except SystemExit as ended:
        raise SystemExit(1 if ended.code == STARTUP_FAILURE else ended.code) from None


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port.")
@click.option("--fd", type=click.IntRange(3), help="A listening socket to take over in place of host and port.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes.")
def serve(host: str, port: int, fd: int | None, workers: int) -> None:
    """Run the API, with a background worker in the same process.

    An empty STUDIO_HOME is filled first: tables, keys, and an administrator whose login is printed.
    With SIGTERM it says so at /ready, goes on answering for drain_seconds, and ends what is under way.
    """
    if fd is not None and workers > 1:
        raise click.UsageError("--fd hands its socket to one process: leave out --workers, or start one serve for each")
    listeners = None if fd is None else [_taken_over(fd)]
    # NOTE: for what is logged before the settings are known, such as plugins that are left out.
    configure_logging("info", "auto")
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
        # APPSEC: whose X-Forwarded-For is believed says trusted_proxies alone; uvicorn would believe 127.0.0.1.
        "proxy_headers": False,
        "timeout_graceful_shutdown": 15,
        "timeout_keep_alive": _KEEP_ALIVE,
    }
    if workers > 1:
        platform.close()
        with _refused():
            uvicorn.run("studio_kernel.asgi:create", factory=True, workers=workers, **options)
        return
    with _refused():
        _Server(uvicorn.Config(platform.asgi(), **options)).run(listeners)

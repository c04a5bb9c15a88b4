"""``studio worker``"""

from __future__ import annotations

import signal
import threading

import click

from studio_kernel.app import build_platform
from studio_kernel.telemetry import configure_logging


@click.command()
@click.option("--threads", default=0, type=click.IntRange(0, 64), help="Threads; 0: the setting worker_threads.")
def worker(threads: int) -> None:
    """Run a background worker on its own, until SIGINT or SIGTERM."""
    overrides = {"worker_threads": threads} if threads else None
    configure_logging("info", "auto")
    platform = build_platform(overrides=overrides)
    kernel = platform.settings.kernel
    configure_logging(kernel.log_level, kernel.log_format)
    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    platform.start(with_worker=True)
    click.echo(f"Worker started with {kernel.worker_threads} threads")
    while not stopping.wait(1.0):
        pass
    platform.stop()
    platform.close()

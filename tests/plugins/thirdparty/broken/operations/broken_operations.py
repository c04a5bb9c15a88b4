"""Fails while it builds its services."""

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

info = PluginInfo(name="broken-operations", version="0.1.0")


@hookimpl
def studio_operations(platform):
    raise SystemExit("no service")

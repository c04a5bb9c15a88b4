"""Misspells a hook."""

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

info = PluginInfo(name="broken-hook", version="0.1.0")


@hookimpl
def studio_permisions():
    return []

"""Fails at its first declaration."""

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

info = PluginInfo(name="broken-declaration", version="0.1.0")


@hookimpl
def studio_permissions():
    raise RuntimeError("the declaration went wrong")

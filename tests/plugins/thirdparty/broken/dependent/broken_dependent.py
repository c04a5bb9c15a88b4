"""Needs a plugin that is left out."""

from studio_kernel.plugins import PluginInfo

info = PluginInfo(name="broken-dependent", version="0.1.0", requires=("broken-route",))

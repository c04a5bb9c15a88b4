"""Was made for another kernel."""

from studio_kernel.plugins import PluginInfo

info = PluginInfo(name="broken-kernel", version="0.1.0", kernel=">=99")

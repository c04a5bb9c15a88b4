"""Claims a permission that the plugin projects has."""

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo
from studio_kernel.security.permissions import ANYONE_SIGNED_IN, Permission

info = PluginInfo(name="broken-permission", version="0.1.0")


@hookimpl
def studio_permissions():
    return [Permission("projects:read", "See every project", ANYONE_SIGNED_IN)]

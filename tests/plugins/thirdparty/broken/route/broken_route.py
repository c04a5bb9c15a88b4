"""Claims a route that the plugin projects has."""

from studio_kernel.hookspecs import hookimpl
from studio_kernel.http.operations import PUBLIC, Operation
from studio_kernel.http.schemas import Schema
from studio_kernel.plugins import PluginInfo

info = PluginInfo(name="broken-route", version="0.1.0")


class Nothing(Schema):
    """An empty answer."""


@hookimpl
def studio_operations(platform):
    return [
        Operation(
            id="broken.read",
            method="GET",
            path="/api/v1/projects/{number}",
            summary="Show somebody else's project",
            permission=PUBLIC,
            response=Nothing,
            handler=lambda call: {},
        )
    ]

"""Raises in its subscribers, in the transaction and after the commit."""

from studio_kernel.events import Subscriber
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

info = PluginInfo(name="broken-raises", version="0.1.0")


def _fail(event):
    raise RuntimeError("the subscriber went wrong")


@hookimpl
def studio_subscribers(platform):
    return [
        Subscriber("broken.raises-inside", ("*",), _fail, mode="in_transaction"),
        Subscriber("broken.raises-after", ("*",), _fail),
    ]


@hookimpl
def studio_startup(platform):
    raise RuntimeError("the start went wrong")

"""Never comes back from its subscriber."""

import threading

from studio_kernel.events import Subscriber
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

info = PluginInfo(name="broken-hangs", version="0.1.0")


def _hang(event):
    threading.Event().wait()


@hookimpl
def studio_subscribers(platform):
    return [Subscriber("broken.hangs", ("*",), _hang)]

"""A process that has everything imported and forks servers and workers, so that one that was killed is replaced in
a moment.

Run by path with a JSON object as its argument. It holds the listening socket, so that clients who come while no
server runs wait for the next one. Each line on standard input (``server``, ``worker``, ``step NAME NUMBER …``) forks
one child, whose process id is answered; ``ready PID`` follows when a server or worker is at work, ``end PID CODE``
when a child has ended, with a negative number for the signal that killed it.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import tempfile
import threading
import traceback
from datetime import timedelta
from typing import Any

from studio_kernel.app import Platform, build_platform
from studio_kernel.frameworks import Category, Control, Framework
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import Found, PluginInfo, installed_plugins

CONTROLS = tuple(Control("tiny", f"A.{number}", f"Control {number}", "", "all", "high") for number in range(1, 5))
FRAMEWORK = Framework("tiny", "Tiny", "1", "", (Category("all", "All"),), CONTROLS)
PLUGINS = ("auth", "projects", "evidence")
LIMITS = ("rate_limit_user", "rate_limit_api_key", "rate_limit_client", "rate_limit_anonymous")


class TinyPlugin:
    """A plugin that brings the framework ``tiny``."""

    info = PluginInfo(name="tiny", version="1", summary="A framework for tests")

    @hookimpl
    def studio_frameworks(self) -> tuple[Framework, ...]:
        return (FRAMEWORK,)


def platform_of(settings: dict[str, Any]) -> Platform:
    """The platform that all processes of a test share the state of; ``plugins`` among the settings names others."""
    from studio_evidence.service import upkeep

    # An hour would outlast the test; a few seconds still outlast every upload in it.
    upkeep._ORPHAN_AGE = timedelta(seconds=6)
    settings = dict(settings)
    plugins = settings.pop("plugins", PLUGINS)
    found = [each for each in installed_plugins() if each.name in plugins]
    found.append(Found("tiny", "test-tiny", TinyPlugin))
    hashing = {"auth.argon2_time_cost": 1, "auth.argon2_memory_kib": 8, "job_lease_seconds": 2}
    quick = dict.fromkeys(LIMITS, "100000000/hour") | hashing | {"embedded_worker": False}
    return build_platform(found=found, environment={}, overrides={**quick, **settings})


def _tell(*words: Any) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def _serve(settings: dict[str, Any], listener: socket.socket) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            _tell("ready", os.getpid())

    app = platform_of(settings).asgi()
    Server(uvicorn.Config(app, log_config=None, access_log=False)).run([listener])


def _work(settings: dict[str, Any], listener: socket.socket) -> None:
    listener.close()
    platform_of(settings).start(with_worker=True)
    _tell("ready", os.getpid())
    while True:
        signal.pause()


def _step(settings: dict[str, Any], arguments: list[str]) -> None:
    from support.steps import perform

    platform = platform_of(settings)
    perform(platform, arguments[0], int(arguments[1]), arguments[2:])


def _child(settings: dict[str, Any], listener: socket.socket, words: list[str]) -> None:
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if words[0] == "step":
            _step(settings, words[1:])
        else:
            {"server": _serve, "worker": _work}[words[0]](settings, listener)
    except BaseException:
        traceback.print_exc()
        os._exit(70)
    os._exit(0)


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _tell("end", pid, os.waitstatus_to_exitcode(status))


def _preload(settings: dict[str, Any]) -> None:
    """Import what a child would import, by building a platform that is thrown away; no thread is left running."""
    import anyio._backends._asyncio  # noqa: F401
    import boto3  # noqa: F401
    import botocore.config  # noqa: F401
    import uvicorn.lifespan.on
    import uvicorn.loops.uvloop
    import uvicorn.protocols.http.httptools_impl  # noqa: F401

    import studio_kernel.jobs_huey  # noqa: F401

    with tempfile.TemporaryDirectory() as folder:
        platform = platform_of({"home": folder, "plugins": settings.get("plugins", PLUGINS)})
        platform.asgi()
        platform.close()
    gc.collect()
    gc.freeze()
    assert threading.active_count() == 1, "a thread would be missing in the children"


def main(settings: dict[str, Any]) -> None:
    """Fork until standard input ends, then kill what still runs."""
    _preload(settings)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    _tell("port", listener.getsockname()[1])
    children: set[int] = set()
    while True:
        ready, _, _ = select.select([0], [], [], 0.02)
        _reap()
        if not ready:
            continue
        line = os.read(0, 4096).decode()
        if not line:
            break
        for words in (each.split() for each in line.splitlines()):
            pid = os.fork()
            if not pid:
                _child(settings, listener, words)
            children.add(pid)
            _tell("forked", pid)
    for pid in children:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

"""``studio`` for shell scripts in tests, without the cost of starting it each time.

A process that has everything imported forks for each command, with the terminal, folder and environment of whoever
called. The command itself is the real one; what is left out is the import of its modules.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

_CLIENT = """\
    #!{python} -SE
    import json, os, socket, sys
    with socket.socket(socket.AF_UNIX) as there:
        there.connect({address!r})
        told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
        socket.send_fds(there, [len(told).to_bytes(4, "big")], [0, 1, 2])
        there.sendall(told)
        sys.exit(there.recv(1)[0])
    """


def _serve(address: str) -> None:
    import studio_evidence.commands.all  # noqa: F401
    import studio_kernel.commands.serve  # noqa: F401
    import studio_projects.commands.all  # noqa: F401

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(8)
        os.write(1, b"ready\n")
        while True:
            connection, _ = listener.accept()
            if not os.fork():
                with connection:
                    connection.send(bytes([_run(connection)]))
                os._exit(0)
            connection.close()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _run(connection: socket.socket) -> int:
    head, terminal, _, _ = socket.recv_fds(connection, 4, 3)
    told = b""
    while len(told) < int.from_bytes(head, "big"):
        told += connection.recv(65_536)
    arguments, folder, environment = json.loads(told)
    for number, descriptor in enumerate(terminal):
        os.dup2(descriptor, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["studio", *arguments]
    from studio_kernel.cli import main

    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


@contextlib.contextmanager
def warm_studio(folder: Path) -> Iterator[Path]:
    """A folder with a command ``studio`` in it, for the PATH of a script."""
    address, command = str(folder / "studio.socket"), folder / "studio"
    process = subprocess.Popen([sys.executable, __file__, address], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        command.write_text(textwrap.dedent(_CLIENT).format(python=sys.executable, address=address))
        command.chmod(0o755)
        yield folder
    finally:
        process.kill()
        process.wait(20)
        process.stdout.close()


if __name__ == "__main__":
    _serve(sys.argv[1])

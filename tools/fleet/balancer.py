"""What stands in front: nginx with the configuration of ``deploy/nginx``, or a small balancer where there is none."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import httpx

from fleet.members import wait_until
from studio_kernel.testing.services import free_port

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx" / "nginx.conf"


def nginx_program() -> str | None:
    """The path of nginx, if this machine has one."""
    return shutil.which("nginx") or next((path for path in ("/usr/sbin/nginx",) if Path(path).exists()), None)


class Balancer(Protocol):
    """Something that spreads requests over API processes."""

    base: str

    def close(self) -> None: ...


class Nginx:
    """nginx, with the very ``nginx.conf`` that is deployed; what is around it says where the API listens."""

    def __init__(self, ports: Sequence[int], folder: Path) -> None:
        program = nginx_program()
        assert program is not None
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        site = folder / "site"
        site.mkdir(parents=True)
        shutil.copy(CONFIGURATION, folder / "nginx.conf")
        servers = "\n".join(f"    server 127.0.0.1:{each} max_fails=0;" for each in ports)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
        upstream = f"upstream studio {{\n    least_conn;\n{servers}\n}}\n"
        (site / "http.conf").write_text(f"{upstream}{folders}\naccess_log off;\n")
        (site / "server.conf").write_text(f"listen 127.0.0.1:{port};\nserver_name _;\n")
        self.log = folder / "nginx.log"
        options = f"daemon off; pid {folder}/nginx.pid; error_log {self.log} warn; user root;"
        self._command = [program, "-p", f"{folder}/", "-c", "nginx.conf", "-e", str(self.log), "-g", options]
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        wait_until(lambda: httpx.get(f"{self.base}/health", timeout=5).status_code < 600, "nginx answers")

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)


class SmallBalancer:
    """Passes connections on in turn; one that is refused goes to the next process."""

    def __init__(self, ports: Sequence[int], folder: Path) -> None:
        self._ports, self._next = list(ports), 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.base = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client:
            server = self._connect()
            if server is None:
                return
            with server:
                back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                back.start()
                _copy(client, server)
                back.join()

    def _connect(self) -> socket.socket | None:
        for _ in self._ports:
            self._next += 1
            try:
                return socket.create_connection(("127.0.0.1", self._ports[self._next % len(self._ports)]), timeout=5)
            except OSError:
                continue
        return None

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        source.settimeout(None)
        while block := source.recv(65_536):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for each in (source, target):
            each.close()


class Front:
    """nginx where there is one, else the small balancer, for the length of a block."""

    def __init__(self, ports: Sequence[int], folder: Path, *, nginx: bool | None = None) -> None:
        wanted = nginx_program() is not None if nginx is None else nginx
        self.balancer: Balancer = Nginx(ports, folder) if wanted else SmallBalancer(ports, folder)
        self.base = self.balancer.base

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.balancer.close()

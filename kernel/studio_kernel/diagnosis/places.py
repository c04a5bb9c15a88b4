"""Looks that need nothing but the settings: the home folder, its disk, addresses."""

from __future__ import annotations

import ipaddress
import os
import shutil
import stat
import urllib.parse
from collections.abc import Sequence
from pathlib import Path

from studio_kernel.diagnosis import Diagnosis, Trouble
from studio_kernel.settings import KernelSettings

# file systems on which SQLite's locks and shared memory don't hold
_NETWORK = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "fuse.s3fs", "lustre", "ncpfs")
_LEAST_FREE = 1 << 30
_LEAST_SHARE = 0.05
_NOTHING_FREE = 100_000_000
_MOUNTS = Path("/proc/self/mounts")


def diagnoses(kernel: KernelSettings) -> Sequence[Diagnosis]:
    """All of them, for these settings."""
    return (
        Diagnosis("home.private", lambda: look_at_modes(kernel)),
        Diagnosis("home.space", lambda: look_at_space(kernel.home)),
        Diagnosis("home.network", lambda: look_at_file_system(kernel)),
        Diagnosis("public_url", lambda: look_at_public_url(kernel.public_url)),
        Diagnosis("trusted_proxies", lambda: look_at_proxies(kernel)),
    )


def look_at_modes(kernel: KernelSettings) -> Trouble | None:
    """Secrets that others of this machine can read."""
    home = kernel.home
    secret = [home / "secret.key", home / "studio.toml", *home.glob("*-password"), *home.glob("studio.db")]
    wide = [path for path in secret if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    closed = home.is_dir() and not stat.S_IMODE(home.stat().st_mode) & 0o077
    # NOTE: in a folder that nobody else can enter, the modes inside it make no difference.
    if not wide or closed:
        return None
    return Trouble(f"others on this machine can read {wide[0]}", f"chmod 700 {home}; chmod 600 {wide[0]}")


def look_at_space(home: Path) -> Trouble | None:
    """A disk that is nearly full."""
    usage = shutil.disk_usage(home)
    if usage.free >= min(_LEAST_FREE, int(usage.total * _LEAST_SHARE)):
        return None
    free = f"{usage.free / 1e9:.1f} GB ({100 * usage.free // usage.total} %)"
    what = f"only {free} are free on the disk of {home}"
    return Trouble(what, "make room, or move STUDIO_HOME", serious=usage.free < _NOTHING_FREE)


def look_at_file_system(kernel: KernelSettings) -> Trouble | None:
    """SQLite on a file system of another machine."""
    url = kernel.database_url
    if url and not url.startswith("sqlite"):
        return None
    path = Path(urllib.parse.urlsplit(url).path[1:]) if url else kernel.home
    kind = file_system_of(path.absolute(), _MOUNTS.read_text() if _MOUNTS.exists() else "")
    if not kind.startswith(_NETWORK):
        return None
    return Trouble(
        f"the SQLite database lies on a network file system ({kind}), whose locks can't be relied on",
        "move it to a local disk, or use PostgreSQL (STUDIO_DATABASE_URL)",
        serious=True,
    )


def file_system_of(path: Path, mounts: str) -> str:
    """The kind of file system that ``path`` is on, after the text of ``/proc/mounts``; empty where nobody knows."""
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) > 2 and path.is_relative_to(fields[1].replace("\\040", " ")) and len(fields[1]) >= len(best):
            best, kind = fields[1], fields[2]
    return kind


def look_at_public_url(url: str) -> Trouble | None:
    """Passwords and tokens that would cross a network in the open."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https" or _is_loopback(parts.hostname or ""):
        return None
    return Trouble(
        f"STUDIO_PUBLIC_URL is {url}: passwords and tokens go over the network unencrypted, and no cookie is Secure",
        "put a proxy with TLS in front, and set the https:// address that clients use",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def look_at_proxies(kernel: KernelSettings) -> Trouble | None:
    """Everybody may say where a request comes from."""
    wide = [network for network in kernel.trusted_proxies if network.prefixlen < (8 if network.version == 4 else 16)]
    if not wide:
        return None
    return Trouble(
        f"STUDIO_TRUSTED_PROXIES has {wide[0]}: anybody there can forge the address that limits and the audit log see",
        "name the networks of your proxies only",
    )


def require_home(home: Path) -> str:
    """Why the home folder can't be used; empty when it can."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = home / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return f"STUDIO_HOME: {home} can't be written to ({error.strerror}); name a folder that this user may write to"
    return ""

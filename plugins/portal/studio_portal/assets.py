"""The files that a browser loads: this package's own, the JavaScript client, and those of other plugins.

All are kept in memory. Their addresses carry a digest of all of them together, so that a browser may keep each for
good, modules find each other by relative addresses, and two versions never mix.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import logging
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from studio_portal.areas import Placed, manifest, parse, shape
from studio_portal.settings import PortalSettings

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_log = logging.getLogger(__name__)

_HERE = Path(__file__).parent
_STATIC = _HERE / "static"
_SUFFIXES = (".js", ".css", ".svg", ".json", ".html", ".png", ".woff2", ".txt")
_TYPES = {".js": "text/javascript; charset=utf-8", ".json": "application/json"}
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Asset:
    """A file as it is sent."""

    content: bytes
    content_type: str

    @functools.cached_property
    def packed(self) -> bytes:
        """The same for clients that take gzip."""
        return gzip.compress(self.content, mtime=0)

    @functools.cached_property
    def digest(self) -> str:
        """Tells one content from another."""
        return hashlib.blake2b(self.content, digest_size=12).hexdigest()


@dataclass(frozen=True)
class Build:
    """All files at one moment, by their address below ``assets/<name>/``, and the page that loads them."""

    name: str
    files: Mapping[str, Asset]
    page: Asset


class Assets:
    """Reads the files once, or for each page with ``portal.reload``."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._reload = platform.settings.section(PortalSettings).reload
        self._build: Build | None = None

    def current(self) -> Build:
        """The files as they are."""
        if self._build is None:
            self._build = self._read()
        return self._build

    def renewed(self) -> Build:
        """The files for somebody who opens the page."""
        if self._reload:
            self._build = None
        return self.current()

    def _read(self) -> Build:
        files = {f"sdk/{name}": asset for name, asset in _files(_client())}
        files |= dict(_files(_STATIC))
        page = files.pop("index.html")
        own = {name.removeprefix("pages/"): each for name, each in files.items() if name.startswith("pages/")}
        areas = list(_areas("pages/", own))
        for plugin, found in self._brought():
            areas += _areas(f"plugins/{plugin}/", found)
            files |= {f"plugins/{plugin}/{name}": asset for name, asset in found.items()}
        told = manifest(_without_repeats(areas), self._platform.permissions)
        files[_MANIFEST] = Asset(orjson.dumps(told), _TYPES[".json"])
        name = _digest(files)
        return Build(name, files, Asset(page.content.replace(b"{build}", name.encode()), page.content_type))

    def _brought(self) -> Iterator[tuple[str, dict[str, Asset]]]:
        """The files of each plugin that brings pages; one that fails to say so brings none."""
        plugins = self._platform.plugins
        for record in plugins.active:
            try:
                folders = plugins.declarations(record, "studio_portal_pages")
                found = {name: asset for folder in folders for name, asset in _files(Path(folder))}
            except (Exception, SystemExit):
                _log.exception("plugin %r failed to bring its pages", record.name)
                continue
            if found:
                yield record.name, found


def _client() -> Path:
    """The client's files: in an installed wheel beside this module, in a checkout where they are written."""
    inside = _HERE / "sdk"
    return inside if inside.is_dir() else _HERE.parents[2] / "sdk" / "javascript" / "src"


def _files(folder: Path) -> Iterator[tuple[str, Asset]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and path.suffix in _SUFFIXES and name.count("/") <= 1:
            kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            text = "; charset=utf-8" if kind.startswith("text/") and "charset" not in kind else ""
            yield name, Asset(path.read_bytes(), kind + text)


def _areas(place: str, files: Mapping[str, Asset]) -> Iterator[Placed]:
    """The areas among the files of one folder: each declaration that has a module beside it."""
    for name, asset in files.items():
        own = name.removesuffix(".json")
        if own == name or f"{own}.js" not in files:
            continue
        try:
            area = parse(name, asset.content)
        except ValueError as error:
            _log.error("an area of the portal is left out: %s%s", place, error)
        else:
            yield Placed(f"{place}{own}.js", f"{place}{own}.css" if f"{own}.css" in files else "", area)


def _without_repeats(areas: Sequence[Placed]) -> Iterator[Placed]:
    """Each route belongs to the first that claims it; a later area that does so too is left out."""
    owners: dict[str, str] = {}
    for each in areas:
        taken = [route for route in each.area.routes if shape(route) in owners]
        if taken:
            owner = owners[shape(taken[0])]
            _log.error("the route %s of the portal is claimed by both %s and %s", taken[0], owner, each.module)
            continue
        owners |= {shape(route): each.module for route in each.area.routes}
        yield each


def _digest(files: Mapping[str, Asset]) -> str:
    whole = hashlib.blake2b(digest_size=10)
    for name in sorted(files):
        whole.update(f"{name}\0{files[name].digest}\0".encode())
    return whole.hexdigest()

"""The page and its files over HTTP. They are the same for everybody; whatever they show comes from the API."""

from __future__ import annotations

from collections.abc import Mapping

from studio_kernel.errors import NotFound
from studio_kernel.http.operations import PUBLIC, Call, RawAnswer, operation
from studio_portal.assets import Asset, Assets

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control": "no-cache",
}
_FILE_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "same-origin",
    # APPSEC: a drawing that is opened by itself is a document, and could carry a script.
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


class PortalResource:
    """Responders of the portal."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets

    @operation(
        "portal.page",
        "GET",
        "/portal/",
        summary="Dashboard and developer portal, as a page",
        permission=PUBLIC,
        shape="raw",
        media_type="text/html",
        rate_limit="exempt",
    )
    def page(self, call: Call) -> RawAnswer:
        """The only page there is: the rest of an address stands behind ``#`` and never leaves the browser."""
        return answer(self._assets.renewed().page, call.headers, PAGE_HEADERS)

    @operation(
        "portal.address",
        "GET",
        "/portal",
        summary="Leads to the portal",
        permission=PUBLIC,
        shape="raw",
        media_type="text/html",
        rate_limit="exempt",
        blocking=False,
        answers={307: "To the portal"},
    )
    def address(self, call: Call) -> RawAnswer:
        """Addresses of files are relative to the folder."""
        return _to_portal()

    @operation(
        "portal.root",
        "GET",
        "/",
        summary="Leads to the portal, where nothing else answers here",
        permission=PUBLIC,
        shape="raw",
        media_type="text/html",
        rate_limit="exempt",
        blocking=False,
        gives_way=True,
        answers={307: "To the portal"},
    )
    def root(self, call: Call) -> RawAnswer:
        """Whoever types only the server's name arrives."""
        return _to_portal()

    @operation(
        "portal.file",
        "GET",
        "/portal/assets/{build}/{file}",
        summary="A file of the portal",
        permission=PUBLIC,
        shape="raw",
        media_type="*/*",
        rate_limit="exempt",
    )
    def file(self, call: Call) -> RawAnswer:
        """A file at the top."""
        return self._file(call, call.path["file"])

    @operation(
        "portal.folder_file",
        "GET",
        "/portal/assets/{build}/{folder}/{file}",
        summary="A file in a folder of the portal",
        permission=PUBLIC,
        shape="raw",
        media_type="*/*",
        rate_limit="exempt",
    )
    def folder_file(self, call: Call) -> RawAnswer:
        """Modules of the shell, components, pages, the client."""
        return self._file(call, f"{call.path['folder']}/{call.path['file']}")

    @operation(
        "portal.plugin_file",
        "GET",
        "/portal/assets/{build}/plugins/{plugin}/{file}",
        summary="A file that a plugin brings to the portal",
        permission=PUBLIC,
        shape="raw",
        media_type="*/*",
        rate_limit="exempt",
    )
    def plugin_file(self, call: Call) -> RawAnswer:
        """Pages of other plugins."""
        return self._file(call, f"plugins/{call.path['plugin']}/{call.path['file']}")

    def _file(self, call: Call, name: str) -> RawAnswer:
        build = self._assets.current()
        asset = build.files.get(name)
        if asset is None or call.path["build"] != build.name:
            raise NotFound("This version of the portal has no such file; load the page again")
        return answer(asset, call.headers, _FILE_HEADERS)


def answer(asset: Asset, asked: Mapping[str, str], headers: Mapping[str, str]) -> RawAnswer:
    """A file with these headers, packed for whoever takes that. ``asked`` are the headers of the request."""
    packs = any(part.split(";")[0].strip() == "gzip" for part in asked.get("accept-encoding", "").split(","))
    packed = packs and len(asset.packed) < len(asset.content)
    more = {"ETag": f'"{asset.digest}{"-gzip" if packed else ""}"', "Vary": "Accept-Encoding"}
    if packed:
        more["Content-Encoding"] = "gzip"
    return RawAnswer(asset.packed if packed else asset.content, asset.content_type, headers={**headers, **more})


def _to_portal() -> RawAnswer:
    headers = {"Location": "/portal/", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return RawAnswer(b"", "text/html; charset=utf-8", 307, headers)

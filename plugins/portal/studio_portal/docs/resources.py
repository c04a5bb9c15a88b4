"""The documentation over HTTP, beside the portal. It is the same for everybody."""

from __future__ import annotations

from studio_kernel.errors import NotFound
from studio_kernel.http.operations import PUBLIC, Call, RawAnswer, operation
from studio_portal.docs.repository import NoTexts, installed
from studio_portal.docs.site import Site
from studio_portal.resources import PAGE_HEADERS, answer

_PLACE = "/portal/docs/"
_START = "index.html"


class DocsResource:
    """Responders of the documentation. With ``reload`` texts are read again for each page."""

    def __init__(self, *, reload: bool = False) -> None:
        self._reload = reload
        self._kept: Site | None = None

    def _site(self) -> Site:
        """The texts are looked for when the first reader comes, not at the start."""
        if self._kept is None or self._reload:
            try:
                self._kept = Site(installed(), home="/portal/")
            except NoTexts as error:
                raise NotFound("This install has no documentation") from error
        return self._kept

    @operation(
        "portal.docs",
        "GET",
        "/portal/docs",
        summary="Leads to the documentation",
        permission=PUBLIC,
        shape="raw",
        media_type="text/html",
        rate_limit="exempt",
        blocking=False,
        answers={307: "To the documentation"},
    )
    def address(self, call: Call) -> RawAnswer:
        """Addresses of pages are relative to the folder."""
        headers = {"Location": _PLACE, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
        return RawAnswer(b"", "text/html; charset=utf-8", 307, headers)

    @operation(
        "portal.docs_start",
        "GET",
        _PLACE,
        summary="The documentation's first page",
        permission=PUBLIC,
        shape="raw",
        media_type="text/html",
        rate_limit="exempt",
        errors=(NotFound,),
    )
    def start(self, call: Call) -> RawAnswer:
        """The first page."""
        return self._file(call, _START)

    @operation(
        "portal.docs_page",
        "GET",
        f"{_PLACE}{{page}}",
        summary="A page of the documentation",
        permission=PUBLIC,
        shape="raw",
        media_type="*/*",
        rate_limit="exempt",
    )
    def page(self, call: Call) -> RawAnswer:
        """A page at the top, or what pages load."""
        return self._file(call, call.path["page"])

    @operation(
        "portal.docs_folder_page",
        "GET",
        f"{_PLACE}{{folder}}/{{page}}",
        summary="A page in a folder of the documentation",
        permission=PUBLIC,
        shape="raw",
        media_type="*/*",
        rate_limit="exempt",
    )
    def folder_page(self, call: Call) -> RawAnswer:
        """A guide, a page of the reference, an example."""
        return self._file(call, f"{call.path['folder']}/{call.path['page']}")

    def _file(self, call: Call, name: str) -> RawAnswer:
        found = self._site().file(name)
        if found is None:
            raise NotFound("The documentation has no such page")
        return answer(found, call.headers, PAGE_HEADERS)

"""Sending requests and taking answers, in the caller's thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeVar

import httpx

from studio_platform.auth import Auth, Renewals, TokenRequest
from studio_platform.errors import ConnectionFailed, error_of
from studio_platform.files import Download, Upload
from studio_platform.pages import Page, Pagination
from studio_platform.requests import Endpoint, Request, Retries, build, decoded
from studio_platform.streams import ServerEvent, parse_events

M = TypeVar("M")


class Caller:
    """Sends the requests of one client; safe to be used from several threads."""

    def __init__(self, http: httpx.Client, auth: Auth, retries: Retries) -> None:
        self.http = http
        self.auth = auth
        self.retries = retries
        self._renewing = threading.Lock()
        self._renewals = Renewals()

    def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """The answer, when it is a success; otherwise an error. A streamed one isn't read yet."""
        upload = Upload(request.body or {}, *request.file) if request.file is not None else None
        try:
            response = self._with_credential(request, upload, stream)
        finally:
            if upload is not None:
                upload.close()
        if response.is_error:
            response.read()
            response.close()
            raise error_of(response)
        return response

    def _with_credential(self, request: Request, upload: Upload | None, stream: bool) -> httpx.Response:
        repeatable = upload is None or upload.repeatable
        if self.auth.is_due():
            self._renew(self.auth.headers())
        used = self.auth.headers()
        response = self._repeat(request, upload, stream)
        if response.status_code == 401 and repeatable and self.auth.renewal() is not None:
            response.close()
            self._renew(used)
            response = self._repeat(request, upload, stream)
        return response

    def _repeat(self, request: Request, upload: Upload | None, stream: bool) -> httpx.Response:
        attempt = 0
        while True:
            attempt += 1
            response, failure = None, None
            try:
                response = self._once(request, upload, stream)
            except httpx.TransportError as error:
                failure = error
            wait = self.retries.wait(attempt, response) if upload is None or upload.repeatable else None
            if wait is None or (response is not None and not response.is_error):
                if response is None:
                    raise ConnectionFailed(f"{self.http.base_url}: {failure}") from failure
                return response
            if response is not None:
                response.close()
            time.sleep(wait)

    def _once(self, request: Request, upload: Upload | None, stream: bool) -> httpx.Response:
        built = self.http.build_request(
            request.endpoint.method, request.url, params=request.query, **body_of(request, upload, upload)
        )
        if request.credential:
            built.headers.update(self.auth.headers())
        return self.http.send(built, stream=stream)

    def _renew(self, used: dict[str, str]) -> None:
        """Get new tokens, unless another thread has just done so."""
        with self._renewing:
            wanted = self.auth.renewal()
            if wanted is None or (self.auth.headers() != used and not self.auth.is_due()):
                return
            response = self._repeat(token_request(wanted, self._renewals.key(wanted)), None, False)
            if is_settled(response):
                self._renewals.settle()
            if response.is_error:
                raise error_of(response)
            self.auth.accept(tokens_in(response))


class Group:
    """Operations under one name."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def _data(self, endpoint: Endpoint, path: Sequence[str], model: Callable[[Any], M], **call: Any) -> M:
        return model(decoded(self._sent(endpoint, path, **call))["data"])

    def _bare(self, endpoint: Endpoint, path: Sequence[str], model: Callable[[Any], M], **call: Any) -> M:
        return model(decoded(self._sent(endpoint, path, **call)))

    def _message(self, endpoint: Endpoint, path: Sequence[str], **call: Any) -> str:
        return str(decoded(self._sent(endpoint, path, **call))["message"])

    def _text(self, endpoint: Endpoint, path: Sequence[str], **call: Any) -> str:
        return self._sent(endpoint, path, **call).text

    def _download(self, endpoint: Endpoint, path: Sequence[str], **call: Any) -> Download:
        return Download(self._sent(endpoint, path, stream=True, **call))

    def _page(
        self, endpoint: Endpoint, path: Sequence[str], model: Callable[[Any], M], *, key: str, query: dict[str, Any]
    ) -> Page[M]:
        def following(cursor: str) -> Page[M]:
            further = {name: value for name, value in query.items() if name != "page"}
            return self._page(endpoint, path, model, key=key, query={**further, "cursor": cursor})

        data = decoded(self._sent(endpoint, path, query=query))["data"]
        return Page([model(each) for each in data[key]], Pagination(data["pagination"]), following)

    def _events(self, endpoint: Endpoint, path: Sequence[str], **call: Any) -> Iterator[ServerEvent]:
        request = build(endpoint, path, **call)
        request.headers["Accept"] = "text/event-stream"
        response = self._caller.send(request, stream=True)
        try:
            yield from parse_events(response.iter_lines())
        finally:
            response.close()

    def _sent(
        self, endpoint: Endpoint, path: Sequence[str], *, file: Any = None, stream: bool = False, **call: Any
    ) -> httpx.Response:
        request = build(endpoint, path, **call)
        request.file = file
        return self._caller.send(request, stream=stream)


def body_of(request: Request, upload: Upload | None, content: Any) -> dict[str, Any]:
    """What httpx takes for the body of a request."""
    headers = dict(request.headers)
    if upload is not None:
        return {"content": content, "headers": headers | upload.headers()}
    if request.content is not None:
        return {"content": request.content, "headers": headers}
    if request.body is None:
        return {"headers": headers}
    return {"data" if request.endpoint.body == "form" else "json": request.body, "headers": headers}


def token_request(wanted: TokenRequest, key: str) -> Request:
    """The request that gets tokens; it proves itself by its body alone."""
    kind: Literal["form", "json"] = "json" if wanted.form is None else "form"
    request = build(
        Endpoint("renewal", "POST", wanted.path, kind), (), body=wanted.form or wanted.json, idempotency_key=key
    )
    request.credential = False
    return request


def is_settled(response: httpx.Response) -> bool:
    """Whether the platform gave tokens or refused the request itself, rather than being busy or out of order."""
    return response.is_success or response.status_code in (400, 401)


def tokens_in(response: httpx.Response) -> Any:
    """Tokens, in the platform's envelope or as OAuth has them."""
    body = decoded(response)
    return body.get("data", body)

"""Sending requests and taking answers, with asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

import httpx

from studio_platform.auth import Auth, Renewals
from studio_platform.errors import ConnectionFailed, error_of
from studio_platform.files import AsyncDownload, Upload
from studio_platform.pages import AsyncPage, Pagination
from studio_platform.requests import Endpoint, Request, Retries, build, decoded
from studio_platform.streams import EventParser, ServerEvent
from studio_platform.sync import body_of, is_settled, token_request, tokens_in

M = TypeVar("M")


class AsyncCaller:
    """Sends the requests of one client."""

    def __init__(self, http: httpx.AsyncClient, auth: Auth, retries: Retries) -> None:
        self.http = http
        self.auth = auth
        self.retries = retries
        self._renewing = asyncio.Lock()
        self._renewals = Renewals()

    async def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """The answer, when it is a success; otherwise an error. A streamed one isn't read yet."""
        upload = Upload(request.body or {}, *request.file) if request.file is not None else None
        try:
            response = await self._with_credential(request, upload, stream)
        finally:
            if upload is not None:
                upload.close()
        if response.is_error:
            await response.aread()
            await response.aclose()
            raise error_of(response)
        return response

    async def _with_credential(self, request: Request, upload: Upload | None, stream: bool) -> httpx.Response:
        repeatable = upload is None or upload.repeatable
        if self.auth.is_due():
            await self._renew(self.auth.headers())
        used = self.auth.headers()
        response = await self._repeat(request, upload, stream)
        if response.status_code == 401 and repeatable and self.auth.renewal() is not None:
            await response.aclose()
            await self._renew(used)
            response = await self._repeat(request, upload, stream)
        return response

    async def _repeat(self, request: Request, upload: Upload | None, stream: bool) -> httpx.Response:
        attempt = 0
        while True:
            attempt += 1
            response, failure = None, None
            try:
                response = await self._once(request, upload, stream)
            except httpx.TransportError as error:
                failure = error
            wait = self.retries.wait(attempt, response) if upload is None or upload.repeatable else None
            if wait is None or (response is not None and not response.is_error):
                if response is None:
                    raise ConnectionFailed(f"{self.http.base_url}: {failure}") from failure
                return response
            if response is not None:
                await response.aclose()
            await asyncio.sleep(wait)

    async def _once(self, request: Request, upload: Upload | None, stream: bool) -> httpx.Response:
        content = None if upload is None else upload.__aiter__()
        built = self.http.build_request(
            request.endpoint.method, request.url, params=request.query, **body_of(request, upload, content)
        )
        if request.credential:
            built.headers.update(self.auth.headers())
        return await self.http.send(built, stream=stream)

    async def _renew(self, used: dict[str, str]) -> None:
        """Get new tokens, unless another task has just done so."""
        async with self._renewing:
            wanted = self.auth.renewal()
            if wanted is None or (self.auth.headers() != used and not self.auth.is_due()):
                return
            response = await self._repeat(token_request(wanted, self._renewals.key(wanted)), None, False)
            if is_settled(response):
                self._renewals.settle()
            if response.is_error:
                raise error_of(response)
            self.auth.accept(tokens_in(response))


class AsyncGroup:
    """Operations under one name."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def _data(self, endpoint: Endpoint, path: Sequence[str], model: Callable[[Any], M], **call: Any) -> M:
        return model(decoded(await self._sent(endpoint, path, **call))["data"])

    async def _bare(self, endpoint: Endpoint, path: Sequence[str], model: Callable[[Any], M], **call: Any) -> M:
        return model(decoded(await self._sent(endpoint, path, **call)))

    async def _message(self, endpoint: Endpoint, path: Sequence[str], **call: Any) -> str:
        return str(decoded(await self._sent(endpoint, path, **call))["message"])

    async def _text(self, endpoint: Endpoint, path: Sequence[str], **call: Any) -> str:
        return (await self._sent(endpoint, path, **call)).text

    async def _download(self, endpoint: Endpoint, path: Sequence[str], **call: Any) -> AsyncDownload:
        return AsyncDownload(await self._sent(endpoint, path, stream=True, **call))

    async def _page(
        self, endpoint: Endpoint, path: Sequence[str], model: Callable[[Any], M], *, key: str, query: dict[str, Any]
    ) -> AsyncPage[M]:
        async def following(cursor: str) -> AsyncPage[M]:
            further = {name: value for name, value in query.items() if name != "page"}
            return await self._page(endpoint, path, model, key=key, query={**further, "cursor": cursor})

        data = decoded(await self._sent(endpoint, path, query=query))["data"]
        return AsyncPage([model(each) for each in data[key]], Pagination(data["pagination"]), following)

    async def _events(self, endpoint: Endpoint, path: Sequence[str], **call: Any) -> AsyncIterator[ServerEvent]:
        request = build(endpoint, path, **call)
        request.headers["Accept"] = "text/event-stream"
        response = await self._caller.send(request, stream=True)
        parser = EventParser()
        try:
            async for line in response.aiter_lines():
                event = parser.feed(line)
                if event is not None:
                    yield event
        finally:
            await response.aclose()

    async def _sent(
        self, endpoint: Endpoint, path: Sequence[str], *, file: Any = None, stream: bool = False, **call: Any
    ) -> httpx.Response:
        request = build(endpoint, path, **call)
        request.file = file
        return await self._caller.send(request, stream=stream)

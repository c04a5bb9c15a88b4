"""The two clients: :class:`StudioAPI`, and :class:`AsyncStudioAPI` for asyncio."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

import httpx

from studio_platform.aio import AsyncCaller
from studio_platform.aio_resources import AsyncOperations
from studio_platform.auth import ApiKey, Auth, Nobody, Tokens
from studio_platform.requests import UNSET, Endpoint, Retries, Unset, content_of
from studio_platform.resources import Operations
from studio_platform.sync import Caller

_AGENT = "studio-platform-sdk/0.1.0 python"


class StudioAPI(Operations):
    """A client of one platform. Each operation is a method: ``api.projects.list()``, ``api.evidence.create(…)``.

    ``base_url`` is the platform's address. The credential is an ``api_key``, an ``access_token``, or one of
    :mod:`studio_platform.auth` as ``auth``; without any there is :meth:`login`. ``timeout`` is in seconds, for
    connecting and for each piece of an answer. ``http`` takes an :class:`httpx.Client` of your own, with its proxies
    and certificates; it isn't closed here.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str = "",
        *,
        access_token: str = "",
        auth: Auth | None = None,
        timeout: float = 30.0,
        retries: Retries | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self._owned = http is None
        self._http = http or httpx.Client(timeout=timeout)
        self._http.base_url = httpx.URL(base_url)
        self._http.headers.setdefault("User-Agent", _AGENT)
        super().__init__(Caller(self._http, _credential(api_key, access_token, auth), retries or Retries()))

    def login(self, email: str, password: str, **further: str) -> StudioAPI:
        """Sign in as a person; the session is kept alive by its refresh token. Returns this client.

        ``further`` are fields that the platform asks for besides, such as the code of a second factor.
        """
        self._caller.auth = Nobody()
        answer = self.auth.login(email=email, password=password, **further)
        self._caller.auth = _session(answer["tokens"])
        return self

    def call(
        self,
        method: str,
        path: str,
        *ids: str,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        if_match: str | Unset = UNSET,
        idempotency_key: str = "",
    ) -> Any:
        """Call an operation that this client doesn't know, such as one of a plugin.

        ``path`` has ``{}`` for each of the ``ids``. What is given back is the answer's ``data``, or all of it where it
        has none.
        """
        endpoint = Endpoint(f"{method} {path}", method, path, "" if body is None else "json")
        sent = self._sent(endpoint, ids, query=query, body=body, if_match=if_match, idempotency_key=idempotency_key)
        return content_of(sent)

    def close(self) -> None:
        """Close connections."""
        if self._owned:
            self._http.close()

    def __enter__(self) -> StudioAPI:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncStudioAPI(AsyncOperations):
    """:class:`StudioAPI` for asyncio: the same operations, each to be awaited."""

    def __init__(
        self,
        base_url: str,
        api_key: str = "",
        *,
        access_token: str = "",
        auth: Auth | None = None,
        timeout: float = 30.0,
        retries: Retries | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._owned = http is None
        self._http = http or httpx.AsyncClient(timeout=timeout)
        self._http.base_url = httpx.URL(base_url)
        self._http.headers.setdefault("User-Agent", _AGENT)
        super().__init__(AsyncCaller(self._http, _credential(api_key, access_token, auth), retries or Retries()))

    async def login(self, email: str, password: str, **further: str) -> AsyncStudioAPI:
        """Sign in as a person; the session is kept alive by its refresh token. Returns this client."""
        self._caller.auth = Nobody()
        answer = await self.auth.login(email=email, password=password, **further)
        self._caller.auth = _session(answer["tokens"])
        return self

    async def call(
        self,
        method: str,
        path: str,
        *ids: str,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        if_match: str | Unset = UNSET,
        idempotency_key: str = "",
    ) -> Any:
        """As :meth:`StudioAPI.call`."""
        endpoint = Endpoint(f"{method} {path}", method, path, "" if body is None else "json")
        sent = self._sent(endpoint, ids, query=query, body=body, if_match=if_match, idempotency_key=idempotency_key)
        return content_of(await sent)

    async def close(self) -> None:
        """Close connections."""
        if self._owned:
            await self._http.aclose()

    async def __aenter__(self) -> AsyncStudioAPI:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _credential(api_key: str, access_token: str, auth: Auth | None) -> Auth:
    given = [each for each in (api_key, access_token, auth) if each]
    if len(given) > 1:
        raise ValueError("give one of api_key, access_token and auth")
    if auth is not None:
        return auth
    if api_key:
        return ApiKey(api_key)
    return Tokens(access_token) if access_token else Nobody()


def _session(tokens: dict[str, object]) -> Tokens:
    return Tokens(
        str(tokens["access_token"]), str(tokens["refresh_token"]), expires_in=float(str(tokens["expires_in"]))
    )

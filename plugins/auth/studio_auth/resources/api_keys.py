"""API keys over HTTP."""

from __future__ import annotations

from typing import Any

from studio_auth.queries import API_KEY_LISTING
from studio_auth.schemas.api_keys import ApiKeyBody, ApiKeyCreated, ApiKeyDetail
from studio_auth.service.api_keys import ApiKeys, key_of
from studio_kernel.http.operations import Answer, Call, operation
from studio_kernel.http.wire import raw_json


class ApiKeyResource:
    """Responders around the caller's keys."""

    def __init__(self, keys: ApiKeys) -> None:
        self._keys = keys

    @operation(
        "api_keys.create",
        "POST",
        "/api/v1/api-keys",
        summary="Make an API key; its secret is shown only now",
        permission="api_keys:manage",
        body=ApiKeyBody,
        response=ApiKeyCreated,
        shape="bare",
        status=201,
    )
    def create(self, call: Call) -> Answer:
        """Answers the bare object, as the API reference prints it."""
        key, secret = self._keys.create(call.principal, **call.body)
        return Answer({**_shown(key), "api_key": secret}, location=f"/api/v1/api-keys/{key['id']}")

    @operation(
        "api_keys.list",
        "GET",
        "/api/v1/api-keys",
        summary="List one's own API keys",
        permission="api_keys:manage",
        listing=API_KEY_LISTING,
        response=ApiKeyDetail,
    )
    def list(self, call: Call) -> Any:
        """Newest first by default; revoked keys are left out."""
        page = self._keys.list(call.principal, call.listing)
        return {"api_keys": [_shown(key_of(row)) for row in page.rows], "pagination": page.pagination}

    @operation(
        "api_keys.read",
        "GET",
        "/api/v1/api-keys/{key_id}",
        summary="Show one of one's own API keys",
        permission="api_keys:manage",
        response=ApiKeyDetail,
        etag=True,
    )
    def read(self, call: Call) -> Any:
        """Never the secret."""
        return _shown(self._keys.show(call.principal, call.path["key_id"]))

    @operation(
        "api_keys.rotate",
        "POST",
        "/api/v1/api-keys/{key_id}/rotate",
        summary="Give an API key a new secret; the old one stops at once",
        permission="api_keys:manage",
        response=ApiKeyCreated,
        shape="bare",
    )
    def rotate(self, call: Call) -> Any:
        """The key keeps its id, name and scopes."""
        key, secret = self._keys.rotate(call.principal, call.path["key_id"])
        return {**_shown(key), "api_key": secret}

    @operation(
        "api_keys.delete",
        "DELETE",
        "/api/v1/api-keys/{key_id}",
        summary="Revoke one of one's own API keys, at once",
        permission="api_keys:manage",
        shape="message",
        message="API key deleted successfully",
    )
    def delete(self, call: Call) -> None:
        """It is refused from now on."""
        self._keys.revoke(call.principal, call.path["key_id"])


def _shown(key: dict[str, Any]) -> dict[str, Any]:
    return {**key, "scopes": raw_json(key["scopes"]), "client_id": key["client_id"] or None}

"""Registration of OAuth clients over HTTP."""

from __future__ import annotations

from typing import Any

from studio_auth.queries import CLIENT_LISTING
from studio_auth.schemas.oauth import ClientBody, ClientCreated, ClientDetail, SecretRotated, SecretRotation
from studio_auth.service.oauth_clients import OAuthClients, client_of, client_view
from studio_kernel.errors import Conflict
from studio_kernel.http.operations import Answer, Call, operation


class OAuthClientResource:
    """Responders around registered clients."""

    def __init__(self, clients: OAuthClients) -> None:
        self._clients = clients

    @operation(
        "oauth_clients.create",
        "POST",
        "/api/v1/oauth/clients",
        summary="Register an OAuth client; its secret is shown only now",
        permission="oauth_clients:manage",
        scope="admin",
        body=ClientBody,
        response=ClientCreated,
        status=201,
    )
    def create(self, call: Call) -> Answer:
        """A public client (``confidential`` false) gets no secret."""
        client, secret = self._clients.create(call.principal, **call.body)
        shown = {**client_view(client), "client_secret": secret or None}
        return Answer(shown, location=f"/api/v1/oauth/clients/{client.client_id}")

    @operation(
        "oauth_clients.list",
        "GET",
        "/api/v1/oauth/clients",
        summary="List OAuth clients",
        permission="oauth_clients:manage",
        scope="admin",
        listing=CLIENT_LISTING,
        response=ClientDetail,
    )
    def list(self, call: Call) -> Any:
        """Newest first by default."""
        page = self._clients.list(call.listing)
        return {"clients": [client_view(client_of(row)) for row in page.rows], "pagination": page.pagination}

    @operation(
        "oauth_clients.read",
        "GET",
        "/api/v1/oauth/clients/{client_id}",
        summary="Show an OAuth client",
        permission="oauth_clients:manage",
        scope="admin",
        response=ClientDetail,
        etag=True,
    )
    def read(self, call: Call) -> Any:
        """Never its secret."""
        return client_view(self._clients.show(call.path["client_id"]))

    @operation(
        "oauth_clients.rotate_secret",
        "POST",
        "/api/v1/oauth/clients/{client_id}/rotate-secret",
        summary="Give an OAuth client a new secret, which is shown only now",
        permission="oauth_clients:manage",
        scope="admin",
        body=SecretRotation,
        response=SecretRotated,
        errors=(Conflict,),
        description="The secret that it had is taken until `previous_secret_until`, so that nothing has to stop.",
    )
    def rotate_secret(self, call: Call) -> Any:
        """Its tokens live on."""
        client, secret = self._clients.rotate_secret(call.path["client_id"], **call.body)
        return {
            **client_view(client),
            "client_secret": secret,
            "previous_secret_until": client.previous_secret_until,
        }

    @operation(
        "oauth_clients.delete",
        "DELETE",
        "/api/v1/oauth/clients/{client_id}",
        summary="Delete an OAuth client; its tokens stop at once",
        permission="oauth_clients:manage",
        scope="admin",
        shape="message",
        message="OAuth client deleted successfully",
    )
    def delete(self, call: Call) -> None:
        """Also those that people had granted it."""
        self._clients.delete(call.path["client_id"])

"""Shapes of OAuth clients and of the OAuth endpoints."""

from __future__ import annotations

from typing import Any

import marshmallow
from marshmallow import fields, validate

from studio_auth.schemas.fields import Secret
from studio_auth.service.oauth_clients import CLIENT_ROLES, GRANT_TYPES
from studio_kernel.http.schemas import Choice, Flag, Schema, Text, Time


class ClientBody(Schema):
    """A client to be registered. A public one (``confidential`` false) gets no secret and must use PKCE."""

    name = Text(required=True, minimum=1, maximum=200)
    redirect_uris = fields.List(Text(minimum=1, maximum=2000), validate=validate.Length(max=20))
    grant_types = fields.List(Choice(*GRANT_TYPES), validate=validate.Length(min=1, max=3))
    scopes = fields.List(Text(minimum=1, maximum=100), validate=validate.Length(min=1, max=50))
    confidential = Flag()
    role = Choice(*CLIENT_ROLES)


class ClientDetail(Schema):
    """A registered client. ``id`` and ``client_id`` are the same."""

    id = fields.String(required=True)
    client_id = fields.String(required=True)
    name = fields.String(required=True)
    confidential = fields.Boolean(required=True)
    redirect_uris = fields.List(fields.String(), required=True)
    grant_types = fields.List(fields.String(), required=True)
    scopes = fields.List(fields.String(), required=True)
    role = fields.String(required=True)
    created_by = fields.String(required=True)
    created_at = Time(required=True)


class ClientCreated(ClientDetail):
    """A client with its secret, which is shown only this once; null for a public client."""

    client_secret = fields.String(required=True, allow_none=True)


class SecretRotation(Schema):
    """For how many hours the secret that is replaced is taken too, 24 when not given; 0 stops it at once."""

    overlap_hours = fields.Float(validate=validate.Range(min=0, max=720))


class SecretRotated(ClientCreated):
    """A client with its new secret, which is shown only this once."""

    previous_secret_until = Time(required=True, allow_none=True)


class _Lenient(Schema):
    """OAuth's parameters: unknown ones are ignored and empty ones count as left out (RFC 6749 section 3.1, 3.2)."""

    class Meta:
        unknown = marshmallow.EXCLUDE

    @marshmallow.pre_load
    def drop_empty(self, values: Any, **kwargs: Any) -> Any:
        """Parameters without a value are treated as if they were not there."""
        return {name: value for name, value in values.items() if value != ""}


class AuthorizeQuery(_Lenient):
    """An authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3)."""

    response_type = Secret(maximum=100)
    client_id = Secret(maximum=100)
    redirect_uri = Secret(maximum=2000)
    scope = Secret(maximum=2000)
    state = Secret(maximum=4000)
    code_challenge = Secret(maximum=128)
    code_challenge_method = Secret(maximum=20)


class AuthorizeForm(AuthorizeQuery):
    """What the login and consent page sends: the request again, and the person's answer."""

    csrf = Secret(required=True, maximum=200)
    email = Secret(maximum=254)
    password = Secret()
    otp = Secret(maximum=40)
    pending = Secret(maximum=2000)
    decision = Secret(required=True, maximum=10)


class AccountForm(_Lenient):
    """What the account page sends: a step of signing in, or something to take back."""

    csrf = Secret(required=True, maximum=200)
    action = Secret(required=True, maximum=20)
    email = Secret(maximum=254)
    password = Secret()
    otp = Secret(maximum=40)
    pending = Secret(maximum=2000)
    id = Secret(maximum=100)


class PasswordForm(_Lenient):
    """What the page for a new password sends."""

    csrf = Secret(required=True, maximum=200)
    token = Secret(maximum=200)
    new_password = Secret()


class TokenForm(_Lenient):
    """A token request (RFC 6749 sections 4.1.3, 4.4.2 and 6)."""

    grant_type = Secret(maximum=100)
    code = Secret(maximum=500)
    redirect_uri = Secret(maximum=2000)
    client_id = Secret(maximum=100)
    client_secret = Secret(maximum=500)
    code_verifier = Secret(maximum=128)
    refresh_token = Secret(maximum=500)
    scope = Secret(maximum=2000)


class TokenQuestion(_Lenient):
    """A token to revoke or to look at (RFC 7009 section 2.1, RFC 7662 section 2.1)."""

    token = Secret(maximum=8000)
    token_type_hint = Secret(maximum=100)
    client_id = Secret(maximum=100)
    client_secret = Secret(maximum=500)


class TokenAnswer(Schema):
    """Tokens (RFC 6749 section 5.1)."""

    access_token = fields.String(required=True)
    token_type = fields.String(required=True)
    expires_in = fields.Integer(required=True)
    scope = fields.String(required=True)
    refresh_token = fields.String()


class Introspection(Schema):
    """What a token is (RFC 7662 section 2.2); of one that doesn't hold only that."""

    active = fields.Boolean(required=True)
    scope = fields.String()
    client_id = fields.String()
    token_type = fields.String()
    sub = fields.String()
    iss = fields.String()
    aud = fields.String()
    jti = fields.String()
    iat = fields.Integer()
    exp = fields.Integer()


class ServerMetadata(Schema):
    """The authorization server's metadata (RFC 8414 section 2)."""

    issuer = fields.String(required=True)
    authorization_endpoint = fields.String(required=True)
    token_endpoint = fields.String(required=True)
    revocation_endpoint = fields.String(required=True)
    introspection_endpoint = fields.String(required=True)
    scopes_supported = fields.List(fields.String(), required=True)
    response_types_supported = fields.List(fields.String(), required=True)
    response_modes_supported = fields.List(fields.String(), required=True)
    grant_types_supported = fields.List(fields.String(), required=True)
    token_endpoint_auth_methods_supported = fields.List(fields.String(), required=True)
    revocation_endpoint_auth_methods_supported = fields.List(fields.String(), required=True)
    introspection_endpoint_auth_methods_supported = fields.List(fields.String(), required=True)
    code_challenge_methods_supported = fields.List(fields.String(), required=True)
    authorization_response_iss_parameter_supported = fields.Boolean(required=True)
    jwks_uri = fields.String()


class JsonWebKeySet(Schema):
    """Public keys (RFC 7517 section 5)."""

    keys = fields.List(fields.Dict(), required=True)

"""Shapes of API keys."""

from __future__ import annotations

from marshmallow import fields, validate

from studio_kernel.http.schemas import Schema, Text, Time


class ApiKeyBody(Schema):
    """A key to be made. ``scopes`` are at most the caller's own; without ``expires_at`` it doesn't end."""

    name = Text(required=True, minimum=1, maximum=200)
    description = Text(maximum=2000, lines=True)
    scopes = fields.List(Text(minimum=1, maximum=100), required=True, validate=validate.Length(min=1, max=50))
    expires_at = Time(allow_none=True)


class ApiKeyDetail(Schema):
    """A key without its secret; ``prefix`` are its first characters. ``last_used_at`` is exact to a minute.

    ``client_id`` is the OAuth client that made it; the key ends with what that client was granted.
    """

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    prefix = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    created_at = Time(required=True)
    expires_at = Time(required=True, allow_none=True)
    last_used_at = Time(required=True, allow_none=True)
    client_id = fields.String(required=True, allow_none=True)


class ApiKeyCreated(ApiKeyDetail):
    """A key with its secret, which is shown only this once."""

    api_key = fields.String(required=True)

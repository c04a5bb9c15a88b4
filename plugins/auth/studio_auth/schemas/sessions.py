"""Shapes of sessions and applications."""

from __future__ import annotations

from marshmallow import fields

from studio_kernel.http.schemas import Schema, Time


class SessionDetail(Schema):
    """A session. ``kind`` is ``login``, ``browser`` or ``application``; ``last_used_at`` is when it last got tokens."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    client_id = fields.String(required=True, allow_none=True)
    client_name = fields.String(required=True, allow_none=True)
    scopes = fields.List(fields.String(), required=True)
    address = fields.String(required=True)
    agent = fields.String(required=True)
    current = fields.Boolean(required=True)
    created_at = Time(required=True)
    last_used_at = Time(required=True, allow_none=True)
    expires_at = Time(required=True)


class ApplicationDetail(Schema):
    """An OAuth client that acts for the caller, with the scopes that it was granted."""

    client_id = fields.String(required=True)
    name = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    created_at = Time(required=True)
    updated_at = Time(required=True)

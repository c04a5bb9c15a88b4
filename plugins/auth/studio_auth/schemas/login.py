"""Shapes of login, refresh and logout."""

from __future__ import annotations

from marshmallow import fields

from studio_auth.schemas.fields import Secret
from studio_kernel.http.schemas import Schema, Text


class LoginBody(Schema):
    """Address and password."""

    email = Text(required=True, minimum=1, maximum=254)
    password = Secret(required=True)


class RefreshBody(Schema):
    """The refresh token that is exchanged."""

    refresh_token = Secret(required=True, maximum=4096)


class Tokens(Schema):
    """Tokens of a session; ``expires_in`` is the access token's life in seconds."""

    access_token = fields.String(required=True)
    refresh_token = fields.String(required=True)
    expires_in = fields.Integer(required=True)


class LoggedInUser(Schema):
    """Who logged in."""

    id = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)


class LoginAnswer(Schema):
    """The account and its first tokens."""

    user = fields.Nested(LoggedInUser, required=True)
    tokens = fields.Nested(Tokens, required=True)

"""Shapes of login, refresh and logout."""

from __future__ import annotations

from marshmallow import fields

from studio_auth.schemas.fields import Secret
from studio_kernel.http.schemas import Choice, Schema, Text, Time


class LoginBody(Schema):
    """Address and password; ``otp`` is a code of the second factor, for accounts that have one."""

    email = Text(required=True, minimum=1, maximum=254)
    password = Secret(required=True)
    otp = Secret(maximum=40)


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
    """The account and its first tokens.

    ``second_factor`` is ``enrolment_required`` where the account's role needs one and it has none: until it is set up
    the tokens are good for that alone. ``temporary_until`` is set where a temporary password must be changed.
    """

    user = fields.Nested(LoggedInUser, required=True)
    tokens = fields.Nested(Tokens, required=True)
    second_factor = Choice("off", "on", "enrolment_required", required=True)
    temporary_until = Time(required=True, allow_none=True)


class ResetBody(Schema):
    """A one-time token and the password to come."""

    token = Secret(required=True, maximum=200)
    new_password = Secret(required=True)

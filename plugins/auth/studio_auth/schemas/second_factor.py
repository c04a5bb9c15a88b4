"""Shapes of the second factor."""

from __future__ import annotations

from marshmallow import fields

from studio_auth.schemas.fields import Secret
from studio_kernel.http.schemas import Schema, Time


class PasswordProof(Schema):
    """The account's password once more, so that a stolen token is not enough."""

    current_password = Secret(required=True)


class OneCode(Schema):
    """A code of the authenticator."""

    otp = Secret(required=True, maximum=40)


class FactorProof(PasswordProof):
    """Password and code; a recovery code will do."""

    otp = Secret(required=True, maximum=40)


class FactorStatus(Schema):
    """Whether the second factor is on, and whether the role needs it."""

    enabled = fields.Boolean(required=True)
    required = fields.Boolean(required=True)
    enabled_at = Time(required=True, allow_none=True)
    recovery_codes_left = fields.Integer(required=True)


class FactorBegun(Schema):
    """What goes into the authenticator: the secret in base 32, and the same as an ``otpauth:`` URI."""

    secret = fields.String(required=True)
    uri = fields.String(required=True)


class RecoveryCodes(Schema):
    """Codes that stand in for the authenticator, each once."""

    recovery_codes = fields.List(fields.String(), required=True)

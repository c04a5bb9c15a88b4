"""Shapes of accounts."""

from __future__ import annotations

from marshmallow import fields, validate

from studio_auth.schemas.fields import EmailAddress, Secret, known_timezone
from studio_kernel.http.schemas import Choice, Schema, Text, Time
from studio_kernel.security.permissions import ACCOUNT_ROLES

_LANGUAGE = validate.Regexp(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", error="Not a language tag such as en or pt-BR.")


class Preferences(Schema):
    """How a person wants to see things."""

    theme = Choice("light", "dark", "system")
    language = Text(maximum=35, validate=_LANGUAGE)
    timezone = Text(maximum=64, validate=known_timezone)


class UserBody(Schema):
    """A new account."""

    email = EmailAddress(required=True)
    name = Text(required=True, minimum=1, maximum=200)
    role = Choice(*ACCOUNT_ROLES, required=True)
    password = Secret(required=True)


class ErasureBody(Schema):
    """That the erasure is meant."""

    confirm = Text(required=True, minimum=1, maximum=254, metadata={"description": "The account's address once more."})


class ErasureStarted(Schema):
    """An erasure under way."""

    job_id = fields.String(required=True)


class ExportedOf(Schema):
    """Whose data an export holds, and from when it is."""

    account = fields.String(required=True)
    exported_at = Time(required=True)
    platform = fields.String(required=True)


class PersonalDocument(Schema):
    """All that the platform holds of a person: rows by table, columns by name."""

    about = fields.Nested(ExportedOf, required=True)
    data = fields.Dict(required=True)


class UserChange(Schema):
    """What changes of an account; what isn't named stays. All but name and preferences need an administrator."""

    name = Text(minimum=1, maximum=200)
    preferences = fields.Nested(Preferences)
    email = EmailAddress()
    role = Choice(*ACCOUNT_ROLES)
    status = Choice("active", "disabled")


class PasswordChange(Schema):
    """The present password and the one to come."""

    current_password = Secret(required=True)
    new_password = Secret(required=True)


class PasswordResetToken(Schema):
    """A one-time token, which is shown only now; hand it to the account's owner."""

    reset_token = fields.String(required=True)
    expires_at = Time(required=True)
    page = fields.String(required=True)


class UserInList(Schema):
    """An account in a list.

    ``second_factor_at`` tells since when a login needs a code; ``temporary_until`` is set for a temporary password.
    """

    id = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    status = fields.String(required=True)
    created_at = Time(required=True)
    updated_at = Time(required=True)
    last_login = Time(required=True, allow_none=True)
    second_factor_at = Time(required=True, allow_none=True)
    temporary_until = Time(required=True, allow_none=True)


class UserDetail(UserInList):
    """An account."""

    preferences = fields.Nested(Preferences, required=True)

"""Fields that several shapes of this plugin use."""

from __future__ import annotations

import zoneinfo
from typing import Any

import marshmallow
from marshmallow import fields, validate

from studio_kernel.http.schemas import Text


class Secret(fields.String):
    """A password or token: taken exactly as sent, blanks included."""

    def __init__(self, *, maximum: int = 1024, **options: Any) -> None:
        super().__init__(validate=validate.Length(min=1, max=maximum), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise marshmallow.ValidationError("Not a valid string.") from None
        if "\0" in text:
            raise marshmallow.ValidationError("Must not contain control characters.")
        return text


class EmailAddress(Text):
    """An email address of an account."""

    def __init__(self, **options: Any) -> None:
        check = validate.Email(error="Not a valid email address.")
        super().__init__(minimum=3, maximum=254, validate=check, **options)

    @property
    def described(self) -> dict[str, Any]:
        """A JSON Schema format; the check itself is marshmallow's."""
        return {"format": "email"}


def known_timezone(name: str) -> None:
    """Refuse names that the time zone database doesn't have."""
    if name not in zoneinfo.available_timezones():
        raise marshmallow.ValidationError("Not a time zone: use a name such as Europe/Berlin.")

"""Email addresses: one form to keep and to compare, whatever was typed."""

from __future__ import annotations

import unicodedata

import marshmallow
from marshmallow import validate

from studio_kernel.errors import ValidationFailed

_LONGEST = 254
_is_email = validate.Email()


def normal_email(text: str) -> str:
    """The one form in which addresses are kept and compared; text that is no address stays as it is, folded.

    Compatible characters, cases and forms of a domain (``bücher.example`` and ``xn--bcher-kva.example``) that people
    take for the same are the same: nobody can register a look-alike of these kinds.
    """
    folded = unicodedata.normalize("NFKC", text.strip()).lower()
    local, at, domain = folded.rpartition("@")
    if not at or domain.isascii():
        return folded
    import idna

    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return folded


def checked_email(text: str, field: str = "email") -> str:
    """The same, for an address that is new here; :class:`ValidationFailed` names ``field`` when it isn't one."""
    email = normal_email(text)
    if len(email) > _LONGEST:
        raise ValidationFailed(field, f"Must have at most {_LONGEST} characters")
    try:
        _is_email(email)
    except marshmallow.ValidationError:
        raise ValidationFailed(field, "Not a valid email address.") from None
    return email

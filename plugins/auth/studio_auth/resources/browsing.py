"""What responders of pages share: cookies, answers, and errors for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

from studio_auth.pages import HTML, page_headers, problem_page
from studio_auth.service.browsers import Person
from studio_kernel.app import Platform
from studio_kernel.errors import StudioError, ValidationFailed
from studio_kernel.http.operations import RawAnswer

_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser on a page: the name it was given, the secret of its session, and who is signed in."""

    name: str = field(repr=False)
    cookie: str = field(repr=False)
    person: Person | None = None


class Cookies:
    """The two cookies of the pages. No operation of the API looks at either.

    APPSEC: over https their names begin with ``__Host-``, so that no neighbouring host can plant one.
    """

    def __init__(self, platform: Platform) -> None:
        secure = platform.settings.kernel.public_url.startswith("https:")
        prefix = "__Host-" if secure else ""
        self._name, self._session = f"{prefix}studio_authorize", f"{prefix}studio_session"
        self._rest = "; Path=/; HttpOnly; SameSite=Lax; Secure" if secure else "; Path=/oauth; HttpOnly; SameSite=Lax"

    def read(self, headers: Mapping[str, str]) -> tuple[str, str]:
        """The browser's name and its session's secret; empty for what isn't there or isn't ours."""
        try:
            jar = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return "", ""
        return tuple(_sound(jar[name].value) if name in jar else "" for name in (self._name, self._session))  # type: ignore[return-value]

    def name(self, value: str) -> str:
        """``Set-Cookie`` for the browser's name, until the browser is closed."""
        return f"{self._name}={value}{self._rest}"

    def session(self, secret: str) -> str:
        """``Set-Cookie`` for a session, until the browser is closed; the session itself ends by its own time."""
        return f"{self._session}={secret}{self._rest}"

    def no_session(self) -> str:
        """``Set-Cookie`` that takes the session's cookie away."""
        return f"{self._session}=; Max-Age=0{self._rest}"


def _sound(value: str) -> str:
    return value if 20 <= len(value) <= _LONGEST and value.replace("-", "").replace("_", "").isalnum() else ""


def page(html: str, status: int = 200, redirect_uri: str = "", extra: Mapping[str, str] | None = None) -> RawAnswer:
    """A page; ``redirect_uri`` is where its form's answer may lead."""
    return RawAnswer(html.encode(), HTML, status, {**page_headers(redirect_uri), **(extra or {})})


def redirect(location: str, cookie: str = "") -> RawAnswer:
    """Send the browser on."""
    headers = {"Location": location, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return RawAnswer(b"", HTML, 302, headers | ({"Set-Cookie": cookie} if cookie else {}))


def message_of(error: StudioError | None) -> str:
    """An error in words for a person."""
    if error is None:
        return ""
    if isinstance(error, ValidationFailed):
        return f"{error.details['field']}: {error.details['error']}"
    return error.message


def refuse_as_page(error: StudioError) -> RawAnswer:
    """An error of the platform itself, for a person."""
    return page(problem_page(message_of(error)), error.status)

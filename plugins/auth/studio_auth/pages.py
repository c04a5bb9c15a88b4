"""The pages that a person sees: login and consent, one's account, a new password. No script, everything escaped."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from jinja2 import Environment

    from studio_auth.service.second_factor import Enrolment

HTML = "text/html; charset=utf-8"
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}"
    "form{max-width:26rem}td form{max-width:none}"
    "label{display:block;margin:1rem 0 .25rem}"
    "input{width:100%;box-sizing:border-box;padding:.5rem;font:inherit}"
    "button{margin:1.5rem .5rem 0 0;padding:.5rem 1.25rem;font:inherit;min-height:2.75rem}td button{margin:0}"
    "button:focus-visible,input:focus-visible,a:focus-visible{outline:3px solid #1a66ff;outline-offset:2px}"
    ".problem{border-left:4px solid #d6453d;padding-left:.75rem}"
    ".picture{background:#fff;width:max-content}.codes{columns:2}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.5rem .75rem .5rem 0;vertical-align:top}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PLAIN_HOST = re.compile(r"[A-Za-z0-9.-]+\Z")


def render(template: str, title: str, *, problem: str = "", **values: Any) -> str:
    """A page. Everything in ``values`` is escaped; ``problem`` says what went wrong, and is read out first."""
    return _environment().get_template(f"{template}.html").render(title=title, problem=problem, **values)


def problem_page(reason: str) -> str:
    """Why the request can't go on, for the person; nothing is sent to anybody."""
    return render("problem", "This can't go on", problem=reason)


def enrolment_values(enrolment: Enrolment) -> dict[str, Any]:
    """The secret in groups of four, and as a picture that stands in the page itself."""
    import segno
    from markupsafe import Markup

    groups = " ".join(re.findall(".{1,4}", enrolment.secret))
    picture = segno.make(enrolment.uri, error="m").svg_inline(scale=4, border=4)
    # APPSEC: the drawing is made of numbers only; nothing of the URI stands in it as text.
    return {"secret": groups, "picture": Markup(picture)}  # noqa: S704


def page_headers(redirect_uri: str = "") -> dict[str, str]:
    """Headers that let the page do nothing but send its form.

    Browsers hold ``form-action`` also against the redirect that answers a form, so it names the client's origin.
    """
    target = f" {origin(redirect_uri)}" if redirect_uri else ""
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'{target}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def origin(uri: str) -> str:
    """Scheme, host and port; only the scheme where the host could not stand in a policy."""
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not _PLAIN_HOST.match(parts.hostname or ""):
        return f"{parts.scheme}:"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}"


def hidden_fields(names: tuple[str, ...], values: Mapping[str, Any], **more: str) -> dict[str, str]:
    """What a form carries along."""
    return {name: values[name] for name in names if name in values} | {k: v for k, v in more.items() if v}


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("studio_auth"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = Markup(_STYLE)  # noqa: S704 - our own constant, which the policy's hash is of
    return environment

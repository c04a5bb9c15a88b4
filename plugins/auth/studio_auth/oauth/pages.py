"""The two pages that a person sees: login and consent, and why it doesn't go on. No script, everything escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from html import escape
from urllib.parse import urlsplit

from studio_auth.oauth.flow import REQUEST_FIELDS, Asked

HTML = "text/html; charset=utf-8"
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#1b1f24}"
    "label{display:block;margin:1rem 0 .25rem}input{width:100%;box-sizing:border-box;padding:.5rem;font:inherit}"
    "button{margin:1.5rem .5rem 0 0;padding:.5rem 1.25rem;font:inherit}"
    ".problem{border-left:4px solid #b3261e;padding-left:.75rem}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PLAIN_HOST = re.compile(r"[A-Za-z0-9.-]+\Z")
_SCOPE_TEXTS = {
    "read": "See what you can see",
    "write": "Change what you can change",
    "admin": "Administer the platform as you can",
}


def consent_page(asked: Asked, query: Mapping[str, str], form_token: str, *, email: str = "", problem: str = "") -> str:
    """Who asks for what, and a form to agree or refuse. ``problem`` says why the last try failed."""
    hidden = {name: query[name] for name in REQUEST_FIELDS if name in query} | {"csrf": form_token}
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden.items()
    )
    scopes = "".join(f"<li>{escape(_scope_text(scope))}</li>" for scope in asked.scopes)
    told = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    return _page(
        "Allow access?",
        f"<p><strong>{escape(asked.client.name)}</strong> asks to act for you at Studio Platform:</p>"
        f"<ul>{scopes}</ul><p>You are then sent to {escape(_origin(asked.redirect_uri))}.</p>{told}"
        f'<form method="post" action="/oauth/authorize" autocomplete="on">{fields}'
        f'<label for="email">Email address</label><input id="email" name="email" type="email" '
        f'autocomplete="username" value="{escape(email)}">'
        '<label for="password">Password</label><input id="password" name="password" type="password" '
        'autocomplete="current-password">'
        '<button type="submit" name="decision" value="allow">Log in and allow</button>'
        '<button type="submit" name="decision" value="deny" formnovalidate>Deny</button></form>',
    )


def problem_page(reason: str) -> str:
    """Why the request can't go on, for the person; nothing is sent to anybody."""
    return _page("This can't go on", f'<p class="problem" role="alert">{escape(reason)}</p>')


def page_headers(redirect_uri: str = "") -> dict[str, str]:
    """Headers that let the page do nothing but send its form.

    Browsers hold ``form-action`` also against the redirect that answers a form, so it names the client's origin.
    """
    target = f" {_origin(redirect_uri)}" if redirect_uri else ""
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'{target}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · Studio Platform</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def _scope_text(scope: str) -> str:
    return _SCOPE_TEXTS.get(scope, scope)


def _origin(uri: str) -> str:
    """Scheme, host and port; only the scheme where the host could not stand in a policy."""
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not _PLAIN_HOST.match(parts.hostname or ""):
        return f"{parts.scheme}:"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}"

"""Going through OAuth by hand: a client, the page as a browser without scripts sees it, codes and tokens."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

CALLBACK = "https://your-app.com/callback"
EMAIL, PASSWORD = "person@example.org", "password123"


def register(studio: Any, **changes: Any) -> dict[str, Any]:
    """A client, registered by an administrator."""
    body = {
        "name": "Your App",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "scopes": ["read", "write"],
        **changes,
    }
    answer = studio.client("admin").post("/api/v1/oauth/clients", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def pkce() -> tuple[str, str]:
    """A verifier and its challenge."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def fields_of(page: Any) -> dict[str, str]:
    """The hidden fields of a page's first form."""
    form = page.text.partition("<form")[2].partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
    return {html.unescape(name): html.unescape(value) for name, value in found}


def sent_back(answer: Any) -> dict[str, str]:
    """What the client is told by the address that the browser is sent to."""
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


@dataclass
class Browser:
    """Keeps cookies, as one person's browser does."""

    studio: Any
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = ""

    def get(self, path: str, **options: Any) -> Any:
        return self._send("GET", path, **options)

    def post(self, path: str, **options: Any) -> Any:
        return self._send("POST", path, **options)

    def _send(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if not self.cookies:
            headers = {}
        answer = self.studio.anonymous.request(method, path, headers=headers | options.pop("headers", {}), **options)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        return answer

    def ask(self, client: dict[str, Any], **changes: Any) -> Any:
        """Open the authorization page."""
        query = {
            "response_type": "code",
            "client_id": client["client_id"],
            "redirect_uri": CALLBACK,
            "scope": "read write",
            "state": "random_string",
            **changes,
        }
        return self.get("/oauth/authorize", params={name: each for name, each in query.items() if each is not None})

    def answer(self, page: Any, path: str = "/oauth/authorize", **fields: Any) -> Any:
        """Send the page's form."""
        return self.post(path, data={**fields_of(page), **fields})

    def allow(self, page: Any, email: str = EMAIL, password: str = PASSWORD) -> Any:
        """Log in and allow."""
        return self.answer(page, email=email, password=password, decision="allow")

    def code(self, client: dict[str, Any], **changes: Any) -> str:
        """A code, after login and consent."""
        return sent_back(self.allow(self.ask(client, **changes)))["code"]


def exchange(studio: Any, client: dict[str, Any], code: str, **changes: Any) -> Any:
    """Show a code at the token endpoint."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        **changes,
    }
    return studio.anonymous.post("/oauth/token", data={name: each for name, each in form.items() if each is not None})


def refresh(studio: Any, client: dict[str, Any], token: str, **changes: Any) -> Any:
    """Show a refresh token at the token endpoint."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        **changes,
    }
    return studio.anonymous.post("/oauth/token", data={name: each for name, each in form.items() if each is not None})


def me(studio: Any, token: str) -> Any:
    """Ask who a token is."""
    return studio.anonymous.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})

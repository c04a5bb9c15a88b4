"""An application that acts for a person: the authorization code grant with PKCE, without a library."""

import base64
import hashlib
import secrets
from urllib.parse import urlencode

import httpx


def begin(studio: str, client_id: str, redirect_uri: str) -> tuple[str, str, str]:
    """Where to send the browser, and two secrets to keep with its session until it comes back."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": "read",
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{studio}/oauth/authorize?{urlencode(query)}", state, verifier


def finish(studio: str, client_id: str, redirect_uri: str, code: str, verifier: str) -> dict[str, object]:
    """Tokens for the code that came back. Compare ``state`` with the one that was kept before calling this."""
    form = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "code": code,
        "code_verifier": verifier,
    }
    answer = httpx.post(f"{studio}/oauth/token", data=form)
    answer.raise_for_status()
    tokens: dict[str, object] = answer.json()
    return tokens

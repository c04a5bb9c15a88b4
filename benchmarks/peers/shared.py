"""What the peers have in common, so that the comparison is about the frameworks: settings, tokens, ids."""

import json
import os
import secrets
import time
from datetime import UTC, datetime
from typing import Any

import jwt

DATABASE_URL = os.environ.get("BENCH_DATABASE_URL", "")
SECRET = os.environ.get("BENCH_SECRET", "a secret of sixty-four bytes that only the benchmark ever uses.")
ISSUER = "https://bench.example"
AUDIENCE = "studio"
POOL = int(os.environ.get("BENCH_POOL", "8"))
"""Database connections that a peer may hold."""


def mint(subject: str, role: str) -> str:
    """Return an access token (HS256, valid for a day) for user `subject` with account role `role`."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "role": role,
        "scope": "read write",
        "jti": secrets.token_hex(16),
        "iat": now,
        "exp": now + 86_400,
    }
    return jwt.encode(claims, SECRET, algorithm="HS256")


def verify(token: str) -> dict[str, Any]:
    """Return the claims of a valid token; signature, expiry, issuer and audience are checked.

    :raises jwt.PyJWTError: the token is not valid.
    """
    return jwt.decode(token, SECRET, algorithms=["HS256"], issuer=ISSUER, audience=AUDIENCE)


def is_admin(claims: dict[str, Any]) -> bool:
    """Tell whether the caller sees every project; all others see only those that they are a member of."""
    return claims["role"] in ("admin", "super_admin")


def new_id(prefix: str) -> str:
    """Return a time-sortable id that can't be guessed."""
    return f"{prefix}_{time.time_ns():016x}{secrets.token_hex(8)}"


def payload(project_id: str, name: str, framework: str) -> str:
    """Return the content of the event that a new project is announced with."""
    return json.dumps({"project": {"id": project_id, "name": name, "framework": framework}})


def now() -> datetime:
    """Return the time in UTC, in whole seconds, as the API shows it."""
    return datetime.now(UTC).replace(microsecond=0)

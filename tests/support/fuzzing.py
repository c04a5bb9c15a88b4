"""Hooks of schemathesis: what it can't know of the API from the OpenAPI document."""

from __future__ import annotations

import uuid
from typing import Any

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Keys that repeat between unlike requests are refused, and cursors come from answers; other tests hold that.

    What breaks the document's own limits is left as it is, because it must be refused.
    """
    key = case.headers and case.headers.get("Idempotency-Key")
    if isinstance(key, str) and 1 <= len(key) <= 255 and key.isascii() and key.isprintable():
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
    if case.query and isinstance(case.query.get("cursor"), str):
        del case.query["cursor"]
    # NOTE: an empty id that one answer held (an audit entry without a resource, say) is no id for the next call.
    for name, value in (case.path_parameters or {}).items():
        case.path_parameters[name] = value or "0"
    for name, value in (case.query or {}).items():
        if name == "project_id" and value == "":
            case.query[name] = "proj_0"

"""What surrounds a piece of work: the caller, the request id, the operation's name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar, Token
from dataclasses import dataclass

from studio_kernel.security.principal import SYSTEM, Principal


@dataclass(slots=True)
class CallContext:
    """Facts of the work under way, for events, audit and logs.

    ``agent`` is what the caller's program calls itself. ``resource_id`` is set by the service once it knows what it
    works on; ``success_status`` too, where it answers otherwise than declared and keeps what it changed. ``audited``
    tells that an entry was written with the change.
    """

    principal: Principal
    action: str
    request_id: str = ""
    address: str = ""
    method: str = ""
    path: str = ""
    resource_id: str = ""
    project_id: str = ""
    audited: bool = False
    success_status: int = 200
    agent: str = ""


_BACKGROUND = CallContext(principal=SYSTEM, action="system")
_current: ContextVar[CallContext] = ContextVar("studio_call", default=_BACKGROUND)


def current_context() -> CallContext:
    """The work that this thread is doing; the system's own when nobody asked for it."""
    return _current.get()


def enter_call(context: CallContext) -> Token[CallContext]:
    """Make ``context`` the current one until :func:`leave_call` gets what this returned."""
    return _current.set(context)


def leave_call(token: Token[CallContext]) -> None:
    """Make that context the current one again that was before."""
    _current.reset(token)


def own_bookkeeping() -> contextlib.AbstractContextManager[CallContext]:
    """For work that the platform does for itself amid a call: it is no change by the caller, and no audit entry."""
    return call_context(CallContext(SYSTEM, "system"))


@contextlib.contextmanager
def call_context(context: CallContext) -> Iterator[CallContext]:
    """Make ``context`` the current one for a while."""
    token = enter_call(context)
    try:
        yield context
    finally:
        leave_call(token)

"""An answer as server-sent events, while it comes to be.

``start`` names conversation, provider and subject; ``delta`` adds text; ``restart`` tells that what came so far is
void, because the provider is asked again or another answers; ``done`` is the whole answer as the call without streaming
gives it; ``error`` ends a stream that could not be answered.
"""

from __future__ import annotations

import contextvars
import logging
import queue
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

from studio_kernel.errors import StudioError
from studio_kernel.http.wire import encode

_KEEP_ALIVE_SECONDS = 10.0
_PARTS = re.compile(r".{1,160}(?:\s+|\Z)|.{1,160}", re.DOTALL)
_log = logging.getLogger(__name__)


class Sink:
    """Takes an answer as it comes. Without ``put`` nobody listens."""

    def __init__(self, put: Callable[[str, Any], None] | None = None) -> None:
        self._put = put
        self._said = False

    def text(self, text: str) -> None:
        """More of the answer."""
        if self._put is not None and text:
            self._said = True
            self._put("delta", {"text": text})

    def whole(self, text: str) -> None:
        """An answer that came at once."""
        if self._put is not None:
            for match in _PARTS.finditer(text):
                self.text(match.group())

    def restart(self, reason: str) -> None:
        """What was said is void."""
        if self._put is not None and self._said:
            self._said = False
            self._put("restart", {"reason": reason})

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens."""
        return self._put is not None


def events(
    start: dict[str, Any], finish: Callable[[Sink], dict[str, Any]], after: Callable[[], None]
) -> Iterator[bytes]:
    """The events of one answer. ``finish`` runs in a thread of its own, ``after`` at the thread's end.

    When the client goes away the thread still finishes, so that the conversation holds the answer.
    """
    waiting: queue.Queue[tuple[str, Any] | None] = queue.Queue()

    def work() -> None:
        try:
            done = finish(Sink(lambda name, value: waiting.put((name, value))))
            waiting.put(("done", done))
        except StudioError as error:
            waiting.put(("error", {"code": error.code, "message": error.message}))
        except Exception:
            _log.exception("answering as a stream failed")
            waiting.put(("error", {"code": "INTERNAL_ERROR", "message": "Internal server error"}))
        finally:
            waiting.put(None)
            after()

    context = contextvars.copy_context()
    thread = threading.Thread(target=lambda: context.run(work), name="studio-ai-stream", daemon=True)
    # NOTE: before anything is sent: a client that goes away after the first event has asked all the same.
    thread.start()
    yield event("start", start)
    while True:
        try:
            item = waiting.get(timeout=_KEEP_ALIVE_SECONDS)
        except queue.Empty:
            yield b": waiting\n\n"
            continue
        if item is None:
            return
        yield event(*item)


def recorded(start: dict[str, Any], finish: Callable[[Sink], dict[str, Any]]) -> bytes:
    """The same events as one whole, for answers that are kept for repeats."""
    said: list[bytes] = [event("start", start)]
    done = finish(Sink(lambda name, value: said.append(event(name, value))))
    return b"".join((*said, event("done", done)))


def event(name: str, value: Any) -> bytes:
    """One event on the wire. JSON has no line breaks of its own, so that one ``data`` line is enough."""
    return b"event: " + name.encode() + b"\ndata: " + encode(value) + b"\n\n"

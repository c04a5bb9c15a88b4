"""Real servers on loopback that speak the APIs of models, and misbehave on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Say = list[dict[str, Any]]


@dataclass
class Behaviour:
    """What the server does next: pieces to say, or a status, or a fault.

    ``pause`` lies amid the stream; ``end`` is the reason of the end, as the API names it; ``fault`` an error amid the
    stream; ``refusal`` the body of an answer with a status.
    """

    text: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    status: int = 200
    wait: float = 0.0
    pause: float = 0.0
    cut: bool = False
    garbage: bytes = b""
    end: str = ""
    fault: dict[str, Any] | None = None
    refusal: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    usage: bool = True


@dataclass
class ModelServer:
    """Answers each request as the next behaviour says; the last one stays. ``asked`` are the bodies it got."""

    speak: Callable[[Behaviour], bytes]
    content_type: str
    behaviours: list[Behaviour] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    address: str = ""

    def next(self) -> Behaviour:
        return self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.asked.append(json.loads(body))
            server.headers.append({name.lower(): value for name, value in self.headers.items()})
            server.paths.append(self.path)
            behaviour = server.next()
            time.sleep(behaviour.wait)
            said = behaviour.garbage or server.speak(behaviour)
            if behaviour.status != 200:
                refusal = behaviour.refusal or {"error": {"message": "https://inside:secret@host said no"}}
                said = json.dumps(refusal).encode()
            self.send_response(behaviour.status)
            self.send_header("Content-Type", server.content_type if behaviour.status == 200 else "application/json")
            for name, value in behaviour.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            if behaviour.pause:
                # The first half, and after a while the rest.
                self.wfile.write(said[: len(said) // 2])
                time.sleep(behaviour.pause)
                said = said[len(said) // 2 :]
            self.wfile.write(said[: len(said) // 2] if behaviour.cut else said)
            self.close_connection = True

        def log_message(self, *arguments: Any) -> None:
            pass

    return Handler


def openai_speech(behaviour: Behaviour) -> bytes:
    """Chunks of a chat completion."""

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
        return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **more}

    chunks = [chunk({"role": "assistant", "content": word + " "}) for word in behaviour.text.split()]
    for index, (name, arguments) in enumerate(behaviour.calls):
        half = len(arguments) // 2
        call = {"index": index, "id": f"call_{index}", "type": "function"}
        chunks.append(chunk({"tool_calls": [{**call, "function": {"name": name, "arguments": arguments[:half]}}]}))
        chunks.append(chunk({"tool_calls": [{"index": index, "function": {"arguments": arguments[half:]}}]}))
    if behaviour.fault is not None:
        return b"".join(f"data: {json.dumps(each)}\n\n".encode() for each in (*chunks, behaviour.fault))
    chunks.append(chunk({}, behaviour.end or ("tool_calls" if behaviour.calls else "stop")))
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    if behaviour.usage:
        chunks.append({**chunk({}), "choices": [], "usage": usage})
    return b"".join(f"data: {json.dumps(each)}\n\n".encode() for each in chunks) + b"data: [DONE]\n\n"


def anthropic_speech(behaviour: Behaviour) -> bytes:
    """Events of a message."""
    message = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 11, "output_tokens": 1},
    }
    events: Say = [{"type": "message_start", "message": message}]
    if behaviour.text:
        events.append({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
        for word in behaviour.text.split():
            delta = {"type": "text_delta", "text": word + " "}
            events.append({"type": "content_block_delta", "index": 0, "delta": delta})
        events.append({"type": "content_block_stop", "index": 0})
    for index, (name, arguments) in enumerate(behaviour.calls, 1):
        block = {"type": "tool_use", "id": f"t{index}", "name": name, "input": {}}
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        for part in (arguments[: len(arguments) // 2], arguments[len(arguments) // 2 :]):
            delta = {"type": "input_json_delta", "partial_json": part}
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    if behaviour.fault is not None:
        events.append(behaviour.fault)
    else:
        reason = behaviour.end or ("tool_use" if behaviour.calls else "end_turn")
        stop = {"stop_reason": reason, "stop_sequence": None}
        events.append({"type": "message_delta", "delta": stop, "usage": {"output_tokens": 7}})
        events.append({"type": "message_stop"})
    return b"".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n".encode() for each in events)


def ollama_speech(behaviour: Behaviour) -> bytes:
    """Lines of a chat."""

    def line(message: dict[str, Any], **more: Any) -> dict[str, Any]:
        said = {"role": "assistant", "content": "", **message}
        return {"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": said, "done": False, **more}

    lines = [line({"content": word + " "}) for word in behaviour.text.split()]
    for name, arguments in behaviour.calls:
        given: Any = json.loads(arguments) if arguments.startswith("{") and arguments.endswith("}") else arguments
        lines.append(line({"tool_calls": [{"function": {"name": name, "arguments": given}}]}))
    if behaviour.fault is not None:
        lines.append(behaviour.fault)
    else:
        lines.append(line({}, done=True, done_reason=behaviour.end or "stop", prompt_eval_count=11, eval_count=7))
    return b"".join(json.dumps(each).encode() + b"\n" for each in lines)


SPEECH = {
    "openai": (openai_speech, "text/event-stream"),
    "anthropic": (anthropic_speech, "text/event-stream"),
    "ollama": (ollama_speech, "application/x-ndjson"),
}


@pytest.fixture(params=list(SPEECH))
def kind(request: pytest.FixtureRequest) -> str:
    """Which provider."""
    return str(request.param)


@pytest.fixture
def server(kind: str) -> Iterator[ModelServer]:
    """A running server of that kind."""
    speak, content_type = SPEECH[kind]
    model = ModelServer(speak, content_type, [Behaviour("Hello.")])
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(model))
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    model.address = f"http://127.0.0.1:{http.server_address[1]}"
    yield model
    http.shutdown()
    http.server_close()
    thread.join(5)

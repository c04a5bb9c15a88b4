"""Spans by the library OpenTelemetry, sent by OTLP over HTTP. Imported only where traces have a receiver.

The provider is the application's own and not the library's global one: other libraries make no spans in it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextvars import Token
from typing import TYPE_CHECKING

from opentelemetry import context as otel_context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import studio_kernel
from studio_kernel.tracing import CURRENT, TracePlace

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from studio_kernel.http.operations import Operation
    from studio_kernel.http.requests import Incoming
    from studio_kernel.job_claims import Claim

# Seconds for one batch, retries included; after them it is lost.
_SEND_SECONDS = 5.0
_BATCH_MILLIS = 1000
# Seconds that the end of the process waits for a receiver; what isn't sent by then is lost.
_PATIENCE_AT_END = 2.0


class Traced:
    """A piece of work with its span, which is the current one of this thread or task until :meth:`end`."""

    __slots__ = ("_in_library", "_place", "_span")

    def __init__(self, span: Span) -> None:
        self._span = span
        found = span.get_span_context()
        place = TracePlace(f"{found.trace_id:032x}", f"{found.span_id:016x}", found.trace_flags.sampled)
        self._place: Token[TracePlace | None] = CURRENT.set(place)
        self._in_library = otel_context.attach(set_span_in_context(span))

    def answered(self, status: int) -> None:
        """Note the answer's status; from 500 on it is an error (semantic conventions of HTTP)."""
        self._span.set_attribute("http.response.status_code", status)
        if status >= 500:
            self.failed(str(status))

    def failed(self, kind: str) -> None:
        """Note that it went wrong; ``kind`` is an exception's name or a status, never its text."""
        self._span.set_attribute("error.type", kind)
        self._span.set_status(StatusCode.ERROR)

    def end(self) -> None:
        """The work is over."""
        otel_context.detach(self._in_library)
        CURRENT.reset(self._place)
        self._span.end()


class Tracing:
    """Makes the spans of one application and sends them, from a thread of its own."""

    def __init__(self, endpoint: str, *, share: float, scheme: str, database: str) -> None:
        resource = Resource.create({"service.name": "studio-platform", "service.version": studio_kernel.__version__})
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(share)), resource=resource, shutdown_on_exit=False
        )
        exporter = OTLPSpanExporter(endpoint, timeout=_SEND_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_BATCH_MILLIS))
        self._tracer = self._provider.get_tracer("studio_kernel", studio_kernel.__version__)
        self._propagator = TraceContextTextMapPropagator()
        self._scheme = scheme
        self._database = database

    def begin_request(self, operation: Operation, request: Incoming) -> Traced:
        """The span of a request; its parent is the caller's, if ``traceparent`` names one."""
        # APPSEC: neither query nor address nor the caller's name: what a receiver of traces keeps can't be erased.
        attributes = {
            "http.request.method": request.method,
            "http.route": operation.path,
            "url.path": request.path,
            "url.scheme": self._scheme,
            "studio.request_id": request.request_id,
        }
        span = self._tracer.start_span(
            operation.id, self._parent(request.headers), kind=SpanKind.SERVER, attributes=attributes
        )
        return Traced(span)

    def begin_job(self, claim: Claim) -> Traced:
        """The span of one attempt at a job, in the trace of whatever put it in."""
        attributes: dict[str, str | int] = {
            "studio.job.kind": claim.kind,
            "studio.job.id": claim.id,
            "studio.job.attempts": claim.attempt,
        }
        parent = self._parent({"traceparent": claim.traceparent})
        return Traced(self._tracer.start_span(claim.kind, parent, kind=SpanKind.CONSUMER, attributes=attributes))

    def begin_transaction(self) -> Callable[[], None] | None:
        """A span for a transaction of work that is recorded: how to end it."""
        if not get_current_span().is_recording():
            return None
        attributes = {"db.system.name": self._database}
        return self._tracer.start_span("transaction", kind=SpanKind.CLIENT, attributes=attributes).end

    def close(self) -> None:
        """Send what is left, and give up after two seconds."""
        # NOTE: the library waits up to 30 seconds for a receiver that is down, and takes no other number.
        last = threading.Thread(target=self._provider.shutdown, name="studio-last-spans", daemon=True)
        last.start()
        last.join(_PATIENCE_AT_END)

    def _parent(self, headers: Mapping[str, str]) -> Context:
        # NOTE: an empty context, so that work which one thread does for many is never taken for a part of the other.
        return self._propagator.extract(headers, otel_context.Context())

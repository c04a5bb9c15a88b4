"""Traces of OpenTelemetry: what the platform knows of them whether or not they are on.

Where the work under way stands in a trace is plain text here, so that logs, jobs and outgoing requests can tell it
without the library. The library itself is imported by :func:`open_tracing` alone, and only when traces have a
receiver.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from studio_kernel.errors import ConfigurationError

if TYPE_CHECKING:
    from studio_kernel.settings import KernelSettings
    from studio_kernel.tracing_otel import Tracing

_TRACES_PATH = "/v1/traces"


@dataclass(frozen=True, slots=True)
class TracePlace:
    """A span by its ids, in hexadecimal; ``sampled`` is whether it is recorded."""

    trace_id: str
    span_id: str
    sampled: bool

    @property
    def traceparent(self) -> str:
        """The header that lets others go on with the trace (W3C Trace Context, version 00)."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


CURRENT: ContextVar[TracePlace | None] = ContextVar("studio_trace", default=None)


def current_trace() -> TracePlace | None:
    """The span of the work under way; None when nothing is traced."""
    return CURRENT.get()


def open_tracing(kernel: KernelSettings, database: str) -> Tracing | None:
    """Traces as the settings want them, None for not at all; ``database`` is the dialect.

    ``ConfigurationError`` when they are wanted and the library isn't installed.
    """
    if not kernel.tracing_url:
        return None
    try:
        from studio_kernel.tracing_otel import Tracing
    except ImportError as error:
        reason = "traces need the package opentelemetry-sdk: pip install studio-platform[otel]"
        raise ConfigurationError([f"STUDIO_TRACING_URL: {reason}"]) from error
    scheme = urlsplit(kernel.public_url).scheme
    return Tracing(endpoint(kernel.tracing_url), share=kernel.tracing_share, scheme=scheme, database=database)


def endpoint(url: str) -> str:
    """Where spans are posted to, from that address or from the receiver's base."""
    return url if url.endswith(_TRACES_PATH) else url.rstrip("/") + _TRACES_PATH

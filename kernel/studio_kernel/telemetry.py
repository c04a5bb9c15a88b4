"""Logs, metrics and health."""

from __future__ import annotations

import bisect
import itertools
import logging
import math
import sys
import threading
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from studio_kernel.clock import from_text
from studio_kernel.context import current_context
from studio_kernel.tracing import current_trace


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A line of ``/ready``. ``check`` returns, or raises with the reason.

    A ``needed`` one that fails makes the platform not ready (503); others only say so.
    """

    name: str
    check: Callable[[], None]
    needed: bool = False


class _Calls(Collector):
    """Calls of operations by status, and how long they took.

    PERF: counted here in half a microsecond; the library's own counters take three.
    """

    _BOUNDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, int], int] = {}
        self._seconds: dict[str, tuple[list[int], list[float]]] = {}

    def observe(self, operation: str, status: int, seconds: float) -> None:
        key = (operation, status)
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + 1
            taken = self._seconds.get(operation)
            if taken is None:
                taken = self._seconds[operation] = ([0] * (len(self._BOUNDS) + 1), [0.0])
            taken[0][bisect.bisect_left(self._BOUNDS, seconds)] += 1
            taken[1][0] += seconds

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily("studio_requests", "Calls of operations.", labels=["operation", "status"])
        durations = HistogramMetricFamily(
            "studio_request_seconds", "Seconds from the operation's start to its answer.", labels=["operation"]
        )
        with self._lock:
            for (operation, status), count in self._counts.items():
                requests.add_metric([operation, str(status)], count)
            for operation, (counts, total) in self._seconds.items():
                upper = [*map(float, self._BOUNDS), math.inf]
                buckets = zip(map(floatToGoString, upper), itertools.accumulate(counts), strict=True)
                durations.add_metric([operation], [(bound, float(count)) for bound, count in buckets], total[0])
        yield requests
        yield durations


class Metrics:
    """Prometheus metrics of one application, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._calls = _Calls()
        self.registry.register(self._calls)
        self.jobs = Gauge("studio_jobs", "Jobs that are not finished.", ["state"], registry=self.registry)
        self.backlog = Gauge(
            "studio_job_backlog",
            "Due jobs that are not finished, by known kind; event:<subscriber> is what a subscriber has yet to get.",
            ["kind"],
            registry=self.registry,
        )
        self.age = Gauge(
            "studio_job_age_seconds",
            "Age of the oldest due job that is not finished, by known kind.",
            ["kind"],
            registry=self.registry,
        )
        self.unknown = Gauge(
            "studio_jobs_unknown",
            "Due jobs that are not finished, of kinds that no plugin active in this process does, by kind.",
            ["kind"],
            registry=self.registry,
        )
        self.unsealed = Gauge(
            "studio_audit_unsealed",
            "Entries of the audit log that are not sealed, up to 10,000.",
            registry=self.registry,
        )
        self.unsealed_age = Gauge(
            "studio_audit_unsealed_age_seconds", "Age of the oldest entry that is not sealed.", registry=self.registry
        )

    def observe(self, operation: str, status: int, seconds: float) -> None:
        """Count one call."""
        self._calls.observe(operation, status, seconds)

    def show_jobs(
        self,
        counts: Mapping[str, tuple[int, str]],
        backlog: Mapping[str, tuple[int, str]],
        known: Container[str],
        now: datetime,
    ) -> None:
        """Take in how many jobs there are by state, and what waits of each kind since when.

        What is of no ``known`` kind is shown apart: no worker that is missing lets it wait.
        """
        for state in ("queued", "waiting", "running", "failed"):
            self.jobs.labels(state).set(counts.get(state, (0, ""))[0])
        self.backlog.clear()
        self.age.clear()
        self.unknown.clear()
        for kind, (count, oldest) in backlog.items():
            if kind not in known:
                self.unknown.labels(kind).set(count)
                continue
            self.backlog.labels(kind).set(count)
            self.age.labels(kind).set(max(0.0, (now - from_text(oldest)).total_seconds()))

    def show_seal(self, unsealed: float, age: float) -> None:
        """Take in how much of the audit log isn't sealed, and how old that is in seconds."""
        self.unsealed.set(unsealed)
        self.unsealed_age.set(age)

    def hide_shared(self) -> None:
        """Tell nothing of the queue and the audit log, which nobody can know now."""
        for gauge in (self.jobs, self.backlog, self.age, self.unknown):
            gauge.clear()
        self.show_seal(math.nan, math.nan)

    def text(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)


def _add_call(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    context = current_context()
    if context.request_id:
        event.setdefault("request_id", context.request_id)
        event.setdefault("operation", context.action)
    place = current_trace()
    if place is not None:
        event.setdefault("trace_id", place.trace_id)
        event.setdefault("span_id", place.span_id)
    return event


def configure_logging(level: str, form: str) -> None:
    """Send the standard library's and structlog's records to standard error, JSON or for a person."""
    as_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_call,
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    last: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *([structlog.processors.format_exc_info] if as_json else []),
            last,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # NOTE: these libraries tell every connection and statement, which is noise here.
    for name in ("huey", "urllib3", "botocore", "httpx", "httpcore", "py2neo", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # NOTE: its warnings tell every attempt at sending spans, its errors what was lost.
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)

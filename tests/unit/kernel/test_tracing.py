"""Traces: spans of requests, jobs and transactions at a real receiver, their ids in logs, and no harm without one."""

from __future__ import annotations

import io
import json
import logging
import os
import socket
import subprocess
import sys
import time

import pytest
from support.collector import attributes, collector

from studio_kernel.events import Subscriber
from studio_kernel.jobs import JobType, RetryLater
from studio_kernel.telemetry import configure_logging
from studio_kernel.tracing import current_trace, endpoint

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SERVER, CLIENT, CONSUMER = 2, 3, 5
ERROR = 2


@pytest.fixture(scope="module")
def spans():
    with collector() as running:
        yield running


@pytest.fixture
def seen():
    """Where handlers found themselves."""
    return []


@pytest.fixture
def traced(make_studio, probe, spans, seen):
    """The probe with a receiver of traces; an event of it makes a job."""
    spans.spans.clear()
    probe.subscribers = [Subscriber("watch", ("thing.made",), lambda event: seen.append(current_trace()))]
    return make_studio(plugins=[], extra=[probe], overrides={"tracing_url": spans.url})


@pytest.fixture
def log_lines(monkeypatch):
    """What is logged as JSON, parsed."""
    root, told = logging.getLogger(), io.StringIO()
    level = root.level
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", told)
        configure_logging("info", "json")
        (ours,) = root.handlers
    yield lambda: [json.loads(line) for line in told.getvalue().splitlines()]
    root.removeHandler(ours)
    root.setLevel(level)


def make(app, name, **headers):
    answer = app.anonymous.post(
        "/api/v1/things", json={"name": name}, headers={"Authorization": "Test admin", **headers}
    )
    assert answer.status_code == 201, answer.text
    return answer


def run(program, **settings):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=clean | settings, capture_output=True, text=True, timeout=120, check=False)


def test_a_request_is_a_span_below_the_callers(traced, spans):
    answer = make(traced, "fork", traceparent=f"00-{TRACE}-{PARENT}-01", **{"X-Request-ID": "req_traced"})
    span = spans.wait_for("things.create")
    assert answer.headers["x-request-id"] == "req_traced"
    assert (span.trace_id.hex(), span.parent_span_id.hex(), span.kind) == (TRACE, PARENT, SERVER)
    assert attributes(span) == {
        "http.request.method": "POST",
        "http.response.status_code": 201,
        "http.route": "/api/v1/things",
        "studio.request_id": "req_traced",
        "url.path": "/api/v1/things",
        "url.scheme": "http",
    }
    inner = spans.wait_for("transaction", lambda each: each.parent_span_id == span.span_id)
    assert (inner.trace_id, inner.kind, attributes(inner)) == (span.trace_id, CLIENT, {"db.system.name": "sqlite"})
    assert spans.paths == {"/v1/traces"}


def test_a_job_belongs_to_the_trace_of_the_request_that_put_it_in(traced, spans, seen):
    make(traced, "fork")
    request = spans.wait_for("things.create")
    assert traced.run_jobs() == 1
    span = spans.wait_for("event:watch")
    assert (span.trace_id, span.parent_span_id, span.kind) == (request.trace_id, request.span_id, CONSUMER)
    assert attributes(span).items() >= {"studio.job.kind": "event:watch", "studio.job.attempts": 1}.items()
    assert attributes(span)["studio.job.id"].startswith("job_")
    assert [(place.trace_id, place.span_id) for place in seen] == [(span.trace_id.hex(), span.span_id.hex())]
    assert current_trace() is None


def test_what_fails_is_an_error_and_tells_no_text(traced, spans):
    def fail(run):
        raise RetryLater(60, "not yet") if run.arguments == {"later": True} else ValueError("secret of a job")

    traced.platform.jobs.declare(JobType("t.fail", fail))
    failing = traced.platform.jobs.enqueue("t.fail")
    traced.platform.jobs.enqueue("t.fail", {"later": True})
    traced.run_jobs()
    assert traced.anonymous.get("/api/v1/broken").status_code == 500
    assert traced.anonymous.get("/api/v1/things/thing_none").status_code == 404
    broken, missing = spans.wait_for("things.break"), spans.wait_for("things.read")
    assert (broken.status.code, attributes(broken)["error.type"]) == (ERROR, "500")
    assert (missing.status.code, "error.type" in attributes(missing)) == (0, False)
    jobs = {attributes(span)["studio.job.id"] == failing: span for span in spans.named("t.fail")}
    assert (jobs[True].status.code, attributes(jobs[True])["error.type"]) == (ERROR, "ValueError")
    assert jobs[False].status.code == 0
    assert "secret" not in str(spans.spans)


def test_log_lines_name_the_span(traced, spans, log_lines):
    traced.platform.jobs.declare(JobType("t.loud", lambda run: logging.getLogger("loud").warning("in a job")))
    traced.anonymous.get("/api/v1/broken")
    traced.platform.jobs.enqueue("t.loud")
    traced.run_jobs()
    logging.getLogger("quiet").warning("outside")
    lines = {line["event"]: line for line in log_lines()}
    for name, said in (("things.break", "operation things.break failed"), ("t.loud", "in a job")):
        span = spans.wait_for(name)
        assert (lines[said]["trace_id"], lines[said]["span_id"]) == (span.trace_id.hex(), span.span_id.hex())
    assert lines["operation things.break failed"]["request_id"].startswith("req_")
    assert "trace_id" not in lines["outside"]


def test_of_a_share_only_what_callers_ask_for_is_recorded(make_studio, probe, spans, seen):
    spans.spans.clear()
    probe.subscribers = [Subscriber("watch", ("thing.made",), lambda event: seen.append(current_trace()))]
    app = make_studio(plugins=[], extra=[probe], overrides={"tracing_url": spans.url, "tracing_share": 0})
    make(app, "fork")
    app.run_jobs()
    make(app, "spoon", traceparent=f"00-{TRACE}-{PARENT}-01")
    assert spans.wait_for("things.create").trace_id.hex() == TRACE
    assert len(spans.named("things.create")) == 1
    assert [place.sampled for place in seen] == [False]
    assert seen[0].traceparent == f"00-{seen[0].trace_id}-{seen[0].span_id}-00"


def test_a_receiver_that_never_answers_harms_nothing(make_studio, probe):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        app = make_studio(plugins=[], extra=[probe], overrides={"tracing_url": url})
        for number in range(20):
            make(app, f"fork {number}")
        began = time.monotonic()
        app.platform.tracing.close()
        # NOTE: the library by itself waits for 30 seconds.
        assert time.monotonic() - began < 15


def test_without_a_receiver_nothing_of_it_is_imported(tmp_path):
    program = (
        "import sys\nfrom studio_kernel.app import build_platform\nbuild_platform().close()\n"
        "print([n for n in sys.modules if n.startswith(('opentelemetry', 'studio_kernel.tracing_otel'))])"
    )
    done = run(program, STUDIO_HOME=str(tmp_path))
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_a_missing_extra_is_one_line_that_names_it(tmp_path):
    program = (
        "import sys\nsys.modules['opentelemetry.sdk'] = None\nsys.argv = ['studio', 'serve']\n"
        "from studio_kernel.cli import main\nmain()"
    )
    done = run(program, STUDIO_HOME=str(tmp_path), STUDIO_TRACING_URL="http://127.0.0.1:4318")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("studio: STUDIO_TRACING_URL: ")
    assert "studio-platform[otel]" in line


@pytest.mark.parametrize("url", ["http://c:4318", "http://c:4318/", "http://c:4318/v1/traces"])
def test_the_receiver_is_named_by_its_base_or_in_full(url):
    assert endpoint(url) == "http://c:4318/v1/traces"

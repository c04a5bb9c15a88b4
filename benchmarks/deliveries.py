"""Webhooks: how fast one worker delivers beside httpx alone, and whether receivers delay each other.

Events are published before the clock runs. What is measured is the time from the first to the last request that the
receiver (``sink.py``, on the load generator's core) gets, so fanning out is part of it and starting a process isn't.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.databases import Engine
from benchmarks.scenarios import Effort, Outcome, Summary, Verdict

NAMES = ("deliver", "isolate")
RECEIVERS = 20
SLOW_SECONDS = 2.0
PATIENCE = 1800.0
LEAST_DELIVER, LEAST_ISOLATE = 0.5, 0.8
_FOLDER = Path(__file__).resolve().parent


class Sink:
    """The receiver in its own process; each webhook has a path of its own."""

    def __init__(self, slow: Sequence[str] = ()) -> None:
        options = [part for path in slow for part in ("--slow", path, str(SLOW_SECONDS))]
        command = [sys.executable, str(_FOLDER / "sink.py"), *options]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.base = f"http://127.0.0.1:{self._read()}"

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()[:-1]

    def seen(self) -> dict[str, list[float]]:
        """By path: how many requests, the moment of the first, and of the last."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        found: dict[str, list[float]] = json.loads(self._read())
        return found

    def wait(self, paths: Sequence[str], count: int) -> float:
        """Wait until each path had that many requests; requests a second of all of them together."""
        deadline = time.monotonic() + PATIENCE
        while True:
            seen = self.seen()
            if all(seen.get(path, [0])[0] >= count for path in paths):
                break
            if time.monotonic() > deadline:
                raise servers.ServerError(f"only {seen} within {PATIENCE:g} s")
            time.sleep(0.02)
        first = min(seen[path][1] for path in paths)
        last = max(seen[path][2] for path in paths)
        return count * len(paths) / (last - first)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@dataclass(frozen=True)
class Place:
    """Where the platform's state is, and on which core what is measured runs."""

    engine: Engine
    folder: Path
    core: int | None
    concurrency: int


class Sender:
    """A platform with an administrator, and one worker that is started for each measurement."""

    def __init__(self, place: Place, **settings: int) -> None:
        from studio_auth.api import Accounts
        from studio_kernel.app import build_platform

        self._place = place
        self._settings = {
            "home": str(place.folder / "home"),
            "database_url": place.engine.create("deliveries"),
            "webhooks.allowed_networks": ["127.0.0.0/8"],
            "log_level": "error",
            **{f"webhooks.{name}": value for name, value in settings.items()},
        }
        self.platform = build_platform(environment={}, overrides=self._settings)
        self._owner = Accounts(self.platform).create("bench@example.org", "Bench", "admin", "Measured-9-times-over")

    def subscribe(self, urls: Sequence[str]) -> list[str]:
        """Webhooks for these URLs."""
        from studio_webhooks.service import Webhooks

        service = Webhooks(self.platform)
        return [service.create(self._owner, {"url": url, "events": ["project.updated"]})["id"] for url in urls]

    def unsubscribe(self, webhook_ids: Sequence[str]) -> None:
        """Remove webhooks and what still waits for them."""
        from studio_webhooks.service import Webhooks

        for webhook_id in webhook_ids:
            Webhooks(self.platform).delete(webhook_id)

    def publish(self, count: int) -> None:
        """Events of 400 projects, as large as the catalogue's example."""
        kind = self.platform.events.types["project.updated"]
        for start in range(0, count, 500):
            with self.platform.database.transaction():
                for number in range(start, min(count, start + 500)):
                    self.platform.events.publish(kind, resource_id=f"proj_{number % 400}", data=dict(kind.example))

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """`studio worker`, for the length of the block."""
        lists = {name: ",".join(value) for name, value in self._settings.items() if isinstance(value, list)}
        settings: dict[str, Any] = {**self._settings, **lists}
        named = {f"STUDIO_{name.upper().replace('.', '_')}": str(value) for name, value in settings.items()}
        command = [sys.executable, "-m", "studio_kernel", "worker"]
        with servers.pinned(self._place.core):
            process = subprocess.Popen(command, env=servers.inherited() | named, stdout=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def resident(pid: int) -> float:
    """Memory of a process in MiB; 0 where that can't be read."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


def deliver(place: Place, effort: Effort, events: int) -> tuple[Outcome, list[str]]:
    """One worker and one receiver, beside httpx alone with as many requests under way."""
    settings = {"concurrency": 4 * place.concurrency, "endpoint_concurrency": place.concurrency}
    sink, sender = Sink(), Sender(place, **settings)
    rates: dict[str, list[float]] = {"httpx alone": [], "platform, one worker": []}
    for number in range(effort.rounds):
        _progress(place, "deliver", number, effort.rounds)
        url = f"{sink.base}/httpx{number}"
        script = str(_FOLDER / "peers" / "httpx_sender.py")
        with servers.pinned(place.core):
            subprocess.run([sys.executable, script, url, str(events), str(place.concurrency)], check=True)
        rates["httpx alone"].append(sink.wait([f"/httpx{number}"], events))
        webhooks = sender.subscribe([f"{sink.base}/hook{number}"])
        sender.publish(events)
        with sender.worker():
            rates["platform, one worker"].append(sink.wait([f"/hook{number}"], events))
        sender.unsubscribe(webhooks)
    sink.close()
    sender.platform.close()
    title = f"Webhook deliveries: {events:,} events to one receiver, {place.concurrency} under way"
    return _outcome("deliver", title, place.engine.name, rates, LEAST_DELIVER), []


def isolate(place: Place, effort: Effort, events: int) -> tuple[Outcome, list[str]]:
    """Twenty receivers, all well; and the eighteen of twenty that are well while one is dead and one is slow.

    With the default settings.
    """
    labels = ("18 of 20 receivers, all well", "the same 18, one other dead, one slow")
    rates: dict[str, list[float]] = {label: [] for label in labels}
    notes: list[str] = []
    sender = Sender(place)
    for number in range(min(effort.rounds, 3)):
        _progress(place, "isolate", number, min(effort.rounds, 3))
        for label in labels:
            paths = [f"/hook{each}" for each in range(RECEIVERS)]
            ill = label == labels[1]
            sink = Sink([paths[1]] if ill else ())
            urls = [f"{sink.base}{path}" for path in paths]
            webhooks = sender.subscribe(["http://127.0.0.1:1/dead", *urls[1:]] if ill else urls)
            sender.publish(events)
            with sender.worker() as process:
                sink.wait(paths[2:], max(1, events // 10))
                early = resident(process.pid)
                rates[label].append(sink.wait(paths[2:], events))
                late = resident(process.pid)
            notes.append(f"Memory of the worker, {label}: {early:.0f} MiB after a tenth, {late:.0f} MiB at the end")
            sender.unsubscribe(webhooks)
            sink.close()
    sender.platform.close()
    title = f"Receivers don't delay each other: {events:,} events to {RECEIVERS} receivers"
    return _outcome("isolate", title, place.engine.name, rates, LEAST_ISOLATE), notes


SCENARIOS = {"deliver": deliver, "isolate": isolate}


def _progress(place: Place, name: str, number: int, rounds: int) -> None:
    print(f"  {place.engine.name} {name}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)


def _outcome(name: str, title: str, engine: str, rates: dict[str, list[float]], least: float) -> Outcome:
    (base, base_rates), (subject, subject_rates) = rates.items()
    ratios = sorted(mine / other for mine, other in zip(subject_rates, base_rates, strict=True))
    verdict = Verdict(subject, base, least, ratios[len(ratios) // 2], ratios[0], ratios[-1])
    return Outcome(name, title, engine, [_summary(label, found) for label, found in rates.items()], [verdict])


def _summary(label: str, rates: Sequence[float]) -> Summary:
    ordered = sorted(rates)
    return Summary(label, ordered[len(ordered) // 2], 0.0, 0.0, 0.0, ordered[0], ordered[-1])

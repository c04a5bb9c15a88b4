"""What is measured against what, and the goals."""

import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks import load
from benchmarks.targets import Target


@dataclass(frozen=True)
class Line:
    """One operation on one target: a row of the table."""

    target: str
    operation: str
    label: str


@dataclass(frozen=True)
class Goal:
    """The first line's rate must be at least `least[engine]` times the second's."""

    subject: Line
    base: Line
    least: Mapping[str, float]


@dataclass(frozen=True)
class Scenario:
    """Lines that are measured in turn, round after round."""

    name: str
    title: str
    lines: Sequence[Line]
    goals: Sequence[Goal]
    needs_database: bool = True


CONSTANT = Line("falcon", "constant", "Falcon, constant bytes")
CONSTANT_LIST = Line("falcon", "list", "Falcon, constant bytes of the list")
DISPATCH = Line("platform-unlogged", "dispatch", "platform, authenticated operation")
UNLOGGED_LIST = Line("platform-unlogged", "list", "platform, page with total, reads not logged")
LIST = Line("platform", "list", "platform, page with total")
CURSOR = Line("platform", "cursor", "platform, by cursor")
FASTAPI_LIST = Line("fastapi", "list", "FastAPI + SQLAlchemy async ORM")
DJANGO_LIST = Line("django", "list", "Django REST Framework")
EVIDENCE = Line("platform-evidence", "evidence", "platform, evidence with total")
EVIDENCE_CURSOR = Line("platform-evidence", "evidence-cursor", "platform, evidence by cursor")
CREATE = Line("platform", "create", "platform")
FASTAPI_CREATE = Line("fastapi", "create", "FastAPI + SQLAlchemy async ORM")
DJANGO_CREATE = Line("django", "create", "Django REST Framework")

SCENARIOS = (
    Scenario(
        "dispatch",
        "Authentication, rate limit and dispatch of an operation, no database",
        (CONSTANT, DISPATCH),
        (Goal(DISPATCH, CONSTANT, {"sqlite": 0.6, "postgresql": 0.6}),),
        needs_database=False,
    ),
    Scenario(
        "list",
        "Project list: 20 of {rows:,}, own projects only, by status, newest first, teams, exact total",
        (CONSTANT_LIST, LIST, CURSOR, UNLOGGED_LIST, FASTAPI_LIST, DJANGO_LIST),
        (
            Goal(LIST, CONSTANT_LIST, {"sqlite": 0.12, "postgresql": 0.07}),
            Goal(CURSOR, CONSTANT_LIST, {"sqlite": 0.2, "postgresql": 0.1}),
            Goal(LIST, FASTAPI_LIST, {"sqlite": 6, "postgresql": 4}),
            Goal(LIST, DJANGO_LIST, {"sqlite": 9, "postgresql": 6}),
        ),
    ),
    Scenario(
        "evidence",
        "Evidence list: 20 of {rows:,} in a hundred projects, those of own ones only, newest first",
        (CONSTANT_LIST, EVIDENCE, EVIDENCE_CURSOR),
        (
            Goal(EVIDENCE, CONSTANT_LIST, {"sqlite": 0.12, "postgresql": 0.07}),
            Goal(EVIDENCE_CURSOR, CONSTANT_LIST, {"sqlite": 0.2, "postgresql": 0.1}),
        ),
    ),
    Scenario(
        "create",
        "Durable create: project, member, audit entry and event in one transaction on disk",
        (CREATE, FASTAPI_CREATE, DJANGO_CREATE),
        (
            Goal(CREATE, FASTAPI_CREATE, {"sqlite": 3, "postgresql": 3}),
            Goal(CREATE, DJANGO_CREATE, {"sqlite": 3, "postgresql": 3}),
        ),
    ),
)


@dataclass(frozen=True)
class Effort:
    """How long and how hard everything is measured."""

    rounds: int
    seconds: float
    warmup: float
    connections: int


RESTLESS = 1.3
"""A line whose fastest round is this many times its slowest shows that the machine did something else too."""


@dataclass(frozen=True)
class Summary:
    """All rounds of one line: medians, with times in milliseconds."""

    label: str
    rate: float
    p50: float
    p99: float
    busy: float
    """The highest share of a core that the load generator needed."""
    low: float
    high: float
    """The lowest and the highest rate of a round."""
    cost: float = 0.0
    """Processor time of the server for an answer, in microseconds; 0 where it isn't known."""

    @property
    def restless(self) -> bool:
        """Whether its rounds differ so much that something else was going on."""
        return self.high > RESTLESS * self.low


@dataclass(frozen=True)
class Verdict:
    """One goal and what came out: the median of the rounds' ratios, and the lowest and highest of them."""

    subject: str
    base: str
    least: float
    ratio: float
    low: float
    high: float

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= self.least

    @property
    def sure(self) -> bool:
        """Whether every round says the same as their median."""
        return self.low >= self.least or self.high < self.least


@dataclass(frozen=True)
class Outcome:
    """What one scenario gave on one database."""

    scenario: str
    title: str
    engine: str
    lines: Sequence[Summary]
    verdicts: Sequence[Verdict]


def measure(scenario: Scenario, engine: str, targets: Mapping[str, Target], effort: Effort, rows: int) -> Outcome:
    """Run all rounds of a scenario; lines whose target is not there are left out.

    :raises benchmarks.load.LoadError: a target answered wrongly.
    """
    lines = [line for line in scenario.lines if line.target in targets]
    for line in lines:
        _verify(targets[line.target], line.operation)
    samples: dict[Line, list[load.Sample]] = {line: [] for line in lines}
    for number in range(effort.rounds):
        print(f"  {engine} {scenario.name}: round {number + 1} of {effort.rounds}", file=sys.stderr, flush=True)
        for line in lines:
            samples[line].append(_round(targets[line.target], line.operation, effort))
    verdicts = [
        _judge(goal, engine, samples) for goal in scenario.goals if goal.subject in samples and goal.base in samples
    ]
    title = scenario.title.format(rows=rows)
    where = engine if scenario.needs_database else "no database"
    return Outcome(scenario.name, title, where, [_summary(line, samples[line]) for line in lines], verdicts)


def _verify(target: Target, operation: str) -> None:
    target.server.resume()
    try:
        target.verify(operation)
    finally:
        target.server.park()


def _round(target: Target, operation: str, effort: Effort) -> load.Sample:
    """Let one target run, and only this one, and drive it for one round."""
    target.server.resume()
    try:
        return load.drive(
            target.address,
            target.operations[operation].requests,
            connections=effort.connections,
            warmup=effort.warmup,
            seconds=effort.seconds,
            spent=target.server.spent,
        )
    except load.LoadError as error:
        raise load.LoadError(f"{target.name}, {operation}: {error}\n{target.server.output()}") from error
    finally:
        target.server.park()


def _summary(line: Line, samples: Sequence[load.Sample]) -> Summary:
    return Summary(
        label=line.label,
        rate=statistics.median(sample.rate for sample in samples),
        p50=statistics.median(sample.p50 for sample in samples),
        p99=statistics.median(sample.p99 for sample in samples),
        busy=max(sample.busy for sample in samples),
        low=min(sample.rate for sample in samples),
        high=max(sample.rate for sample in samples),
        cost=statistics.median(sample.cost for sample in samples),
    )


def _judge(goal: Goal, engine: str, samples: Mapping[Line, Sequence[load.Sample]]) -> Verdict:
    """Compare round by round: what slows the machine down in a round slows both."""
    pairs = zip(samples[goal.subject], samples[goal.base], strict=True)
    ratios = [subject.rate / base.rate for subject, base in pairs]
    return Verdict(
        subject=goal.subject.label,
        base=goal.base.label,
        least=goal.least[engine],
        ratio=statistics.median(ratios),
        low=min(ratios),
        high=max(ratios),
    )

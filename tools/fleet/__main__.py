"""``python -m fleet --minutes 5``: bring a fleet up, let people work while things die, and see what is lost."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fleet.balancer import Nginx
from fleet.fleet import Fleet
from fleet.mischief import Mischief
from fleet.verdict import Verdict
from studio_kernel.telemetry import configure_logging


def main() -> int:
    """0 when every promise was kept, else 1."""
    parser = argparse.ArgumentParser(prog="fleet", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0, help="how long people work and things die")
    parser.add_argument("--apis", type=int, default=2, help="API processes")
    parser.add_argument("--workers", type=int, default=2, help="worker processes")
    parser.add_argument("--assessors", type=int, default=3, help="people who change things")
    parser.add_argument("--pause", type=float, default=0.3, help="seconds that people rest between two things")
    parser.add_argument("--seed", type=int, default=1, help="fixes the order of what happens")
    parser.add_argument("--no-nginx", action="store_true", help="use the small balancer also where nginx is")
    parser.add_argument("--keep", type=Path, help="a folder for logs that stays")
    options = parser.parse_args()
    configure_logging("error", "auto")
    started = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {text}", flush=True)

    with tempfile.TemporaryDirectory(prefix="studio-fleet-") as temporary:
        return run(options, options.keep or Path(temporary), tell)


def run(options: argparse.Namespace, folder: Path, tell: Callable[[str], None]) -> int:
    """Everything, once."""
    nginx = False if options.no_nginx else None
    with Fleet(folder, apis=options.apis, workers=options.workers, assessors=options.assessors, nginx=nginx) as fleet:
        front = "nginx" if isinstance(fleet.front.balancer, Nginx) else "a small balancer (no nginx here)"
        tell(f"{options.apis} API processes and {options.workers} workers behind {front} at {fleet.base}")
        verdict = Verdict(fleet)
        fleet.load(options.pause)
        mischief = Mischief(fleet, options.seed)
        mischief.until(time.monotonic() + 60 * options.minutes, tell)
        fleet.rest()
        tell(f"{fleet.tally.answered} calls answered; what had to be repeated: {_repeated(fleet)}")
        tell(f"slowest 503: {fleet.tally.slowest_refusal:.2f} s; slowest revocation: {fleet.guard.slowest:.2f} s")
        verdict.settle()
        problems = fleet.errors() + verdict.problems()
        tell(", ".join(f"{count} {name}" for name, count in sorted(verdict.numbers.items())))
        for problem in problems:
            tell(f"BROKEN: {problem}")
        tell(f"{sum(mischief.done.values())} mishaps, {len(problems)} broken promises")
        verdict.close()
    return 1 if problems else 0


def _repeated(fleet: Fleet) -> dict[str, int]:
    return {name: count for name, count in sorted(fleet.tally.outcomes.items()) if name != "done"}


if __name__ == "__main__":
    sys.exit(main())

"""What happens to a fleet: processes are killed and replaced, engines go away and come back."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fleet.engines import KINDS
from fleet.fleet import Fleet
from fleet.members import Member


def roll(fleet: Fleet) -> None:
    """Replace every process, one after the other, as an upgrade does."""
    for member in fleet.members:
        replace(member)


def replace(member: Member) -> None:
    """SIGTERM, wait for the end, start anew, wait until it is at work."""
    member.end()
    member.start()
    member.wait()


@dataclass
class Mischief:
    """One thing after another, in an order that ``seed`` fixes; each kind comes once a round."""

    fleet: Fleet
    seed: int = 1
    done: Counter[str] = field(default_factory=Counter)

    def until(self, deadline: float, tell: Callable[[str], None] = lambda text: None) -> None:
        """Go on until that moment of ``time.monotonic()``, then leave everything running."""
        for name, act in self._acts(random.Random(self.seed)):
            if time.monotonic() > deadline:
                return
            assert not self.fleet.errors(), self.fleet.errors()
            tell(name)
            act()
            self.done[name] += 1

    def _acts(self, chance: random.Random) -> Iterator[tuple[str, Callable[[], None]]]:
        while True:
            acts: list[tuple[str, Callable[[], None]]] = []
            for member in self.fleet.members:
                acts.append((f"kill {member.name}", lambda member=member: self._kill(member, chance)))  # type: ignore[misc]
                acts.append((f"restart {member.name}", lambda member=member: replace(member)))  # type: ignore[misc]
            for kind in KINDS:
                acts.append((f"stop {kind}", lambda kind=kind: self._outage(kind, chance)))  # type: ignore[misc]
            chance.shuffle(acts)
            yield from acts

    def _kill(self, member: Member, chance: random.Random) -> None:
        time.sleep(chance.uniform(0, 1))
        member.kill()
        time.sleep(chance.uniform(0, 1))
        member.start()
        member.wait()

    def _outage(self, kind: str, chance: random.Random) -> None:
        self.fleet.engines.stop(kind)
        time.sleep(chance.uniform(1, 4))
        self.fleet.engines.start(kind)
        time.sleep(1)

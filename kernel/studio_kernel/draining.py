"""How a server takes leave: told to end, it says so at ``/ready``, goes on answering, and only then stops listening."""

from __future__ import annotations

from dataclasses import dataclass

# its key in the state of the ASGI lifespan
DRAINING = "studio.draining"


@dataclass(slots=True)
class Draining:
    """Whether this process is about to end. Whoever balances load has ``seconds`` to notice."""

    seconds: float = 0.0
    begun: bool = False

    def begin(self) -> None:
        """From now on ``/ready`` answers 503, and answers close their connection."""
        self.begun = True

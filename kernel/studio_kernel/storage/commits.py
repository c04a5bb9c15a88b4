"""Group commit: changes that queue for SQLite's one writer become durable together.

A COMMIT waits for the disk, far longer than most changes take to make. So whoever has made theirs leaves the COMMIT to
those who wait for their turn, and waits until it is done: one wait for the disk, many changes. Alone, nothing is
different: the change is committed at once.

What each may rely on:

- Nobody goes on before the COMMIT that holds their change. Work for after the commit comes after it.
- A change that raises is undone alone: it is a savepoint within the group, or all there is of it.
- A COMMIT that fails fails for all of its group, and nothing of any of them is kept.
- Readers have connections of their own, and see nothing of a group before it is committed.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from studio_kernel.errors import ServiceUnavailable

_MOST_MEMBERS = 64
# Seconds after which a group takes in nobody else, because its first member waits.
_LONGEST = 0.05
# Seconds after which somebody who waits looks whether anybody is still about to commit.
_PATIENCE = 1.0


class Group:
    """Changes that one COMMIT makes durable, or none of them."""

    __slots__ = ("_over", "began", "error", "members")

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.members = 0
        self.error: BaseException | None = None
        self._over = threading.Event()

    @property
    def is_full(self) -> bool:
        """Whether it is time to commit, whoever waits."""
        return self.members >= _MOST_MEMBERS or time.monotonic() - self.began > _LONGEST

    def end(self, error: BaseException | None = None) -> None:
        """Tell all members: durable, or with ``error``, gone."""
        self.error = error
        self._over.set()

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within that time."""
        return self._over.wait(seconds)


class GroupCommit:
    """The one writer of a SQLite database, taken in turns.

    ``command`` runs SQL on the writer's connection, for whoever has the turn; ``abandon`` closes that connection, and
    with it whatever was begun on it.
    """

    def __init__(self, command: Callable[[str], None], abandon: Callable[[], None]) -> None:
        self._command = command
        self._abandon = abandon
        self.aside: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
        """Held by a thread while it waits, so that others may work meanwhile."""
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self.waiting = 0
        """How many threads wait for the turn."""
        self._open: Group | None = None

    @contextlib.contextmanager
    def member(self, connected: contextlib.AbstractContextManager[None]) -> Iterator[None]:
        """Make the changes of the block durable, together with those of others; ``connected`` is held meanwhile.

        What the block raises undoes the block and passes on, once nothing that it may have seen of others is open.
        ``ServiceUnavailable`` when the COMMIT failed for all.
        """
        refusal: BaseException | None = None
        with self._taken(), connected:
            group = self._begin()
            try:
                yield
                self._keep(group)
            except BaseException as error:
                refusal = error
                self._undo(group)
            self._settle(group)
        if not group.wait(0):
            with self.aside():
                self._await(group, connected)
        _conclude(group, refusal)

    def _await(self, group: Group, connected: contextlib.AbstractContextManager[None]) -> None:
        while not group.wait(_PATIENCE):
            # NOTE: whoever was to come next never did.
            with self._taken(), connected:
                self._settle(group)

    @contextlib.contextmanager
    def _taken(self) -> Iterator[None]:
        if not self._turn.acquire(blocking=False):
            self._queue()
        try:
            yield
        finally:
            self._turn.release()

    def _queue(self) -> None:
        with self._counting:
            self.waiting += 1
        try:
            with self.aside():
                self._turn.acquire()
        finally:
            with self._counting:
                self.waiting -= 1

    def _begin(self) -> Group:
        if self._open is None:
            self._command("BEGIN IMMEDIATE")
            self._open = Group()
        elif self._open.members:
            self._command("SAVEPOINT studio_member")
        return self._open

    def _keep(self, group: Group) -> None:
        if group.members:
            self._command("RELEASE SAVEPOINT studio_member")
        group.members += 1

    def _undo(self, group: Group) -> None:
        """Take one member's changes back; where SQLite has taken back everything by itself, all of them are gone."""
        try:
            if group.members:
                self._command("ROLLBACK TO SAVEPOINT studio_member")
                self._command("RELEASE SAVEPOINT studio_member")
            else:
                self._open = None
                self._command("ROLLBACK")
                group.end()
        except BaseException as error:
            self._open = None
            self._abandon()
            group.end(_gone(error) if group.members else None)

    def _settle(self, group: Group) -> None:
        """Commit, unless somebody waits who will."""
        if self._open is not group or (self.waiting and not group.is_full):
            return
        self._open = None
        try:
            self._command("COMMIT")
        except BaseException as error:
            self._roll_back()
            group.end(error)
        else:
            group.end()

    def _roll_back(self) -> None:
        try:
            self._command("ROLLBACK")
        except Exception:
            self._abandon()


def _conclude(group: Group, refusal: BaseException | None) -> None:
    """Raise what one member has to know: its own exception, or that the group's changes are gone."""
    if refusal is not None and (group.error is None or not isinstance(refusal, Exception)):
        raise refusal
    if group.error is None:
        return
    if refusal is None and group.members == 1:
        raise group.error
    raise _gone(group.error)


def _gone(error: BaseException) -> ServiceUnavailable:
    gone = ServiceUnavailable("The change could not be written; try again")
    gone.__cause__ = error
    return gone

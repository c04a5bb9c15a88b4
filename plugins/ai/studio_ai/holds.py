"""What orders the assistant's writing against the deletion of what it writes about.

On PostgreSQL two transactions don't see each other: whoever writes about evidence or a project takes the lock that its
deletion takes, and only then looks whether it is still there. Where several are held: texts of a project first, then
evidence, then conversations. Nobody who holds one of them goes on to ask for the project or its evidence to be changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_kernel.storage.database import Database


def hold_texts(database: Database, project_id: str) -> None:
    """Until the transaction ends, nobody else writes or removes indexed texts of the project."""
    database.lock(f"ai.texts:{project_id}")


def hold_conversations(database: Database, project_id: str) -> None:
    """Until the transaction ends, nobody else begins conversations about the project, answers in them, or removes any
    with what they are about."""
    if project_id:
        database.lock(f"ai.conversations:{project_id}")


def hold_evidence(database: Database, evidence_id: str) -> None:
    """Until the transaction ends, nobody else writes or removes the indexed text of the evidence."""
    database.lock(f"ai.evidence:{evidence_id}")

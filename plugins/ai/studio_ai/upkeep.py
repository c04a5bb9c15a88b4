"""What happens without a caller: indexing, and forgetting what is gone."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_ai.assembly import Assistant
from studio_kernel.errors import ServiceUnavailable
from studio_kernel.events import Event, Subscriber
from studio_kernel.jobs import JobRun, JobType

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_log = logging.getLogger(__name__)
_INDEXED = ("evidence.uploaded", "evidence.versioned", "evidence.updated", "evidence.text_ready")


class Upkeep:
    """Listens to events and does periodic work."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._assistant = Assistant(platform)

    def subscribers(self) -> Sequence[Subscriber]:
        """Who listens to what."""
        return (
            Subscriber("ai.index", _INDEXED, self.index),
            Subscriber("ai.evidence", ("evidence.deleted",), self.forget_evidence, mode="in_transaction"),
            Subscriber("ai.projects", ("project.deleted",), self.forget_project, mode="in_transaction"),
        )

    def jobs(self) -> Sequence[JobType]:
        """Kinds of work."""
        return (
            JobType("ai.forget", self.remove_vectors, summary="Removes the embeddings of evidence that was deleted"),
            JobType(
                "ai.upkeep",
                self.tidy,
                summary="Indexes texts of another model anew, removes answers about what is gone",
                every=21_600.0,
                max_attempts=3,
                timeout=3_600.0,
            ),
        )

    def index(self, event: Event) -> None:
        """The text of evidence came or changed, or what people say of it."""
        if event.name == "evidence.updated":
            self._assistant.index.follow(event.resource_id)
        elif event.name != "evidence.text_ready" or self._assistant.index.follows_extraction(event.resource_id):
            self._assistant.index.refresh(event.resource_id)

    def forget_evidence(self, event: Event) -> None:
        """Evidence is being deleted: nothing of its text may be found or shown from then on."""
        self._assistant.index.forget(event.resource_id)
        self._assistant.conversations.forget_evidence(event.project_id, event.resource_id)
        self._assistant.refinements.forget_evidence(event.resource_id)

    def forget_project(self, event: Event) -> None:
        """A project is being deleted."""
        self._assistant.index.forget_project(event.resource_id)
        self._assistant.conversations.forget_project(event.resource_id)
        self._assistant.keeping.forget_project(event.resource_id)
        self._assistant.refinements.forget_project(event.resource_id)

    def remove_vectors(self, run: JobRun) -> None:
        """Passages are gone; so go their embeddings."""
        self._assistant.index.remove_vectors(run.arguments["ids"])

    def after_restore(self) -> None:
        """A backup has the vectors of the platform's own tables only: the texts of others are indexed anew."""
        if self._assistant.index.mark_unembedded():
            self._platform.jobs.enqueue("ai.upkeep")

    def tidy(self, run: JobRun) -> None:
        """Periodic work."""
        self._assistant.conversations.sweep()
        stale = self._assistant.index.stale()
        for number, evidence_id in enumerate(stale, 1):
            if run.is_cancelled():
                return
            self._refresh(evidence_id)
            run.report(100 * number // len(stale))

    def _refresh(self, evidence_id: str) -> None:
        """Index a text anew. One that can't be, as when its file is lost, doesn't keep the others from it."""
        try:
            self._assistant.index.refresh(evidence_id)
        except ServiceUnavailable:
            raise
        except Exception:
            _log.warning("the text of %s can't be indexed", evidence_id, exc_info=True)

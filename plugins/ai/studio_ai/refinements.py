"""What an analysis came to, kept beside the score of the rubric: the last one of each piece of evidence.

The score itself is the rubric's or a reviewer's and never changes by it: the same file in the same context always
gives the same score (product rules, Evidence).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson

from studio_ai.models import RefinementRow
from studio_ai.retrieval.passages import Passage
from studio_evidence.api import Citation, EvidenceContents, Piece, Refinement, RefinementSource
from studio_kernel.clock import to_text
from studio_kernel.errors import Conflict, Forbidden, NotFound
from studio_kernel.security.principal import Principal
from studio_kernel.storage.sql import Statement
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_FIND = Statement(
    "SELECT score, base_score, summary, provider, model, refined_at, citations FROM ai_refinements "
    "WHERE evidence_id = :evidence_id AND version = :version"
)


class Refinements:
    """Keeps and reads them."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._clock = platform.clock
        self._projects = Projects(platform)
        self._contents = EvidenceContents(platform)

    def source(self) -> RefinementSource:
        """What the plugin ``evidence`` shows beside the score."""
        return RefinementSource("assistant", self.read)

    def read(self, evidence_id: str, version: int) -> Refinement | None:
        """What is kept of a version. Checks no rights."""
        row = self._database.row(_FIND, evidence_id=evidence_id, version=version)
        if row is None:
            return None
        score, base_score, summary, provider, model, refined_at, citations = row
        cited = tuple(Citation(**each) for each in orjson.loads(citations))
        return Refinement(score, base_score, summary, provider, model, refined_at, cited)

    def keep(
        self,
        principal: Principal,
        piece: Piece,
        *,
        score: int,
        summary: str,
        provider: str,
        model: str,
        passages: Sequence[Passage],
    ) -> bool:
        """Keep an analysis in place of an earlier one; False when it isn't the caller's to keep, or came too late.

        Whoever may only read evidence, with that role or that credential, changes nothing that others see; nor does
        anybody in an archived project.
        """
        if not principal.has_scope("evidence:write"):
            return False
        citations = {each.id: asdict(Citation(each.id, each.place or each.heading, each.text)) for each in passages}
        values = {
            "evidence_id": piece.id,
            "version": piece.version,
            "project_id": piece.project_id,
            "base_score": piece.quality_score,
            "score": score,
            "summary": summary,
            "provider": provider,
            "model": model,
            "citations": list(citations.values()),
            "refined_at": to_text(self._clock()),
        }
        try:
            return self._write(principal, values)
        except (NotFound, Forbidden, Conflict):
            return False

    def forget_evidence(self, evidence_id: str) -> None:
        """Remove what was said of deleted evidence, inside its transaction: it quotes it."""
        self._database.lock(_key(evidence_id))
        self._database.delete(RefinementRow, where={"evidence_id": evidence_id})

    def forget_project(self, project_id: str) -> None:
        """The same for a whole project."""
        self._database.delete(RefinementRow, where={"project_id": project_id})

    def _write(self, principal: Principal, values: dict[str, Any]) -> bool:
        with self._database.transaction():
            self._projects.require(principal, values["project_id"], "evidence:update", writable=True)
            # NOTE: evidence deleted or replaced meanwhile must not be written about: the lock orders this.
            self._database.lock(_key(values["evidence_id"]))
            described = self._contents.described(values["evidence_id"])
            if described is None or described[1] != values["version"]:
                return False
            self._database.delete(RefinementRow, where={"evidence_id": values["evidence_id"]})
            self._database.insert(RefinementRow, values)
        return True


def _key(evidence_id: str) -> str:
    return f"ai.refinement:{evidence_id}"

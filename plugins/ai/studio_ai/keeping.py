"""Drafts that become evidence, and proposals of models that a person decides about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from studio_ai.documents import render
from studio_ai.models import ProposalRow
from studio_ai.policies import PolicyDrafts
from studio_evidence.api import EvidenceDeposit
from studio_kernel.clock import to_text
from studio_kernel.context import current_context
from studio_kernel.errors import Conflict, Forbidden, NotFound, ValidationFailed
from studio_kernel.http.listing import Filter, Listing, ListQuery, ListRequest, Sort
from studio_kernel.ids import new_id
from studio_kernel.security.principal import Principal
from studio_kernel.storage.sql import Statement
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

PROPOSED, CONFIRMED, DISCARDED = "proposed", "confirmed", "discarded"
_UPLOAD = "evidence:upload"
_COLUMNS = (
    "id",
    "project_id",
    "control_id",
    "kind",
    "title",
    "quality_score",
    "state",
    "proposed_by",
    "proposed_at",
    "decided_by",
    "decided_at",
    "evidence_id",
)
LISTING = Listing(
    key="proposals",
    id_sql="p.id",
    sorts={"proposed_at": Sort("p.proposed_at")},
    default_sort="proposed_at",
    filters={
        "project_id": Filter("p.project_id", summary="Only of this project."),
        "state": Filter("p.state", choices=(PROPOSED, CONFIRMED, DISCARDED), summary="Only in this state."),
    },
)
_LIST = ListQuery(LISTING, columns=tuple(f"p.{name}" for name in _COLUMNS), source="ai_proposals p")
_FIND = Statement(f"SELECT {', '.join(_COLUMNS)}, body FROM ai_proposals WHERE id = :id")


class Keeping:
    """Saves documents as evidence with the rights of whoever asks."""

    def __init__(self, platform: Platform, drafts: PolicyDrafts) -> None:
        self._database = platform.database
        self._clock = platform.clock
        self._projects = Projects(platform)
        self._deposit = EvidenceDeposit(platform)
        self._drafts = drafts

    def save(self, principal: Principal, given: Mapping[str, Any]) -> dict[str, Any]:
        """A policy becomes evidence; the evidence as the API shows it. Raises as an upload does."""
        document = render(given["title"], given["content"], given["format"])
        return self._deposit.add(
            principal,
            project_id=given["project_id"],
            control_id=given.get("control_id"),
            title=given["title"],
            file_name=document.file_name,
            body=document.body,
            tags=("policy",),
        )

    def propose(self, principal: Principal, project_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Put a policy draft before the people of a project; nothing else changes until one of them confirms it."""
        draft = self._drafts.draft(
            given["type"],
            company=given["company_name"],
            industry=given.get("industry"),
            control_id=given.get("control_id"),
        )
        row = {
            "id": new_id("prop"),
            "project_id": project_id,
            "control_id": given.get("control_id"),
            "kind": draft["type"],
            "title": draft["title"],
            "body": draft["content"],
            "quality_score": draft["quality_score"],
            "state": PROPOSED,
            "proposed_by": principal.user_id,
            "proposed_at": to_text(self._clock()),
            "decided_by": None,
            "decided_at": None,
            "evidence_id": None,
        }
        with self._database.transaction():
            self._projects.require(principal, project_id, _UPLOAD, writable=True)
            current_context().resource_id = str(row["id"])
            self._check_control(project_id, given.get("control_id"))
            self._database.insert(ProposalRow, row)
        return {name: row[name] for name in _COLUMNS}

    def list(self, principal: Principal, request: ListRequest) -> dict[str, Any]:
        """A part of the proposals of all projects that the caller belongs to."""
        scope, values = self._projects.visible(principal, "p.project_id")
        page = _LIST.run(self._database, request, scope=scope, **values)
        found = [dict(zip(_COLUMNS, row, strict=True)) for row in page.rows]
        return {"proposals": found, "pagination": page.pagination}

    def show(self, principal: Principal, proposal_id: str) -> dict[str, Any]:
        """A proposal with its text."""
        return self._find(principal, proposal_id, "evidence:read")

    def confirm(self, principal: Principal, proposal_id: str, form: str) -> dict[str, Any]:
        """A person makes a proposal evidence of its project.

        :raises Forbidden: the caller isn't a person who is signed in, or may not upload there.
        :raises Conflict: it is decided already, or its project is archived.
        """
        if principal.kind != "user":
            raise Forbidden("A proposal is confirmed by a person who is signed in, not by a key or a client")
        with self._database.transaction():
            proposal = self._undecided(principal, proposal_id)
            evidence = self.save(principal, {**proposal, "format": form})
            return self._decide(principal, proposal, CONFIRMED, evidence["id"])

    def discard(self, principal: Principal, proposal_id: str) -> dict[str, Any]:
        """A proposal that nobody wants is kept as such.

        :raises Conflict: it is decided already, or its project is archived.
        """
        with self._database.transaction():
            return self._decide(principal, self._undecided(principal, proposal_id), DISCARDED, None)

    def forget_project(self, project_id: str) -> None:
        """Remove the proposals of a deleted project, inside its transaction."""
        self._database.delete(ProposalRow, where={"project_id": project_id})

    def _undecided(self, principal: Principal, proposal_id: str) -> dict[str, Any]:
        self._database.lock(f"ai.proposal:{proposal_id}")
        proposal = self._find(principal, proposal_id, _UPLOAD, writable=True)
        if proposal["state"] != PROPOSED:
            raise Conflict(f"The proposal is {proposal['state']}", details={"state": proposal["state"]})
        return proposal

    def _decide(
        self, principal: Principal, proposal: Mapping[str, Any], state: str, evidence_id: str | None
    ) -> dict[str, Any]:
        decided = {
            "state": state,
            "decided_by": principal.user_id,
            "decided_at": to_text(self._clock()),
            "evidence_id": evidence_id,
        }
        current_context().resource_id = proposal["id"]
        self._database.update(ProposalRow, decided, where={"id": proposal["id"]})
        return {**proposal, **decided}

    def _find(
        self, principal: Principal, proposal_id: str, permission: str, *, writable: bool = False
    ) -> dict[str, Any]:
        row = self._database.row(_FIND, id=proposal_id)
        unknown = NotFound(f"There is no proposal {proposal_id}")
        if row is None:
            raise unknown
        proposal = dict(zip((*_COLUMNS, "content"), row, strict=True))
        try:
            self._projects.require(principal, proposal["project_id"], permission, writable=writable)
        except NotFound:
            raise unknown from None
        return proposal

    def _check_control(self, project_id: str, control_id: str | None) -> None:
        if control_id is not None:
            try:
                self._projects.control(project_id, control_id)
            except NotFound:
                raise ValidationFailed("control_id", "Must be a control of the project") from None

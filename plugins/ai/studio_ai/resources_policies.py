"""HTTP in and out: policy drafts, documents made of them, and proposals."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from studio_ai import keeping, schemas
from studio_ai.assembly import Assistant
from studio_ai.documents import render
from studio_ai.tooling import ToolCaller
from studio_kernel.errors import Conflict, Forbidden, NotFound, ValidationFailed
from studio_kernel.http.operations import Answer, Call, FileAnswer, operation

_PROPOSALS = "/api/v1/ai/proposals"
_PROPOSAL = f"{_PROPOSALS}/{{proposal_id}}"


class PolicyResource:
    """Policies."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant

    @operation(
        "ai.generate_policy",
        "POST",
        "/api/v1/ai/generate/policy",
        summary="Draft a policy",
        permission="ai:use",
        scope="read",
        body=schemas.PolicyRequest,
        response=schemas.PolicyDraft,
        errors=(ValidationFailed, Forbidden),
        slow=True,
    )
    def generate_policy(self, call: Call) -> dict[str, Any]:
        """A draft in Markdown, from a template, for people to finish and approve; a model may word it better."""
        chosen = self._assistant.chat.choose(call.principal, call.body.get("provider"))
        model, missing = self._assistant.providers.model(chosen)
        return self._assistant.refined.draft(ToolCaller(call.principal), model, missing, call.body)

    @operation(
        "ai.policies.kinds",
        "GET",
        "/api/v1/ai/policies",
        summary="List the policies that can be drafted",
        permission="ai:use",
        response=schemas.PolicyKinds,
    )
    def kinds(self, call: Call) -> dict[str, Any]:
        """Their ids are the types of a draft."""
        shown = [
            {"id": each.id, "title": each.title, "summary": each.summary, "serves": list(each.serves)}
            for each in self._assistant.policies
        ]
        return {"policies": shown}

    @operation(
        "ai.policies.export",
        "POST",
        "/api/v1/ai/policies/export",
        summary="Make a document of a policy",
        permission="ai:use",
        scope="read",
        body=schemas.PolicyExport,
        shape="file",
        media_type="application/octet-stream",
        errors=(ValidationFailed,),
    )
    def export(self, call: Call) -> FileAnswer:
        """Markdown as a Word file, as a web page, or as it is."""
        document = render(call.body["title"], call.body["content"], call.body["format"])
        body = document.body
        return FileAnswer(
            lambda start, end: io.BytesIO(body[start:end]),
            len(body),
            document.content_type,
            document.file_name,
            hashlib.sha256(body).hexdigest(),
        )

    @operation(
        "ai.policies.save",
        "POST",
        "/api/v1/ai/policies/save",
        summary="Save a policy as evidence",
        permission="evidence:upload",
        scope="evidence:write",
        body=schemas.PolicySave,
        response=schemas.SavedEvidence,
        status=201,
        errors=(ValidationFailed, NotFound, Forbidden, Conflict),
    )
    def save(self, call: Call) -> Answer:
        """It becomes a new piece of evidence, as if the caller had uploaded the document."""
        made = self._assistant.keeping.save(call.principal, call.body)
        shown = {name: made[name] for name in schemas.SavedEvidence._declared_fields}
        return Answer(shown, location=f"/api/v1/evidence/{made['id']}")


class ProposalResource:
    """Drafts that models proposed."""

    def __init__(self, assistant: Assistant) -> None:
        self._keeping = assistant.keeping

    @operation(
        "ai.proposals.list",
        "GET",
        _PROPOSALS,
        summary="List proposals",
        permission="evidence:read",
        scope="evidence:read",
        listing=keeping.LISTING,
        response=schemas.Proposal,
    )
    def list(self, call: Call) -> dict[str, Any]:
        """Of all projects that the caller belongs to, the latest first."""
        return self._keeping.list(call.principal, call.listing)

    @operation(
        "ai.proposals.read",
        "GET",
        _PROPOSAL,
        summary="Show a proposal",
        permission="evidence:read",
        scope="evidence:read",
        response=schemas.ProposalShown,
        errors=(NotFound,),
    )
    def read(self, call: Call) -> dict[str, Any]:
        """With its text."""
        return self._keeping.show(call.principal, call.path["proposal_id"])

    @operation(
        "ai.proposals.confirm",
        "POST",
        f"{_PROPOSAL}/confirm",
        summary="Make a proposal evidence",
        permission="evidence:upload",
        scope="evidence:write",
        body=schemas.Confirmation,
        response=schemas.ProposalShown,
        errors=(NotFound, Forbidden, Conflict),
    )
    def confirm(self, call: Call) -> dict[str, Any]:
        """Only a person who is signed in can; the evidence is then theirs."""
        return self._keeping.confirm(call.principal, call.path["proposal_id"], call.body["format"])

    @operation(
        "ai.proposals.discard",
        "POST",
        f"{_PROPOSAL}/discard",
        summary="Turn a proposal down",
        permission="evidence:upload",
        scope="evidence:write",
        response=schemas.ProposalShown,
        errors=(NotFound, Forbidden, Conflict),
    )
    def discard(self, call: Call) -> dict[str, Any]:
        """It stays in the list as discarded."""
        return self._keeping.discard(call.principal, call.path["proposal_id"])

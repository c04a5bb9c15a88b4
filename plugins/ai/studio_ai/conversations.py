"""Conversations: what an account asked and was answered, for the account alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from studio_ai.holds import hold_conversations
from studio_ai.models import ConversationRow, MessageRow, MessageSourceRow
from studio_evidence.api import EvidenceLibrary
from studio_kernel.clock import later, to_text
from studio_kernel.context import current_context
from studio_kernel.errors import NotFound, ValidationFailed
from studio_kernel.http.listing import Filter, Listing, ListQuery, ListRequest, Sort
from studio_kernel.ids import new_id
from studio_kernel.security.principal import Principal
from studio_kernel.storage.sql import Statement
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_COLUMNS = ("id", "title", "project_id", "messages", "created_at", "updated_at")
LISTING = Listing(
    key="conversations",
    id_sql="c.id",
    sorts={"updated_at": Sort("c.updated_at"), "created_at": Sort("c.created_at")},
    default_sort="updated_at",
    filters={"project_id": Filter("c.project_id", summary="Only those about this project.")},
    search={"title": "c.title"},
)
_LIST = ListQuery(
    LISTING,
    columns=tuple(f"c.{name}" for name in _COLUMNS),
    source="ai_conversations c",
    where=("c.user_id = :user_id",),
)
_FIND = Statement(f"SELECT {', '.join(_COLUMNS)} FROM ai_conversations WHERE id = :id AND user_id = :user_id")
_MESSAGES = Statement(
    "SELECT id, role, body, facts, created_at FROM ai_messages WHERE conversation_id = :id "
    "ORDER BY position DESC LIMIT :limit"
)
_TOUCH = Statement("UPDATE ai_conversations SET messages = messages + 1, updated_at = :now WHERE id = :id")
_HOLD = "SELECT id FROM ai_conversations WHERE {0} FOR UPDATE"
_WITHIN = "conversation_id IN (SELECT id FROM ai_conversations WHERE {0})"
_QUOTING = Statement(
    "UPDATE ai_messages SET body = :body, facts = :facts "
    "WHERE id IN (SELECT message_id FROM ai_message_sources WHERE evidence_id = :evidence_id)"
)
_QUOTED = Statement(
    "SELECT DISTINCT s.evidence_id, c.project_id FROM ai_message_sources s "
    "JOIN ai_messages m ON m.id = s.message_id JOIN ai_conversations c ON c.id = m.conversation_id"
)
_ORPHANED = "conversation_id NOT IN (SELECT id FROM ai_conversations)"
_REMOVED = "This answer rested on evidence that was deleted, and was removed with it."
_SHOWN, _REMEMBERED, _AT_ONCE = 200, 6, 1000


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation under way. ``earlier`` are its last questions, the oldest first; ``controls`` the ids of the
    controls that its last answer was about."""

    id: str
    project_id: str
    earlier: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()


class Conversations:
    """Keeps conversations. Nobody sees another account's, and nobody one about a project that they left."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._clock = platform.clock
        self._projects = Projects(platform)
        self._library = EvidenceLibrary(platform)

    def open(
        self, principal: Principal, conversation_id: str | None, project_id: str | None, message: str
    ) -> Conversation:
        """The conversation that a question belongs to, a new one without an id; the question is noted in it.

        :raises NotFound: no such conversation of the caller.
        :raises ValidationFailed: it is about another project.
        """
        with self._database.transaction():
            if conversation_id is None:
                conversation = self._begin(principal, project_id or "", message)
            else:
                conversation = self._continue(principal, conversation_id, project_id)
            current_context().resource_id = conversation.id
            self._write(conversation, "user", message, {})
        return conversation

    def answered(
        self, conversation: Conversation, body: str, facts: Mapping[str, Any], evidence_ids: Collection[str]
    ) -> str:
        """Note an answer and the evidence that it rests on; the message's id.

        An answer takes its time. When some of the evidence was deleted meanwhile, it is noted as removed.

        :raises NotFound: the conversation was deleted meanwhile, by itself or with its project; nothing is noted.
        """
        cited = sorted(set(evidence_ids))
        with self._database.transaction():
            hold_conversations(self._database, conversation.project_id)
            if not self._gone(cited):
                message_id = self._write(conversation, "assistant", body, facts)
                sources = [{"message_id": message_id, "evidence_id": each} for each in cited]
                self._database.insert_many(MessageSourceRow, sources)
                return message_id
            return self._write(conversation, "assistant", _REMOVED, {})

    def list(self, principal: Principal, request: ListRequest) -> dict[str, Any]:
        """A part of the caller's conversations."""
        scope, values = self._visible(principal)
        page = _LIST.run(self._database, request, scope=scope, user_id=principal.user_id, **values)
        found = [_shown(row) for row in page.rows]
        return {"conversations": found, "pagination": page.pagination}

    def show(self, principal: Principal, conversation_id: str) -> dict[str, Any]:
        """A conversation with its last messages, the oldest first."""
        row = self._find(principal, conversation_id)
        rows = self._database.rows(_MESSAGES, id=conversation_id, limit=_SHOWN)
        messages = [
            {"id": id_, "role": role, "message": body, "created_at": at, **orjson.loads(facts)}
            for id_, role, body, facts, at in reversed(rows)
        ]
        return {**_shown(row), "history": messages}

    def delete(self, principal: Principal, conversation_id: str) -> None:
        """Forget a conversation."""
        with self._database.transaction():
            self._find(principal, conversation_id)
            current_context().resource_id = conversation_id
            self._remove("id = :value", conversation_id)

    def forget_project(self, project_id: str) -> None:
        """Remove what was said about a deleted project, inside its transaction."""
        hold_conversations(self._database, project_id)
        self._remove("project_id = :value", project_id)

    def forget_evidence(self, project_id: str, evidence_id: str) -> None:
        """Remove answers that rest on deleted evidence, inside its transaction: they may quote it."""
        hold_conversations(self._database, project_id)
        self._database.execute(_QUOTING, body=_REMOVED, facts="{}", evidence_id=evidence_id)
        self._database.delete(MessageSourceRow, where={"evidence_id": evidence_id})

    def prune(self, days: float) -> int:
        """Remove conversations that nobody went on with for so long; how many."""
        with self._database.transaction():
            return self._remove("updated_at < :value", later(self._clock(), -86_400.0 * days))

    def sweep(self) -> int:
        """Remove what belongs to no conversation, and answers that quote evidence which is gone; how many pieces of
        evidence and messages those were."""
        with self._database.transaction():
            removed = self._remove_messages(_ORPHANED)
        quoted: dict[str, str] = dict(self._database.rows(_QUOTED))
        gone = self._gone(list(quoted))
        for evidence_id in gone:
            with self._database.transaction():
                self.forget_evidence(quoted[evidence_id], evidence_id)
        return removed + len(gone)

    def _gone(self, evidence_ids: Sequence[str]) -> Sequence[str]:
        """Those that are there no more."""
        held: set[str] = set()
        for start in range(0, len(evidence_ids), _AT_ONCE):
            held.update(each.id for each in self._library.found(evidence_ids[start : start + _AT_ONCE]))
        return [each for each in evidence_ids if each not in held]

    def _begin(self, principal: Principal, project_id: str, message: str) -> Conversation:
        if project_id:
            # NOTE: a project that is deleted at this moment must not be left with a conversation.
            hold_conversations(self._database, project_id)
            self._projects.require(principal, project_id, "projects:read")
        now = to_text(self._clock())
        row = {
            "id": new_id("conv"),
            "user_id": principal.user_id,
            "project_id": project_id,
            "title": " ".join(message.split())[:120],
            "messages": 0,
            "created_at": now,
            "updated_at": now,
        }
        self._database.insert(ConversationRow, row)
        return Conversation(str(row["id"]), project_id)

    def _continue(self, principal: Principal, conversation_id: str, project_id: str | None) -> Conversation:
        about = self._find(principal, conversation_id)[2]
        if project_id is not None and project_id != about:
            raise ValidationFailed("context.project_id", "The conversation is about another project, or about none")
        rows = self._database.rows(_MESSAGES, id=conversation_id, limit=2 * _REMEMBERED)
        earlier = [body for _, role, body, _, _ in reversed(rows) if role == "user"]
        answers = [orjson.loads(facts) for _, role, _, facts, _ in rows if role == "assistant"]
        controls = answers[0].get("controls", ()) if answers else ()
        return Conversation(conversation_id, about, tuple(earlier[-_REMEMBERED:]), tuple(controls))

    def _find(self, principal: Principal, conversation_id: str) -> Sequence[Any]:
        row = self._database.row(_FIND, id=conversation_id, user_id=principal.user_id)
        if row is None:
            raise NotFound(f"There is no conversation {conversation_id}")
        if row[2]:
            try:
                self._projects.require(principal, row[2], "projects:read")
            except NotFound:
                raise NotFound(f"There is no conversation {conversation_id}") from None
        return row

    def _visible(self, principal: Principal) -> tuple[Sequence[str], dict[str, Any]]:
        conditions, values = self._projects.visible(principal, "c.project_id")
        return [f"(c.project_id = '' OR {each})" for each in conditions], values

    def _write(self, conversation: Conversation, role: str, body: str, facts: Mapping[str, Any]) -> str:
        now = to_text(self._clock())
        # NOTE: first, because it orders this against the removal of the conversation, which may have come first.
        if not self._database.execute(_TOUCH, id=conversation.id, now=now):
            raise NotFound(f"There is no conversation {conversation.id} any more")
        row = {
            "id": new_id("cmsg"),
            "conversation_id": conversation.id,
            "role": role,
            "body": body,
            "facts": dict(facts),
            "created_at": now,
        }
        self._database.insert(MessageRow, row)
        return str(row["id"])

    def _remove(self, condition: str, value: str) -> int:
        """How many conversations there were."""
        # NOTE: first, so that an answer that is being noted is there to be removed, or finds nothing to be noted in.
        self._database.rows(Statement("SELECT 1", postgresql=_HOLD.format(condition)), value=value)
        self._remove_messages(_WITHIN.format(condition), value=value)
        return self._database.execute(Statement(f"DELETE FROM ai_conversations WHERE {condition}"), value=value)

    def _remove_messages(self, condition: str, **values: str) -> int:
        """How many there were."""
        sources = f"DELETE FROM ai_message_sources WHERE message_id IN (SELECT id FROM ai_messages WHERE {condition})"
        self._database.execute(Statement(sources), **values)
        return self._database.execute(Statement(f"DELETE FROM ai_messages WHERE {condition}"), **values)


def _shown(row: Sequence[Any]) -> dict[str, Any]:
    shown = dict(zip(_COLUMNS, row, strict=True))
    return {**shown, "project_id": shown["project_id"] or None}

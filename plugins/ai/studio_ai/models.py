"""The plugin's tables."""

from __future__ import annotations

import peewee

from studio_kernel.storage.models import JSONField, Table, TimeField


class DocumentRow(Table):
    """That the text of a piece of evidence is indexed: which version, by which model (empty for by words alone)."""

    evidence_id = peewee.CharField(max_length=80, primary_key=True)
    project_id = peewee.CharField(max_length=80, index=True)
    title = peewee.CharField(max_length=200)
    version = peewee.IntegerField()
    passages = peewee.IntegerField()
    model = peewee.CharField(max_length=60)
    indexed_at = TimeField()

    class Meta:
        table_name = "ai_documents"


class PassageRow(Table):
    """A stretch of the text of evidence; offsets are in characters of the version's whole text.

    SQLite indexes its words in ``ai_passage_words``, kept up by triggers; PostgreSQL in the generated column
    ``words``.
    """

    number = peewee.BigAutoField()
    id = peewee.CharField(max_length=40, unique=True)
    evidence_id = peewee.CharField(max_length=80)
    project_id = peewee.CharField(max_length=80, index=True)
    version = peewee.IntegerField()
    position = peewee.IntegerField()
    start_offset = peewee.IntegerField()
    end_offset = peewee.IntegerField()
    place = peewee.CharField(max_length=120)
    heading = peewee.TextField()
    body = peewee.TextField()

    class Meta:
        table_name = "ai_passages"
        id_prefix = "pas"
        indexes = ((("evidence_id", "position"), False),)


class ConversationRow(Table):
    """A conversation of one account; ``project_id`` is empty when it is about no project."""

    id = peewee.CharField(max_length=40, primary_key=True)
    user_id = peewee.CharField(max_length=80)
    project_id = peewee.CharField(max_length=80, index=True)
    title = peewee.CharField(max_length=200)
    messages = peewee.IntegerField()
    created_at = TimeField()
    updated_at = TimeField(index=True)

    class Meta:
        table_name = "ai_conversations"
        id_prefix = "conv"
        indexes = ((("user_id", "updated_at", "id"), False),)


class MessageRow(Table):
    """A question or an answer; ``facts`` is what the API showed beside an answer's text."""

    position = peewee.BigAutoField()
    id = peewee.CharField(max_length=40, unique=True)
    conversation_id = peewee.CharField(max_length=40)
    role = peewee.CharField(max_length=12)
    body = peewee.TextField()
    facts = JSONField()
    created_at = TimeField()

    class Meta:
        table_name = "ai_messages"
        id_prefix = "cmsg"
        indexes = ((("conversation_id", "position"), False),)


class MessageSourceRow(Table):
    """That an answer rests on a piece of evidence: when that is deleted, what was quoted of it goes too."""

    message_id = peewee.CharField(max_length=40)
    evidence_id = peewee.CharField(max_length=80, index=True)

    class Meta:
        table_name = "ai_message_sources"
        primary_key = peewee.CompositeKey("message_id", "evidence_id")


class ProposalRow(Table):
    """A draft that a model proposed; it becomes evidence only when a person confirms it."""

    id = peewee.CharField(max_length=40, primary_key=True)
    project_id = peewee.CharField(max_length=80)
    control_id = peewee.CharField(max_length=80, null=True)
    kind = peewee.CharField(max_length=80)
    title = peewee.CharField(max_length=200)
    body = peewee.TextField()
    quality_score = peewee.IntegerField()
    state = peewee.CharField(max_length=12)
    proposed_by = peewee.CharField(max_length=80)
    proposed_at = TimeField()
    decided_by = peewee.CharField(max_length=80, null=True)
    decided_at = TimeField(null=True)
    evidence_id = peewee.CharField(max_length=80, null=True)

    class Meta:
        table_name = "ai_proposals"
        id_prefix = "prop"
        indexes = ((("project_id", "proposed_at", "id"), False),)


class RefinementRow(Table):
    """What the last analysis of a piece of evidence came to, about one version of it, with the passages it cites."""

    evidence_id = peewee.CharField(max_length=80, primary_key=True)
    version = peewee.IntegerField()
    project_id = peewee.CharField(max_length=80, index=True)
    base_score = peewee.IntegerField()
    score = peewee.IntegerField()
    summary = peewee.TextField()
    provider = peewee.CharField(max_length=40)
    model = peewee.CharField(max_length=120)
    citations = JSONField()
    refined_at = TimeField()

    class Meta:
        table_name = "ai_refinements"


class UsageRow(Table):
    """What a provider was used for on one day (UTC); ``cost`` is in millionths of the currency of its prices."""

    day = peewee.CharField(max_length=10)
    user_id = peewee.CharField(max_length=80)
    project_id = peewee.CharField(max_length=80)
    provider = peewee.CharField(max_length=40)
    calls = peewee.IntegerField()
    input_tokens = peewee.BigIntegerField()
    output_tokens = peewee.BigIntegerField()
    cost = peewee.BigIntegerField()

    class Meta:
        table_name = "ai_usage"
        primary_key = peewee.CompositeKey("day", "user_id", "project_id", "provider")
        indexes = ((("day", "project_id"), False),)


TABLES: tuple[type[Table], ...] = (
    DocumentRow,
    PassageRow,
    ConversationRow,
    MessageRow,
    MessageSourceRow,
    ProposalRow,
    RefinementRow,
    UsageRow,
)

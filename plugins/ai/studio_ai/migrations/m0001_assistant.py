"""Indexed texts, conversations, proposals and the use of providers."""

from __future__ import annotations

import peewee

from studio_kernel.storage.database import Database
from studio_kernel.storage.migrations import Migration, create_tables
from studio_kernel.storage.models import JSONField, Table, TimeField
from studio_kernel.storage.sql import Statement


class _Document(Table):
    evidence_id = peewee.CharField(max_length=80, primary_key=True)
    project_id = peewee.CharField(max_length=80, index=True)
    title = peewee.CharField(max_length=200)
    version = peewee.IntegerField()
    passages = peewee.IntegerField()
    model = peewee.CharField(max_length=60)
    indexed_at = TimeField()

    class Meta:
        table_name = "ai_documents"


class _Passage(Table):
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
        indexes = ((("evidence_id", "position"), False),)


class _Conversation(Table):
    id = peewee.CharField(max_length=40, primary_key=True)
    user_id = peewee.CharField(max_length=80)
    project_id = peewee.CharField(max_length=80, index=True)
    title = peewee.CharField(max_length=200)
    messages = peewee.IntegerField()
    created_at = TimeField()
    updated_at = TimeField(index=True)

    class Meta:
        table_name = "ai_conversations"
        indexes = ((("user_id", "updated_at", "id"), False),)


class _Message(Table):
    position = peewee.BigAutoField()
    id = peewee.CharField(max_length=40, unique=True)
    conversation_id = peewee.CharField(max_length=40)
    role = peewee.CharField(max_length=12)
    body = peewee.TextField()
    facts = JSONField()
    created_at = TimeField()

    class Meta:
        table_name = "ai_messages"
        indexes = ((("conversation_id", "position"), False),)


class _MessageSource(Table):
    message_id = peewee.CharField(max_length=40)
    evidence_id = peewee.CharField(max_length=80, index=True)

    class Meta:
        table_name = "ai_message_sources"
        primary_key = peewee.CompositeKey("message_id", "evidence_id")


class _Proposal(Table):
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
        indexes = ((("project_id", "proposed_at", "id"), False),)


class _Usage(Table):
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


# The words of passages: an index without a copy of the text, kept up by the database itself.
_WORDS = {
    "sqlite": (
        "CREATE VIRTUAL TABLE ai_passage_words USING fts5(heading, body, content='ai_passages', "
        "content_rowid='number', tokenize='porter unicode61 remove_diacritics 2')",
        """CREATE TRIGGER ai_passages_added AFTER INSERT ON ai_passages BEGIN
            INSERT INTO ai_passage_words (rowid, heading, body) VALUES (new.number, new.heading, new.body);
        END""",
        """CREATE TRIGGER ai_passages_removed AFTER DELETE ON ai_passages BEGIN
            INSERT INTO ai_passage_words (ai_passage_words, rowid, heading, body)
            VALUES ('delete', old.number, old.heading, old.body);
        END""",
    ),
    "postgresql": (
        "ALTER TABLE ai_passages ADD COLUMN words tsvector GENERATED ALWAYS AS ("
        "setweight(to_tsvector('english', heading), 'A') || setweight(to_tsvector('english', body), 'B')) STORED",
        "CREATE INDEX ai_passages_words ON ai_passages USING gin (words)",
    ),
}


def _apply(database: Database) -> None:
    tables = (_Document, _Passage, _Conversation, _Message, _MessageSource, _Proposal, _Usage)
    create_tables(database, tables)
    for text in _WORDS[database.dialect]:
        database.execute(Statement(text))


MIGRATION = Migration("0001_assistant", _apply, "Indexed texts, conversations, proposals, use of providers")

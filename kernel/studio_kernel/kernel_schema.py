"""The kernel's own tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import peewee

from studio_kernel.audit import AuditRow
from studio_kernel.audit.privacy import withhold
from studio_kernel.audit.seals import SealRow
from studio_kernel.events import EventRow
from studio_kernel.http.idempotency import IdempotencyRow
from studio_kernel.jobs import JobRow
from studio_kernel.marks import MarkRow
from studio_kernel.privacy import PersonalData
from studio_kernel.retention import Retention
from studio_kernel.storage import fulltext_postgresql, fulltext_sqlite
from studio_kernel.storage.database import Database, table_name
from studio_kernel.storage.fulltext_sqlite import forget_words
from studio_kernel.storage.graph_relational import GRAPH_SCHEMA
from studio_kernel.storage.migrations import Migration, create_tables
from studio_kernel.storage.models import JSONField, Table, TimeField
from studio_kernel.storage.sql import Statement
from studio_kernel.storage.vectors_database import VECTOR_SCHEMA

if TYPE_CHECKING:
    from studio_kernel.app import Platform

MODELS = (EventRow, JobRow, AuditRow, SealRow, IdempotencyRow, MarkRow)
TABLES = (
    *(table_name(model) for model in MODELS),
    "schema_migrations",
    "graph_nodes",
    "graph_edges",
    "vectors",
    "vector_metadata",
    "fulltext_passages",
    "fulltext_index",
    "pgvector_items",
    "pgvector_metadata",
)


# What is made again from the rest, is of a form that only this database has, or is about this install only.
NOT_CARRIED = (
    "schema_migrations",
    "graph_nodes",
    "graph_edges",
    "fulltext_passages",
    "fulltext_index",
    "pgvector_items",
    "pgvector_metadata",
    "marks",
)
"""Tables that no backup has."""


class _FirstMarkRow(Table):
    """Marks as they were in their first step."""

    name = peewee.CharField(max_length=80, primary_key=True)
    value = JSONField()
    noted_at = TimeField()
    until = TimeField(null=True)

    class Meta:
        table_name = "marks"


class _FirstJobRow(Table):
    """Jobs as they were in the first step."""

    position = peewee.BigAutoField()
    id = peewee.CharField(max_length=40, unique=True)
    kind = peewee.CharField(max_length=120)
    arguments = JSONField()
    state = peewee.CharField(max_length=12)
    order_key = peewee.CharField(max_length=240, null=True)
    unique_key = peewee.CharField(max_length=240, null=True, unique=True)
    owner_id = peewee.CharField(max_length=80)
    project_id = peewee.CharField(max_length=80)
    attempts = peewee.IntegerField()
    run_at = TimeField()
    enqueued_until = TimeField()
    lease_until = TimeField(null=True)
    lease_token = peewee.CharField(max_length=32, null=True)
    progress = peewee.IntegerField()
    result = JSONField(null=True)
    error = peewee.TextField(null=True)
    created_at = TimeField()
    updated_at = TimeField()

    class Meta:
        table_name = "jobs"
        indexes = (
            (("state", "run_at"), False),
            (("order_key", "position"), False),
            (("kind", "position"), False),
        )


class _FirstAuditRow(Table):
    """The audit log as it was in the first step."""

    position = peewee.BigAutoField()
    id = peewee.CharField(max_length=40, unique=True)
    at = TimeField(index=True)
    actor_kind = peewee.CharField(max_length=12)
    actor_id = peewee.CharField(max_length=80)
    user_id = peewee.CharField(max_length=80, index=True)
    action = peewee.CharField(max_length=100, index=True)
    resource_id = peewee.CharField(max_length=80, index=True)
    project_id = peewee.CharField(max_length=80)
    address = peewee.CharField(max_length=64)
    method = peewee.CharField(max_length=8)
    path = peewee.CharField(max_length=300)
    status = peewee.IntegerField()
    request_id = peewee.CharField(max_length=80)

    class Meta:
        table_name = "audit_log"


def _create(database: Database) -> None:
    create_tables(database, (EventRow, _FirstJobRow, _FirstAuditRow, IdempotencyRow))
    for text in (*GRAPH_SCHEMA[database.dialect], *VECTOR_SCHEMA[database.dialect]):
        database.execute(Statement(text))


# NOTE: job_claims writes these conditions the same way.
_JOB_LANES = (
    "ALTER TABLE jobs ADD COLUMN lane VARCHAR(80) NOT NULL DEFAULT ''",
    "DROP INDEX IF EXISTS jobs_state_run_at",
    "DROP INDEX IF EXISTS jobs_order_key_position",
    "CREATE INDEX jobs_ready ON jobs (kind, lane, run_at, position) WHERE state = 'queued'",
    "CREATE INDEX jobs_under_way ON jobs (kind, lane) WHERE state = 'running'",
    "CREATE INDEX jobs_turns ON jobs (order_key, position) WHERE state IN ('queued', 'running', 'waiting')",
    "CREATE INDEX jobs_finished ON jobs (updated_at) WHERE state IN ('succeeded', 'failed', 'cancelled')",
    "CREATE INDEX jobs_owners ON jobs (owner_id, created_at) WHERE owner_id <> ''",
    "CREATE INDEX jobs_created ON jobs (created_at, id)",
    "UPDATE jobs SET state = 'waiting' WHERE state = 'queued' AND EXISTS (SELECT 1 FROM jobs e "
    "WHERE e.order_key = jobs.order_key AND e.position < jobs.position AND e.state IN ('queued', 'running'))",
)


def _job_lanes(database: Database) -> None:
    for text in _JOB_LANES:
        database.execute(Statement(text))


def _create_fulltext(database: Database) -> None:
    module = fulltext_sqlite if database.dialect == "sqlite" else fulltext_postgresql
    for text in module.FULLTEXT_SCHEMA:
        database.execute(Statement(text))


def _create_marks(database: Database) -> None:
    create_tables(database, (_FirstMarkRow,))


_SEAL = (
    "ALTER TABLE audit_log ADD COLUMN salt VARCHAR(32) NOT NULL DEFAULT ''",
    "ALTER TABLE audit_log ADD COLUMN withheld VARCHAR(120) NOT NULL DEFAULT ''",
    "ALTER TABLE audit_log ADD COLUMN mac VARCHAR(60) NOT NULL DEFAULT ''",
    "ALTER TABLE audit_log ADD COLUMN seal BIGINT",
    "CREATE INDEX audit_log_seal ON audit_log (seal, position)",
    "CREATE TABLE audit_seals (number BIGINT NOT NULL PRIMARY KEY, sealed_at VARCHAR(27) NOT NULL, "
    "entries INTEGER NOT NULL, total BIGINT NOT NULL, first_at VARCHAR(27) NOT NULL, last_at VARCHAR(27) NOT NULL, "
    "root VARCHAR(64) NOT NULL, contents TEXT NOT NULL, contents_digest VARCHAR(64) NOT NULL, "
    "previous VARCHAR(64) NOT NULL, hash VARCHAR(64) NOT NULL, key_id VARCHAR(8) NOT NULL, "
    "signature VARCHAR(100) NOT NULL, pruned VARCHAR(120) NOT NULL)",
)


def _seal_audit_log(database: Database) -> None:
    for text in _SEAL:
        database.execute(Statement(text))


def _forget_fingerprints(database: Database) -> None:
    """Plain hashes of bodies, which may have held passwords. A repeat of such a request is refused, not done twice."""
    database.execute(Statement("UPDATE idempotency_keys SET fingerprint = ''"))


MIGRATIONS = (
    Migration("0001_kernel", _create, "Events, jobs, audit log, idempotency keys, graph, vectors"),
    Migration("0002_job_lanes", _job_lanes, "Lanes and turns of jobs, and indexes of what is unfinished"),
    Migration("0003_fulltext", _create_fulltext, "The index of full-text search"),
    Migration("0005_audit_seal", _seal_audit_log, "Signatures and seals of the audit log"),
    Migration("0006_marks", _create_marks, "Facts about the install, such as its last backup"),
    Migration("0007_fingerprints", _forget_fingerprints, "No plain hashes of the bodies of repeatable requests"),
)


def personal_data(platform: Platform) -> Sequence[PersonalData]:
    """What the kernel's tables hold of people."""
    entries = ("id", "at", "action", "resource_id", "project_id", "address", "method", "path", "status", "request_id")
    jobs = ("id", "kind", "state", "arguments", "created_at")
    return (
        PersonalData("jobs", "position", ("owner_id",), shown=jobs, texts=("arguments", "result", "error")),
        PersonalData(
            "events",
            "position",
            ("actor_id", "resource_id"),
            shown=("id", "name", "resource_id", "project_id", "occurred_at", "data"),
            texts=("data",),
        ),
        PersonalData(
            "audit_log",
            "position",
            ("user_id",),
            shown=entries,
            erase=lambda person: withhold(platform.database, platform.audit.keys, person),
        ),
        PersonalData("graph_nodes", "id", texts=("properties",)),
        PersonalData("fulltext_passages", "id", erase=lambda person: forget_words(platform.database)),
    )


def retention(platform: Platform) -> Sequence[Retention]:
    """What the kernel deletes at which age."""
    kernel = platform.settings.kernel
    jobs = "FROM jobs WHERE state IN ('succeeded', 'failed', 'cancelled') AND updated_at < :before"
    answers = "FROM idempotency_keys WHERE created_at <= :before"
    return (
        Retention(
            "audit_log",
            "Entries of the audit log, in whole seals",
            kernel.audit_kept_days,
            "audit_kept_days",
            platform.sealer.count_old,
            platform.sealer.prune,
        ),
        Retention(
            "events",
            "Events that every subscriber has",
            kernel.events_kept_days,
            "events_kept_days",
            platform.events.count_old,
            platform.events.prune,
        ),
        Retention(
            "jobs",
            "Finished jobs",
            kernel.jobs_kept_days,
            "jobs_kept_days",
            Statement(f"SELECT COUNT(*) {jobs}"),
            platform.jobs.prune,
        ),
        Retention(
            "idempotency_keys",
            "Answers kept for Idempotency-Key",
            kernel.idempotency_hours / 24,
            "idempotency_hours",
            Statement(f"SELECT COUNT(*) {answers}"),
            Statement(f"DELETE FROM idempotency_keys WHERE key IN (SELECT key {answers} LIMIT :limit)"),
        ),
    )

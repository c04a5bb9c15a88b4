"""The kernel's own tables."""

from __future__ import annotations

from studio_kernel.audit import AuditRow
from studio_kernel.events import EventRow
from studio_kernel.http.idempotency import IdempotencyRow
from studio_kernel.jobs import JobRow
from studio_kernel.storage.database import Database, table_name
from studio_kernel.storage.graph_relational import GRAPH_SCHEMA
from studio_kernel.storage.migrations import Migration, create_tables
from studio_kernel.storage.sql import Statement
from studio_kernel.storage.vectors_database import VECTOR_SCHEMA

MODELS = (EventRow, JobRow, AuditRow, IdempotencyRow)
TABLES = (
    *(table_name(model) for model in MODELS),
    "schema_migrations",
    "graph_nodes",
    "graph_edges",
    "vectors",
    "vector_metadata",
)


def _create(database: Database) -> None:
    create_tables(database, MODELS)
    for text in (*GRAPH_SCHEMA[database.dialect], *VECTOR_SCHEMA[database.dialect]):
        database.execute(Statement(text))


MIGRATIONS = (Migration("0001_kernel", _create, "Events, jobs, audit log, idempotency keys, graph, vectors"),)

"""Reads, as SQL put together once."""

from __future__ import annotations

from studio_kernel.http.listing import Filter, Listing, ListQuery, Sort
from studio_kernel.storage.sql import Statement

PENDING, SUCCEEDED, FAILED, EXHAUSTED = STATES = ("pending", "succeeded", "failed", "exhausted")
FINISHED = (SUCCEEDED, FAILED, EXHAUSTED)

WEBHOOK_COLUMNS = (
    "id", "url", "events", "active", "description", "owner_id", "project_id", "disabled_reason", "failing_since",
    "created_at", "updated_at",
)  # fmt: skip
DELIVERY_COLUMNS = (
    "id", "webhook_id", "event_id", "event", "resource_id", "project_id", "message_id", "state", "attempts",
    "response_status", "response_body", "error", "next_attempt_at", "created_at", "updated_at",
)  # fmt: skip
SECRET_COLUMNS = ("secret", "previous_secret", "previous_secret_until")

WEBHOOK_LISTING = Listing(
    key="webhooks",
    id_sql="id",
    sorts={"created_at": Sort("created_at"), "updated_at": Sort("updated_at"), "url": Sort("url")},
    filters={
        "active": Filter(
            "CASE WHEN active THEN 'true' ELSE 'false' END",
            choices=("true", "false"),
            summary="Whether events are delivered.",
        ),
        "project": Filter("project_id", summary="Webhooks of that project alone."),
        "created_after": Filter("created_at", "after", summary="Created after that moment."),
        "created_before": Filter("created_at", "before", summary="Created before that moment."),
    },
    search={"url": "url", "description": "description"},
)
DELIVERY_LISTING = Listing(
    key="deliveries",
    id_sql="id",
    sorts={"created_at": Sort("created_at"), "updated_at": Sort("updated_at")},
    filters={
        "state": Filter("state", choices=STATES, summary="Where the delivery stands."),
        "event": Filter("event", summary="Name of the event, such as evidence.uploaded."),
        "project": Filter("project_id", summary="Project of the event."),
        "resource": Filter("resource_id", summary="What the event is about, such as a piece of evidence."),
        "created_after": Filter("created_at", "after", summary="Created after that moment."),
        "created_before": Filter("created_at", "before", summary="Created before that moment."),
    },
)

LIST_WEBHOOKS = ListQuery(WEBHOOK_LISTING, columns=WEBHOOK_COLUMNS, source="webhooks")
LIST_DELIVERIES = ListQuery(DELIVERY_LISTING, columns=DELIVERY_COLUMNS, source="webhook_deliveries")

FIND_WEBHOOK = Statement(f"SELECT {', '.join(WEBHOOK_COLUMNS)} FROM webhooks WHERE id = :id")
FIND_SECRETS = Statement(f"SELECT {', '.join(SECRET_COLUMNS)} FROM webhooks WHERE id = :id")
FIND_DELIVERY = Statement(f"SELECT {', '.join(DELIVERY_COLUMNS)} FROM webhook_deliveries WHERE id = :id")
FIND_HISTORY = Statement(f"SELECT {', '.join(DELIVERY_COLUMNS)}, history FROM webhook_deliveries WHERE id = :id")

ACTIVE_WEBHOOKS = Statement(
    "SELECT id, events, owner_id, project_id, created_at FROM webhooks WHERE active = :yes ORDER BY id"
)
ACTIVE_WEBHOOK = Statement(
    "SELECT id, events, owner_id, project_id, created_at FROM webhooks WHERE id = :id AND active = :yes"
)
HAVE_EVENTS = Statement("SELECT event_id, webhook_id FROM webhook_deliveries WHERE event_id IN :events")
OWNED_AND_ACTIVE = Statement("SELECT id FROM webhooks WHERE owner_id = :owner AND active = :yes ORDER BY id")
RECENT_DELIVERIES = Statement(
    f"SELECT {', '.join(DELIVERY_COLUMNS)} FROM webhook_deliveries "
    "WHERE (:webhook = '' OR webhook_id = :webhook) AND (:state = '' OR state = :state) "
    "ORDER BY created_at DESC, id DESC LIMIT :limit"
)
ALL_WEBHOOKS = Statement(f"SELECT {', '.join(WEBHOOK_COLUMNS)} FROM webhooks ORDER BY created_at, id")

ATTEMPTS = Statement(
    "SELECT d.id, d.webhook_id, d.event, d.event_version, d.message_id, d.state, d.attempts, d.replayed_at_attempt, "
    "d.next_attempt_at, d.history, d.body, d.project_id, w.url, w.active, w.owner_id, w.failing_since, w.secret, "
    "w.previous_secret, w.previous_secret_until "
    "FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id WHERE d.id IN :ids"
)
NOTE_ATTEMPT = Statement(
    "UPDATE webhook_deliveries SET state = :state, attempts = :attempts, response_status = :status, "
    "response_body = :body, error = :error, history = :history, next_attempt_at = :next, updated_at = :now "
    "WHERE id = :id AND state = 'pending'"
)
IS_WELL = Statement(
    "UPDATE webhooks SET failures = 0, failing_since = NULL WHERE id = :id AND failing_since IS NOT NULL"
)
FAILS = Statement(
    "UPDATE webhooks SET failures = failures + :more, failing_since = COALESCE(failing_since, :now) WHERE id = :id "
    "RETURNING failures, failing_since"
)
REPLAY = Statement(
    "UPDATE webhook_deliveries SET state = 'pending', replayed_at_attempt = attempts, next_attempt_at = NULL, "
    "error = NULL, updated_at = :now WHERE id = :id AND state = :state"
)
REPLAY_ALL = Statement(
    "UPDATE webhook_deliveries SET state = 'pending', replayed_at_attempt = attempts, next_attempt_at = NULL, "
    "error = NULL, updated_at = :now WHERE id IN :ids AND state IN :states RETURNING id"
)
_IN_SPAN = "webhook_id = :webhook AND state IN :states AND created_at >= :since AND created_at < :until"
COUNT_SPAN = Statement(f"SELECT COUNT(*) FROM webhook_deliveries WHERE {_IN_SPAN}")
SPAN = Statement(
    f"SELECT id, resource_id, project_id, created_at, event, state FROM webhook_deliveries WHERE {_IN_SPAN} "
    "AND (created_at, id) > (:after, :after_id) ORDER BY created_at, id LIMIT :limit"
)
DISABLE = Statement(
    "UPDATE webhooks SET active = :no, disabled_reason = :reason, updated_at = :now WHERE id = :id AND active = :yes"
)
# NOTE: on PostgreSQL a webhook may be deleted at the moment at which it is given a delivery.
_DUE = (
    "updated_at < :before AND (state <> 'pending' "
    "OR NOT EXISTS (SELECT 1 FROM webhooks w WHERE w.id = webhook_deliveries.webhook_id))"
)
COUNT_OLD = Statement(f"SELECT COUNT(*) FROM webhook_deliveries WHERE {_DUE}")
PRUNE = Statement(
    f"DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries WHERE {_DUE} LIMIT :limit)"
)

"""What this plugin's tables hold of people: webhooks act with their owner's rights and go with them."""

from __future__ import annotations

from studio_kernel.privacy import PersonalData

PERSONAL_DATA = (
    PersonalData(
        "webhook_deliveries",
        "id",
        condition="webhook_id IN (SELECT id FROM webhooks WHERE owner_id = :person)",
        erased="deleted",
        texts=("body", "response_body", "error"),
    ),
    PersonalData(
        "webhooks",
        "id",
        ("owner_id",),
        shown=("id", "project_id", "url", "events", "description", "created_at"),
        erased="deleted",
        texts=("url", "description"),
    ),
)

"""HTTP in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_kernel.http.operations import Answer, Call, operation
from studio_webhooks.queries import DELIVERY_LISTING, WEBHOOK_LISTING
from studio_webhooks.schemas import (
    DeliveryDetail,
    DeliveryShown,
    EventCatalogue,
    ReplayBody,
    ReplayStarted,
    SecretRotated,
    WebhookBody,
    WebhookCreated,
    WebhookShown,
)
from studio_webhooks.service import delivery_shown, webhook_shown

if TYPE_CHECKING:
    from studio_webhooks.service import Webhooks

_ALL = "/api/v1/webhooks"
_ONE = "/api/v1/webhooks/{webhook_id}"
_ADMIN = "webhooks:admin"


class WebhookResource:
    """Webhooks themselves."""

    def __init__(self, service: Webhooks) -> None:
        self._service = service

    @operation(
        "webhooks.create",
        "POST",
        _ALL,
        summary="Create a webhook",
        permission="webhooks:manage",
        scope=_ADMIN,
        body=WebhookBody,
        response=WebhookCreated,
        status=201,
        # The URL's host is looked up.
        slow=True,
    )
    def create(self, call: Call) -> Answer:
        """The answer is the only one that ever shows the secret."""
        created = self._service.create(call.principal.user_id, call.body)
        return Answer(created, location=f"{_ALL}/{created['id']}")

    @operation(
        "webhooks.list",
        "GET",
        _ALL,
        summary="List webhooks",
        permission="webhooks:read",
        response=WebhookShown,
        listing=WEBHOOK_LISTING,
    )
    def list(self, call: Call) -> dict[str, Any]:
        """Newest first."""
        page = self._service.listing(call.listing)
        return {"webhooks": [webhook_shown(row) for row in page.rows], "pagination": page.pagination}

    @operation(
        "webhooks.read",
        "GET",
        _ONE,
        summary="Show a webhook",
        permission="webhooks:read",
        response=WebhookShown,
        etag=True,
    )
    def read(self, call: Call) -> dict[str, Any]:
        """Without its secret."""
        return self._service.read(call.path["webhook_id"])

    def check_change(self, call: Call) -> None:
        """Looks the URL's host up before anything is locked."""
        self._service.check_change(call.path["webhook_id"], call.body)

    @operation(
        "webhooks.replace",
        "PUT",
        _ONE,
        summary="Replace a webhook",
        permission="webhooks:manage",
        scope=_ADMIN,
        body=WebhookBody,
        response=WebhookShown,
        prepare=check_change,
        description="Without `secret` the present one stays; a new one replaces it as a rotation does.",
    )
    def replace(self, call: Call) -> dict[str, Any]:
        """Fields that are left out take their defaults, the secret excepted."""
        return self._service.change(call.path["webhook_id"], call.principal.user_id, call.body)

    @operation(
        "webhooks.update",
        "PATCH",
        _ONE,
        summary="Change a webhook",
        permission="webhooks:manage",
        scope=_ADMIN,
        body=WebhookBody,
        partial=True,
        response=WebhookShown,
        prepare=check_change,
    )
    def update(self, call: Call) -> dict[str, Any]:
        """Only what the body names."""
        return self._service.change(call.path["webhook_id"], call.principal.user_id, call.body)

    @operation(
        "webhooks.delete",
        "DELETE",
        _ONE,
        summary="Delete a webhook",
        permission="webhooks:manage",
        scope=_ADMIN,
        shape="message",
        message="Webhook deleted successfully",
    )
    def delete(self, call: Call) -> None:
        """Its deliveries go with it."""
        self._service.delete(call.path["webhook_id"])

    @operation(
        "webhooks.rotate_secret",
        "POST",
        f"{_ONE}/rotate-secret",
        summary="Replace a webhook's secret",
        permission="webhooks:manage",
        scope=_ADMIN,
        response=SecretRotated,
        description="Deliveries carry the signatures of both secrets until `previous_secret_until`.",
    )
    def rotate_secret(self, call: Call) -> dict[str, Any]:
        """The new secret is shown once."""
        return self._service.rotate_secret(call.path["webhook_id"])


class DeliveryResource:
    """What goes through webhooks."""

    def __init__(self, service: Webhooks) -> None:
        self._service = service

    @operation(
        "webhooks.events",
        "GET",
        f"{_ALL}/events",
        summary="Show the event catalogue",
        permission="webhooks:read",
        response=EventCatalogue,
    )
    def events(self, call: Call) -> dict[str, Any]:
        """Events of all active plugins, with JSON Schema and an example each."""
        return {"events": self._service.catalogue()}

    @operation(
        "webhooks.test",
        "POST",
        f"{_ONE}/test",
        summary="Send a test event to a webhook",
        permission="webhooks:manage",
        scope=_ADMIN,
        response=DeliveryShown,
        status=202,
    )
    def test(self, call: Call) -> dict[str, Any]:
        """The delivery is made in the background; the answer is its record."""
        return self._service.test(call.path["webhook_id"])

    @operation(
        "webhooks.deliveries",
        "GET",
        f"{_ONE}/deliveries",
        summary="List a webhook's deliveries",
        permission="webhooks:read",
        response=DeliveryShown,
        listing=DELIVERY_LISTING,
    )
    def deliveries(self, call: Call) -> dict[str, Any]:
        """Newest first."""
        page = self._service.deliveries(call.path["webhook_id"], call.listing)
        return {"deliveries": [delivery_shown(row) for row in page.rows], "pagination": page.pagination}

    @operation(
        "webhooks.delivery",
        "GET",
        f"{_ALL}/deliveries/{{delivery_id}}",
        summary="Show a delivery and its attempts",
        permission="webhooks:read",
        response=DeliveryDetail,
        description="When each of the latest 25 attempts began, how long it took, and what came of it.",
    )
    def delivery(self, call: Call) -> dict[str, Any]:
        """With its history."""
        return self._service.delivery(call.path["delivery_id"])

    @operation(
        "webhooks.replay",
        "POST",
        f"{_ALL}/deliveries/{{delivery_id}}/replay",
        summary="Send a delivery again",
        permission="webhooks:manage",
        scope=_ADMIN,
        response=DeliveryShown,
        status=202,
        description="Same `webhook-id`, same body, and all retries anew. 409 while it is still under way.",
    )
    def replay(self, call: Call) -> dict[str, Any]:
        """The delivery is made in the background; the answer is its record."""
        return self._service.replay(call.path["delivery_id"])

    @operation(
        "webhooks.replay_span",
        "POST",
        f"{_ONE}/replay",
        summary="Send the deliveries of a span of time again",
        permission="webhooks:manage",
        scope=_ADMIN,
        body=ReplayBody,
        response=ReplayStarted,
        status=202,
        description="In the background, in the order in which they were made. 409 while the webhook is not active.",
    )
    def replay_span(self, call: Call) -> Answer:
        """The job can be watched at the answer's location."""
        started = self._service.replay_span(call.path["webhook_id"], call.body)
        return Answer(started, location=f"/api/v1/jobs/{started['job_id']}")

"""The use cases of webhooks. Who may call them is settled before; nobody but administrators may."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from studio_kernel.clock import later, to_text
from studio_kernel.context import current_context
from studio_kernel.errors import Conflict, NotFound, ValidationFailed
from studio_kernel.ids import new_id
from studio_webhooks import queries
from studio_webhooks.addresses import AddressGuard, Resolver, resolve
from studio_webhooks.catalogue import check_patterns, describe
from studio_webhooks.events import TEST_MESSAGE, WEBHOOK_CREATED, WEBHOOK_DELETED, WEBHOOK_TEST, WEBHOOK_UPDATED
from studio_webhooks.keys import Keyring
from studio_webhooks.models import Delivery, Webhook
from studio_webhooks.outgoing import Outgoing, turn_of
from studio_webhooks.replay import DEFAULT_STATES, REPLAY_SPAN
from studio_webhooks.settings import WebhookSettings
from studio_webhooks.signing import SHORTEST_KEY, key_of, new_secret
from studio_webhooks.targets import check_target

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.events import EventType
    from studio_kernel.http.listing import ListRequest, Page

Shown = dict[str, Any]


class Webhooks:
    """Creating, changing and trying webhooks, and looking at their deliveries."""

    def __init__(self, platform: Platform, *, resolver: Resolver = resolve) -> None:
        settings = platform.settings.section(WebhookSettings)
        self._platform = platform
        self._database = platform.database
        self._events = platform.events
        self._clock = platform.clock
        self._overlap = settings.secret_overlap_hours * 3600
        self._guard = AddressGuard(settings.allowed_networks, require_https=settings.require_https, resolver=resolver)
        self._keys = Keyring(platform)
        self._outgoing = Outgoing(platform.database, platform.jobs, platform.clock)
        self._catalogue: list[Shown] | None = None

    # -- webhooks -------------------------------------------------------------------------------------

    def create(self, owner_id: str, fields: Mapping[str, Any]) -> Shown:
        """A new webhook, with its secret: the only time that it is shown.

        ``fields``: ``url``, ``events``, and if wanted ``secret``, ``active``, ``description``, ``project_id``. Raises
        ``ValidationFailed`` for a URL that deliveries may not go to, unknown events, a weak secret, or a project
        that the owner doesn't see.
        """
        check_target(fields["url"], self._guard)
        events = check_patterns(fields["events"], self._events.types)
        self._check_project(owner_id, fields.get("project_id") or "")
        secret = checked_secret(fields.get("secret") or new_secret())
        now = to_text(self._clock())
        shown: Shown = {
            "id": new_id("wh"),
            "url": fields["url"],
            "events": events,
            "active": fields.get("active", True),
            "description": fields.get("description", ""),
            "owner_id": owner_id,
            "project_id": fields.get("project_id") or "",
            "disabled_reason": None,
            "failing_since": None,
            "created_at": now,
            "updated_at": now,
        }
        current_context().resource_id = shown["id"]
        with self._database.transaction():
            self._database.insert(Webhook, {**shown, "failures": 0, "secret": self._keys.seal(secret)})
            self._announce(WEBHOOK_CREATED, shown)
        return {**shown, "secret": secret}

    def _check_project(self, owner_id: str, project_id: str) -> None:
        pair = (owner_id, project_id)
        if project_id and pair not in self._platform.hooks.event_visibility(self._platform, [pair]):
            raise ValidationFailed("project_id", "There is no such project, or you may not see it")

    def listing(self, request: ListRequest) -> Page:
        """A part of the list; rows have the columns of :data:`queries.WEBHOOK_COLUMNS`."""
        return queries.LIST_WEBHOOKS.run(self._database, request)

    def read(self, webhook_id: str) -> Shown:
        """One webhook without its secret."""
        current_context().resource_id = webhook_id
        row = self._database.row(queries.FIND_WEBHOOK, id=webhook_id)
        if row is None:
            raise NotFound(f"There is no webhook {webhook_id}")
        return webhook_shown(row)

    def check_change(self, webhook_id: str, fields: Mapping[str, Any]) -> None:
        """Refuse a URL that deliveries may not go to: before :meth:`change`, and outside of any transaction.

        Looking a name up takes time, in which nobody else could change anything on SQLite.
        """
        self.read(webhook_id)
        if "url" in fields:
            check_target(fields["url"], self._guard)

    def change(self, webhook_id: str, caller_id: str, fields: Mapping[str, Any]) -> Shown:
        """Change what ``fields`` name, after :meth:`check_change`. Who activates a webhook becomes its owner.

        A new ``secret`` replaces the old one as :meth:`rotate_secret` does, and is not shown.
        """
        values = dict(fields)
        if "events" in values:
            values["events"] = check_patterns(values["events"], self._events.types)
        if values.get("project_id"):
            self._check_project(caller_id, values["project_id"])
        secret = values.pop("secret", None)
        with self._locked(webhook_id) as before:
            if values.get("active") and not before["active"]:
                values |= {"disabled_reason": None, "owner_id": caller_id}
                values |= {"failing_since": None}
            changes = {name: value for name, value in values.items() if value != before[name]}
            stored = changes | self._replaced(webhook_id, secret)
            if not stored:
                return before
            if "active" in changes:
                stored["failures"] = 0
            shown = {**before, **changes, "updated_at": to_text(self._clock())}
            self._database.update(Webhook, {**stored, "updated_at": shown["updated_at"]}, where={"id": webhook_id})
            self._announce(WEBHOOK_UPDATED, shown)
        return shown

    def delete(self, webhook_id: str) -> None:
        """Remove a webhook and the record of its deliveries; what still waits is not sent."""
        with self._locked(webhook_id) as before:
            self._database.delete(Delivery, where={"webhook_id": webhook_id})
            self._database.delete(Webhook, where={"id": webhook_id})
            self._announce(WEBHOOK_DELETED, before)

    def rotate_secret(self, webhook_id: str) -> Shown:
        """A fresh secret, shown once. For a while deliveries carry the signatures of both."""
        secret = new_secret()
        with self._locked(webhook_id) as before:
            stored = self._replaced(webhook_id, secret)
            shown = {**before, "updated_at": to_text(self._clock())}
            self._database.update(Webhook, {**stored, "updated_at": shown["updated_at"]}, where={"id": webhook_id})
            self._announce(WEBHOOK_UPDATED, shown)
        return {**shown, "secret": secret, "previous_secret_until": stored["previous_secret_until"]}

    def _replaced(self, webhook_id: str, secret: str | None) -> Shown:
        """The columns that change when ``secret`` becomes today's; none when it is today's already.

        One that can't be read, because the platform's key is lost, signs nothing any more.
        """
        if secret is None:
            return {}
        sealed = self._database.value(queries.FIND_SECRETS, id=webhook_id)
        if self._keys.holds(sealed, checked_secret(secret)):
            return {}
        can_sign = self._keys.can_open(sealed)
        return {
            "secret": self._keys.seal(secret),
            "previous_secret": sealed if can_sign else None,
            "previous_secret_until": later(self._clock(), self._overlap if can_sign else 0.0),
        }

    @contextlib.contextmanager
    def _locked(self, webhook_id: str) -> Iterator[Shown]:
        """A transaction in which nobody else changes the webhook; gives what it is now."""
        with self._database.transaction():
            self._database.lock(f"webhook:{webhook_id}")
            yield self.read(webhook_id)

    def _announce(self, kind: EventType, shown: Shown) -> None:
        facts = {name: shown[name] for name in ("id", "events", "active", "disabled_reason")}
        self._events.publish(kind, resource_id=shown["id"], data={"webhook": facts})

    # -- events and deliveries ------------------------------------------------------------------------

    def catalogue(self) -> list[Shown]:
        """Every event that can be subscribed to. Put together once: types don't change after the start."""
        if self._catalogue is None:
            self._catalogue = describe(self._events.types)
        return self._catalogue

    def test(self, webhook_id: str) -> Shown:
        """Send ``webhook.test`` to this webhook, active or not; the delivery, which is on its way."""
        with self._locked(webhook_id):
            data = {"webhook_id": webhook_id, "message": TEST_MESSAGE}
            event = self._events.publish(WEBHOOK_TEST, resource_id=webhook_id, data=data)
            (delivery_id,) = self._outgoing.add([(event, [webhook_id])])
            return self._delivery(delivery_id)

    def deliveries(self, webhook_id: str, request: ListRequest) -> Page:
        """A part of a webhook's deliveries; rows have the columns of :data:`queries.DELIVERY_COLUMNS`."""
        self.read(webhook_id)
        return queries.LIST_DELIVERIES.run(
            self._database, request, scope=("webhook_id = :webhook",), webhook=webhook_id
        )

    def delivery(self, delivery_id: str) -> Shown:
        """One delivery with what became of its latest attempts."""
        current_context().resource_id = delivery_id
        row = self._database.row(queries.FIND_HISTORY, id=delivery_id)
        if row is None:
            raise NotFound(f"There is no delivery {delivery_id}")
        return {**delivery_shown(row[:-1]), "history": orjson.loads(row[-1])}

    def replay(self, delivery_id: str) -> Shown:
        """Send a delivery again that is finished, or whose job was cancelled.

        Same message id, same body, all retries anew. ``Conflict`` while it is still under way, and for a webhook that
        isn't active.
        """
        with self._database.transaction():
            shown = self._delivery(delivery_id)
            before, place = shown["state"], (delivery_id, shown["webhook_id"], turn_of(shown))
            on_its_way = before == queries.PENDING and not self._outgoing.abandoned([place])
            now = to_text(self._clock())
            if on_its_way or not self._database.execute(queries.REPLAY, id=delivery_id, state=before, now=now):
                raise Conflict("The delivery is still under way", details={"state": queries.PENDING})
            if not self.read(shown["webhook_id"])["active"] and shown["event"] != WEBHOOK_TEST.name:
                raise Conflict("The webhook is not active", details={"webhook_id": shown["webhook_id"]})
            self._outgoing.send([(*place, shown["project_id"])])
            current_context().resource_id = delivery_id
            return self._delivery(delivery_id)

    def replay_span(self, webhook_id: str, fields: Mapping[str, Any]) -> Shown:
        """Send again what went to a webhook within a span of time, in the background; the job that does it.

        ``fields``: ``since``, ``until``, ``states`` and ``missed``, as :class:`schemas.ReplayBody` describes them.
        ``Conflict`` for a webhook that isn't active.
        """
        if not self.read(webhook_id)["active"]:
            raise Conflict("The webhook is not active", details={"webhook_id": webhook_id})
        until = fields.get("until") or to_text(self._clock())
        if fields["since"] >= until:
            raise ValidationFailed("since", "Must lie before until")
        arguments = {
            "webhook": webhook_id,
            "since": fields["since"],
            "until": until,
            "states": list(fields.get("states") or DEFAULT_STATES),
            "missed": bool(fields.get("missed")),
        }
        job_id = self._platform.jobs.enqueue(REPLAY_SPAN, arguments, order_key=f"{REPLAY_SPAN}:{webhook_id}")
        return {"job_id": job_id, **{name: arguments[name] for name in ("since", "until", "states", "missed")}}

    def _delivery(self, delivery_id: str) -> Shown:
        row = self._database.row(queries.FIND_DELIVERY, id=delivery_id)
        if row is None:
            raise NotFound(f"There is no delivery {delivery_id}")
        return delivery_shown(row)


def checked_secret(secret: str) -> str:
    """The secret, or ``ValidationFailed`` when it can't sign."""
    try:
        key = key_of(secret)
    except ValueError:
        raise ValidationFailed("secret", "After whsec_ there must be base64") from None
    if len(key) < SHORTEST_KEY:
        raise ValidationFailed("secret", f"Must carry at least {SHORTEST_KEY} bytes")
    return secret


def webhook_shown(row: tuple[Any, ...]) -> Shown:
    """A webhook as it is shown: everything but its secrets."""
    shown = dict(zip(queries.WEBHOOK_COLUMNS, row, strict=True))
    return {**shown, "events": orjson.loads(shown["events"]), "active": bool(shown["active"])}


def delivery_shown(row: tuple[Any, ...]) -> Shown:
    """A delivery as it is shown."""
    return dict(zip(queries.DELIVERY_COLUMNS, row, strict=True))

"""What is announced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from studio_kernel.events import EventType
from studio_kernel.http.schemas import Schema, Time


class WaiverData(Schema):
    """A waiver as it is after the change."""

    waiver_id = fields.String(required=True)
    project_id = fields.String(required=True)
    control_id = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.String(required=True)
    expires_at = Time(required=True)


_EXAMPLE = {
    "waiver_id": "waiv_01j9z3k4",
    "project_id": "proj_01j9z3k4",
    "control_id": "ctrl_01j9z3k4",
    "title": "Old VPN until it is replaced",
    "status": "active",
    "expires_at": "2026-03-01T00:00:00.000000Z",
}
WAIVER_GRANTED = EventType("waiver.granted", "A waiver was granted", WaiverData, _EXAMPLE)
WAIVER_EXPIRED = EventType("waiver.expired", "A waiver ran out", WaiverData, {**_EXAMPLE, "status": "expired"})


def data_of(waiver: Mapping[str, Any]) -> dict[str, Any]:
    """What an event tells of a waiver."""
    told = {name: waiver[name] for name in ("project_id", "control_id", "title", "status", "expires_at")}
    return {"waiver_id": waiver["id"], **told}

"""The states of a job."""

from __future__ import annotations

QUEUED, WAITING, RUNNING, SUCCEEDED, FAILED, CANCELLED = STATES = (
    "queued", "waiting", "running", "succeeded", "failed", "cancelled",
)  # fmt: skip

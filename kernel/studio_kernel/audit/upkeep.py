"""The work that keeps the log sealed and anchored, and the line of ``/ready`` that tells when it isn't done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_kernel.audit.anchors import Anchors, append, send
from studio_kernel.audit.keys import UnknownKey
from studio_kernel.errors import ServiceUnavailable
from studio_kernel.jobs import JobRun, JobType

if TYPE_CHECKING:
    from studio_kernel.app import Platform

SEAL_JOB = "kernel.audit-seal"
ANCHOR_JOB = "kernel.audit-anchor"
_PERIODS = 30
"""Missed periods after which the seal counts as late."""


def audit_jobs(platform: Platform) -> list[JobType]:
    """Sealing every few seconds, anchoring every few hours."""
    kernel = platform.settings.kernel

    def seal(run: JobRun) -> int:
        return platform.sealer.seal()

    def anchor(run: JobRun) -> dict[str, int]:
        platform.sealer.seal()
        made = Anchors(platform.database, platform.clock, platform.audit.keys).make()
        if made is None:
            return {}
        append(platform.audit_anchor_file, made)
        if kernel.audit_anchor_url:
            send(kernel.audit_anchor_url, made)
        return {"number": made["number"], "total": made["total"]}

    return [
        JobType(
            SEAL_JOB, seal, "Seals the audit log", max_attempts=1, every=kernel.audit_seal_seconds, kept=False,
        ),
        JobType(ANCHOR_JOB, anchor, "Tells the end of the audit log outside", every=kernel.audit_anchor_hours * 3600),
    ]  # fmt: skip


def check_seal(platform: Platform) -> None:
    """Fails when entries wait for their seal much longer than they should, or a key is missing."""
    state = platform.sealer.state()
    if state.head is not None:
        try:
            platform.audit.keys.find(state.head["key_id"])
        except UnknownKey as unknown:
            raise ServiceUnavailable(
                f"The audit log was sealed with the key {unknown}, which isn't among STUDIO_AUDIT_KEYS"
            ) from unknown
    if state.unsealed_age > max(300.0, _PERIODS * platform.settings.kernel.audit_seal_seconds):
        raise ServiceUnavailable(f"The audit log is unsealed since {state.unsealed_since}; is a worker running?")

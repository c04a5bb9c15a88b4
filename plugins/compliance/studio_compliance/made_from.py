"""What is made from definitions is made again when they are others at a start than they were before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from studio_compliance.models import FactRow
from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_REPLACE = Statement("UPDATE compliance_facts SET value = :value WHERE name = :name AND value <> :value")


def make_again_when_changed(platform: Platform, job: str, digest: str) -> None:
    """Enqueue ``job`` once when ``digest`` isn't the one it was last made from, however many processes start."""
    with platform.database.transaction():
        row = {"name": job, "value": digest}
        changed = platform.database.execute(_REPLACE, **row) or platform.database.insert(FactRow, row, ignore=True)
        if changed:
            platform.jobs.enqueue(job)


# Goes up when what is kept of projects has another form, so that it is made again at the next start.
_FORM = 1


def mappings_digest(platform: Platform) -> str:
    """A short text that is the same as long as what a project's evidence counts for is."""
    return f"{_FORM} {platform.mappings.digest()}"


def definitions_digest(platform: Platform) -> str:
    """A short text that is the same as long as frameworks and mappings are."""
    lines = [
        f"{framework.id} {framework.version} {framework.name} {control.id} {control.title} {control.priority}"
        for framework in platform.frameworks
        for control in framework.controls
    ]
    return hashlib.sha256("\n".join([*sorted(lines), platform.mappings.digest()]).encode()).hexdigest()[:32]

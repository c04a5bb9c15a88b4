"""What is made from definitions is made again when they are others at a start than they were before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from studio_compliance.assessment import weights_of
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


def scores_digest(platform: Platform) -> str:
    """A short text that is the same as long as what a project's evidence counts for, and how much, is."""
    weights = repr(weights_of(platform)).encode()
    return f"{_FORM} {platform.mappings.digest()} {hashlib.sha256(weights).hexdigest()[:32]}"


def definitions_digest(platform: Platform) -> str:
    """A short text that is the same as long as frameworks and mappings are."""
    lines = [
        f"{framework.id} {framework.version} {framework.name} {control.id} {control.number} {control.title} "
        f"{control.category} {control.priority}"
        for framework in platform.frameworks
        for control in framework.controls
    ]
    lines += [
        f"{each.from_id} {each.to_id} {each.relation} {each.rationale} {each.source}"
        for each in platform.mappings.all()
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:32]

"""What is shown beside the score of a project wherever projects are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from studio_compliance.queries import MEASURES
from studio_kernel.storage.database import Database


def measures_of(database: Database, project_ids: Sequence[str]) -> Mapping[str, Mapping[str, float]]:
    """Coverage and freshness by project, 0 to 100, in one statement; 0 for a project that was never scored."""
    kept = {project_id: orjson.loads(parts) for project_id, parts in database.rows(MEASURES, ids=list(project_ids))}
    return {
        project_id: {name: float(kept.get(project_id, {}).get(name, 0.0)) for name in ("coverage", "freshness")}
        for project_id in project_ids
    }

"""What happens to waivers without a caller, and what the platform asks about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio_kernel.clock import to_text
from studio_kernel.diagnosis import Trouble
from studio_kernel.events import Event
from studio_kernel.privacy import PersonalData
from studio_kernel.retention import Retention
from studio_kernel.storage.sql import Statement
from studio_projects.api import Projects
from studio_waivers.events import WAIVER_EXPIRED, data_of
from studio_waivers.models import WaiverRow
from studio_waivers.service import SHOWN, shown
from studio_waivers.settings import WaiverSettings

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.jobs import JobRun

_DUE = Statement(
    f"SELECT {', '.join(SHOWN)} FROM waivers WHERE status = 'active' AND expires_at <= :now ORDER BY expires_at, id"
)
_ACTIVE = Statement("SELECT COUNT(*) FROM waivers WHERE status = 'active'")
_ACTIVE_IN = Statement(
    "SELECT project_id, COUNT(*) FROM waivers WHERE status = 'active' AND project_id IN :ids GROUP BY project_id"
)
_IN_USE = Statement("SELECT DISTINCT document FROM waivers WHERE document IN :digests")
_OLD = Statement("SELECT COUNT(*) FROM waivers WHERE status = 'expired' AND expires_at < :before")
_PRUNE = Statement(
    "DELETE FROM waivers WHERE id IN "
    "(SELECT id FROM waivers WHERE status = 'expired' AND expires_at < :before LIMIT :limit)"
)


class Upkeep:
    """The waivers of one platform, from behind."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._settings = platform.settings.section(WaiverSettings)

    def expire(self, run: JobRun) -> dict[str, int]:
        """Let run out what is due; run again after a crash, it goes on where it was."""
        due = [shown(row) for row in self._database.rows(_DUE, now=to_text(self._platform.clock()))]
        return {"expired": sum(self._expire(waiver) for waiver in due)}

    def _expire(self, waiver: Mapping[str, Any]) -> bool:
        with self._database.transaction():
            Projects(self._platform).keep(waiver["project_id"])
            still = {"id": waiver["id"], "status": "active"}
            if not self._database.update(WaiverRow, {"status": "expired"}, where=still):
                return False
            data = data_of({**waiver, "status": "expired"})
            self._platform.events.publish(
                WAIVER_EXPIRED, resource_id=waiver["id"], project_id=waiver["project_id"], data=data
            )
        return True

    def forget_project(self, event: Event) -> None:
        """Remove what lies in a project that is deleted, in the same transaction."""
        self._database.delete(WaiverRow, where={"project_id": event.resource_id})

    def fields(self, project_ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """How many waivers hold in each of the projects; one query."""
        counts = {row[0]: row[1] for row in self._database.rows(_ACTIVE_IN, ids=list(project_ids))}
        return {project_id: {"active_waivers": counts.get(project_id, 0)} for project_id in project_ids}

    def files_in_use(self, digests: Sequence[str]) -> list[str]:
        """Those of the stored files that are somebody's document."""
        return [row[0] for row in self._database.rows(_IN_USE, digests=list(digests))]

    def look(self) -> Trouble | None:
        """Waivers that have become the rule."""
        active = int(self._database.value(_ACTIVE))
        if active < self._settings.warn_at:
            return None
        return Trouble(f"{active} waivers hold at once", "close gaps, or raise STUDIO_WAIVERS_WARN_AT")

    def retention(self) -> Retention:
        """What goes at an age."""
        return Retention(
            "waivers", "waivers that have run out", self._settings.kept_days, "waivers.kept_days", _OLD, _PRUNE
        )


PERSONAL_DATA = PersonalData(
    "waivers", "id", ("granted_by",), shown=("id", "title", "created_at"), texts=("title", "reason")
)
"""Who granted a waiver stays under the account's id; names in texts are replaced."""

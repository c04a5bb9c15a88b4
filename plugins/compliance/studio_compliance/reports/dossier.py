"""Everything that reports tell about a project, read once: a constant number of queries."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from studio_auth.api import Accounts
from studio_compliance import queries
from studio_compliance.gaps import Gap
from studio_compliance.importing.export import catalogue_ids
from studio_compliance.service import ComplianceService
from studio_evidence.api import EvidenceHoldings, HeldReview, HeldVersion
from studio_kernel.clock import to_text
from studio_kernel.frameworks import Framework
from studio_projects.api import Member, ProjectControl, ProjectRef, Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_TREND_DAYS = 90


@dataclass(frozen=True)
class Dossier:
    """A project at one moment (``at``, RFC 3339). ``versions`` are all versions of its evidence.

    ``catalogue_ids`` tells of a framework, by its id, OSCAL's ids of its controls by their numbers.
    """

    project: ProjectRef
    at: str
    frameworks: Sequence[tuple[str, Framework | None]]
    controls: Sequence[ProjectControl]
    score: Mapping[str, Any]
    gaps: Sequence[Gap]
    trend: Sequence[tuple[str, int]]
    members: Sequence[Member]
    versions: Sequence[HeldVersion]
    reviews: Sequence[HeldReview]
    names: Mapping[str, str]
    catalogue_ids: Callable[[str], Mapping[str, str]]

    @cached_property
    def current(self) -> list[HeldVersion]:
        """The newest version of each piece of evidence."""
        return [each for each in self.versions if each.number == each.current]

    @cached_property
    def serving(self) -> dict[str, list[HeldVersion]]:
        """Pieces of evidence by the control that they serve; what was rejected serves none."""
        found: dict[str, list[HeldVersion]] = {}
        for each in self.current:
            for control_id in each.control_ids if each.status != "rejected" else ():
                found.setdefault(control_id, []).append(each)
        return found

    def shown_by(self, control: ProjectControl) -> list[str]:
        """What shows a control: its evidence, with its state where it doesn't count, and controls mapped to it."""
        own = [self._with_state(each) for each in self.serving.get(control.control_id, ())]
        return own + [f"{self.framework_name(via['framework'])} {via['number']}" for via in control.via]

    def _with_state(self, piece: HeldVersion) -> str:
        over = piece.expires_at is not None and piece.expires_at <= self.at
        state = "expired" if over and piece.status == "approved" else piece.status.replace("_", " ")
        return piece.title if state == "approved" else f"{piece.title} ({state})"

    def framework_name(self, framework_id: str) -> str:
        """Its name, or its id once it is no longer installed."""
        found = dict(self.frameworks).get(framework_id)
        return found.name if found is not None else framework_id

    def category_title(self, framework_id: str, category: str) -> str:
        """The title of a category."""
        found = dict(self.frameworks).get(framework_id)
        titles = {each.id: each.title for each in found.categories} if found is not None else {}
        return titles.get(category, category)

    def name(self, user_id: str | None) -> str:
        """Somebody's name; their id when nobody knows it, empty without anybody."""
        return self.names.get(user_id, user_id) if user_id else ""


class Dossiers:
    """Gathers dossiers, for callers whose right was checked."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._projects = Projects(platform)
        self._service = ComplianceService(platform)
        self._holdings = EvidenceHoldings(platform)
        self._accounts = Accounts(platform)

    def of(self, project: ProjectRef) -> Dossier:
        """The project as of now."""
        now = self._platform.clock()
        controls = self._projects.controls(project.id)
        members = self._projects.members(project.id)
        versions = self._holdings.versions(project.id)
        reviews = self._holdings.reviews(project.id)
        people = {each.user_id for each in members} | {each.owner_id for each in controls if each.owner_id}
        people |= {each.uploaded_by for each in versions} | {each.reviewer_id for each in reviews}
        since = to_text(now - timedelta(days=_TREND_DAYS))[:10]
        history = self._platform.database.rows(queries.HISTORY, project_id=project.id, since=since)
        installed = self._platform.frameworks
        return Dossier(
            project,
            to_text(now),
            [(each, installed.get(each)) for each in self._projects.frameworks(project.id)],
            controls,
            self._service.current_score(project.id, project.framework).shown(explain=True),
            self._service.gaps(project.id),
            [(row[0], row[1]) for row in history],
            members,
            versions,
            reviews,
            self._accounts.names(people),
            functools.cache(self._catalogue_ids),
        )

    def _catalogue_ids(self, framework_id: str) -> Mapping[str, str]:
        framework = self._platform.frameworks.get(framework_id)
        return {} if framework is None else catalogue_ids(self._platform, framework)

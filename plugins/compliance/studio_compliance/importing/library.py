"""The use cases of imported frameworks: import, upgrade, roll back, remove, export."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from studio_compliance.events import FRAMEWORK_IMPORTED, FRAMEWORK_REMOVED, FRAMEWORK_UPGRADED
from studio_compliance.importing import queries
from studio_compliance.importing.changes import UpgradePlan, plan_return, plan_upgrade
from studio_compliance.importing.documents import Definition
from studio_compliance.importing.models import FrameworkRow, FrameworkStateRow, FrameworkVersionRow, RetiredControlRow
from studio_compliance.importing.projects import FollowingProjects
from studio_compliance.importing.source import CHANGING, kept_framework
from studio_compliance.importing.studio_form import document_of
from studio_kernel.clock import to_text
from studio_kernel.context import current_context
from studio_kernel.errors import Conflict, NotFound, ValidationFailed
from studio_kernel.frameworks import Framework
from studio_kernel.ids import new_id
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_NAMES = ("revision", "previous", "version", "format", "controls", "imported_by", "imported_at")
_PROJECTS_NAMED = 20


class FrameworkLibrary:
    """Imported frameworks. Who may call it is decided before: administrators and the operator."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._projects = Projects(platform)
        self._following = FollowingProjects(platform)

    def take_in(self, definition: Definition) -> dict[str, Any]:
        """Keep a new framework, and let projects use it at once.

        :raises Conflict: the id belongs to a plugin's framework, to another source's or to another imported one.
        """
        framework = definition.framework
        self._refuse_if_elsewhere(framework.id)
        with self._database.transaction():
            self._begin(framework.id)
            self._refuse_if_taken(framework.id)
            self._keep(definition, framework, 1, None, {})
            self._database.insert(
                FrameworkRow, {"framework_id": framework.id, "revision": 1, "updated_at": self._now()}
            )
            told = _told(framework)
            self._platform.events.publish(FRAMEWORK_IMPORTED, resource_id=framework.id, data={"framework": told})
        return {**told, "format": definition.format, "revision": 1}

    def upgrade(self, framework_id: str, definition: Definition, *, preview: bool, by_likeness: bool) -> dict[str, Any]:
        """Put another version in place of the one that counts, in every project; with ``preview`` only say what for.

        One transaction: a failure leaves everything as it was.

        :raises ValidationFailed: the definition is of another framework, or its version isn't another.
        """
        with self._database.transaction():
            self._begin(framework_id)
            present = self._present(framework_id)
            after = _same_framework(definition.framework, framework_id)
            if after.version == present.framework.version:
                problem = f"Must be another than the present one, {present.framework.version!r}"
                raise ValidationFailed("version", problem)
            plan = plan_upgrade(present.framework, after, by_likeness=by_likeness)
            if preview:
                return self._shown(plan, framework_id, present.revision + 1, applied=False)
            revision = self._database.value(queries.NEWEST, framework_id=framework_id) + 1
            self._keep(definition, plan.framework, revision, present.revision, plan.lineage)
            return self._apply(plan, framework_id, revision)

    def roll_back(self, framework_id: str, *, preview: bool) -> dict[str, Any]:
        """Go back to the version that the present one replaced; what was done since stays with its controls.

        :raises Conflict: nothing was replaced by the present version.
        """
        with self._database.transaction():
            self._begin(framework_id)
            present = self._present(framework_id)
            if present.previous is None:
                raise Conflict(f"{framework_id} {present.framework.version} has no version before it to go back to")
            earlier = self._version(framework_id, present.previous)
            plan = plan_return(present.framework, earlier.framework, present.lineage)
            if preview:
                return self._shown(plan, framework_id, earlier.revision, applied=False)
            return self._apply(plan, framework_id, earlier.revision)

    def remove(self, framework_id: str) -> None:
        """Forget an imported framework with all its versions; :class:`Conflict` while a project uses it."""
        with self._database.transaction():
            self._begin(framework_id)
            present = self._present(framework_id)
            using = self._projects.using(framework_id)
            if using:
                raise Conflict(
                    f"{len(using)} projects use the framework {framework_id}; detach it from them first",
                    details={"projects": [each.id for each in using[:_PROJECTS_NAMED]], "count": len(using)},
                )
            for model in (FrameworkVersionRow, FrameworkRow, RetiredControlRow):
                self._database.delete(model, where={"framework_id": framework_id})
            self._mark()
            told = _told(present.framework)
            self._platform.events.publish(FRAMEWORK_REMOVED, resource_id=framework_id, data={"framework": told})

    def versions(self, framework_id: str) -> list[dict[str, Any]]:
        """Every version that was imported, the newest first; the one that counts is marked."""
        revision = self._database.value(queries.REVISION, framework_id=framework_id)
        if revision is None:
            raise self._missing(framework_id)
        rows = self._database.rows(queries.VERSIONS, framework_id=framework_id)
        return [{**dict(zip(_NAMES, row, strict=True)), "current": row[0] == revision} for row in rows]

    def original(self, framework_id: str) -> Mapping[str, Any] | None:
        """The OSCAL catalogue that the present version was made from, as it came; None when it came otherwise."""
        revision = self._database.value(queries.REVISION, framework_id=framework_id)
        row = self._database.row(queries.VERSION, framework_id=framework_id, revision=revision)
        if row is None or row[5] is None:
            return None
        document: Mapping[str, Any] = orjson.loads(zlib.decompress(base64.b64decode(row[5])))
        return document

    # -- parts ----------------------------------------------------------------------------------------

    def _begin(self, framework_id: str) -> None:
        """One change of a framework at a time; the registry keeps to what was until it commits, and follows then.

        NOTE: not at the end of the change itself, which may be a part of a larger one, as with an ``Idempotency-Key``.
        """
        transaction = self._database.current
        assert transaction is not None, "called inside a transaction"
        transaction.facts[CHANGING] = True
        transaction.after_commit(self._platform.frameworks.refresh)
        self._database.lock(f"framework:{framework_id}")
        current_context().resource_id = framework_id[:80]

    def _refuse_if_elsewhere(self, framework_id: str) -> None:
        """NOTE: before the change begins; from then on the registry keeps to what was."""
        self._platform.frameworks.refresh()
        if (
            self._platform.frameworks.get(framework_id) is not None
            and not self._platform.claims.owner("framework", framework_id)
            and self._database.value(queries.REVISION, framework_id=framework_id) is None
        ):
            raise Conflict(
                f"The framework {framework_id} comes from another source; give this one another id",
                details={"field": "id", "error": "Belongs to another source"},
            )

    def _refuse_if_taken(self, framework_id: str) -> None:
        owner = self._platform.claims.owner("framework", framework_id)
        if owner:
            raise Conflict(
                f"the framework {framework_id!r} is claimed by both {owner!r} and the import; give it another id",
                details={"field": "id", "error": f"Belongs to the plugin {owner}", "owner": owner},
            )
        if self._database.value(queries.REVISION, framework_id=framework_id) is not None:
            raise Conflict(
                f"The framework {framework_id} is there already; upgrade it instead",
                details={"field": "id", "error": "Must be new"},
            )

    def _present(self, framework_id: str) -> _Version:
        revision = self._database.value(queries.REVISION, framework_id=framework_id)
        if revision is None:
            raise self._missing(framework_id)
        return self._version(framework_id, revision)

    def _missing(self, framework_id: str) -> Conflict | NotFound:
        owner = self._platform.claims.owner("framework", framework_id)
        if owner:
            return Conflict(
                f"The framework {framework_id} comes with the plugin {owner!r} and changes with it",
                details={"owner": owner},
            )
        return NotFound(f"There is no imported framework {framework_id}")

    def _version(self, framework_id: str, revision: int) -> _Version:
        row = self._database.row(queries.VERSION, framework_id=framework_id, revision=revision)
        assert row is not None, "a revision that counted is kept"
        return _Version(row)

    def _keep(
        self,
        definition: Definition,
        framework: Framework,
        revision: int,
        previous: int | None,
        lineage: Mapping[str, Sequence[str]],
    ) -> None:
        packed = base64.b64encode(zlib.compress(definition.original.encode())).decode() if definition.original else None
        self._database.insert(
            FrameworkVersionRow,
            {
                "framework_id": framework.id,
                "revision": revision,
                "previous": previous,
                "version": framework.version,
                "format": definition.format,
                "controls": len(framework.controls),
                "definition": orjson.dumps(document_of(framework)).decode(),
                "original": packed,
                "lineage": {before: list(followers) for before, followers in lineage.items()},
                "imported_by": current_context().principal.user_id,
                "imported_at": self._now(),
            },
        )
        self._mark()

    def _mark(self) -> None:
        self._database.update(FrameworkStateRow, {"token": new_id("fws")}, where={"id": 1})

    def _apply(self, plan: UpgradePlan, framework_id: str, revision: int) -> dict[str, Any]:
        shown = self._shown(plan, framework_id, revision, applied=True)
        values = {"revision": revision, "updated_at": self._now()}
        self._database.update(FrameworkRow, values, where={"framework_id": framework_id})
        self._mark()
        for project in self._projects.using(framework_id):
            if project.status != "archived":
                self._following.follow(project.id, plan.framework, plan.lineage)
        told = {**_told(plan.framework), "previous_version": plan.before.version}
        data = {"framework": told, "changes": shown["summary"]}
        self._platform.events.publish(FRAMEWORK_UPGRADED, resource_id=framework_id, data=data)
        return shown

    def _shown(self, plan: UpgradePlan, framework_id: str, revision: int, *, applied: bool) -> dict[str, Any]:
        using = self._projects.using(framework_id)
        waiting = [each for each in using if each.status == "archived"]
        return {
            "id": framework_id,
            "applied": applied,
            "revision": revision,
            **plan.shown(),
            "projects": {
                "following": len(using) - len(waiting),
                "archived": len(waiting),
                "names": [each.name for each in using[:_PROJECTS_NAMED]],
            },
        }

    def _now(self) -> str:
        return to_text(self._platform.clock())


class _Version:
    """A kept version."""

    def __init__(self, row: Sequence[Any]) -> None:
        self.revision: int = row[0]
        self.previous: int | None = row[1]
        self.framework = kept_framework(row[4])
        self.lineage: dict[str, list[str]] = orjson.loads(row[6])


def _same_framework(framework: Framework, framework_id: str) -> Framework:
    if framework.id != framework_id:
        raise ValidationFailed("id", f"Must be {framework_id!r}, not {framework.id!r}")
    return framework


def _told(framework: Framework) -> dict[str, Any]:
    return {
        "id": framework.id,
        "name": framework.name,
        "version": framework.version,
        "controls": len(framework.controls),
    }

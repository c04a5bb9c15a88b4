"""The hooks of the ``projects`` plugin, for the plugins to its right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio_kernel.hookspecs import hookspec

if TYPE_CHECKING:
    from studio_kernel.app import Platform


@hookspec
def studio_project_fields(
    platform: Platform, project_ids: Sequence[str], detail: bool
) -> Mapping[str, Mapping[str, Any]]:
    """Add fields to projects as they are shown. Kind: notify (merged; a failing plugin is left out).

    Called once for a list with all its projects, and once for a single view: answer with a constant number of
    queries. Fields that the platform prints itself are never replaced.

    :param platform: the running platform.
    :param project_ids: the projects on the way to the caller, who may see each of them.
    :param detail: True in the view of one project, False in lists.
    :return: further fields by project id; projects without any may be absent.
    """
    return {}


@hookspec
def studio_project_deletion(platform: Platform, project_id: str) -> Sequence[str]:
    """Object to the deletion of a project. Kind: notify (a failing third-party plugin doesn't object).

    Called inside the deleting transaction, before anything is removed. Rows that belong to the project are
    removed by the plugin's own in-transaction subscriber of ``project.deleted``.

    :param platform: the running platform.
    :param project_id: the project that somebody is about to delete.
    :return: reasons against it, in words for the caller; none lets it go.
    """
    return ()

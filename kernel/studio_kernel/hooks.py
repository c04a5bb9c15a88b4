"""One typed method for each hook of the kernel: nobody else names a hook or touches pluggy.

Methods that declare answer for one plugin, so that whoever asks can tell whose declaration fails or clashes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from studio_kernel.declarations import checked
from studio_kernel.errors import ServiceUnavailable, StudioError
from studio_kernel.plugins import HookProblem, PluginManager, PluginRecord, describe

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.cli import CommandSpec
    from studio_kernel.diagnosis import Diagnosis
    from studio_kernel.events import EventType, Subscriber
    from studio_kernel.frameworks import Framework, FrameworkSource
    from studio_kernel.http.operations import Operation
    from studio_kernel.jobs import JobType
    from studio_kernel.mappings import MappingSet
    from studio_kernel.privacy import PersonalData
    from studio_kernel.retention import Retention
    from studio_kernel.security.permissions import Permission
    from studio_kernel.security.principal import Credentials, Principal
    from studio_kernel.settings import Section
    from studio_kernel.storage.adapters import StorageAdapter
    from studio_kernel.storage.migrations import Migration
    from studio_kernel.storage.models import Table
    from studio_kernel.telemetry import HealthCheck

_log = logging.getLogger(__name__)


class Hooks:
    """The hooks of one application's plugins; signatures and meanings are in :mod:`studio_kernel.hookspecs`."""

    def __init__(self, manager: PluginManager) -> None:
        self._manager = manager

    # -- collect: what one plugin declares before anything is built ---------------------------------------

    def settings(self, record: PluginRecord) -> list[type[Section]]:
        from studio_kernel.settings import Section

        return self._declared(record, "studio_settings", Section)

    def models(self, record: PluginRecord) -> list[type[Table]]:
        from studio_kernel.storage.models import Table

        return self._declared(record, "studio_models", Table)

    def migrations(self, record: PluginRecord) -> list[Migration]:
        from studio_kernel.storage.migrations import Migration

        return self._declared(record, "studio_migrations", Migration)

    def permissions(self, record: PluginRecord) -> list[Permission]:
        from studio_kernel.security.permissions import Permission

        return self._declared(record, "studio_permissions", Permission)

    def event_types(self, record: PluginRecord) -> list[EventType]:
        from studio_kernel.events import EventType

        return self._declared(record, "studio_event_types", EventType)

    def frameworks(self, record: PluginRecord) -> list[Framework]:
        from studio_kernel.frameworks import Framework

        return self._declared(record, "studio_frameworks", Framework)

    def mappings(self, record: PluginRecord) -> list[MappingSet]:
        from studio_kernel.mappings import MappingSet

        return self._declared(record, "studio_mappings", MappingSet)

    def commands(self, record: PluginRecord) -> list[CommandSpec]:
        from studio_kernel.cli import CommandSpec

        return self._declared(record, "studio_commands", CommandSpec)

    def storage_adapters(self, record: PluginRecord) -> list[StorageAdapter]:
        from studio_kernel.storage.adapters import StorageAdapter

        return self._declared(record, "studio_storage_adapters", StorageAdapter)

    # -- collect: what one plugin declares with the platform at hand --------------------------------------

    def framework_sources(self, record: PluginRecord, platform: Platform) -> list[FrameworkSource]:
        from studio_kernel.frameworks import FrameworkSource

        return self._declared(record, "studio_framework_sources", FrameworkSource, platform=platform)

    def operations(self, record: PluginRecord, platform: Platform) -> list[Operation]:
        from studio_kernel.http.operations import Operation

        return self._declared(record, "studio_operations", Operation, platform=platform)

    def subscribers(self, record: PluginRecord, platform: Platform) -> list[Subscriber]:
        from studio_kernel.events import Subscriber

        return self._declared(record, "studio_subscribers", Subscriber, platform=platform)

    def jobs(self, record: PluginRecord, platform: Platform) -> list[JobType]:
        from studio_kernel.jobs import JobType

        return self._declared(record, "studio_jobs", JobType, platform=platform)

    def health_checks(self, record: PluginRecord, platform: Platform) -> list[HealthCheck]:
        from studio_kernel.telemetry import HealthCheck

        return self._declared(record, "studio_health_checks", HealthCheck, platform=platform)

    def diagnoses(self, record: PluginRecord, platform: Platform) -> list[Diagnosis]:
        from studio_kernel.diagnosis import Diagnosis

        return self._declared(record, "studio_diagnoses", Diagnosis, platform=platform)

    def _declared(self, record: PluginRecord, hook: str, kind: type, **arguments: Any) -> list[Any]:
        return checked(hook, kind, self._manager.declarations(record, hook, **arguments))

    # -- at run time --------------------------------------------------------------------------------------

    def every_command(self) -> list[CommandSpec]:
        """The commands of all plugins that can tell theirs; for ``studio --help``, which must not fail."""
        from studio_kernel.cli import CommandSpec

        answers = self._manager.gather("studio_commands")
        return [spec for _, specs in answers for spec in specs if isinstance(spec, CommandSpec)]

    def initialise(self, platform: Platform, admin_email: str, admin_password: str) -> Sequence[str]:
        """What the plugins tell the operator of a fresh install."""
        answers = self._manager.gather(
            "studio_initialise", platform=platform, admin_email=admin_email, admin_password=admin_password
        )
        return [str(line) for _, lines in answers for line in lines]

    def authenticate(self, platform: Platform, credentials: Credentials) -> Principal | None:
        """The first plugin's answer to who is calling."""
        principal: Principal | None = self._manager.first(
            "studio_authenticate", platform=platform, credentials=credentials
        )
        return principal

    def files_in_use(self, platform: Platform, digests: Sequence[str]) -> dict[str, set[str] | None]:
        """Those of the stored files that each plugin refers to; None for one that fails or answers something else."""
        hook = "studio_files_in_use"
        asked = {name: self._manager.record(name) for name in self._manager.implementers(hook)}
        return {name: self._files_of(record, hook, platform, digests) for name, record in asked.items() if record}

    def _files_of(self, record: PluginRecord, hook: str, platform: Platform, digests: Sequence[str]) -> set[str] | None:
        from studio_kernel.storage.files import is_digest

        try:
            told = self._manager.declarations(record, hook, platform=platform, digests=digests)
            if not all(isinstance(each, str) and is_digest(each) for each in told):
                raise HookProblem(f"{hook} returned {str(told)[:80]}; a list of digests is needed")
        except StudioError:
            raise
        except (Exception, SystemExit):
            _log.exception("plugin %r can't say which stored files it needs", record.name)
            return None
        return set(told)

    def event_visibility(self, platform: Platform, readers: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those pairs of account and project whose account may see the events there."""
        if not readers:
            return set()
        answers = self._manager.gather("studio_event_visibility", platform=platform, readers=readers)
        granted = {pair for _, given in answers if isinstance(given, Collection) for pair in map(tuple, given)}
        return {pair for pair in readers if pair in granted}

    def personal_data(self, platform: Platform) -> list[PersonalData]:
        """What tables hold of people, those of plugins on the right first: they hang on those on the left.

        :raises ServiceUnavailable: one failed to answer. It is not passed over: nobody would see that something stays.
        """
        from studio_kernel.privacy import PersonalData

        told = self._told_by_all(
            "studio_personal_data",
            lambda each: isinstance(each, PersonalData),
            "what it holds of people, so nothing is exported or erased",
            platform=platform,
        )
        return [each for declared in reversed(told) for each in declared]

    def retention(self, platform: Platform) -> list[Retention]:
        """What is deleted at which age."""
        from studio_kernel.retention import Retention

        answers = self._manager.gather("studio_retention", platform=platform)
        return [each for _, told in answers for each in told if isinstance(each, Retention)]

    def _told_by_all(self, hook: str, fits: Callable[[Any], bool], what: str, **arguments: Any) -> list[list[Any]]:
        """The answers of all active plugins, where one that is passed over would do harm."""
        answers = []
        for record in self._manager.active:
            try:
                told = self._manager.declarations(record, hook, **arguments)
                wrong = next((each for each in told if not fits(each)), None)
                if wrong is not None:
                    raise HookProblem(f"{hook} returned {str(wrong)[:80]!r} among others")
            except ServiceUnavailable:
                raise
            except (Exception, SystemExit) as error:
                line = f"the plugin {record.name!r} failed to say {what}: {describe(error)}"
                raise ServiceUnavailable(line) from error
            answers.append(told)
        return answers

    def startup(self, platform: Platform) -> None:
        """Tell every plugin that requests are about to come."""
        self._manager.notify("studio_startup", platform=platform)

    def restored(self, platform: Platform) -> None:
        """Have every plugin put in the work that a restore leaves to it."""
        self._manager.notify("studio_restored", platform=platform)

    def shutdown(self, platform: Platform) -> None:
        """Tell every plugin that no more requests come."""
        self._manager.notify("studio_shutdown", platform=platform)

"""One typed method for each hook of the kernel: nobody else names a hook or touches pluggy.

Methods that declare answer for one plugin, so that whoever asks can tell whose declaration fails or clashes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from studio_kernel.declarations import checked
from studio_kernel.plugins import PluginManager, PluginRecord

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

    def files_in_use(self, platform: Platform, digests: Sequence[str]) -> dict[str, set[str]]:
        """Those of the stored files that each plugin refers to; without plugins that fail."""
        answers = self._manager.gather("studio_files_in_use", platform=platform, digests=digests)
        return {name: set(map(str, named)) for name, named in answers}

    def event_visibility(self, platform: Platform, readers: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those pairs of account and project whose account may see the events there."""
        if not readers:
            return set()
        answers = self._manager.gather("studio_event_visibility", platform=platform, readers=readers)
        granted = {pair for _, given in answers if isinstance(given, Collection) for pair in map(tuple, given)}
        return {pair for pair in readers if pair in granted}

    def personal_data(self, platform: Platform) -> list[PersonalData]:
        """What tables hold of people, those of plugins on the right first: they hang on those on the left."""
        from studio_kernel.privacy import PersonalData

        answers = self._manager.gather("studio_personal_data", platform=platform)
        return [each for _, told in reversed(answers) for each in told if isinstance(each, PersonalData)]

    def retention(self, platform: Platform) -> list[Retention]:
        """What is deleted at which age."""
        from studio_kernel.retention import Retention

        answers = self._manager.gather("studio_retention", platform=platform)
        return [each for _, told in answers for each in told if isinstance(each, Retention)]

    def startup(self, platform: Platform) -> None:
        """Tell every plugin that requests are about to come."""
        self._manager.notify("studio_startup", platform=platform)

    def restored(self, platform: Platform) -> None:
        """Have every plugin put in the work that a restore leaves to it."""
        self._manager.notify("studio_restored", platform=platform)

    def shutdown(self, platform: Platform) -> None:
        """Tell every plugin that no more requests come."""
        self._manager.notify("studio_shutdown", platform=platform)

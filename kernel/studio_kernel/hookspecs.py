"""Every hook of the kernel: the contract with plugin authors.

An implementation is a module-level function marked with :data:`hookimpl` that takes the arguments it needs, by
name. Implementations run in the order of the plugins: dependencies first, then by name. There are three kinds:

*collect*
    called once, at the start; returns declarations. An exception leaves a third-party plugin out and stops the
    start when the plugin is one of the built-in ones.
*first*
    called at run time until one plugin answers something other than ``None``.
*notify*
    called at run time or at a stage of life for its effect; an exception is logged and harms nobody else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from types import ModuleType

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

PROJECT = "studio"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def studio_hookspecs() -> Sequence[ModuleType]:
    """Declare hooks of the plugin's own, for the plugins to its right. Kind: collect.

    Called while plugins are registered, before those that depend on this one.

    :return: modules whose functions are marked with :data:`hookspec` and begin with ``studio_``.
    """
    return ()


@hookspec
def studio_settings() -> Sequence[type[Section]]:
    """Declare sections of settings. Kind: collect.

    Called first of all, and also by ``studio config show``; nothing is built yet.

    :return: section classes; a section's name and each full setting name belong to one plugin.
    """
    return ()


@hookspec
def studio_models() -> Sequence[type[Table]]:
    """Declare the tables that the plugin owns. Kind: collect.

    Nothing is created from models: tables come from migrations. Models let conflicts of table names and of id
    prefixes (``Meta.id_prefix``) be found at the start.

    :return: model classes.
    """
    return ()


@hookspec
def studio_migrations() -> Sequence[Migration]:
    """Declare the steps that bring the plugin's tables from nothing to today's form. Kind: collect.

    :return: migrations, oldest first; a released migration never changes.
    """
    return ()


@hookspec
def studio_permissions() -> Sequence[Permission]:
    """Declare permissions and who holds them. Kind: collect.

    :return: permissions named ``area:action``; an operation can only ask for a declared one.
    """
    return ()


@hookspec
def studio_event_types() -> Sequence[EventType]:
    """Declare the events that the plugin publishes. Kind: collect.

    :return: event types with their schema and an example; only declared events can be published.
    """
    return ()


@hookspec
def studio_frameworks() -> Sequence[Framework]:
    """Bring compliance frameworks. Kind: collect.

    :return: checked definitions, usually from :func:`studio_kernel.frameworks.load_framework`.
    """
    return ()


@hookspec
def studio_mappings() -> Sequence[MappingSet]:
    """Bring mappings between controls of two frameworks, whoever brings those. Kind: collect.

    Where two plugins disagree about the same two controls the earlier plugin counts; the other mapping, and one to
    a control that its framework doesn't have, is logged and told by ``studio mappings check``.

    :return: checked mappings, usually from :func:`studio_kernel.mappings.load_mappings`.
    """
    return ()


@hookspec
def studio_commands() -> Sequence[CommandSpec]:
    """Add commands to ``studio``. Kind: collect.

    Called for every run of ``studio``, ``--help`` included: name the command's module, don't import it.

    :return: command names with the place of their click command.
    """
    return ()


@hookspec
def studio_storage_adapters() -> Sequence[StorageAdapter]:
    """Add storage adapters, chosen by the scheme of a storage URL. Kind: collect.

    :return: adapters, such as a file store for ``gs://``.
    """
    return ()


@hookspec
def studio_framework_sources(platform: Platform) -> Sequence[FrameworkSource]:
    """Bring frameworks that come, change and go while the platform runs, such as imported ones. Kind: collect.

    A framework that a plugin declares goes before one of the same id from a source.

    :param platform: as for :func:`studio_operations`.
    :return: sources, each watched for changes from then on.
    """
    return ()


@hookspec
def studio_operations(platform: Platform) -> Sequence[Operation]:
    """Declare the plugin's HTTP operations. Kind: collect.

    :param platform: everything built so far: settings and storage; services are made from it here.
    :return: operations, usually from :func:`studio_kernel.http.operations.operations_of`.
    """
    return ()


@hookspec
def studio_subscribers(platform: Platform) -> Sequence[Subscriber]:
    """Listen to events. Kind: collect.

    An in-transaction subscriber runs inside the change that published the event; an after-commit one gets the
    event at least once, in order per resource, outside the request, and is retried when it raises.

    :param platform: as for :func:`studio_operations`.
    :return: subscribers.
    """
    return ()


@hookspec
def studio_jobs(platform: Platform) -> Sequence[JobType]:
    """Declare kinds of background work, also periodic. Kind: collect.

    :param platform: as for :func:`studio_operations`.
    :return: job types.
    """
    return ()


@hookspec
def studio_health_checks(platform: Platform) -> Sequence[HealthCheck]:
    """Add lines to ``/ready`` and ``studio doctor``. Kind: collect.

    :param platform: as for :func:`studio_operations`.
    :return: checks; each is called whenever somebody asks.
    """
    return ()


@hookspec
def studio_diagnoses(platform: Platform) -> Sequence[Diagnosis]:
    """Add looks that ``studio doctor`` takes at an install. Kind: collect.

    For what an operator can set right: a setting that is allowed but unwise, something that is about to run out. What
    keeps requests from being answered belongs to :func:`studio_health_checks`, which ``/ready`` asks too.

    :param platform: as for :func:`studio_operations`.
    :return: looks; each is taken whenever somebody runs the command.
    """
    return ()


@hookspec(firstresult=True)
def studio_authenticate(platform: Platform, credentials: Credentials) -> Principal | None:
    """Tell who sends a request. Kind: first.

    Called in a worker thread when no verified answer for the same credentials is at hand. An answer is kept for less
    than a second, by the headers ``Authorization`` and ``X-API-Key``; without either, and where any plugin that was
    asked has looked at another header or at an address, each request asks anew.

    :param platform: the running platform.
    :param credentials: what the request carries: headers and the caller's address.
    :return: the principal, or ``None`` when the credentials are not of this plugin's kind. Credentials that are
        of its kind and don't hold raise :class:`studio_kernel.errors.Unauthorized`.
    """
    return None


@hookspec
def studio_event_visibility(platform: Platform, readers: Sequence[tuple[str, str]]) -> Collection[tuple[str, str]]:
    """Tell who may see events, and where. Kind: notify (answers are merged; a failing plugin grants nothing).

    Asked by whoever passes events on for an account, such as webhooks, when an event is taken in and again before
    it leaves the platform: rights that ended in between count. What no plugin grants is refused. Answer with a
    constant number of queries.

    :param platform: the running platform.
    :param readers: pairs of an account's id and a project's id; the latter is empty for what happens in no project.
    :return: those of the pairs whose account may see what happens there, as far as this plugin knows.
    """
    return ()


@hookspec
def studio_initialise(platform: Platform, admin_email: str, admin_password: str) -> Sequence[str]:
    """Fill a fresh install, such as with its first administrator. Kind: collect.

    Called by ``studio init`` and by ``studio serve`` on an empty home; must do nothing where nothing is missing.

    :param platform: complete; migrations have run.
    :param admin_email: address of the first administrator; empty to choose one.
    :param admin_password: their password; empty to make one and say where it is kept.
    :return: lines for the operator to read.
    """
    return ()


@hookspec
def studio_files_in_use(platform: Platform, digests: Sequence[str]) -> Sequence[str]:
    """Name the stored files that the plugin's rows refer to. Kind: notify.

    Called before stored files are deleted, with files that were kept more than an hour ago. What nobody names goes.
    Whoever keeps files in the platform's store answers this. For a plugin that is disabled, left out or fails here, the
    rows in its columns of the kind ``DigestField`` answer; while one without such columns fails, no file is deleted.
    A row that refers to a file is written after ``studio_kernel.storage.file_locks.hold_kept``, in one transaction.

    :param platform: the running platform.
    :param digests: SHA-256 of the files in question, a few hundred at most.
    :return: those of ``digests`` that must stay.
    """
    return ()


@hookspec
def studio_restored(platform: Platform) -> None:
    """The tables were filled from a backup: put in the work that makes the rest again. Kind: notify.

    A backup has rows and stored files. What is made from them and kept elsewhere (graph, full-text index, vectors of
    an adapter) isn't in it. Called once after a restore, inside a transaction: enqueue jobs, don't do the work here.

    :param platform: complete; migrations have run.
    """


@hookspec
def studio_personal_data(platform: Platform) -> Sequence[PersonalData]:
    """Tell what the plugin's tables hold of people. Kind: collect.

    Whoever has a table with accounts' ids, or texts in which somebody may be named, declares it, so that a person can
    be given their data and be erased. While a plugin fails here nobody is.

    :param platform: the running platform; asked when an export or an erasure begins.
    :return: one declaration for each such table, rows that hang on others first.
    """
    return ()


@hookspec
def studio_retention(platform: Platform) -> Sequence[Retention]:
    """Tell what of the plugin's is deleted at which age. Kind: collect.

    One job of the kernel deletes it, hourly; ``studio retention plan`` counts what is due.

    :param platform: the running platform; asked whenever something is to be counted or deleted.
    :return: one declaration for each kind of thing.
    """
    return ()


@hookspec
def studio_startup(platform: Platform) -> None:
    """The application is about to take requests. Kind: notify.

    :param platform: complete; migrations have run.
    """


@hookspec
def studio_shutdown(platform: Platform) -> None:
    """The application has stopped taking requests; storage is still open. Kind: notify.

    :param platform: the running platform.
    """

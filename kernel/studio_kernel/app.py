"""The composition root: settings → storage → plugins → routes → ASGI application. Nothing else builds anything."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import SecretStr

from studio_kernel import kernel_schema
from studio_kernel.audit import Audit
from studio_kernel.audit.keys import load_keys
from studio_kernel.audit.seals import Sealer
from studio_kernel.audit.upkeep import ANCHOR_JOB, SEAL_JOB, audit_jobs, check_seal
from studio_kernel.backup.restoring import finish_restore
from studio_kernel.clock import Clock, utc_now
from studio_kernel.context import current_context
from studio_kernel.declarations import Claim, Claims, called_plainly, collect
from studio_kernel.diagnosis import Diagnosis
from studio_kernel.diagnosis.places import require_home
from studio_kernel.draining import DRAINING, Draining
from studio_kernel.errors import ConfigurationError, ServiceUnavailable
from studio_kernel.events import Events, EventType, check_event_types, check_subscribers, job_name
from studio_kernel.frameworks import Framework, FrameworkRegistry, FrameworkSource
from studio_kernel.hooks import Hooks
from studio_kernel.http.application import HttpApplication
from studio_kernel.http.core import KERNEL_PERMISSIONS, CoreResource
from studio_kernel.http.credentials import CredentialCache
from studio_kernel.http.dispatch import Dispatcher
from studio_kernel.http.idempotency import Idempotency
from studio_kernel.http.jobs import JobResource
from studio_kernel.http.operations import (
    Operation,
    check_operations,
    conflict_key,
    operations_of,
    without_doubles,
)
from studio_kernel.job_worker import Worker
from studio_kernel.jobs import Jobs, JobType, check_job_types
from studio_kernel.mappings import MappingRegistry, MappingSet
from studio_kernel.plugins import BUILT_IN, Found, PluginManager, PluginRecord, described, installed_plugins
from studio_kernel.privacy import Privacy
from studio_kernel.ratelimit import RateLimiter, parse_limit
from studio_kernel.retention import RETAIN, Retentions
from studio_kernel.security.permissions import Permission, Permissions, check_permissions
from studio_kernel.security.principal import Credentials, Principal
from studio_kernel.security.secrets import SecretBox, load_or_make_keys
from studio_kernel.settings import (
    KernelSettings,
    PluginSettings,
    Section,
    Settings,
    check_sections,
    load_settings,
    plugin_choice,
    split_keys,
    variable_name,
)
from studio_kernel.storage.adapters import BUILT_IN_ADAPTERS, StorageAdapter, StorageContext, open_storage
from studio_kernel.storage.cache import Cache
from studio_kernel.storage.database import Database, Transaction, open_database, table_name
from studio_kernel.storage.files import FileStore
from studio_kernel.storage.fulltext import FullText, open_fulltext
from studio_kernel.storage.graph import GraphStore
from studio_kernel.storage.migrations import Migration, Step, held_back, migrate, pending
from studio_kernel.storage.vectors import VectorStore
from studio_kernel.stored_files import note_columns
from studio_kernel.telemetry import HealthCheck, Metrics
from studio_kernel.threads import ServingThreads
from studio_kernel.tracing import open_tracing

if TYPE_CHECKING:
    from studio_kernel.tracing_otel import Tracing

_log = logging.getLogger(__name__)
T = TypeVar("T")

# PERF: threads that stand in for those that wait: on SQLite for a COMMIT, which about as many changes share, and
# everywhere for the outside world.
_SPARE_THREADS = 12


@dataclass(slots=True)
class Declared:
    """What a plugin declares before anything is built."""

    settings: list[type[Section]] = field(default_factory=list)
    models: list[Any] = field(default_factory=list)
    migrations: list[Migration] = field(default_factory=list)
    permissions: list[Permission] = field(default_factory=list)
    event_types: list[EventType] = field(default_factory=list)
    frameworks: list[Framework] = field(default_factory=list)
    mappings: list[MappingSet] = field(default_factory=list)
    commands: list[Any] = field(default_factory=list)
    adapters: list[StorageAdapter] = field(default_factory=list)


@dataclass(slots=True)
class Platform:
    """One running platform: what plugins build their services from.

    Plugins read from it and never replace anything in it.
    """

    settings: Settings
    plugins: PluginManager
    hooks: Hooks
    claims: Claims
    clock: Clock
    database: Database
    files: FileStore
    cache: Cache
    graph: GraphStore
    vectors: VectorStore
    fulltext: FullText
    permissions: Permissions
    frameworks: FrameworkRegistry
    mappings: MappingRegistry
    jobs: Jobs
    events: Events
    audit: Audit
    sealer: Sealer
    limiter: RateLimiter
    credentials: CredentialCache
    metrics: Metrics
    executor: ServingThreads
    secret_key: str = field(repr=False)
    accepted_keys: tuple[str, ...] = field(repr=False)
    """Keys that open what they sealed, and seal nothing more."""
    draining: Draining = field(default_factory=Draining)
    steps: list[Step] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    health_checks: list[HealthCheck] = field(default_factory=list)
    diagnoses: list[Diagnosis] = field(default_factory=list)
    models: list[tuple[str, Any]] = field(default_factory=list)
    """Every table with its plugin."""
    worker: Worker | None = None
    tracing: Tracing | None = None
    """Traces, when they have a receiver."""
    _shared: dict[Any, Any] = field(default_factory=dict, repr=False)

    def shared(self, make: Callable[[Platform], T]) -> T:
        """The one object that ``make`` makes of this platform, for what keeps state, such as a cache of keys."""
        found: T = self._shared.get(make) or self._shared.setdefault(make, make(self))
        return found

    @property
    def home(self) -> Path:
        """The folder that holds the state of a default install."""
        return self.settings.kernel.home

    def privacy(self) -> Privacy:
        """Export and erasure of a person, over what all active plugins declare."""
        return Privacy(self, [*self.hooks.personal_data(self), *kernel_schema.personal_data(self)])

    def retentions(self) -> Retentions:
        """What is deleted at which age, of the kernel and of all active plugins."""
        return Retentions(self, [*kernel_schema.retention(self), *self.hooks.retention(self)])

    @property
    def audit_anchor_file(self) -> Path:
        """Where anchors of the audit log are kept."""
        kernel = self.settings.kernel
        return Path(kernel.audit_anchor_file) if kernel.audit_anchor_file else self.home / "audit-anchors.jsonl"

    def secret_box(self, purpose: str) -> SecretBox:
        """Encryption for what a plugin must be able to read back."""
        return SecretBox(self.secret_key, purpose, self.accepted_keys)

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI 3.1 document of this platform."""
        from studio_kernel.http.openapi import build_document

        return build_document(self.operations, self.permissions, server_url=self.settings.kernel.public_url)

    def asgi(self) -> Any:
        """The ASGI application; its lifespan starts and stops the platform."""
        kernel = self.settings.kernel
        dispatcher = Dispatcher(
            database=self.database,
            permissions=self.permissions,
            credentials=self.credentials,
            limiter=self.limiter,
            audit=self.audit,
            metrics=self.metrics,
            idempotency=Idempotency(
                self.database, self.clock, self.secret_box("idempotency"), kernel.idempotency_hours
            ),
            tracing=self.tracing,
            aside=self.executor.stepping_aside,
        )
        http = HttpApplication(
            dispatcher,
            self.executor,
            stage=self.files.stage,
            max_body=kernel.max_body_bytes,
            trusted_proxies=kernel.trusted_proxies,
            draining=self.draining,
        )
        return http.build(self.operations, _Lifespan(self))

    def start(self, *, with_worker: bool) -> None:
        """Begin: audit thread, plugins' start-up, and the background worker if wanted, else the way to the others."""
        self.audit.start()
        finish_restore(self)
        note_columns(self)
        self.hooks.startup(self)
        if with_worker:
            self.worker = make_worker(self)
            self.worker.start()
        else:
            connect_queue(self)

    def stop(self) -> None:
        """End what :meth:`start` began; storage stays open until :meth:`close`."""
        if self.worker is not None:
            self.worker.stop()
            self.worker = None
        self.hooks.shutdown(self)
        self.audit.stop()

    def close(self) -> None:
        """Close storage; the platform can't be used any more."""
        self.executor.shutdown(wait=True, cancel_futures=True)
        if self.tracing is not None:
            self.tracing.close()
        self.database.close()


class _Lifespan:
    """Falcon middleware that ties the platform to the server's life."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def process_startup(self, scope: Any, event: Any) -> None:
        """The server is about to listen. It finds how to take leave in the state of its lifespan."""
        scope.get("state", {})[DRAINING] = self._platform.draining
        self._platform.start(with_worker=self._platform.settings.kernel.embedded_worker)

    async def process_shutdown(self, scope: Any, event: Any) -> None:
        """The server has answered its last request."""
        self._platform.stop()
        self._platform.close()


def load_plugins(
    *,
    found: Iterable[Found] | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> tuple[PluginManager, Claims, dict[str, Declared], Settings]:
    """Everything that can be known without opening storage."""
    choice = plugin_choice(environment, overrides)
    manager = PluginManager(
        installed_plugins() if found is None else found, disabled=choice.disabled, strict=choice.strict
    )
    claims = Claims()
    claims.take("kernel", _kernel_claims())
    declared: dict[str, Declared] = collect(manager, claims, lambda record: _declare(Hooks(manager), record))
    sections = [section for each in declared.values() for section in each.settings]
    absent = [record.name for record in manager.records if record.state != "active"]
    settings = load_settings(sections, absent=absent, environment=environment, overrides=overrides)
    return manager, claims, declared, settings


def build_platform(
    *,
    found: Iterable[Found] | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    clock: Clock = utc_now,
    apply_migrations: bool = True,
) -> Platform:
    """Build a platform from what is installed and configured.

    ``ConfigurationError`` lists what keeps it from starting. With ``apply_migrations`` False a database that
    lacks steps is refused instead of changed.
    """
    manager, claims, declared, settings = load_plugins(found=found, environment=environment, overrides=overrides)
    platform = _storage(manager, claims, declared, settings, clock)
    try:
        _trace(platform)
        steps = platform.steps
        if apply_migrations:
            _migrate(platform)
        else:
            waiting = pending(platform.database, steps)
            if len(waiting) > len(held_back(platform.database, waiting)):
                raise ConfigurationError([f"{len(waiting)} migrations are pending; run `studio migrate`"])
        _wire_plugins(platform, declared)
    except BaseException:
        platform.close()
        raise
    return platform


def _trace(platform: Platform) -> None:
    """Have requests, jobs and transactions make spans, when the settings say so."""
    tracing = open_tracing(platform.settings.kernel, platform.database.dialect)
    if tracing is not None:
        platform.tracing = platform.jobs.tracing = tracing
        platform.database.on_transaction = tracing.begin_transaction


def judge_plugins() -> PluginManager:
    """The plugins as a start would find them, also where it needs storage: on an empty one, then thrown away.

    Nothing of the install is touched, and ``plugins.strict`` doesn't apply.
    """
    import tempfile

    manager, claims, declared, settings = load_plugins(overrides={"plugins.strict": False})
    with tempfile.TemporaryDirectory(prefix="studio-plugins-") as folder:
        empty = SecretStr("")
        settings = settings.with_kernel(
            home=Path(folder), database_url="", redis_url=empty, neo4j_url=empty, files_url="", vectors_url=""
        )
        platform = _storage(manager, claims, declared, settings, utc_now)
        try:
            _migrate(platform)
            _wire_plugins(platform, declared)
        finally:
            platform.close()
    return manager


def _migrate(platform: Platform) -> None:
    """Plugin by plugin, so that a third-party one whose step fails is left out, and its step undone."""
    migrate(platform.database, [step for step in platform.steps if step.plugin == "kernel"])
    for record in list(platform.plugins.active):
        if record.state != "active":
            continue
        try:
            migrate(platform.database, [step for step in platform.steps if step.plugin == record.name])
        except (KeyboardInterrupt, GeneratorExit, ServiceUnavailable):
            raise
        except BaseException as error:
            if record.built_in:
                raise
            platform.plugins.leave_out(record, *described("its migrations failed", error))


@contextlib.contextmanager
def open_for_migration(*, every_plugin: bool = False) -> Iterator[tuple[Database, list[Step], KernelSettings]]:
    """The database and every step, of disabled plugins too if wanted, without building anything else."""
    manager, _, declared, settings = load_plugins(overrides={"plugins.disabled": ()} if every_plugin else None)
    kernel = settings.kernel
    _prepare_home(kernel)
    database = _open("STUDIO_DATABASE_URL", open_database, _database_url(kernel), timeout=kernel.database_timeout)
    try:
        yield database, _steps(manager, declared), kernel
    finally:
        database.close()


@contextlib.contextmanager
def open_as_it_is(*, every_plugin: bool = True) -> Iterator[Platform]:
    """Storage as it is, with the tables of every installed plugin, disabled ones too; nothing is migrated or wired."""
    manager, claims, declared, settings = load_plugins(overrides={"plugins.disabled": ()} if every_plugin else None)
    platform = _storage(manager, claims, declared, settings, utc_now)
    try:
        yield platform
    finally:
        platform.close()


def _kernel_claims() -> list[Claim]:
    core = operations_of(CoreResource.__new__(CoreResource), JobResource.__new__(JobResource))
    claims: list[Claim] = [("route", " ".join(conflict_key(each))) for each in core]
    claims += [("operation", each.id) for each in core]
    claims += [("permission", each.name) for each in KERNEL_PERMISSIONS]
    claims += [("table", name) for name in kernel_schema.TABLES]
    claims += [("id prefix", name) for name in ("evt", "job", "aud", "req", "ctrl", "msg")]
    claims += [("setting", variable_name(KernelSettings, name)) for name in KernelSettings.model_fields]
    claims += [("section", name) for name in ("", "plugins", *KernelSettings.model_fields)]
    claims += [("storage adapter", f"{each.kind} {each.scheme}://") for each in BUILT_IN_ADAPTERS]
    claims += [("job", name) for name in (RETAIN, SEAL_JOB, ANCHOR_JOB)]
    claims += [("health check", name) for name in _CHECKS]
    from studio_kernel.cli import CORE_COMMANDS

    return claims + [("command", each.name) for each in CORE_COMMANDS]


def _declare(hooks: Hooks, record: PluginRecord) -> tuple[Declared, list[Claim]]:
    declared = Declared(
        settings=hooks.settings(record),
        models=hooks.models(record),
        migrations=hooks.migrations(record),
        permissions=hooks.permissions(record),
        event_types=hooks.event_types(record),
        frameworks=hooks.frameworks(record),
        mappings=hooks.mappings(record),
        commands=hooks.commands(record),
        adapters=hooks.storage_adapters(record),
    )
    problems = check_sections(declared.settings) + check_permissions(declared.permissions)
    problems += check_event_types(declared.event_types)
    if problems:
        raise ConfigurationError(problems)
    claims: list[Claim] = [("section", each.section) for each in declared.settings]
    claims += [("setting", variable_name(each, name)) for each in declared.settings for name in each.model_fields]
    # NOTE: in lower case, because SQLite tells no cases of a name apart.
    claims += [("table", table_name(each).lower()) for each in declared.models]
    prefixes = [getattr(each._meta, "id_prefix", None) for each in declared.models]
    claims += [("id prefix", prefix) for prefix in prefixes if prefix]
    claims += [("permission", each.name) for each in declared.permissions]
    claims += [("event", each.name) for each in declared.event_types]
    claims += [("framework", each.id) for each in declared.frameworks]
    claims += [("command", each.name) for each in declared.commands]
    claims += [("storage adapter", f"{each.kind} {each.scheme}://") for each in declared.adapters]
    return declared, claims


def _storage(
    manager: PluginManager,
    claims: Claims,
    declared: Mapping[str, Declared],
    settings: Settings,
    clock: Clock,
) -> Platform:
    kernel = settings.kernel
    _prepare_home(kernel)
    secret_key, *accepted = _secret_keys(kernel)
    database = _open("STUDIO_DATABASE_URL", open_database, _database_url(kernel), timeout=kernel.database_timeout)
    adapters = [*BUILT_IN_ADAPTERS, *(adapter for each in declared.values() for adapter in each.adapters)]
    context = StorageContext(database=database, home=kernel.home)
    threads = kernel.threads or (4 if database.dialect == "sqlite" else 8)
    redis_url = kernel.redis_url.get_secret_value()
    jobs = Jobs(database, clock, kernel.job_lease_seconds)
    keys = load_keys(kernel.audit_keys.get_secret_value(), kernel.home, secret_key)
    audit = Audit(database, clock, keys, kernel.audit_reads)

    def opened(kind: Any, variable: str, url: str) -> Any:
        return _open(variable, open_storage, kind, url, adapters, context)

    def authenticate(credentials: Credentials) -> Principal | None:
        return platform.hooks.authenticate(platform, credentials)

    platform = Platform(
        settings=settings,
        plugins=manager,
        hooks=Hooks(manager),
        claims=claims,
        clock=clock,
        database=database,
        files=opened("files", "STUDIO_FILES_URL", kernel.files_url or (kernel.home / "files").as_uri()),
        cache=opened("cache", "STUDIO_REDIS_URL", redis_url or "memory://"),
        graph=opened("graph", "STUDIO_NEO4J_URL", kernel.neo4j_url.get_secret_value() or "relational://"),
        vectors=opened("vectors", "STUDIO_VECTORS_URL", kernel.vectors_url or "database://"),
        fulltext=open_fulltext(database),
        permissions=Permissions(KERNEL_PERMISSIONS),
        frameworks=FrameworkRegistry(),
        mappings=MappingRegistry(),
        jobs=jobs,
        events=Events(database, jobs, clock, kernel.subscriber_timeout),
        audit=audit,
        sealer=Sealer(database, clock, keys),
        limiter=_limiter(kernel, redis_url),
        credentials=CredentialCache(authenticate),
        metrics=Metrics(),
        executor=ServingThreads(threads, spare=_SPARE_THREADS),
        secret_key=secret_key,
        accepted_keys=tuple(accepted),
        draining=Draining(kernel.drain_seconds),
        steps=_steps(manager, declared),
        models=[("kernel", model) for model in kernel_schema.MODELS]
        + [(name, model) for name, each in declared.items() for model in each.models],
    )
    database.let_others_work(platform.executor.stepping_aside)
    database.on_begin = lambda transaction: _audit_changes(audit, transaction)
    return platform


def _secret_keys(kernel: KernelSettings) -> list[str]:
    """The key that seals, and after it those that only open."""
    own = kernel.secret_key.get_secret_value()
    first = [own] if own else load_or_make_keys(kernel.home / "secret.key")
    return list(dict.fromkeys([*first, *split_keys(kernel.secret_keys_accepted)]))


def _prepare_home(kernel: KernelSettings) -> None:
    if problem := require_home(kernel.home):
        raise ConfigurationError([problem])


def _open(variable: str, opener: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return opener(*arguments, **options)
    except ValueError as error:
        raise ConfigurationError([f"{variable}: {error}"]) from error
    except ConfigurationError as error:
        raise ConfigurationError([_with_name(variable, each) for each in error.problems]) from error


def _with_name(variable: str, problem: str) -> str:
    return problem if problem.startswith("STUDIO_") else f"{variable}: {problem}"


def _database_url(kernel: KernelSettings) -> str:
    return kernel.database_url or f"sqlite:///{kernel.home / 'studio.db'}"


def _limiter(kernel: KernelSettings, redis_url: str) -> RateLimiter:
    limits = {
        "user": kernel.rate_limit_user,
        "api_key": kernel.rate_limit_api_key,
        "client": kernel.rate_limit_client,
        "anonymous": kernel.rate_limit_anonymous,
        "system": kernel.rate_limit_user,
    }
    problems = []
    named = {f"STUDIO_RATE_LIMIT_{name.upper()}": text for name, text in limits.items() if name != "system"}
    named |= {f"STUDIO_RATE_LIMIT_ROUTES {name}": text for name, text in kernel.rate_limit_routes.items()}
    for variable, text in named.items():
        try:
            parse_limit(text)
        except ValueError as error:
            problems.append(f"{variable}: {error}")
    if problems:
        raise ConfigurationError(problems)
    return RateLimiter(limits, dict(kernel.rate_limit_routes), redis_url)


def _audit_changes(audit: Audit, transaction: Transaction) -> None:
    """Changes made for a caller carry their audit entry; the kernel's own bookkeeping doesn't."""
    context = current_context()
    if context.action != "system" and context.method != "GET" and not context.audited:
        transaction.before_commit(lambda: audit.write_with_change(context))


def _steps(manager: PluginManager, declared: Mapping[str, Declared]) -> list[Step]:
    steps = [Step("kernel", migration) for migration in kernel_schema.MIGRATIONS]
    for record in manager.active:
        steps += [Step(record.name, migration) for migration in declared[record.name].migrations]
    return steps


def _wire_plugins(platform: Platform, declared: Mapping[str, Declared]) -> None:
    """Let plugins build their services, and take in what they declare with them."""
    manager = platform.plugins
    for record in manager.active:
        platform.permissions.add(declared[record.name].permissions)
        platform.events.declare(declared[record.name].event_types)
        for framework in declared[record.name].frameworks:
            platform.frameworks.add(framework)
        platform.mappings.add(record.name, declared[record.name].mappings)
    gathered: dict[str, _Built] = collect(manager, platform.claims, lambda record: _build_plugin(platform, record))
    _forget_left_out(platform, declared)
    for problem in [*platform.mappings.conflicts(), *platform.mappings.unknown_ends(platform.frameworks)]:
        _log.warning("a mapping doesn't count: %s", problem)
    core = [_owned(each, "kernel") for each in operations_of(CoreResource(platform), JobResource(platform))]
    brought = [each for built in gathered.values() for each in built.operations]
    platform.operations = without_doubles([*core, *brought])
    platform.health_checks = [*_storage_checks(platform)]
    for record in manager.active:
        built = gathered[record.name]
        for job in built.jobs:
            platform.jobs.declare(job)
        platform.events.subscribe(record.name, built.subscribers, trusted=record.built_in)
        platform.health_checks += built.health_checks
        platform.diagnoses += built.diagnoses
        for source in built.framework_sources:
            platform.frameworks.watch(source)
    _declare_housekeeping(platform)
    platform.events.check()


def _forget_left_out(platform: Platform, declared: Mapping[str, Declared]) -> None:
    """Take back what was taken in of plugins that were left out since."""
    active = {record.name for record in platform.plugins.active}
    for name, each in declared.items():
        if name not in active:
            platform.permissions.remove(permission.name for permission in each.permissions)
            platform.events.forget(each.event_types)
            for framework in each.frameworks:
                platform.frameworks.remove(framework)
            platform.mappings.remove(name)


@dataclass(slots=True)
class _Built:
    operations: list[Operation]
    subscribers: list[Any]
    jobs: list[JobType]
    health_checks: list[HealthCheck]
    diagnoses: list[Diagnosis]
    framework_sources: list[FrameworkSource]


def _owned(operation: Operation, owner: str) -> Operation:
    from dataclasses import replace

    return replace(operation, owner=owner)


def _build_plugin(platform: Platform, record: PluginRecord) -> tuple[_Built, list[Claim]]:
    hooks = platform.hooks
    built = _Built(
        operations=[_owned(each, record.name) for each in hooks.operations(record, platform)],
        subscribers=hooks.subscribers(record, platform),
        jobs=hooks.jobs(record, platform),
        health_checks=hooks.health_checks(record, platform),
        diagnoses=hooks.diagnoses(record, platform),
        framework_sources=hooks.framework_sources(record, platform),
    )
    problems = check_operations(built.operations, platform.permissions)
    problems += check_subscribers(built.subscribers) + check_job_types(built.jobs)
    for each in built.health_checks:
        problems += called_plainly(f"the check of the health check {each.name!r}", each.check)
    for look in built.diagnoses:
        problems += called_plainly(f"the look of the diagnosis {look.name!r}", look.look)
    if problems:
        raise ConfigurationError(problems)
    routes = [each for each in built.operations if not each.gives_way]
    claims: list[Claim] = [("route", " ".join(conflict_key(each))) for each in routes]
    claims += [("operation", each.id) for each in built.operations]
    claims += [("subscriber", each.name) for each in built.subscribers]
    claims += [("job", each.name) for each in built.jobs]
    claims += [("job", job_name(each)) for each in built.subscribers]
    claims += [("health check", each.name) for each in built.health_checks]
    claims += [("diagnosis", each.name) for each in built.diagnoses]
    return built, claims


def _storage_checks(platform: Platform) -> Sequence[HealthCheck]:
    return (
        HealthCheck("database", lambda: _check_database(platform.database), needed=True),
        HealthCheck("files", platform.files.check, needed=True),
        HealthCheck("cache", platform.cache.check),
        HealthCheck("graph", platform.graph.check),
        HealthCheck("vectors", platform.vectors.check),
        HealthCheck("audit seal", lambda: check_seal(platform)),
    )


_CHECKS = ("database", "files", "cache", "graph", "vectors", "audit seal")


def _check_database(database: Database) -> None:
    from studio_kernel.storage.sql import Statement

    database.value(Statement("SELECT 1"))


def _declare_housekeeping(platform: Platform) -> None:
    for job in audit_jobs(platform):
        platform.jobs.declare(job)
    platform.jobs.declare(
        JobType(
            RETAIN,
            lambda run: platform.retentions().run(),
            summary="Deletes what is older than it shall be kept, of every plugin",
            every=3600.0,
            max_attempts=2,
            timeout=3600.0,
        )
    )


def make_worker(platform: Platform) -> Worker:
    """A background worker for this platform, not yet started."""
    from studio_kernel.jobs_huey import open_huey, sender

    huey = open_huey(platform.settings.kernel.redis_url.get_secret_value(), platform.home)
    worker = Worker(platform.jobs, huey, threads=platform.settings.kernel.worker_threads)
    platform.jobs.send = sender(huey, worker.receive)
    return worker


def connect_queue(platform: Platform) -> None:
    """Let a process without a worker of its own announce jobs to the others. Without a queue their sweep finds them."""
    from studio_kernel.jobs_huey import open_huey, sender

    try:
        huey = open_huey(platform.settings.kernel.redis_url.get_secret_value(), platform.home)
        platform.jobs.send = sender(huey, None)
    except Exception:
        _log.warning("the job queue can't be opened; jobs begin when a worker's sweep finds them", exc_info=True)


__all__ = ["BUILT_IN", "Platform", "PluginSettings", "build_platform", "load_plugins", "make_worker"]

"""Typed settings, from defaults, ``studio.toml`` and ``STUDIO_*``, each value knowing where it came from.

A section is a pydantic model. The kernel's own section has no name: ``database_url`` at the top of the file and
``STUDIO_DATABASE_URL``. A plugin's section ``auth`` is the table ``[auth]`` and ``STUDIO_AUTH_…``. Any value may
be read from a file: ``STUDIO_REDIS_URL_FILE=/run/secrets/redis``. Only ``home`` is nothing but ``STUDIO_HOME``.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, SecretStr, ValidationError, field_validator

from studio_kernel.errors import ConfigurationError
from studio_kernel.home import config_file
from studio_kernel.home import home as find_home
from studio_kernel.plugins import closest
from studio_kernel.security.secrets import LEAST_KEY

S = TypeVar("S", bound="Section")

_PREFIX = "STUDIO_"
# NOTE: read by the tests and by the command that starts the platform, not settings of a running one.
_FOREIGN = ("STUDIO_TEST_", "STUDIO_BENCH_")
# Refused: home is where the other settings are looked for, and is known before any file is read.
_HOME_FILE = "STUDIO_HOME_FILE"


# What libpq and the like take for a password.
_PARAMETER = re.compile(r"([?&][^=&]*(?:password|passwd|secret|token)[^=&]*=)[^&#]*", re.IGNORECASE)


class Section(BaseModel):
    """Base of all sections. ``section`` is the name of its table; every field needs a description."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
    section: ClassVar[str] = ""


class KernelSettings(Section):
    """Settings of the kernel itself."""

    home: Path = Field(
        default_factory=lambda: Path.home() / ".studio",
        description="Folder that holds all state of a default install.",
    )
    database_url: str = Field("", description="sqlite:////path or postgresql://…; empty: a file in home.")
    redis_url: SecretStr = Field(
        SecretStr(""), description="redis://… for cache, rate limits and jobs; empty: in process."
    )
    neo4j_url: SecretStr = Field(
        SecretStr(""), description="bolt://user:password@host:7687; empty: the graph lives in the database."
    )
    files_url: str = Field("", description="file:///path or s3://bucket/prefix; empty: a folder in home.")
    vectors_url: str = Field("", description="database:// or pgvector://; empty: a table of the database.")
    public_url: str = Field(
        "http://127.0.0.1:8000", description="Where clients reach the platform; used in links and tokens."
    )
    database_timeout: float = Field(
        10.0, gt=0, le=300, description="Seconds to wait for a connection, a lock, or a server that says nothing."
    )
    threads: int = Field(0, ge=0, le=256, description="Threads that run operations; 0: 4 on SQLite, 8 on PostgreSQL.")
    max_body_bytes: int = Field(
        1_048_576, ge=1024, le=1 << 30, description="Largest body of a request that is not an upload."
    )
    rate_limit_user: str = Field("1000/hour", description="Requests that a signed-in user may send.")
    rate_limit_api_key: str = Field("1000/hour", description="Requests that an API key may send.")
    rate_limit_client: str = Field("1000/hour", description="Requests that an OAuth client may send.")
    rate_limit_anonymous: str = Field(
        "1000/hour", description="Requests that an address may send without a credential."
    )
    rate_limit_routes: dict[str, str] = Field(
        default_factory=dict, description="Limits of single operations by id, such as auth.login."
    )
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field(
        (), description="Networks whose X-Forwarded-For is believed, such as 10.0.0.0/8."
    )
    worker_threads: int = Field(2, ge=1, le=64, description="Threads of one background worker.")
    drain_seconds: float = Field(
        0.0,
        ge=0,
        le=300,
        description="Seconds for which a server that gets SIGTERM goes on answering, while /ready says 503.",
    )
    embedded_worker: bool = Field(True, description="Whether `studio serve` also runs a worker.")
    job_lease_seconds: float = Field(
        60.0, gt=0, le=86_400, description="After so long without a sign of life a job is handed on."
    )
    subscriber_timeout: float = Field(
        30.0, gt=0, le=3600, description="Seconds after which an after-commit subscriber counts as hung."
    )
    events_kept_days: float = Field(
        365.0, gt=0, le=36_500, description="Days after which events that were delivered are forgotten."
    )
    jobs_kept_days: float = Field(
        14.0, gt=0, le=36_500, description="Days after which finished background jobs are forgotten."
    )
    idempotency_hours: float = Field(24.0, gt=0, le=720, description="How long answers are replayed.")
    audit_reads: bool = Field(True, description="Whether reading calls are logged as well as changes.")
    audit_kept_days: float = Field(
        0.0, ge=0, le=36_500, description="Days after which entries of the audit log are deleted; 0: never."
    )
    audit_keys: SecretStr = Field(
        SecretStr(""), description="Keys that seal the audit log, oldest first; empty: audit.keys in home."
    )
    audit_seal_seconds: float = Field(10.0, ge=1, le=3600, description="Seconds between two seals of the audit log.")
    audit_anchor_hours: float = Field(1.0, gt=0, le=8760, description="Hours between two anchors of the audit log.")
    audit_anchor_file: str = Field(
        "", description="File that anchors are added to; empty: audit-anchors.jsonl in home."
    )
    audit_anchor_url: str = Field(
        "", pattern="^(https?://.+)?$", description="Address that anchors are posted to as JSON; empty: none."
    )
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error.")
    log_format: str = Field("auto", pattern="^(auto|json|console)$", description="json, console, or auto by terminal.")
    tracing_url: str = Field(
        "",
        pattern="^(https?://[^/?#]+(/[^?#]*)?)?$",
        description="Receiver of traces (OTLP over HTTP), such as http://127.0.0.1:4318; empty: none.",
    )
    tracing_share: float = Field(
        1.0, ge=0, le=1, description="Share of requests that are traced, where the caller doesn't say; 1: all."
    )
    secret_key: SecretStr = Field(
        SecretStr(""), description="Key for secrets kept in the database; empty: generated in home."
    )

    secret_keys_accepted: SecretStr = Field(
        SecretStr(""),
        description="Further keys, with commas between, that open what is kept in the database and seal nothing.",
    )

    @field_validator("secret_keys_accepted")
    @classmethod
    def _are_long_enough(cls, value: SecretStr) -> SecretStr:
        if any(len(each) < LEAST_KEY for each in split_keys(value)):
            raise ValueError(f"each must have at least {LEAST_KEY} characters")
        return value

    @field_validator("secret_key")
    @classmethod
    def _is_long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < LEAST_KEY:
            raise ValueError(f"must have at least {LEAST_KEY} characters")
        return value

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an address such as https://studio.example.org")
        return value


def split_keys(value: SecretStr) -> list[str]:
    """The keys of a setting that takes several."""
    return [part.strip() for part in value.get_secret_value().replace(",", "\n").splitlines() if part.strip()]


class PluginSettings(Section):
    """Which plugins take part."""

    section: ClassVar[str] = "plugins"
    disabled: tuple[str, ...] = Field((), description="Names of installed plugins that stay out.")
    strict: bool = Field(False, description="Stop the start when any plugin fails, also a third-party one.")


@dataclass(frozen=True, slots=True)
class SettingValue:
    """One setting as it stands: its full name, its value for display, and where that came from."""

    name: str
    variable: str
    shown: str
    origin: str
    description: str
    secret: bool


class Settings:
    """All sections of one application."""

    def __init__(self, sections: Mapping[type[Section], Section], origins: Mapping[str, str]) -> None:
        self._sections = dict(sections)
        self._origins = dict(origins)

    @property
    def kernel(self) -> KernelSettings:
        """The kernel's own section."""
        return self.section(KernelSettings)

    def with_kernel(self, **values: Any) -> Settings:
        """The same settings but for some of the kernel's, which must be sound."""
        kernel = self.kernel.model_copy(update=values)
        return Settings({**self._sections, KernelSettings: kernel}, self._origins)

    def section(self, kind: type[S]) -> S:
        """The values of one section; ``KeyError`` when nobody declared it."""
        return cast("S", self._sections[kind])

    def values(self) -> list[SettingValue]:
        """Every setting, secrets masked, in the order of declaration."""
        shown = []
        for kind, section in self._sections.items():
            for name, info in kind.model_fields.items():
                value = getattr(section, name)
                full = _full_name(kind, name)
                secret = isinstance(value, SecretStr)
                text = ("********" if value.get_secret_value() else "") if secret else _display(value)
                shown.append(
                    SettingValue(
                        name=full,
                        variable=variable_name(kind, name),
                        shown=text,
                        origin=self._origins.get(full, "default"),
                        description=info.description or "",
                        secret=secret,
                    )
                )
        return shown


def _display(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    return _mask_password(text)


def _mask_password(text: str) -> str:
    """Hide the password of a URL, be it before the host or among the parameters."""
    head, separator, tail = _PARAMETER.sub(r"\1********", text).partition("://")
    account, at, place = tail.rpartition("@")
    if not separator or not at or ":" not in account:
        return f"{head}{separator}{tail}"
    return f"{head}://{account.split(':', 1)[0]}:********@{place}"


def _full_name(kind: type[Section], name: str) -> str:
    return f"{kind.section}.{name}" if kind.section else name


def variable_name(kind: type[Section], name: str) -> str:
    """The environment variable of a setting."""
    return _PREFIX + (f"{kind.section}_{name}" if kind.section else name).upper()


def default_home(environment: Mapping[str, str] | None = None) -> Path:
    """``STUDIO_HOME``, or ``~/.studio``."""
    found = find_home(environment)
    if found.startswith("~"):
        raise ConfigurationError([f"STUDIO_HOME: nobody here knows where {found} is; name a folder by its whole path"])
    return Path(found)


def settings_file(environment: Mapping[str, str] | None = None, home: Path | None = None) -> Path:
    """The ``studio.toml`` that is read: the one that ``STUDIO_CONFIG`` names, or the one in home."""
    return Path(config_file(environment, str(home or default_home(environment))))


def plugin_choice(
    environment: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None
) -> PluginSettings:
    """The one section that must be known before plugins are loaded."""
    environment = os.environ if environment is None else environment
    home = Path(str((overrides or {}).get("home", "")) or default_home(environment))
    file = settings_file(environment, home)
    table = _read_file(file, required=bool(environment.get("STUDIO_CONFIG"))).get("plugins", {})
    problems: list[str] = []
    origins: dict[str, str] = {}
    values = _collect(PluginSettings, table, file, environment, overrides or {}, origins, problems)
    try:
        chosen = PluginSettings.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError([*problems, *_explain(PluginSettings, error, origins)]) from error
    if problems:
        raise ConfigurationError(problems)
    return chosen


def load_settings(
    sections: Iterable[type[Section]],
    *,
    absent: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Read every source and check every value.

    ``overrides`` are full names with values, strongest of all (options of the command line, tests). ``absent``
    names installed plugins that take no part: settings of sections named like them may stand there unread.
    Raises :class:`ConfigurationError` with one line for each wrong setting.
    """
    environment = os.environ if environment is None else environment
    kinds: list[type[Section]] = [KernelSettings, PluginSettings, *sections]
    home = Path(str((overrides or {}).get("home", "")) or default_home(environment))
    file = settings_file(environment, home)
    document = _read_file(file, required=bool(environment.get("STUDIO_CONFIG")))
    passed_over = {name.replace("-", "_") for name in absent}
    document = {name: value for name, value in document.items() if name not in passed_over}
    problems = _misplaced_home(document, environment, file)
    environment = {name: value for name, value in environment.items() if name != _HOME_FILE}
    problems += _unknown_names(document, kinds, file) + _unknown_variables(environment, kinds, passed_over)
    built: dict[type[Section], Section] = {}
    origins: dict[str, str] = {}
    for kind in kinds:
        table = document if not kind.section else document.get(kind.section, {})
        values = _collect(kind, table, file, environment, overrides or {}, origins, problems)
        if kind is KernelSettings:
            values["home"] = home
        try:
            built[kind] = kind.model_validate(values)
        except ValidationError as error:
            problems += _explain(kind, error, origins)
    if problems:
        raise ConfigurationError(problems)
    return Settings(built, origins)


def _read_file(file: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        if required:
            raise ConfigurationError([f"STUDIO_CONFIG: there is no file {file}"]) from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError([f"{file}: can't be read as TOML: {error}"]) from error


def _collect(
    kind: type[Section],
    table: Any,
    file: Path,
    environment: Mapping[str, str],
    overrides: Mapping[str, Any],
    origins: dict[str, str],
    problems: list[str],
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in kind.model_fields:
        full, variable = _full_name(kind, name), variable_name(kind, name)
        if isinstance(table, Mapping) and name in table:
            values[name], origins[full] = table[name], str(file)
        if f"{variable}_FILE" in environment:
            source = Path(environment[f"{variable}_FILE"])
            try:
                text = source.read_text().strip()
                values[name], origins[full] = _from_text(kind, name, text), f"{variable}_FILE"
            except (OSError, UnicodeDecodeError):
                problems.append(f"{variable}_FILE: can't read the file {source}")
        if variable in environment:
            values[name], origins[full] = _from_text(kind, name, environment[variable]), variable
        if full in overrides:
            values[name], origins[full] = overrides[full], "command line"
    return values


def _from_text(kind: type[Section], name: str, text: str) -> Any:
    """Lists are written with commas, or on lines of a file, and tables as JSON."""
    annotation = str(kind.model_fields[name].annotation)
    if annotation.startswith(("tuple", "list")):
        return [part.strip() for part in text.replace(",", "\n").splitlines() if part.strip()]
    if annotation.startswith("dict"):
        import json

        try:
            return json.loads(text or "{}")
        except ValueError:
            return text
    return text


def _misplaced_home(document: Mapping[str, Any], environment: Mapping[str, str], file: Path) -> list[str]:
    places = [f"{file}: home can't be set here"] if "home" in document else []
    places += [f"{_HOME_FILE}: home can't be read from a file"] if _HOME_FILE in environment else []
    return [f"{place}; set STUDIO_HOME" for place in places]


def _unknown_names(document: Mapping[str, Any], kinds: list[type[Section]], file: Path) -> list[str]:
    problems = []
    tables = {kind.section: kind for kind in kinds}
    core = set(tables[""].model_fields)
    for name, value in document.items():
        if isinstance(value, Mapping) and name in tables and name:
            known = set(tables[name].model_fields)
            problems += [
                f"{file}: [{name}] has no setting {key!r}{closest(key, known)}" for key in value if key not in known
            ]
        elif isinstance(value, Mapping) and name not in core and not closest(name, tables):
            problems.append(f"{file}: no installed plugin has the section [{name}]; take it out, or install its plugin")
        elif name not in core:
            problems.append(f"{file}: there is no setting {name!r}{closest(name, core | set(tables))}")
    return problems


def _unknown_variables(
    environment: Mapping[str, str], kinds: list[type[Section]], passed_over: Iterable[str]
) -> list[str]:
    known = {variable_name(kind, name) for kind in kinds for name in kind.model_fields}
    known |= {f"{name}_FILE" for name in known} | {"STUDIO_CONFIG"}
    foreign = (*_FOREIGN, *(f"{_PREFIX}{name.upper()}_" for name in passed_over))
    # NOTE: a high bar, because all names begin alike.
    return [
        f"{name}: there is no such setting"
        + (closest(name, known, cutoff=0.8) or "; take it out, or install the plugin that it belongs to")
        for name in sorted(environment)
        if name.startswith(_PREFIX) and name not in known and not name.startswith(foreign)
    ]


def check_sections(sections: Iterable[type[Section]]) -> list[str]:
    """What is wrong with sections by themselves, a line each: a default that its own rule refuses."""
    problems = []
    for kind in sections:
        try:
            kind.model_validate({})
        except ValidationError as error:
            wrong = [item for item in error.errors(include_url=False) if item["type"] != "missing"]
            problems += [f"setting {kind.section}.{item['loc'][0]}: its default: {item['msg']}" for item in wrong]
    return problems


def _explain(kind: type[Section], error: ValidationError, origins: Mapping[str, str]) -> list[str]:
    lines = []
    for item in error.errors(include_url=False):
        name = str(item["loc"][0]) if item["loc"] else ""
        info = kind.model_fields.get(name)
        origin = origins.get(_full_name(kind, name), "default")
        hint = f" ({info.description})" if info is not None and info.description else ""
        where = "" if origin in ("default", variable_name(kind, name)) else f" in {origin}"
        lines.append(f"{variable_name(kind, name)}{where}: {item['msg']}{hint}")
    return lines

"""Finding, ordering, checking and containing plugins.

A plugin is a module (or object) behind an entry point of the group ``studio.plugins``. It carries ``info``, a
:class:`PluginInfo`, and hook implementations. One :class:`PluginManager` belongs to one application.
"""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pluggy

import studio_kernel
from studio_kernel import hookspecs
from studio_kernel.errors import ConfigurationError

GROUP = "studio.plugins"
BUILT_IN = ("auth", "projects", "evidence", "compliance", "ai", "webhooks")

State = Literal["active", "disabled", "left out"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """What a plugin says of itself.

    ``requires`` names plugins that must be there and come first. ``kernel`` is the range of kernel versions it
    was made for (PEP 440, such as ``>=0.1,<1``).
    """

    name: str
    version: str
    summary: str = ""
    requires: tuple[str, ...] = ()
    kernel: str = ">=0.1,<1"


@dataclass(slots=True)
class PluginRecord:
    """What became of one entry point; ``reason`` says why it isn't active."""

    name: str
    distribution: str
    state: State = "active"
    reason: str = ""
    info: PluginInfo | None = None
    module: Any = field(default=None, repr=False)

    @property
    def built_in(self) -> bool:
        """Whether this is one of the platform's own: their failures stop the start."""
        return self.name in BUILT_IN and self.distribution == f"studio-{self.name}"

    def leave_out(self, reason: str) -> None:
        """Take a third-party plugin out, loudly; a built-in one stops the start instead."""
        line = f"plugin {self.name!r} ({self.distribution}): {reason}"
        if self.built_in:
            raise ConfigurationError([line])
        _log.error("left out: %s", line)
        self.state = "left out"
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin to be loaded: its name, the distribution that brings it, and how to load it."""

    name: str
    distribution: str
    load: Callable[[], Any]


def installed_plugins() -> list[Found]:
    """Every entry point of the group ``studio.plugins`` in this environment."""
    return [
        Found(point.name, point.dist.name if point.dist else "", point.load)
        for point in importlib.metadata.entry_points(group=GROUP)
    ]


class PluginManager:
    """The plugins of one application, in order, with one typed way to call their hooks."""

    def __init__(self, found: Iterable[Found], *, disabled: Collection[str] = (), strict: bool = False) -> None:
        """Load and order ``found``.

        ``strict`` makes every failure stop the start, also one of a third-party plugin.
        """
        self.strict = strict
        self._pluggy = pluggy.PluginManager(hookspecs.PROJECT)
        self._pluggy.add_hookspecs(hookspecs)
        self.records: list[PluginRecord] = _load(sorted(found, key=lambda each: each.name), set(disabled))
        self.records = _in_order(self.records)
        for record in self.active:
            self._register(record)
        self._stop_if_strict()

    @property
    def active(self) -> list[PluginRecord]:
        """The plugins that take part, dependencies first."""
        return [record for record in self.records if record.state == "active"]

    def record(self, name: str) -> PluginRecord | None:
        """The plugin of that name, active or not."""
        return next((record for record in self.records if record.name == name), None)

    def leave_out(self, record: PluginRecord, reason: str) -> None:
        """Remove a plugin that failed after registration, and all that depend on it."""
        record.leave_out(reason)
        self._pluggy.unregister(record.module)
        for other in self.active:
            if other.info is not None and record.name in other.info.requires:
                self.leave_out(other, f"needs the plugin {record.name!r}, which was left out")
        self._stop_if_strict()

    # -- the three kinds of delivery ------------------------------------------------------------------

    def declarations(self, record: PluginRecord, hook: str, **arguments: Any) -> list[Any]:
        """*collect*: what one plugin declares through ``hook``; exceptions pass through."""
        others = [other.module for other in self.active if other is not record]
        caller = self._pluggy.subset_hook_caller(hook, remove_plugins=others)
        return [item for answer in caller(**arguments) for item in answer]

    def first(self, hook: str, **arguments: Any) -> Any:
        """*first*: the first answer that isn't ``None`` of a hook declared with ``firstresult``."""
        return getattr(self._pluggy.hook, hook)(**arguments)

    def gather(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Ask every plugin at run time: (plugin, answer) pairs; one that raises is logged and skipped."""
        answers: list[tuple[str, Any]] = []
        for record in self.active:
            others = [other.module for other in self.active if other is not record]
            caller = self._pluggy.subset_hook_caller(hook, remove_plugins=others)
            try:
                answers.extend((record.name, answer) for answer in caller(**arguments) if answer is not None)
            except Exception:
                if record.built_in:
                    raise
                _log.exception("plugin %r failed in %s and was skipped", record.name, hook)
        return answers

    def notify(self, hook: str, **arguments: Any) -> None:
        """*notify*: call for the effect; a third-party plugin that raises is logged and harms nobody."""
        self.gather(hook, **arguments)

    def implements(self, hook: str) -> bool:
        """Whether any active plugin answers this hook."""
        caller = getattr(self._pluggy.hook, hook, None)
        return caller is not None and bool(caller.get_hookimpls())

    # -- registration ---------------------------------------------------------------------------------

    def _register(self, record: PluginRecord) -> None:
        assert record.info is not None
        missing = [name for name in record.info.requires if not self._is_registered(name)]
        if missing:
            record.leave_out(f"needs the plugin {missing[0]!r}, which is not active")
            return
        try:
            self._pluggy.register(record.module, record.name)
            for module in self.declarations(record, "studio_hookspecs"):
                self._pluggy.add_hookspecs(module)
            self._refuse_unknown_hooks(record)
        except ConfigurationError:
            raise
        except Exception as error:
            if self._pluggy.is_registered(record.module):
                self._pluggy.unregister(record.module)
            record.leave_out(f"failed while it was registered: {describe(error)}")

    def _is_registered(self, name: str) -> bool:
        return self._pluggy.has_plugin(name)

    def _refuse_unknown_hooks(self, record: PluginRecord) -> None:
        """A misspelt hook would never be called; pluggy tells only when asked."""
        known = {name for name in vars(self._pluggy.hook) if name.startswith("studio_")}
        for caller in self._pluggy.get_hookcallers(record.module) or []:
            if caller.spec is None:
                close = closest(caller.name, known - {caller.name})
                raise LookupError(f"implements the unknown hook {caller.name}{close}")

    def _stop_if_strict(self) -> None:
        problems = [
            f"plugin {record.name!r} ({record.distribution}): {record.reason}"
            for record in self.records
            if record.state == "left out"
        ]
        if self.strict and problems:
            raise ConfigurationError(problems)


def closest(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` when something known is close, else nothing."""
    import difflib

    matches = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {matches[0]!r}?" if matches else ""


def describe(error: BaseException) -> str:
    """An exception in one line, for the operator's log."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _load(found: Sequence[Found], disabled: set[str]) -> list[PluginRecord]:
    records: dict[str, PluginRecord] = {}
    for each in found:
        record = PluginRecord(each.name, each.distribution)
        taken = records.get(each.name)
        if taken is not None:
            loser = taken if record.built_in else record
            owners = f"{taken.distribution!r} and {record.distribution!r}"
            loser.leave_out(f"two distributions bring a plugin named {each.name!r}: {owners}")
            if loser is record:
                records[f"{each.name} ({each.distribution})"] = record
                continue
            records[f"{taken.name} ({taken.distribution})"] = taken
        records[each.name] = record
        if each.name in disabled:
            record.state, record.reason = "disabled", "disabled by the setting plugins.disabled"
            continue
        _load_one(record, each)
    return list(records.values())


def _load_one(record: PluginRecord, found: Found) -> None:
    try:
        record.module = found.load()
        info = record.module.info
        if not isinstance(info, PluginInfo):
            raise TypeError("its `info` is not a studio_kernel.plugins.PluginInfo")
        if info.name != found.name:
            raise ValueError(f"its `info.name` is {info.name!r}, its entry point is {found.name!r}")
        record.info = info
        problem = _kernel_mismatch(info)
        if problem:
            record.leave_out(problem)
    except ConfigurationError:
        raise
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        # NOTE: BaseException because a module may call sys.exit() at import.
        record.leave_out(f"can't be imported: {describe(error)}")


def _kernel_mismatch(info: PluginInfo) -> str:
    from packaging.specifiers import SpecifierSet

    if SpecifierSet(info.kernel).contains(studio_kernel.__version__, prereleases=True):
        return ""
    return f"needs a kernel {info.kernel}, this one is {studio_kernel.__version__}"


def _in_order(records: Sequence[PluginRecord]) -> list[PluginRecord]:
    """Dependencies first, then by name; plugins in a circle are left out."""
    waiting = {record.name: record for record in records if record.state == "active"}
    ordered: list[PluginRecord] = []
    while waiting:
        ready = [
            record
            for record in waiting.values()
            if record.info is not None and not any(name in waiting for name in record.info.requires)
        ]
        if not ready:
            for record in waiting.values():
                record.leave_out("its dependencies form a circle: " + ", ".join(sorted(waiting)))
            ordered.extend(waiting.values())
            break
        first = min(ready, key=lambda record: (not record.built_in, record.name))
        ordered.append(waiting.pop(first.name))
    return ordered + [record for record in records if record.state != "active" and record not in ordered]

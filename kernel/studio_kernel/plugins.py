"""Finding, ordering, checking and containing plugins.

A plugin is a module (or object) behind an entry point of the group ``studio.plugins``. It carries ``info``, a
:class:`PluginInfo`, and hook implementations. One :class:`PluginManager` belongs to one application.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import inspect
import logging
import re
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pluggy

import studio_kernel
from studio_kernel import hookspecs
from studio_kernel.errors import ConfigurationError, StudioError

GROUP = "studio.plugins"
BUILT_IN = ("auth", "projects", "evidence", "compliance", "ai", "webhooks")

THIS_KERNEL = ">=0.1,<1"
"""The range of kernels that a plugin is for that names none; this one is in it."""

State = Literal["active", "disabled", "left out"]

# seconds after which a plugin that everybody waits for is named in the log
_PATIENCE = 10.0
_STAGES_OF_LIFE = ("studio_initialise", "studio_restored", "studio_startup", "studio_shutdown")

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}\Z")
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
    kernel: str = THIS_KERNEL


@dataclass(slots=True)
class PluginRecord:
    """What became of one entry point; ``reason`` says why it isn't active.

    ``public_reason`` says the same without the text of an exception, for those who aren't operators.
    """

    name: str
    distribution: str
    state: State = "active"
    reason: str = ""
    public_reason: str = ""
    info: PluginInfo | None = None
    module: Any = field(default=None, repr=False)

    @property
    def built_in(self) -> bool:
        """Whether this is one of the platform's own: their failures stop the start."""
        return self.name in BUILT_IN and self.distribution == f"studio-{self.name}"

    def leave_out(self, reason: str, public_reason: str = "") -> None:
        """Take a third-party plugin out, loudly; a built-in one stops the start instead."""
        line = f"plugin {self.name!r} ({self.distribution}): {reason}"
        if self.built_in:
            raise ConfigurationError([line])
        _log.error("left out: %s", line)
        self.state = "left out"
        self.reason = reason
        self.public_reason = public_reason or reason


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


class HookProblem(LookupError):
    """A hook implementation that can't be called as it is; the text is meant for the operator."""


class PluginManager:
    """The plugins of one application, in order, with one typed way to call their hooks."""

    def __init__(self, found: Iterable[Found], *, disabled: Collection[str] = (), strict: bool = False) -> None:
        """Load and order ``found``.

        ``strict`` makes every failure stop the start, also one of a third-party plugin.
        """
        self.strict = strict
        self._pluggy = pluggy.PluginManager(hookspecs.PROJECT)
        self._pluggy.add_hookspecs(hookspecs)
        self._callers: dict[str, dict[str, Any]] = {}
        # NOTE: by distribution too: the order of entry points is no contract, and one of two namesakes must win.
        in_name_order = sorted(found, key=lambda each: (each.name, each.distribution))
        self.records: list[PluginRecord] = _in_order(_load(in_name_order, set(disabled)))
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

    def leave_out(self, record: PluginRecord, reason: str, public_reason: str = "") -> None:
        """Remove a plugin that failed after registration, and all that depend on it."""
        record.leave_out(reason, public_reason)
        self._unregister(record)
        for other in self.active:
            # NOTE: one that needs several may have gone with another of them already.
            if other.state == "active" and other.info is not None and record.name in other.info.requires:
                self.leave_out(other, f"needs the plugin {record.name!r}, which was left out")
        self._stop_if_strict()

    # -- the three kinds of delivery ------------------------------------------------------------------

    def declarations(self, record: PluginRecord, hook: str, **arguments: Any) -> list[Any]:
        """*collect*: what one plugin declares through ``hook``; exceptions pass through.

        :raises HookProblem: it returned no list, such as nothing at all.
        """
        caller = self._asked(hook).get(record.name)
        if caller is None:
            return []
        with _watched(record, hook):
            # NOTE: pluggy leaves None out of the answers.
            answer = next(iter(caller(**arguments)), None)
        if not isinstance(answer, Iterable) or isinstance(answer, type):
            raise HookProblem(f"{hook} returned {str(answer)[:80]}, not a list")
        return list(answer)

    def first(self, hook: str, **arguments: Any) -> Any:
        """*first*: the first answer that isn't ``None`` of a hook declared with ``firstresult``.

        A domain error passes to the caller. Anything else that a third-party plugin raises is logged, and the
        next one is asked.
        """
        for name, caller in self._asked(hook).items():
            try:
                answer = caller(**arguments)
            except BaseException as error:
                if isinstance(error, StudioError):
                    raise
                self._contain(name, hook, error)
                continue
            if answer is not None:
                return answer
        return None

    def gather(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Ask every plugin at run time: (plugin, answer) pairs; one that raises is logged and skipped."""
        answers: list[tuple[str, Any]] = []
        for name, caller in list(self._asked(hook).items()):
            record = self.record(name) if hook in _STAGES_OF_LIFE else None
            try:
                with _watched(record, hook):
                    found = caller(**arguments)
            except BaseException as error:
                self._contain(name, hook, error)
            else:
                answers.extend((name, answer) for answer in found if answer is not None)
        return answers

    def notify(self, hook: str, **arguments: Any) -> None:
        """*notify*: call for the effect; a third-party plugin that raises is logged and harms nobody."""
        self.gather(hook, **arguments)

    def implements(self, hook: str) -> bool:
        """Whether any active plugin answers this hook."""
        caller = getattr(self._pluggy.hook, hook, None)
        return caller is not None and bool(caller.get_hookimpls())

    def implementers(self, hook: str) -> list[str]:
        """The names of the active plugins that answer this hook, in order."""
        return list(self._asked(hook))

    def _asked(self, hook: str) -> Mapping[str, Any]:
        """The plugins that answer ``hook``, in order, each with a function that calls it alone.

        NOTE: all at once, pluggy would run the last registered one first and stop at the first exception.
        """
        callers = self._callers.get(hook)
        if callers is None:
            callers = {}
            for record in self.active:
                others = [other.module for other in self.active if other is not record]
                caller = self._pluggy.subset_hook_caller(hook, remove_plugins=others)
                if caller.get_hookimpls():
                    callers[record.name] = caller
            self._callers[hook] = callers
        return callers

    def _contain(self, name: str, hook: str, error: BaseException) -> None:
        """A third-party plugin that raises at run time harms nobody, also by ``sys.exit()``."""
        record = self.record(name)
        if record is None or record.built_in or isinstance(error, KeyboardInterrupt | GeneratorExit):
            raise error
        _log.error("plugin %r failed in %s and was skipped", name, hook, exc_info=error)

    # -- registration ---------------------------------------------------------------------------------

    def _register(self, record: PluginRecord) -> None:
        assert record.info is not None
        missing = [name for name in record.info.requires if not self._is_registered(name)]
        if missing:
            record.leave_out(f"needs the plugin {missing[0]!r}, which is not active")
            return
        try:
            self._callers.clear()
            self._pluggy.register(record.module, record.name)
            for module in self.declarations(record, "studio_hookspecs"):
                self._pluggy.add_hookspecs(module)
            self._refuse_wrong_hooks(record)
        except ConfigurationError:
            raise
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            self._unregister(record)
            record.leave_out(*described("failed while it was registered", error))

    def _unregister(self, record: PluginRecord) -> None:
        self._callers.clear()
        if self._pluggy.is_registered(record.module):
            self._pluggy.unregister(record.module)

    def _is_registered(self, name: str) -> bool:
        return self._pluggy.has_plugin(name)

    def _refuse_wrong_hooks(self, record: PluginRecord) -> None:
        """A misspelt hook would never be called, a coroutine never awaited; pluggy tells neither."""
        known = [name for name, caller in vars(self._pluggy.hook).items() if getattr(caller, "spec", None)]
        for caller in self._pluggy.get_hookcallers(record.module) or []:
            own = [each for each in caller.get_hookimpls() if each.plugin is record.module]
            if caller.spec is None and not all(each.optionalhook for each in own):
                # NOTE: a high bar, because all names begin alike.
                close = closest(caller.name, known, cutoff=0.8)
                raise HookProblem(f"implements the unknown hook {caller.name}{close}")
            if any(inspect.iscoroutinefunction(each.function) for each in own):
                raise HookProblem(f"implements {caller.name} as `async def`; hooks are plain functions")

    def _stop_if_strict(self) -> None:
        problems = [
            f"plugin {record.name!r} ({record.distribution}): {record.reason}"
            for record in self.records
            if record.state == "left out"
        ]
        if self.strict and problems:
            raise ConfigurationError(problems)


@contextlib.contextmanager
def _watched(record: PluginRecord | None, what: str) -> Iterator[None]:
    """Tell which plugin it is that a start waits for: one that never comes back can't be made to."""
    if record is None or record.built_in:
        yield
        return
    line = (
        f"plugin {record.name!r} ({record.distribution}) has been busy with {what} for {_PATIENCE:g} seconds, and all "
        f"wait for it; `studio plugins disable {record.name}` keeps it out of the next start"
    )
    timer = threading.Timer(_PATIENCE, _log.warning, (line,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def closest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """``; did you mean 'x'?`` when something known is close, else nothing."""
    import difflib

    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f"; did you mean {matches[0]!r}?" if matches else ""


def describe(error: BaseException) -> str:
    """An exception in one line, for the operator's log."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def described(what: str, error: BaseException) -> tuple[str, str]:
    """A reason in full and one for everybody: an exception's text may hold paths or secrets."""
    if isinstance(error, HookProblem):
        return str(error), ""
    return f"{what}: {describe(error)}", f"{what}: {type(error).__name__}"


def _load(found: Sequence[Found], disabled: set[str]) -> list[PluginRecord]:
    records: dict[str, PluginRecord] = {}
    for each in found:
        record = PluginRecord(each.name, each.distribution)
        taken = records.get(each.name)
        if taken is not None:
            loser = taken if record.built_in else record
            owners = f"{taken.distribution!r} and {record.distribution!r}"
            loser.leave_out(
                f"two distributions bring a plugin named {each.name!r}: {owners}; "
                f"`pip uninstall {loser.distribution}`, or the other one"
            )
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
        with _watched(record, "its import"):
            record.module = found.load()
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        # NOTE: BaseException because a module may call sys.exit() at import.
        record.leave_out(*described("can't be imported", error))
        return
    info = getattr(record.module, "info", None)
    problem = _wrong_info(info, found.name)
    if isinstance(info, PluginInfo) and not problem:
        record.info = info
        problem = _kernel_mismatch(info)
    if problem:
        record.leave_out(problem)


def _wrong_info(info: Any, name: str) -> str:
    if info is None:
        return "has no `info`, which must be a studio_kernel.plugins.PluginInfo"
    if not isinstance(info, PluginInfo):
        return "its `info` is not a studio_kernel.plugins.PluginInfo"
    if not _NAME.match(name) or name == "kernel":
        return f"it can't be named {name!r}; use lower-case letters, digits, - and _"
    if info.name != name:
        return f"its `info.name` is {info.name!r}, its entry point is {name!r}"
    if not isinstance(info.requires, tuple):
        return f"its `info.requires` must be a tuple of names, not {info.requires!r}"
    return ""


def _kernel_mismatch(info: PluginInfo) -> str:
    if info.kernel == THIS_KERNEL:
        # PERF: `packaging` is a tenth of what `studio --help` costs.
        return ""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        made_for = SpecifierSet(info.kernel)
    except (InvalidSpecifier, TypeError, AttributeError):
        return f"its `info.kernel` is {info.kernel!r}, not a range of versions such as '>=0.1,<1'"
    if made_for.contains(studio_kernel.__version__, prereleases=True):
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
            _leave_out_circles(waiting)
            ordered.extend(waiting.values())
            break
        first = min(ready, key=lambda record: (not record.built_in, record.name))
        ordered.append(waiting.pop(first.name))
    return ordered + [record for record in records if not any(record is each for each in ordered)]


def _leave_out_circles(waiting: Mapping[str, PluginRecord]) -> None:
    """Those in a circle, and those that wait for one."""
    needs = {name: _needed(name, waiting) for name in waiting}
    for name, record in waiting.items():
        if name in needs[name]:
            circle = sorted(other for other in needs[name] if name in needs[other])
            record.leave_out("its dependencies form a circle: " + ", ".join(circle))
        else:
            missing = next(other for other in record.info.requires if other in waiting) if record.info else ""
            record.leave_out(f"needs the plugin {missing!r}, which is not active")


def _needed(name: str, waiting: Mapping[str, PluginRecord]) -> set[str]:
    """Everything among ``waiting`` that a plugin needs, directly or through others."""
    found: set[str] = set()
    open_ends = [name]
    while open_ends:
        info = waiting[open_ends.pop()].info
        fresh = {other for other in (info.requires if info else ()) if other in waiting and other not in found}
        found |= fresh
        open_ends += fresh
    return found

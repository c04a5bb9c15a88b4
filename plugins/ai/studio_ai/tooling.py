"""Tools: what a model, or an AI client outside, may ask the platform to do, with the rights of whoever asked it.

A tool that a model may call in a chat works on the chat's project and no other: the project is not among its
arguments. To AI clients that name their project it is offered as one more argument. Each call is in the audit log.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from studio_ai.providers import Source
from studio_ai.turns import ToolSpec
from studio_kernel.context import CallContext, call_context, current_context
from studio_kernel.errors import ConfigurationError, NotFound, StudioError, ValidationFailed
from studio_kernel.http import schemas
from studio_kernel.http.openapi import json_schema
from studio_kernel.http.schemas import Identifier, Schema
from studio_kernel.plugins import closest, described
from studio_kernel.security.principal import Principal

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.plugins import PluginRecord

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ToolCaller:
    """For whom a tool works, and in which project (empty for tools that need none)."""

    principal: Principal
    project_id: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool found: ``facts`` as JSON has them, and what of it may be cited."""

    facts: Mapping[str, Any]
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that can be asked for. ``run`` checks the caller's rights in the project as any service does.

    ``scope`` is what the caller's credential must cover. ``of_project``: it works in one project. ``over_projects``: it
    tells of all that the caller belongs to, and so isn't offered in a chat about one of them. ``changes``: it leaves
    something behind; a model is offered such a tool only where the person's own words ask for it, which ``asked_for``
    tells.
    """

    name: str
    description: str
    arguments: type[Schema]
    run: Callable[[ToolCaller, Mapping[str, Any]], ToolResult]
    scope: str = "read"
    of_project: bool = True
    changes: bool = False
    asked_for: Callable[[str], bool] = lambda message: True
    over_projects: bool = False


class _InProject(Schema):
    project_id = Identifier("proj", required=True)


class Toolbox:
    """The tools of all active plugins."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    @cached_property
    def _tools(self) -> dict[str, Tool]:
        found: dict[str, Tool] = {}
        for record in list(self._platform.plugins.active):
            for tool in self._declared(record):
                problem = "the name is taken" if tool.name in found else _problem(tool)
                if problem:
                    _log.error("the AI tool %r of plugin %s is left out: %s", tool.name, record.name, problem)
                    continue
                found[tool.name] = tool
        return found

    def _declared(self, record: PluginRecord) -> list[Tool]:
        try:
            return list(self._platform.plugins.declarations(record, "studio_ai_tools", platform=self._platform))
        except ConfigurationError:
            raise
        except (Exception, SystemExit) as error:
            if record.built_in:
                raise
            _log.exception("plugin %s: %s", record.name, described("failed while it declared AI tools", error)[0])
            return []

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def offered(self, caller: ToolCaller, message: str) -> list[Tool]:
        """The tools for a chat: those that the caller's credential covers, that fit, and that were asked for."""
        return [
            tool
            for tool in self
            if caller.principal.has_scope(tool.scope)
            and (not tool.over_projects if caller.project_id else not tool.of_project)
            and (not tool.changes or _asked_for(tool, message))
        ]

    def call(self, caller: ToolCaller, name: str, arguments: Mapping[str, Any] | None) -> ToolResult:
        """Run a tool as the caller.

        :raises StudioError: what refuses: no such tool, wrong arguments, no right, no such project.
        """
        context = _context(caller, name)
        with call_context(context):
            status = 500
            try:
                result = self._run(caller, name, arguments)
                if not isinstance(result, ToolResult):
                    raise TypeError(f"the AI tool {name} gave no result")
                status = 200
                return result
            except StudioError as error:
                status = error.status
                raise
            finally:
                self._note(context, status)

    def refuse(self, caller: ToolCaller, name: str) -> None:
        """Log a call that a model had no right to make."""
        self._note(_context(caller, name), 403)

    def _run(self, caller: ToolCaller, name: str, arguments: Mapping[str, Any] | None) -> ToolResult:
        tool = self._tools.get(name)
        if tool is None:
            shown = plain_name(name)
            raise NotFound(f"There is no tool {shown}{closest(shown, list(self._tools))}")
        self._platform.permissions.check(caller.principal, "ai:use", tool.scope)
        if arguments is None:
            raise ValidationFailed("arguments", "Must be a JSON object")
        given = dict(arguments)
        if tool.of_project and not caller.project_id:
            named = schemas.load(_InProject(), {"project_id": given.pop("project_id", None)})
            caller = replace(caller, project_id=named["project_id"])
        return tool.run(caller, schemas.load(tool.arguments(), given))

    def _note(self, context: CallContext, status: int) -> None:
        self._platform.audit.note(context, status, always=True)


def _problem(tool: Tool) -> str:
    """Why a tool can't be offered: one that a model's server refuses would cost every answer."""
    if not _NAME.fullmatch(tool.name):
        return "its name must be letters, digits, - and _, 64 at most"
    try:
        spec(tool)
    except Exception:
        _log.debug("describing a tool failed", exc_info=True)
        return "its arguments can't be described"
    return ""


def plain_name(name: str) -> str:
    """A tool's name as a model or a client wrote it, short and of the characters that names have.

    APPSEC: it may be anything, such as what no database takes, and goes into the audit log.
    """
    return _NO_NAME.sub("_", name[:60])


def _asked_for(tool: Tool, message: str) -> bool:
    try:
        return tool.asked_for(message)
    except Exception:
        _log.exception("the AI tool %s can't tell whether it is asked for", tool.name)
        return False


def _context(caller: ToolCaller, name: str) -> CallContext:
    """The call of a tool within the call that is under way."""
    context = replace(current_context(), action=f"ai.tool.{plain_name(name)}", method="TOOL", audited=False)
    context.principal, context.project_id, context.resource_id = caller.principal, caller.project_id, ""
    return context


def spec(tool: Tool, *, with_project: bool = False) -> ToolSpec:
    """A tool as a model or an AI client is told of it."""
    parameters = json_schema(tool.arguments)
    if with_project and tool.of_project:
        wanted = json_schema(_InProject)
        properties = {**wanted["properties"], **parameters.get("properties", {})}
        required = [*wanted["required"], *parameters.get("required", ())]
        parameters = {**parameters, "properties": properties, "required": required}
    return ToolSpec(tool.name, tool.description, parameters)


def specs(tools: Sequence[Tool]) -> tuple[ToolSpec, ...]:
    """The same for several, for a chat."""
    return tuple(spec(tool) for tool in tools)

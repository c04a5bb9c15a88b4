"""Imported frameworks over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio_compliance.importing import schemas
from studio_compliance.importing.documents import Definition, Naming, Options, read_definition
from studio_compliance.importing.export import EXPORTS, exported
from studio_compliance.importing.library import FrameworkLibrary
from studio_compliance.importing.schema import framework_schema
from studio_compliance.settings import ComplianceSettings
from studio_kernel.errors import Conflict, NotFound, PayloadTooLarge, ValidationFailed
from studio_kernel.frameworks import FrameworkError
from studio_kernel.http.application import disposition
from studio_kernel.http.operations import Answer, Call, Operation, RawAnswer, Upload, operation, operations_of
from studio_kernel.http.wire import encode

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_ALL = "/api/v1/compliance/frameworks"
_ONE = f"{_ALL}/{{framework_id}}"
_BODIES = ("application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/csv")
_BY_SUFFIX = {"csv": "text/csv", "yaml": "application/yaml", "yml": "application/yaml", "json": "application/json"}


def make_operations(platform: Platform) -> list[Operation]:
    """The operations; a definition may be as large as the setting ``compliance.max_framework_mb`` says."""
    most = platform.settings.section(ComplianceSettings).max_framework_mb * 1024 * 1024
    upload = Upload(limit=lambda: most, media_types=_BODIES)
    declared = operations_of(FrameworkImportResource(platform))
    return [replace(each, upload=upload) if each.upload is not None else each for each in declared]


def _no_limit_yet() -> int:
    raise AssertionError("make_operations sets the limit")


_UPLOAD = Upload(limit=_no_limit_yet, media_types=_BODIES)


class FrameworkImportResource:
    """Import, upgrade, rollback, removal and export."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._library = FrameworkLibrary(platform)

    @operation(
        "compliance.frameworks.import",
        "POST",
        _ALL,
        summary="Import a framework: Studio YAML or JSON, an OSCAL catalogue or profile, or CSV",
        permission="compliance:frameworks",
        query=schemas.ImportQuery,
        upload=_UPLOAD,
        body=schemas.NoFields,
        response=schemas.ImportedFramework,
        status=201,
        errors=(Conflict, PayloadTooLarge, NotFound),
    )
    def take_in(self, call: Call) -> Answer:
        """As the body itself or as the part ``file`` of a form; the content type decides what it is."""
        made = self._library.take_in(self._definition(call, call.query.get("id", "")))
        return Answer(made, location=f"{_ALL}/{made['id']}")

    @operation(
        "compliance.frameworks.upgrade",
        "POST",
        f"{_ONE}/upgrade",
        summary="Upgrade an imported framework in all projects, or preview that",
        permission="compliance:frameworks",
        query=schemas.UpgradeQuery,
        upload=_UPLOAD,
        body=schemas.NoFields,
        response=schemas.FrameworkUpgrade,
        errors=(Conflict, PayloadTooLarge, NotFound),
    )
    def upgrade(self, call: Call) -> dict[str, Any]:
        """State, evidence and history stay with the controls; ``preview=true`` changes nothing."""
        framework_id = call.path["framework_id"]
        definition = self._definition(call, framework_id)
        return self._library.upgrade(
            framework_id, definition, preview=call.query["preview"], by_likeness=call.query["by_likeness"]
        )

    @operation(
        "compliance.frameworks.rollback",
        "POST",
        f"{_ONE}/rollback",
        summary="Go back to the version before the last upgrade, or preview that",
        permission="compliance:frameworks",
        query=schemas.RollbackQuery,
        response=schemas.FrameworkUpgrade,
        errors=(Conflict, NotFound),
    )
    def rollback(self, call: Call) -> dict[str, Any]:
        """What was done since the upgrade stays with its controls."""
        return self._library.roll_back(call.path["framework_id"], preview=call.query["preview"])

    @operation(
        "compliance.frameworks.delete",
        "DELETE",
        _ONE,
        summary="Remove an imported framework",
        permission="compliance:frameworks",
        shape="message",
        message="Framework deleted successfully",
        errors=(Conflict, NotFound),
    )
    def delete(self, call: Call) -> None:
        """Refused while a project uses it."""
        self._library.remove(call.path["framework_id"])

    @operation(
        "compliance.frameworks.versions",
        "GET",
        f"{_ONE}/versions",
        summary="List the versions of an imported framework",
        permission="compliance:frameworks",
        response=schemas.FrameworkVersions,
        errors=(NotFound, Conflict),
    )
    def versions(self, call: Call) -> dict[str, Any]:
        """The newest first; ``current`` marks the one that counts."""
        return {"versions": self._library.versions(call.path["framework_id"])}

    @operation(
        "compliance.frameworks.export",
        "GET",
        f"{_ONE}/export",
        summary="Export a framework as Studio YAML or JSON, an OSCAL catalogue, or CSV",
        permission="compliance:read",
        query=schemas.ExportQuery,
        shape="raw",
        media_type="*/*",
        errors=(NotFound,),
    )
    def export(self, call: Call) -> RawAnswer:
        """Any framework; one that came as an OSCAL catalogue leaves as the same catalogue."""
        file = exported(self._platform, call.path["framework_id"], call.query["format"])
        headers = {"Content-Disposition": disposition(file.name)}
        return RawAnswer(file.content, file.media_type, headers=headers)

    @operation(
        "compliance.framework_schema",
        "GET",
        "/api/v1/compliance/framework-schema",
        summary="The JSON Schema of Studio's form of a framework",
        permission="compliance:read",
        shape="raw",
    )
    def schema(self, call: Call) -> RawAnswer:
        """For editors and for those who write frameworks."""
        return RawAnswer(encode(framework_schema()), "application/json")

    def _definition(self, call: Call, framework_id: str) -> Definition:
        """What was sent, read; ``ValidationFailed`` has a line or path for each problem."""
        assert call.file is not None, "the operation declares an upload"
        query = call.query
        naming = Naming(framework_id, query.get("name", ""), query.get("version", ""))
        options = Options(naming, _columns(query.get("columns", "")), self._catalog(query.get("catalog", "")))
        with call.file.staged.open() as file:
            content = file.read()
        try:
            return read_definition(content, media_type(call.file.content_type, call.file.name), options)
        except FrameworkError as error:
            raise ValidationFailed.of([_pair(problem) for problem in error.problems]) from error

    def _catalog(self, framework_id: str) -> Any:
        if not framework_id:
            return None
        original = self._library.original(framework_id)
        if original is None:
            raise ValidationFailed("catalog", "Must be a framework that was imported from an OSCAL catalogue")
        return original


def media_type(content_type: str, name: str) -> str:
    """What a file is, by what the client says, else by its name."""
    said = content_type.partition(";")[0].strip().lower()
    return said if said in _BODIES else _BY_SUFFIX.get(name.rpartition(".")[2].lower(), said)


def _columns(text: str) -> dict[str, str]:
    """``number:Ref,title:Control name`` as fields and headings."""
    columns: dict[str, str] = {}
    for pair in filter(None, text.split(",")):
        field, colon, heading = pair.partition(":")
        if not colon or not heading.strip():
            raise ValidationFailed("columns", "Must be pairs such as number:Ref,title:Control name")
        columns[field.strip()] = heading.strip()
    return columns


def _pair(problem: str) -> tuple[str, str]:
    place, _, text = problem.partition(": ")
    return (place, text) if text else ("body", problem)


__all__ = ["EXPORTS", "FrameworkImportResource", "make_operations", "media_type"]

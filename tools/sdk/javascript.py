"""Writes ``src/operations.js`` and ``src/operations.d.ts`` of the JavaScript SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sdk.python import ALIASES
from sdk.spec import Document, Endpoint, Group, Json, Parameter, camel, reference_name

_NOTE = "// {0} Written by `make docs` from the OpenAPI document: change the platform, not this file.\n"
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}
_ANSWERS = {"message": "string", "file": "Download", "text": "string"}


class JavaScriptWriter:
    """Both files, from one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._models: dict[str, Json] = {}

    def files(self) -> dict[str, str]:
        """File names and their texts."""
        return {"operations.js": self._table(), "operations.d.ts": self._types()}

    # -- the table ------------------------------------------------------------------------------------

    def _table(self) -> str:
        lines = [_NOTE.format("Every operation, for the client to make methods of."), "export const operations = {"]
        lines += [f"  {json.dumps(each.id)}: {json.dumps(_row(each))}," for each in self._document.endpoints]
        return "\n".join([*lines, "};", "", f"export const aliases = {json.dumps(ALIASES)};"]) + "\n"

    # -- the types ------------------------------------------------------------------------------------

    def _types(self) -> str:
        groups = "\n".join(self._group(group) for group in self._document.tree().all())
        written: dict[str, str] = {}
        while missing := [name for name in self._models if name not in written]:
            for name in missing:
                written[name] = self._model(name, self._models[name])
        models = "\n".join(written[name] for name in sorted(written))
        imports = 'import type { CallOptions, Download, Page, ServerEvent, Source } from "./index.js";\n\n'
        return _NOTE.format("Types of every operation.") + imports + groups + "\n" + models

    def _group(self, group: Group) -> str:
        name = group.class_name or "Operations"
        lines = [f"export interface {name} {{"]
        lines += [f"  {key}: {inner.class_name};" for key, inner in sorted(group.groups.items())]
        if group.own is not None:
            lines += self._method(group.own, "")
        for endpoint in group.endpoints:
            lines += self._method(endpoint, camel(endpoint.name))
            alias = ALIASES.get(endpoint.id) or ALIASES.get(endpoint.name)
            if alias and all(each.name != alias for each in group.endpoints):
                lines += self._method(endpoint, alias)
        return "\n".join([*lines, "}", ""])

    def _method(self, endpoint: Endpoint, name: str) -> list[str]:
        inputs = [f"{camel(each.name)}: string" for each in endpoint.path_parameters]
        fields = list(self._fields(endpoint))
        needed = endpoint.body_kind == "raw" or bool(endpoint.file) or any(each.required for each in _inputs(endpoint))
        if fields:
            inputs.append(f"input{'' if needed else '?'}: {{ {'; '.join(fields)} }}")
        inputs.append("options?: CallOptions")
        arguments = ", ".join(inputs)
        lines = [f"  /** {endpoint.summary}. */", f"  {name}({arguments}): Promise<{self._answer(endpoint)}>;"]
        if endpoint.streams:
            lines.append(f"  {name}Stream({arguments}): AsyncIterable<ServerEvent>;")
        return lines

    def _fields(self, endpoint: Endpoint) -> Iterator[str]:
        if endpoint.body_kind == "raw":
            yield "content: string | Uint8Array | Blob"
            yield f"contentType?: {_union(endpoint.body_types)}"
        if endpoint.file:
            yield f"{endpoint.file}: Source"
            yield "fileName?: string"
        for each in _inputs(endpoint):
            schema = self._document.resolve(each.schema)
            yield f"{camel(each.name)}{'' if each.required else '?'}: {self._input(schema)}"

    def _input(self, schema: Json) -> str:
        if schema.get("properties") or reference_name(schema):
            return "Record<string, unknown>"
        if schema.get("type") == "array":
            return f"ReadonlyArray<{self._input(schema.get('items', {}))}>"
        found = self._type(schema, "")
        return found.replace("string", "string | Date", 1) if schema.get("format") == "date-time" else found

    def _answer(self, endpoint: Endpoint) -> str:
        if endpoint.answer in _ANSWERS:
            return _ANSWERS[endpoint.answer]
        context = "".join(part.capitalize() for part in endpoint.id.replace("_", ".").split(".")) + "Answer"
        found = self._type(endpoint.schema, context)
        return f"Page<{found}>" if endpoint.answer == "list" else found

    def _model(self, name: str, schema: Json) -> str:
        required = schema.get("required", ())
        lines = [f"export interface {name} {{"]
        for field, each in schema.get("properties", {}).items():
            words = "".join(word.capitalize() for word in field.split("_"))
            lines.append(f"  {field}{'' if field in required else '?'}: {self._type(each, name + words)};")
        return "\n".join([*lines, "}", ""])

    def _type(self, schema: Json, context: str) -> str:
        name = reference_name(schema)
        if name or schema.get("properties"):
            resolved = self._document.resolve(schema)
            if not resolved.get("properties"):
                return "Record<string, unknown>"
            self._models.setdefault(name or context, resolved)
            return name or context
        if "enum" in schema:
            return _union(schema["enum"])
        if "const" in schema:
            return json.dumps(schema["const"])
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices:
            return " | ".join(dict.fromkeys(self._type(each, context) for each in choices))
        kinds = schema.get("type", ())
        kinds = [kinds] if isinstance(kinds, str) else list(kinds)
        return " | ".join(self._one(kind, schema, context) for kind in kinds) or "unknown"

    def _one(self, kind: str, schema: Json, context: str) -> str:
        if kind == "null":
            return "null"
        if kind == "array":
            return f"Array<{self._type(schema.get('items', {}), context)}>"
        if kind == "object":
            values = schema.get("additionalProperties")
            return f"Record<string, {self._type(values, context) if isinstance(values, dict) else 'unknown'}>"
        return _PLAIN.get(kind, "unknown")


def _inputs(endpoint: Endpoint) -> list[Parameter]:
    return [*endpoint.body, *endpoint.query]


def _row(endpoint: Endpoint) -> dict[str, object]:
    """An operation as the client needs it; what is empty is left out."""
    row: dict[str, object] = {
        "method": endpoint.method,
        "path": endpoint.path,
        "query": [each.name for each in endpoint.query],
        "fields": [each.name for each in endpoint.body],
        "body": endpoint.body_kind,
        "types": list(endpoint.body_types) if endpoint.body_kind == "raw" else [],
        "file": endpoint.file,
        "answer": endpoint.answer,
        "key": endpoint.list_key,
        "streams": endpoint.streams,
    }
    return {name: value for name, value in row.items() if value}


def _union(values: tuple[str, ...] | list[object]) -> str:
    return " | ".join(json.dumps(value) for value in values)

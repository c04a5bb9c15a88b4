"""Writes ``studio_platform/models.py``, ``resources.py`` and ``aio_resources.py`` of the Python SDK."""

from __future__ import annotations

import keyword
import textwrap
from collections.abc import Iterator

from sdk.spec import Document, Endpoint, Group, Json, Parameter, reference_name

_NOTE = '"""{0} Written by `make docs` from the OpenAPI document: change the platform, not this file."""\n'
# Names that people expect, beside those of the operation ids.
ALIASES = {"read": "get", "evidence.upload": "create", "evidence.file": "download"}
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


class PythonWriter:
    """All three files, from one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._models: dict[str, Json] = {}

    def files(self) -> dict[str, str]:
        """File names and their texts."""
        tree = self._document.tree()
        resources = self._resources(tree, is_async=False)
        aio = self._resources(tree, is_async=True)
        return {"models.py": self._write_models(), "resources.py": resources, "aio_resources.py": aio}

    # -- models ---------------------------------------------------------------------------------------

    def _write_models(self) -> str:
        written: dict[str, str] = {}
        while missing := [name for name in self._models if name not in written]:
            for name in missing:
                written[name] = self._model(name, self._models[name])
        head = _NOTE.format("What the API answers.") + (
            "\nfrom __future__ import annotations\n\nfrom datetime import datetime\nfrom typing import Any, Literal\n\n"
            "from studio_platform.model import Model\n"
        )
        return head + "".join(f"\n\n{written[name]}" for name in sorted(written))

    def _model(self, name: str, schema: Json) -> str:
        lines = [f"class {name}(Model):", f'    """``{name}`` of the OpenAPI document."""', ""]
        for field, each in schema.get("properties", {}).items():
            optional = field not in schema.get("required", ())
            annotation = self.annotation(each, f"{name}{_words(field)}")
            if optional and not annotation.endswith("| None") and annotation != "Any":
                annotation += " | None"
            lines.append(f"    {safe(field)}: {annotation}")
        return "\n".join(lines) + "\n"

    def annotation(self, schema: Json, context: str) -> str:
        """The Python type of a value in an answer; objects become models."""
        name = reference_name(schema)
        if name or schema.get("properties"):
            return self._use(name or context, self._document.resolve(schema))
        if "enum" in schema or "const" in schema:
            return _literal(schema)
        kinds = schema.get("type", ())
        kinds = [kinds] if isinstance(kinds, str) else list(kinds)
        if not kinds:
            return self._union(schema, context)
        found = [self._one(kind, schema, context) for kind in kinds if kind != "null"]
        return " | ".join(dict.fromkeys(found)) + (" | None" if "null" in kinds else "")

    def _union(self, schema: Json, context: str) -> str:
        choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf") or ()
        found = [self.annotation(each, context) for each in choices if each.get("type") != "null"]
        if not found or "Any" in found:
            return "Any"
        nullable = any(each.get("type") == "null" for each in choices)
        return " | ".join(dict.fromkeys(found)) + (" | None" if nullable else "")

    def _one(self, kind: str, schema: Json, context: str) -> str:
        if kind == "string" and schema.get("format") == "date-time":
            return "datetime"
        if kind == "array":
            return f"list[{self.annotation(schema.get('items', {}), context)}]"
        if kind == "object":
            values = schema.get("additionalProperties")
            return f"dict[str, {self.annotation(values, context) if isinstance(values, dict) else 'Any'}]"
        return _PLAIN.get(kind, "Any")

    def _use(self, name: str, schema: Json) -> str:
        if not schema.get("properties"):
            return "dict[str, Any]"
        self._models.setdefault(name, schema)
        return name

    # -- resources ------------------------------------------------------------------------------------

    def _resources(self, root: Group, *, is_async: bool) -> str:
        base = "AsyncGroup" if is_async else "Group"
        page = "AsyncPage" if is_async else "Page"
        download = "AsyncDownload" if is_async else "Download"
        module = "aio" if is_async else "sync"
        body = "".join(f"\n\n{self._group(group, is_async)}" for group in root.all())
        imports = [
            "from __future__ import annotations\n",
            "from collections.abc import AsyncIterator, Iterator, Mapping, Sequence",
            "from datetime import datetime",
            "from typing import Any, Literal\n",
            "from studio_platform import models",
            f"from studio_platform.{module} import {base}",
            f"from studio_platform.files import {download}, Source",
            f"from studio_platform.pages import {page}",
            "from studio_platform.requests import UNSET, Endpoint, Progress, Unset",
            "from studio_platform.streams import ServerEvent\n",
        ]
        return _NOTE.format("Every operation as a method.") + "\n" + "\n".join(imports) + body

    def _group(self, group: Group, is_async: bool) -> str:
        prefix = "Async" if is_async else ""
        base = "AsyncGroup" if is_async else "Group"
        name = f"{prefix}{group.class_name or 'Operations'}"
        title = f"The operations ``{'.'.join(group.path)}``." if group.path else "Every operation of the platform."
        lines = [f"class {name}({base}):", f'    """{title}"""', ""]
        if group.groups:
            lines += ["    def __init__(self, caller: Any) -> None:", "        super().__init__(caller)"]
            lines += [
                f"        self.{key} = {prefix}{inner.class_name}(caller)"
                for key, inner in sorted(group.groups.items())
            ]
            lines.append("")
        if group.own is not None:
            lines += self._method(group.own, "__call__", is_async)
        for endpoint in group.endpoints:
            lines += self._method(endpoint, safe(endpoint.name), is_async)
            alias = ALIASES.get(endpoint.id) or ALIASES.get(endpoint.name)
            if alias and all(each.name != alias for each in group.endpoints):
                lines += [f"    {alias} = {safe(endpoint.name)}", ""]
        return "\n".join(lines).rstrip() + "\n"

    def _method(self, endpoint: Endpoint, name: str, is_async: bool) -> list[str]:
        word, wait = ("async def", "await ") if is_async else ("def", "")
        answer, model = self._answer(endpoint, is_async)
        lines = self._head(endpoint, f"{word} {name}", answer)
        lines.append(f"        return {wait}self._{_VERBS[endpoint.answer]}(")
        lines += [f"            {each}," for each in self._arguments(endpoint, model)]
        lines += ["        )", ""]
        return lines + (self._stream(endpoint, is_async) if endpoint.streams else [])

    def _stream(self, endpoint: Endpoint, is_async: bool) -> list[str]:
        """The same operation, its answer in pieces."""
        iterator = "AsyncIterator" if is_async else "Iterator"
        lines = self._head(endpoint, f"def {safe(endpoint.name)}_stream", f"{iterator}[ServerEvent]")
        lines += ["        return self._events(", *(f"            {each}," for each in self._arguments(endpoint, ""))]
        return [*lines, "        )", ""]

    def _head(self, endpoint: Endpoint, begin: str, answer: str) -> list[str]:
        lines = [f"    {begin}(", "        self,"]
        lines += [f"        {safe(each.name)}: str," for each in endpoint.path_parameters]
        keywords = list(self._keywords(endpoint))
        if keywords:
            lines += ["        *,", *keywords]
        lines += [f"    ) -> {answer}:", f'        """{endpoint.summary}.']
        if endpoint.description:
            lines += ["", *_wrapped(endpoint.description)]
        return [*lines, '        """']

    def _keywords(self, endpoint: Endpoint) -> Iterator[str]:
        inputs = [*endpoint.body, *endpoint.query]
        needed = [each for each in inputs if each.required]
        if endpoint.body_kind == "raw":
            yield "        content: Any,"
            if len(endpoint.body_types) > 1:
                yield f"        content_type: {_literal({'enum': endpoint.body_types})} = {endpoint.body_types[0]!r},"
        for each in needed:
            yield f"        {safe(each.name)}: {self._input(each)},"
        if endpoint.file:
            yield f"        {endpoint.file}: Source,"
            yield "        file_name: str | Unset = UNSET,"
            yield "        progress: Progress | None = None,"
        for each in inputs:
            if not each.required:
                yield f"        {safe(each.name)}: {self._input(each)} | Unset = UNSET,"
        if endpoint.method in ("PUT", "PATCH", "DELETE"):
            yield "        if_match: str | Unset = UNSET,"

    def _arguments(self, endpoint: Endpoint, model: str) -> Iterator[str]:
        path = ", ".join(f"{safe(each.name)}" for each in endpoint.path_parameters)
        template = endpoint.path
        for each in endpoint.path_parameters:
            template = template.replace(f"{{{each.name}}}", "{}")
        kind = f', body="{endpoint.body_kind}"' if endpoint.body_kind else ""
        yield f'Endpoint("{endpoint.id}", "{endpoint.method}", "{template}"{kind})'
        yield f"({path}{',' if len(endpoint.path_parameters) == 1 else ''})"
        if model:
            yield model
        if endpoint.answer == "list":
            yield f'key="{endpoint.list_key}"'
        if endpoint.query:
            yield f"query={_named(endpoint.query)}"
        if endpoint.body:
            yield f"body={_named(endpoint.body)}"
        if endpoint.body_kind == "raw":
            yield "content=content"
            yield (
                "content_type=content_type"
                if len(endpoint.body_types) > 1
                else (f'content_type="{endpoint.body_types[0]}"')
            )
        if endpoint.file:
            yield f'file=("{endpoint.file}", {endpoint.file}, file_name, progress)'
        if endpoint.method in ("PUT", "PATCH", "DELETE"):
            yield "if_match=if_match"

    def _answer(self, endpoint: Endpoint, is_async: bool) -> tuple[str, str]:
        """The annotation of the answer, and the expression of its model."""
        if endpoint.answer == "list":
            inner = self._qualified(endpoint)
            return f"{'AsyncPage' if is_async else 'Page'}[{inner}]", inner if inner != "Any" else "dict"
        if endpoint.answer == "file":
            return ("AsyncDownload" if is_async else "Download"), ""
        if endpoint.answer in ("text", "message"):
            return "str", ""
        found = self._qualified(endpoint)
        return found, found if found.startswith("models.") else "dict"

    def _qualified(self, endpoint: Endpoint) -> str:
        context = "".join(_words(part) for part in endpoint.id.split(".")) + "Answer"
        found = self.annotation(endpoint.schema, context)
        return f"models.{found}" if found in self._models else "dict[str, Any]"

    def _input(self, parameter: Parameter) -> str:
        schema = self._document.resolve(parameter.schema)
        return self._input_of(schema)

    def _input_of(self, schema: Json) -> str:
        if schema.get("properties") or reference_name(schema):
            return "Mapping[str, Any]"
        if "enum" in schema:
            return _literal(schema)
        kinds = schema.get("type", ())
        kinds = [kinds] if isinstance(kinds, str) else list(kinds)
        found = []
        for kind in kinds:
            if kind == "null":
                found.append("None")
            elif kind == "array":
                found.append(f"Sequence[{self._input_of(schema.get('items', {}))}]")
            elif kind == "object":
                found.append("Mapping[str, Any]")
            elif schema.get("format") == "date-time":
                found += ["str", "datetime"]
            else:
                found.append(_PLAIN.get(kind, "Any"))
        return " | ".join(found) or "Any"


_VERBS = {"data": "data", "list": "page", "bare": "bare", "message": "message", "file": "download", "text": "text"}


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 110, initial_indent=" " * 8, subsequent_indent=" " * 8)


def safe(name: str) -> str:
    """A name that Python doesn't keep for itself."""
    return f"{name}_" if keyword.iskeyword(name) else name


def _words(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _literal(schema: Json) -> str:
    values = [schema["const"]] if "const" in schema else [each for each in schema["enum"] if each is not None]
    nullable = " | None" if "enum" in schema and None in schema["enum"] else ""
    return f"Literal[{', '.join(_quoted(each) for each in values)}]{nullable}"


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _named(parameters: tuple[Parameter, ...]) -> str:
    pairs = ", ".join(f'"{each.name}": {safe(each.name)}' for each in parameters)
    return "{" + pairs + "}"

"""What the OpenAPI document says of each operation, in the form that both writers need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Json = Mapping[str, Any]
BodyKind = Literal["", "json", "form", "multipart", "raw"]
AnswerKind = Literal["data", "list", "bare", "message", "file", "text"]

# NOTE: the SDKs set these themselves, from options of each call.
_HEADERS = ("Idempotency-Key", "If-Match", "If-None-Match")


@dataclass(frozen=True)
class Parameter:
    """An input of an operation: a path or query parameter, or a field of the body."""

    name: str
    schema: Json
    required: bool = False
    description: str = ""


@dataclass(frozen=True)
class Endpoint:
    """One operation. ``list_key`` names the list in a paged answer."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    path_parameters: tuple[Parameter, ...]
    query: tuple[Parameter, ...]
    body_kind: BodyKind
    body: tuple[Parameter, ...]
    body_types: tuple[str, ...]
    file: str
    answer: AnswerKind
    schema: Json
    list_key: str
    streams: bool

    @property
    def group(self) -> tuple[str, ...]:
        """Where the method stands: ``projects.members.list`` is in ``projects.members``."""
        return tuple(self.id.split("."))[:-1]

    @property
    def name(self) -> str:
        """The method's own name."""
        return self.id.split(".")[-1]


@dataclass
class Group:
    """Operations under one name; ``own`` is the operation of the group's own id, when there is one."""

    path: tuple[str, ...]
    endpoints: list[Endpoint] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    own: Endpoint | None = None

    @property
    def class_name(self) -> str:
        """``projects.members`` → ``ProjectsMembers``."""
        words = [word for part in self.path for word in part.split("_")]
        return "".join(word.capitalize() for word in words)

    def all(self) -> Iterator[Group]:
        """Inner groups first."""
        for group in self.groups.values():
            yield from group.all()
        yield self


class Document:
    """An OpenAPI document, read once."""

    def __init__(self, document: Json) -> None:
        self.schemas: Json = document["components"]["schemas"]
        self.endpoints = [
            self._endpoint(path, method, declared)
            for path, methods in document["paths"].items()
            for method, declared in methods.items()
        ]

    def tree(self) -> Group:
        """All operations by name; an operation that is also a group becomes the call of that group."""
        root = Group(())
        for endpoint in self.endpoints:
            self._group(root, endpoint.group).endpoints.append(endpoint)
        for group in list(root.all()):
            for endpoint in list(group.endpoints):
                inner = group.groups.get(endpoint.name)
                if inner is not None:
                    inner.own = endpoint
                    group.endpoints.remove(endpoint)
        return root

    def _group(self, root: Group, path: tuple[str, ...]) -> Group:
        group = root
        for depth, name in enumerate(path):
            group = group.groups.setdefault(name, Group(path[: depth + 1]))
        return group

    def resolve(self, schema: Json) -> Json:
        """The schema behind a reference, or itself."""
        reference = schema.get("$ref")
        return self.schemas[reference.rsplit("/", 1)[1]] if reference else schema

    def _endpoint(self, path: str, method: str, declared: Json) -> Endpoint:
        parameters = declared.get("parameters", ())
        kind, fields, file, types = self._body(declared.get("requestBody", {}))
        answer, schema, key = self._answer(declared)
        return Endpoint(
            id=declared["operationId"],
            method=method.upper(),
            path=path,
            summary=declared["summary"],
            description=declared.get("description", ""),
            path_parameters=tuple(_parameter(each) for each in parameters if each["in"] == "path"),
            query=tuple(_parameter(each) for each in parameters if each["in"] == "query"),
            body_kind=kind,
            body=fields,
            body_types=types,
            file=file,
            answer=answer,
            schema=schema,
            list_key=key,
            streams="text/event-stream" in str(declared["responses"].get("200", {}).get("content", "")),
        )

    def _body(self, body: Json) -> tuple[BodyKind, tuple[Parameter, ...], str, tuple[str, ...]]:
        content = body.get("content", {})
        kinds: dict[str, BodyKind] = {
            "application/json": "json",
            "application/x-www-form-urlencoded": "form",
            "multipart/form-data": "multipart",
        }
        types = tuple(content)
        if not content:
            return "", (), "", ()
        kind = kinds.get(types[0], "raw") if len(types) == 1 else "raw"
        schema = self.resolve(content[types[0]]["schema"])
        properties = schema.get("properties", {})
        if kind == "raw" or not properties:
            return "raw", (), "", types
        required = schema.get("required", ())
        files = [name for name, each in properties.items() if each.get("format") == "binary"]
        fields = [Parameter(name, each, name in required) for name, each in properties.items() if name not in files]
        return kind, tuple(sorted(fields, key=lambda each: not each.required)), (files or [""])[0], types

    def _answer(self, declared: Json) -> tuple[AnswerKind, Json, str]:
        status = min(code for code in declared["responses"] if code.startswith("2"))
        content = declared["responses"][status].get("content", {})
        if not content:
            return "file", {}, ""
        if "application/json" not in content:
            return "text", {}, ""
        schema = content["application/json"].get("schema", {})
        properties = self.resolve(schema).get("properties", {})
        if "data" not in properties or "success" not in properties:
            return ("message" if {"success", "message"} <= set(properties) else "bare"), schema, ""
        data = properties["data"]
        inner = self.resolve(data).get("properties", {})
        lists = [name for name in inner if name != "pagination"]
        if "pagination" in inner and len(lists) == 1:
            return "list", inner[lists[0]]["items"], lists[0]
        return "data", data, ""


def _parameter(declared: Json) -> Parameter:
    return Parameter(declared["name"], declared["schema"], declared["required"], declared.get("description", ""))


def reference_name(schema: Json) -> str:
    """The component that a schema refers to, or nothing."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def camel(name: str) -> str:
    """``control_id`` → ``controlId``."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)

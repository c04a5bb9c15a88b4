"""The OpenAPI 3.1 document, from the declarations of the running operations."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

import studio_kernel
from studio_kernel.http.listing import LARGEST_PAGE, Filter, Listing
from studio_kernel.http.openapi_links import add_links
from studio_kernel.http.operations import PUBLIC, Operation
from studio_kernel.http.requests import EVENTS
from studio_kernel.http.schemas import YEARS, Schema
from studio_kernel.security.permissions import Permissions

_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["success", "error"],
    "properties": {
        "success": {"type": "boolean", "const": False},
        "error": {
            "type": "object",
            "required": ["code", "message", "details"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {"type": "object"},
            },
        },
        "timestamp": {"type": "string", "format": "date-time"},
        "request_id": {"type": "string"},
    },
}
_PAGINATION: dict[str, Any] = {
    "type": "object",
    "required": ["limit"],
    "properties": {
        "page": {"type": "integer"},
        "limit": {"type": "integer"},
        "total": {"type": "integer"},
        "pages": {"type": "integer"},
        "next_cursor": {"type": ["string", "null"]},
    },
}
_USUAL = {
    400: "Something in the request is wrong",
    401: "No credential, or one that doesn't hold",
    403: "The caller may not do this",
    404: "No such resource within the caller's reach",
    406: "No acceptable media type",
    409: "The change clashes with the present state",
    412: "The resource has changed since it was read",
    413: "The body is too large",
    415: "The body's media type is not taken",
    429: "Too many requests",
    500: "Something went wrong inside",
    503: "A storage that is needed can't be reached, or somebody else changed the same at that moment; try again",
}


def build_document(operations: Sequence[Operation], permissions: Permissions, *, server_url: str) -> dict[str, Any]:
    """The complete document as JSON-ready values."""
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(
        title="Studio Platform",
        version=studio_kernel.__version__,
        openapi_version="3.1.0",
        info={"description": "Self-hosted compliance platform.", "license": {"name": "Apache-2.0"}},
        servers=[{"url": server_url}],
        plugins=[plugin],
    )
    plugin.converter.add_attribute_function(_describe_field)  # type: ignore[union-attr]
    spec.components.schema("Error", _ERROR)
    spec.components.schema("Pagination", _PAGINATION)
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    spec.components.security_scheme("apiKey", {"type": "apiKey", "in": "header", "name": "X-API-Key"})
    with warnings.catch_warnings():
        # NOTE: apispec warns when one schema serves as whole and as part; both are named apart.
        warnings.simplefilter("ignore")
        guarded = {operation.path for operation in operations if operation.etag}
        for operation in operations:
            declared = _operation(operation, permissions, guarded)
            _inline_form(declared, plugin)
            spec.path(path=operation.path, operations={operation.method.lower(): declared})
        document: dict[str, Any] = spec.to_dict()
    add_links(document, operations)
    return document


def _schema_name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    name = kind.__name__.removesuffix("Schema")
    return f"{name}Part" if getattr(schema, "partial", None) else name


def _describe_field(self: Any, field: Any, **_: Any) -> dict[str, Any]:
    described: dict[str, Any] = getattr(field, "described", {})
    return described


def _inline_form(declared: dict[str, Any], plugin: MarshmallowPlugin) -> None:
    """A multipart body as one object: its file part and the fields of its schema side by side."""
    form = declared.get("requestBody", {}).get("content", {}).get("multipart/form-data", {}).get("schema")
    if form is None or not isinstance(form.get("fields"), Schema):
        return
    fields = plugin.converter.schema2jsonschema(form.pop("fields"))  # type: ignore[union-attr]
    form["properties"] |= fields.get("properties", {})
    form["required"] += fields.get("required", [])


def _operation(operation: Operation, permissions: Permissions, guarded: Collection[str]) -> dict[str, Any]:
    public = operation.permission == PUBLIC
    scope = operation.needed_scope
    declared: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": _description(operation, permissions),
        "tags": [operation.owner or "kernel"],
        "parameters": _parameters(operation, guarded),
        "responses": _responses(operation),
        "security": [] if public else [{"bearer": []}, {"apiKey": []}],
        "x-permission": operation.permission,
    }
    if scope:
        declared["x-scope"] = scope
    if operation.deprecated is not None:
        declared["deprecated"] = True
    body = _body(operation)
    if body is not None:
        declared["requestBody"] = body
    return declared


def _description(operation: Operation, permissions: Permissions) -> str:
    permission = permissions.get(operation.permission)
    lines = [operation.description] if operation.description else []
    if permission is None:
        lines.append("Anybody may call this.")
    else:
        lines.append(f"Needs the permission `{permission.name}` and the scope `{operation.needed_scope}`.")
    return " ".join(lines)


def _parameters(operation: Operation, guarded: Collection[str]) -> list[Any]:
    found: list[Any] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in operation.path_parameters
    ]
    if operation.listing is not None:
        found += _list_parameters(operation.listing)
    if operation.query is not None:
        found.append({"in": "query", "schema": operation.query})
    if operation.method == "POST":
        limits = {"minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"}
        found.append(_header("Idempotency-Key", "Makes a repeated request happen once.", **limits))
    if operation.etag:
        found.append(_header("If-None-Match", "Answer 304 when the resource still has this ETag."))
    if operation.method in ("PUT", "PATCH", "DELETE") and operation.path in guarded:
        found.append(_header("If-Match", "Refuse the change with 412 when the resource no longer has this ETag."))
    return found


def _header(name: str, text: str, **limits: Any) -> dict[str, Any]:
    schema = {"type": "string", **limits}
    return {"name": name, "in": "header", "required": False, "description": text, "schema": schema}


def _list_parameters(listing: Listing) -> list[dict[str, Any]]:
    def query(name: str, schema: dict[str, Any], text: str, required: bool = False) -> dict[str, Any]:
        return {"name": name, "in": "query", "required": required, "description": text, "schema": schema}

    found = [
        query("page", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 1}, "Page number."),
        query("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}, "Items a page."),
        query("cursor", {"type": "string"}, "Empty to begin, then the last answer's next_cursor."),
        query("sort", {**_one_of(listing.sorts), "default": listing.default_sort}, "Sort field."),
        query(
            "order", {"type": "string", "enum": list(listing.orders), "default": listing.default_order}, "Direction."
        ),
    ]
    for name, each in listing.filters.items():
        found.append(query(name, _filter_schema(each), each.summary or f"Filter by {name}.", each.required))
    if listing.search:
        found.append(query("search", {"type": "string"}, "Text to look for."))
        names = ", ".join(listing.search)
        found.append(query("search_fields", _some_of(listing.search), f"Fields to look in, with commas: {names}."))
    return found


def _filter_schema(each: Filter) -> dict[str, Any]:
    if each.kind in ("after", "before"):
        return {"type": "string", "format": "date-time", "pattern": YEARS}
    if each.choices and each.kind == "equals":
        return _one_of(each.choices)
    bounds = {"minLength": each.least, "maxLength": each.most}
    text = {"type": "string", **{name: bound for name, bound in bounds.items() if bound}}
    return _some_of(each.choices) if each.choices else text


def _one_of(names: Iterable[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(names)}


def _some_of(names: Iterable[str]) -> dict[str, Any]:
    """Names with commas between them."""
    one = f"({'|'.join(names)})"
    return {"type": "string", "pattern": f"^{one}(,{one})*$"}


def _body(operation: Operation) -> dict[str, Any] | None:
    if operation.body is None and operation.upload is None:
        return None
    kind: Any = operation.body(partial=operation.partial) if operation.body is not None else {"type": "object"}
    if operation.upload is not None:
        form = {
            "type": "object",
            "properties": {operation.upload.file: {"type": "string", "format": "binary"}},
            "required": [operation.upload.file] if operation.upload.required else [],
            "fields": kind,
        }
        lists = {name: {"contentType": "application/json"} for name in operation.upload.lists}
        whole: dict[str, Any] = {
            media_type: {"schema": {"type": "object" if media_type == "application/json" else "string"}}
            for media_type in operation.upload.media_types
        }
        return {"required": True, "content": {"multipart/form-data": {"schema": form, "encoding": lists}, **whole}}
    media_type = "application/x-www-form-urlencoded" if operation.form else "application/json"
    return {"required": True, "content": {media_type: {"schema": kind}}}


def _responses(operation: Operation) -> dict[str, Any]:
    responses = {str(operation.status): _success(operation)}
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    statuses = {400, 406, 429, 500, 503} | {each.status for each in operation.errors}
    if operation.permission != PUBLIC:
        statuses |= {401, 403}
    if operation.path_parameters:
        statuses.add(404)
    if operation.method in ("POST", "PUT", "PATCH"):
        statuses |= {409, 413, 415}
    if operation.method in ("PUT", "PATCH", "DELETE"):
        statuses |= {409, 412}
    if operation.etag or operation.shape == "file":
        responses["304"] = {"description": "Not changed since the ETag in If-None-Match"}
    if operation.shape == "file":
        responses["206"] = {"description": "The range that was asked for"}
        responses["416"] = {"description": "The range lies outside the file", "content": error}
    if operation.refuse is not None:
        error = {operation.media_type: {}}
    responses |= {str(status): {"description": text} for status, text in operation.answers.items()}
    for status in sorted(statuses - set(operation.answers)):
        responses[str(status)] = {"description": _USUAL.get(status, "Refused"), "content": error}
    return responses


def _success(operation: Operation) -> dict[str, Any]:
    headers = {
        name: {"description": text, "schema": {"type": "integer"}}
        for name, text in (
            ("X-RateLimit-Limit", "Requests allowed in the window"),
            ("X-RateLimit-Remaining", "Requests left in the window"),
            ("X-RateLimit-Reset", "End of the window, epoch seconds"),
        )
    }
    if operation.status == 201:
        headers["Location"] = {"description": "Path of what was created", "schema": {"type": "string"}}
    answer: dict[str, Any] = {"description": operation.summary, "headers": headers}
    schema = _success_schema(operation)
    if schema is not None:
        answer["content"] = {operation.media_type: {"schema": schema}}
        if operation.events:
            answer["content"][EVENTS] = {"schema": {"type": "string", "description": "Server-sent events"}}
    return answer


def _success_schema(operation: Operation) -> Any:
    if operation.shape == "message":
        return _object({"success": {"const": True}, "message": {"type": "string"}})
    if operation.shape == "file":
        return None
    if operation.response is None:
        return {} if operation.shape == "raw" else None
    if operation.shape in ("bare", "raw"):
        return operation.response
    if operation.listing is not None:
        items = {"type": "array", "items": operation.response}
        pagination = {"$ref": "#/components/schemas/Pagination"}
        data = _object({operation.listing.key: items, "pagination": pagination})
        return _object({"success": {"const": True}, "data": data})
    return _object({"success": {"const": True}, "data": operation.response})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def json_schema(kind: type[Schema]) -> dict[str, Any]:
    """The JSON Schema of what a schema takes in, whole in itself."""
    # NOTE: without a name a schema is written out in place; apispec's own types don't say so.
    plugin = MarshmallowPlugin(schema_name_resolver=lambda schema: "")
    APISpec(title="", version="", openapi_version="3.1.0", plugins=[plugin])
    assert plugin.converter is not None
    plugin.converter.add_attribute_function(_describe_field)  # type: ignore[no-untyped-call]
    found: dict[str, Any] = plugin.converter.schema2jsonschema(kind())  # type: ignore[no-untyped-call]
    return {**found, "additionalProperties": False}

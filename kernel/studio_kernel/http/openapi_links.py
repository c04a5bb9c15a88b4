"""Links in the OpenAPI document: what can be done next with what a create answered (OpenAPI 3.1, section 4.8.20)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio_kernel.http.operations import Operation


def add_links(document: dict[str, Any], operations: Sequence[Operation]) -> None:
    """From each create of ``/things`` to every operation of ``/things/{thing_id}`` and below."""
    for create in operations:
        if not _makes_something(create):
            continue
        links = {each.id: _link(create, each) for each in operations if _follows(create, each)}
        if links:
            responses = document["paths"][create.path]["post"]["responses"]
            responses[str(create.status)]["links"] = links


def _makes_something(operation: Operation) -> bool:
    """Whether the answer tells the id of something new."""
    answers = operation.response is not None and "id" in operation.response._declared_fields
    return answers and operation.method == "POST" and operation.status == 201 and operation.shape in ("data", "bare")


def _follows(create: Operation, other: Operation) -> bool:
    """Whether ``other`` works on what ``create`` makes."""
    rest = other.path.removeprefix(f"{create.path}/")
    return rest != other.path and rest.startswith("{")


def _link(create: Operation, other: Operation) -> dict[str, Any]:
    """The new id goes into the first parameter that the create's own path lacks; the others stay as they were."""
    own = create.path_parameters
    made = other.path_parameters[len(own)]
    pointer = "/id" if create.shape == "bare" else "/data/id"
    parameters = {name: f"$request.path.{name}" for name in own}
    return {"operationId": other.id, "parameters": parameters | {made: f"$response.body#{pointer}"}}

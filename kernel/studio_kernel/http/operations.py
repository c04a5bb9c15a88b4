"""Operations: one declaration, from which routing, checks, OpenAPI and the audit entry's name follow.

A resource class declares each operation beside its responder::

    class ProjectResource:
        @operation("projects.read", "GET", "/api/v1/projects/{project_id}", summary="Show a project",
                   permission="projects:read", response=ProjectDetail, etag=True)
        def read(self, call: Call) -> Any: ...
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, Required, TypedDict, TypeVar, Unpack

import marshmallow

from studio_kernel.declarations import called_plainly
from studio_kernel.errors import StudioError, ValidationFailed
from studio_kernel.http.listing import Listing, ListRequest
from studio_kernel.http.schemas import Schema
from studio_kernel.security.permissions import PUBLIC, Permissions
from studio_kernel.security.principal import Principal

Shape = Literal["data", "bare", "message", "file", "raw"]
F = TypeVar("F", bound=Callable[..., Any])

_PARAMETER = re.compile(r"{([a-z][a-z0-9_]*)}")
_SEGMENT = re.compile(r"{[a-z][a-z0-9_]*}|[A-Za-z0-9._~-]+")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Staged(Protocol):
    """An uploaded file, received and hashed but not yet kept."""

    sha256: str
    size: int
    head: bytes


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file part of a multipart request. ``name`` is as sent: it is never a path and never trusted."""

    name: str
    content_type: str
    staged: Any


@dataclass(frozen=True, slots=True)
class Upload:
    """That an operation takes multipart/form-data. ``file`` is the name of its file part.

    ``limit`` gives the largest file in bytes at the moment; ``lists`` are fields that carry a JSON list or a
    comma-separated one. A body of one of ``media_types`` is taken as the file itself, without a form around it.
    """

    limit: Callable[[], int]
    file: str = "file"
    lists: tuple[str, ...] = ()
    required: bool = True
    media_types: tuple[str, ...] = ()


@dataclass(slots=True)
class Call:
    """One call of an operation, checked: what a responder works with."""

    principal: Principal
    request_id: str
    address: str
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    file: UploadedFile | None = None
    list_request: ListRequest | None = None
    wants_events: bool = False
    """The client would rather have the answer as a stream of events; only with ``Operation.events``."""
    repeatable: bool = False
    """The answer is kept for repeats (``Idempotency-Key``), so it must be whole when the responder returns."""

    @property
    def listing(self) -> ListRequest:
        """The checked paging, filters and search of a list operation."""
        assert self.list_request is not None, "the operation declares no listing"
        return self.list_request


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with more than data. ``location`` is the path of what was created."""

    data: Any = field(default=None, repr=False)
    status: int = 0
    location: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class ByteSource(Protocol):
    """Where the bytes of a file come from."""

    def read(self, size: int = ..., /) -> bytes: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """A file to send. ``open`` gives the bytes from ``start`` up to (not including) ``end``."""

    open: Callable[[int, int], ByteSource]
    size: int
    content_type: str
    file_name: str
    etag: str


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer outside the envelope, for the few places where a standard or the reference asks for it."""

    body: bytes = field(repr=False)
    content_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class StreamAnswer:
    """An answer that is sent piece by piece, as it comes to be. Each piece is fetched in a worker thread.

    When the client goes away, ``chunks`` is closed if it can be: a generator's ``finally`` then runs.
    """

    chunks: Iterable[bytes]
    content_type: str = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Deprecation:
    """That an operation will go: RFC 3339 times for the ``Deprecation`` and ``Sunset`` headers (RFC 9745, 8594)."""

    since: str
    sunset: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A declared operation. ``scope`` empty means ``read`` for GET and ``write`` for the rest.

    ``shape`` tells how the answer stands on the wire: ``data`` in the envelope, ``bare`` without it, ``message``
    (success and message), ``file``, or ``raw``. ``blocking`` False promises that the responder never waits: it
    then runs on the event loop. ``etag`` gives single resources an ETag and makes changes of the same path honour
    ``If-Match``. ``rate_limit`` is a limit of its own, ``exempt`` for none. ``form`` takes a form, not JSON.
    ``refuse`` makes the answer to an error where a standard prescribes another shape than the error envelope.
    ``answers`` describes further statuses of raw answers, for the OpenAPI document. ``events`` offers the answer as
    a stream of server-sent events too, to clients whose ``Accept`` prefers ``text/event-stream``. ``slow`` says that
    the responder waits for the outside world: another thread works in its place meanwhile, and with an
    ``Idempotency-Key`` it runs outside a transaction.
    ``prepare`` is for a PUT or PATCH that does: another method of the resource, which has the call first, outside of
    the transaction that ``If-Match`` begins, and raises what refuses.
    ``gives_way`` takes the route only where no other operation has it, such as a welcome at ``/``.
    """

    id: str
    method: str
    path: str
    summary: str
    permission: str
    handler: Callable[[Call], Any]
    scope: str = ""
    query: type[Schema] | None = None
    listing: Listing | None = None
    body: type[Schema] | None = None
    partial: bool = False
    form: bool = False
    upload: Upload | None = None
    response: type[marshmallow.Schema] | None = None
    shape: Shape = "data"
    status: int = 200
    message: str = ""
    media_type: str = "application/json"
    errors: tuple[type[StudioError], ...] = ()
    blocking: bool = True
    etag: bool = False
    rate_limit: str = ""
    deprecated: Deprecation | None = None
    refuse: Callable[[StudioError], RawAnswer] | None = None
    answers: Mapping[int, str] = field(default_factory=dict)
    events: bool = False
    slow: bool = False
    prepare: Callable[..., None] | None = None
    gives_way: bool = False
    description: str = ""
    owner: str = ""

    @property
    def needed_scope(self) -> str:
        """The scope that a credential must cover; none for public operations."""
        if self.permission == PUBLIC:
            return ""
        return self.scope or ("read" if self.method == "GET" else "write")

    @property
    def path_parameters(self) -> list[str]:
        """Names in braces in the path."""
        return _PARAMETER.findall(self.path)


class Declaration(TypedDict, total=False):
    """What :func:`operation` takes beside id, method and path, for type checkers: the fields of :class:`Operation`."""

    summary: Required[str]
    permission: Required[str]
    scope: str
    query: type[Schema] | None
    listing: Listing | None
    body: type[Schema] | None
    partial: bool
    form: bool
    upload: Upload | None
    response: type[marshmallow.Schema] | None
    shape: Shape
    status: int
    message: str
    media_type: str
    errors: tuple[type[StudioError], ...]
    blocking: bool
    etag: bool
    rate_limit: str
    deprecated: Deprecation | None
    refuse: Callable[[StudioError], RawAnswer] | None
    answers: Mapping[int, str]
    events: bool
    slow: bool
    prepare: Callable[..., None] | None
    gives_way: bool
    description: str


def operation(id: str, method: str, path: str, **declaration: Unpack[Declaration]) -> Callable[[F], F]:
    """Declare the decorated method as an operation; the arguments are those of :class:`Operation`."""

    def mark(responder: F) -> F:
        responder.studio_operation = Operation(  # type: ignore[attr-defined]
            id=id, method=method, path=path, handler=responder, **declaration
        )
        return responder

    return mark


def operations_of(*resources: object) -> list[Operation]:
    """The operations that resources declare, bound to them, in the order of their definition."""
    found: list[Operation] = []
    for resource in resources:
        for kind in reversed(type(resource).__mro__):
            for name, member in vars(kind).items():
                declared = getattr(member, "studio_operation", None)
                if declared is not None:
                    prepare = None if declared.prepare is None else functools.partial(declared.prepare, resource)
                    found.append(replace(declared, handler=getattr(resource, name), prepare=prepare))
    return found


def check_operations(operations: Sequence[Operation], permissions: Permissions) -> list[str]:
    """What is wrong with a plugin's declarations, a line each; conflicts with others are found elsewhere."""
    return [f"operation {each.id}: {problem}" for each in operations for problem in _problems(each, permissions)]


def _problems(each: Operation, permissions: Permissions) -> Iterator[str]:
    yield from _route_problems(each)
    yield from _schema_problems(each)
    if not each.permission:
        yield "declares no permission; say which, or PUBLIC"
    elif each.permission != PUBLIC and permissions.get(each.permission) is None:
        yield f"asks for the permission {each.permission!r}, which nobody declares"
    if not each.summary:
        yield "has no summary"
    if each.rate_limit not in ("", "exempt"):
        from studio_kernel.ratelimit import parse_limit

        try:
            parse_limit(each.rate_limit)
        except ValueError as error:
            yield str(error)


def _route_problems(each: Operation) -> Iterator[str]:
    if each.method not in _METHODS:
        yield f"the method {each.method!r} is none of {', '.join(_METHODS)}"
    if not _is_path(each.path, as_folder=each.media_type == "text/html"):
        yield f"the path {each.path!r} must be segments such as /things/{{thing_id}}, each a word or one parameter"
    if each.prepare is not None and each.method not in ("PUT", "PATCH"):
        yield f"a {each.method} is not prepared; for a POST, say slow"
    if len(set(each.path_parameters)) != len(each.path_parameters):
        yield f"the path {each.path!r} has two parameters of one name"
    yield from called_plainly("its responder", each.handler)


def _schema_problems(each: Operation) -> Iterator[str]:
    for name, kind in (("query", each.query), ("body", each.body), ("response", each.response)):
        if kind is not None and not (isinstance(kind, type) and issubclass(kind, marshmallow.Schema)):
            yield f"its {name} must be a schema class"
    if each.method in ("GET", "DELETE") and (each.body or each.upload):
        yield f"a {each.method} can't have a body"
    if each.shape in ("data", "bare") and each.response is None:
        yield "declares no response schema"


def _is_path(path: str, *, as_folder: bool) -> bool:
    """Only a page may be named as a folder, such as ``/portal/``, or be the root: its links then start there."""
    head, *segments = path.split("/")
    if as_folder and segments and not segments[-1]:
        segments.pop()
    elif not segments:
        return False
    return not head and all(_SEGMENT.fullmatch(segment) for segment in segments)


def template(path: str) -> str:
    """A path with its parameters named by their place: what it answers doesn't depend on how it names them."""
    numbers = itertools.count()
    return _PARAMETER.sub(lambda _: f"{{p{next(numbers)}}}", path)


def conflict_key(each: Operation) -> tuple[str, str]:
    """Two operations with the same key would answer the same requests."""
    return each.method, _PARAMETER.sub("{}", each.path)


def without_doubles(operations: Sequence[Operation]) -> list[Operation]:
    """Take out those that give way to another of the same route; among themselves the first stays."""
    taken = {conflict_key(each) for each in operations if not each.gives_way}
    kept = []
    for each in operations:
        if each.gives_way and conflict_key(each) in taken:
            continue
        taken.add(conflict_key(each))
        kept.append(each)
    return kept


def sort_out(values: Mapping[str, str], known: Sequence[str]) -> None:
    """Refuse query parameters that the operation doesn't take."""
    from studio_kernel.plugins import closest

    unknown = [name for name in values if name not in known]
    if unknown:
        raise ValidationFailed.of([(name[:100], f"Unknown query parameter{closest(name, known)}") for name in unknown])


__all__ = [
    "PUBLIC",
    "Answer",
    "Call",
    "Deprecation",
    "FileAnswer",
    "Operation",
    "RawAnswer",
    "StreamAnswer",
    "Upload",
    "UploadedFile",
    "check_operations",
    "conflict_key",
    "operation",
    "operations_of",
    "sort_out",
    "template",
    "without_doubles",
]

"""A plugin that only the benchmark installs: a framework of one control, an operation without a database."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from studio_kernel.frameworks import Category, Control, Framework
from studio_kernel.hookspecs import hookimpl
from studio_kernel.http.operations import Call, Operation, operation, operations_of
from studio_kernel.http.schemas import Schema, Text
from studio_kernel.plugins import PluginInfo
from studio_kernel.security.permissions import ANYONE_SIGNED_IN, Permission

if TYPE_CHECKING:
    from studio_kernel.app import Platform

FRAMEWORK = "bench"

info = PluginInfo(name="bench", version="1.0", summary="What the benchmark measures and creates projects on")


class Status(Schema):
    """The answer of the operation, as short as the constant bytes that it is compared with."""

    status = Text(required=True)


class StatusResource:
    """One operation that does nothing: what remains is authentication, rate limit and dispatch."""

    @operation(
        "bench.status",
        "GET",
        "/api/v1/bench/status",
        summary="Answer something short",
        permission="bench:read",
        response=Status,
        blocking=False,
    )
    def status(self, call: Call) -> Any:
        """Answer the same thing, always."""
        return {"status": "ok"}


@hookimpl
def studio_permissions() -> Sequence[Permission]:
    """Let everybody who is signed in call the operation."""
    return [Permission("bench:read", "Call the benchmark's operation", account_roles=ANYONE_SIGNED_IN)]


@hookimpl
def studio_frameworks() -> Sequence[Framework]:
    """Bring a framework of one control, so that creating a project is not mostly creating its controls."""
    control = Control(
        framework_id=FRAMEWORK, number="B.1", title="Measured", description="Is measured.", category="speed"
    )
    return [
        Framework(
            id=FRAMEWORK,
            name="Benchmark",
            version="1",
            description="For measuring only.",
            categories=(Category("speed", "Speed"),),
            controls=(control,),
        )
    ]


@hookimpl
def studio_operations(platform: "Platform") -> Sequence[Operation]:
    """Declare the operation."""
    return operations_of(StatusResource())

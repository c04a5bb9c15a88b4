"""Areas of the portal: what ``<area>.json`` beside a page's module may say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio_kernel.security.permissions import Permissions

_ROUTE = re.compile(r"/([a-z0-9-]+|:[a-z]+)?(/([a-z0-9-]+|:[a-z]+))*\Z")


class Nav(BaseModel):
    """A line of the navigation. Groups stand in the order of their lowest ``order``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    label: str = Field(min_length=1, max_length=40)
    group: str = Field(min_length=1, max_length=40)
    order: int = 500
    icon: str = "dot"
    to: str = ""


class Area(BaseModel):
    """One module of pages: the routes that it answers, and who may see it.

    An area whose permission no active plugin declares isn't shown at all: its operations aren't there either.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str = Field(min_length=1, max_length=80)
    routes: tuple[str, ...] = Field(min_length=1)
    nav: Nav | None = None
    permission: str = ""
    audience: Literal["everybody", "signed-in"] = "signed-in"


@dataclass(frozen=True)
class Placed:
    """An area with the addresses of its module and its stylesheet, if it has one, below the build."""

    module: str
    style: str
    area: Area


def parse(name: str, text: bytes) -> Area:
    """The declaration of an area.

    :raises ValueError: in one line, for whoever wrote it.
    """
    try:
        area = Area.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{name}: {place or 'it'}: {first['msg']}") from error
    wrong = [route for route in area.routes if not _ROUTE.match(route)]
    if wrong:
        raise ValueError(f"{name}: {wrong[0]!r} is no route; write /words/:parameter")
    return area


def shape(route: str) -> str:
    """Two routes of the same shape would answer the same addresses."""
    return re.sub(r":[a-z]+", ":", route)


def manifest(areas: Iterable[Placed], permissions: Permissions) -> Mapping[str, Any]:
    """What the browser is told: areas with the place of their module, and who holds which permission."""
    shown = [
        {"module": each.module, "style": each.style, **each.area.model_dump(mode="json")}
        for each in areas
        if not each.area.permission or permissions.get(each.area.permission) is not None
    ]
    held = {
        each.name: {"account": sorted(each.account_roles), "project": sorted(each.project_roles)}
        for each in permissions
    }
    return {"areas": shown, "permissions": held}

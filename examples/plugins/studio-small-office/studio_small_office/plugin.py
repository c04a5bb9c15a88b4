"""Everything that this plugin adds: one framework, and how it relates to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

if TYPE_CHECKING:
    from studio_kernel.frameworks import Framework
    from studio_kernel.mappings import MappingSet

info = PluginInfo(name="small-office", version="0.1.0", summary="A security baseline for a small office")


@hookimpl
def studio_frameworks() -> Sequence[Framework]:
    from importlib.resources import files

    from studio_kernel.frameworks import load_framework

    return [load_framework(files(__package__) / "framework.yaml")]


@hookimpl
def studio_mappings() -> Sequence[MappingSet]:
    from importlib.resources import files

    from studio_kernel.mappings import load_mappings

    return [load_mappings(files(__package__) / "mappings.yaml")]

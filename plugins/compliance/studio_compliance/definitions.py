"""The frameworks and mappings that come with this package."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable

from studio_kernel.frameworks import Framework, load_framework
from studio_kernel.mappings import MappingSet, load_mappings


def built_in_frameworks() -> tuple[Framework, ...]:
    """Every definition in the folder ``frameworks``, in the order of the file names.

    Raises :class:`studio_kernel.frameworks.FrameworkError` naming each problem; it stops the start.
    """
    return tuple(load_framework(each) for each in _files("frameworks"))


def built_in_mappings() -> tuple[MappingSet, ...]:
    """Every file of the folder ``mappings``, in the order of their names.

    Raises :class:`studio_kernel.mappings.MappingError` naming each problem; it stops the start.
    """
    return tuple(load_mappings(each) for each in _files("mappings"))


def _files(folder: str) -> list[Traversable]:
    place = resources.files("studio_compliance") / folder
    found = [each for each in place.iterdir() if each.name.endswith(".yaml")] if place.is_dir() else []
    return sorted(found, key=lambda each: each.name)

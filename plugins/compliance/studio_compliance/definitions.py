"""The frameworks that come with this package."""

from __future__ import annotations

from importlib import resources

from studio_kernel.frameworks import Framework, load_framework


def built_in_frameworks() -> tuple[Framework, ...]:
    """Every definition in the folder ``frameworks``, in the order of the file names.

    Raises :class:`studio_kernel.frameworks.FrameworkError` naming each problem; it stops the start.
    """
    folder = resources.files("studio_compliance") / "frameworks"
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".yaml")), key=lambda each: each.name)
    return tuple(load_framework(each) for each in files)

"""Mappings as the API and the command line show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from studio_kernel.frameworks import FrameworkRegistry
from studio_kernel.mappings import MappedPath, Mapping

if TYPE_CHECKING:
    from studio_kernel.app import Platform


class MappingCatalogue:
    """What is mapped to what, by framework or by control."""

    def __init__(self, platform: Platform) -> None:
        self._frameworks = platform.frameworks
        self._mappings = platform.mappings

    def list(
        self, from_framework: str | None, to_framework: str | None, control_id: str | None, *, transitive: bool
    ) -> dict[str, Any]:
        """Mappings that begin in one framework and end in another, each pair of controls once.

        Without either framework they are read as they were written, without ``transitive`` only single steps count.
        """
        found = [
            path
            for path in self._paths(from_framework, to_framework, transitive=transitive)
            if to_framework in (None, path.steps[-1].to_framework)
            and (control_id is None or control_id in (path.controls[0], path.controls[-1]))
        ]
        place = {control.id: number for number, control in enumerate(self._controls())}
        last = len(place)
        found.sort(key=lambda path: tuple((place.get(each, last), each) for each in path.controls[:: len(path.steps)]))
        return {"mappings": [path_view(path, self._frameworks) for path in found], "total": len(found)}

    def _paths(self, from_framework: str | None, to_framework: str | None, *, transitive: bool) -> Iterator[MappedPath]:
        if not transitive:
            yield from (MappedPath((mapping,)) for mapping in self._single(from_framework, to_framework))
            return
        for target in self._mappings.controls():
            for path in self._mappings.sources(target).values():
                if from_framework in (None, path.steps[0].from_framework):
                    yield path

    def _single(self, from_framework: str | None, to_framework: str | None) -> Iterable[Mapping]:
        if from_framework is not None:
            return self._mappings.of_framework(from_framework)
        if to_framework is not None:
            return (mapping.inverse() for mapping in self._mappings.of_framework(to_framework))
        return self._mappings.all()

    def _controls(self) -> Iterable[Any]:
        return (control for framework in self._frameworks for control in framework.controls)


def path_view(path: MappedPath, frameworks: FrameworkRegistry) -> dict[str, Any]:
    """A way between two controls as the API shows it."""
    first, last = path.steps[0], path.steps[-1]
    return {
        "from": _end(path.controls[0], first.from_framework, first.from_number, frameworks),
        "to": _end(path.controls[-1], last.to_framework, last.to_number, frameworks),
        "relation": path.relation,
        "counts": path.counts,
        "path": [
            {
                "control_id": step.to_id,
                "framework": step.to_framework,
                "number": _end(step.to_id, step.to_framework, step.to_number, frameworks)["number"],
                "relation": step.relation,
                "rationale": step.rationale,
                "source": step.source,
            }
            for step in path.steps
        ],
    }


def _end(control_id: str, framework_id: str, number: str, frameworks: FrameworkRegistry) -> dict[str, Any]:
    control = frameworks.control(control_id)
    title = ""
    if control is not None:
        # NOTE: a mapping names the number that a control had at first.
        number, title = control.number, control.title
    return {"control_id": control_id, "framework": framework_id, "number": number, "title": title}

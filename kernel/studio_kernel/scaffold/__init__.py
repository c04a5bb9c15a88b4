"""Makes the package of a new plugin, with tests that pass at once."""

from __future__ import annotations

import keyword
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from studio_kernel.errors import ValidationFailed
from studio_kernel.plugins import BUILT_IN, installed_plugins

KINDS = ("framework", "ai-provider", "feature")
_TAKEN = (*BUILT_IN, "kernel", "platform", "platform-sdk")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")


def make_plugin(name: str, kind: str, into: Path) -> Path:
    """Write the package ``studio-<name>`` below ``into``; its folder. Nothing that exists is changed."""
    if not _NAME.match(name) or len(name) > 40:
        raise ValidationFailed("NAME", "Use lower-case words with hyphens, such as cloud-costs")
    package = name.replace("-", "_")
    taken = {*_TAKEN, *(each.name for each in installed_plugins())}
    if name in taken or keyword.iskeyword(package):
        raise ValidationFailed("NAME", f"The name {name} is taken")
    folder = into / f"studio-{name}"
    if folder.exists():
        raise ValidationFailed("NAME", f"There is already a folder {folder}")
    title = name.replace("-", " ").capitalize()
    words = {"name": name, "package": f"studio_{package}", "word": package, "title": title}
    words["class_name"] = "".join(part.capitalize() for part in name.split("-"))
    for source in ("common", kind):
        _write(files(__package__) / "templates" / source, folder, words)
    return folder


def _write(source: Traversable, target: Path, words: dict[str, str]) -> None:
    for entry in source.iterdir():
        name = Template(entry.name.removesuffix(".txt").replace("PACKAGE", words["package"])).substitute(words)
        if entry.is_dir():
            _write(entry, target / name, words)
            continue
        target.mkdir(parents=True, exist_ok=True)
        text = Template(entry.read_text(encoding="utf-8")).substitute(words)
        (target / name).write_text(text, encoding="utf-8")

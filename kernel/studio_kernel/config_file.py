"""Changing ``studio.toml`` without losing what a person wrote in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from studio_kernel.errors import ConfigurationError


def set_disabled(file: Path, name: str, disabled: bool) -> None:
    """Add a plugin to ``plugins.disabled``, or take it out; comments and order stay."""
    try:
        document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise ConfigurationError([f"{file}: can't be read as TOML: {error}"]) from error
    section = document.setdefault("plugins", tomlkit.table())
    names = [str(each) for each in section.get("disabled", [])]
    if disabled and name not in names:
        names.append(name)
    if not disabled:
        names = [each for each in names if each != name]
    section["disabled"] = names
    try:
        _replace(file, tomlkit.dumps(document))
    except OSError as error:
        raise ConfigurationError([f"{file}: can't be written: {error.strerror}"]) from error


def _replace(file: Path, text: str) -> None:
    """In one go; the file stays readable for those who could read it, and for nobody else."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.new")
    fresh.touch(mode=0o600)
    if file.exists():
        shutil.copymode(file, fresh)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)
